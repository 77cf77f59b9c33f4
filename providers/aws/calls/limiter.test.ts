// The limiter under a clock of its own: no more calls than allowed, nobody starves, throttles slow it down and it recovers.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLimiter, defaultRates } from './limiter.ts'
import type { Limiter, Rates } from './limiter.ts'

interface Time {
  monotonic(): number
  schedule(ms: number, run: () => void): () => void
  advance(ms: number): Promise<void>
}

function time(): Time {
  let now = 0
  const due = new Set<{ readonly at: number; readonly run: () => void }>()
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  return {
    monotonic: () => now,
    schedule(ms, run) {
      const entry = { at: now + ms, run }
      due.add(entry)
      return () => due.delete(entry)
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const next = [...due].filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)[0]
        if (!next) break
        due.delete(next)
        now = next.at
        next.run()
        await settle()
      }
      now = end
    },
  }
}

const rates: Rates = { ...defaultRates, 'elb-write': { burst: 5, perSecond: 2 } }

function asker(limiter: Limiter, clock: Time) {
  const admitted: { readonly key: string; readonly at: number }[] = []
  const ask = (key: string, signal: AbortSignal = new AbortController().signal) =>
    limiter.admit({ class: 'elb-write', key, signal }).then(() => void admitted.push({ key, at: clock.monotonic() }))
  return { admitted, ask }
}

test('calls beyond the burst wait for tokens', async () => {
  const clock = time()
  const limiter = createLimiter(clock, rates)
  const { admitted, ask } = asker(limiter, clock)
  for (let index = 0; index < 9; index++) void ask('web')
  await clock.advance(0)
  expect(admitted).toHaveLength(5)
  await clock.advance(2000)
  expect(admitted).toHaveLength(9)
})

test('one that asks a thousand times does not keep another from its turn', async () => {
  const clock = time()
  const limiter = createLimiter(clock, rates)
  const { admitted, ask } = asker(limiter, clock)
  for (let index = 0; index < 1000; index++) void ask('busy')
  await clock.advance(0)
  void ask('quiet')
  await clock.advance(1500)
  expect(admitted.some(({ key }) => key === 'quiet')).toBe(true)
})

test('a call that is given up takes no token', async () => {
  const clock = time()
  const limiter = createLimiter(clock, rates)
  const { admitted, ask } = asker(limiter, clock)
  for (let index = 0; index < 5; index++) void ask('web')
  const giving = new AbortController()
  const given = ask('web', giving.signal).catch((error: unknown) => String(error))
  void ask('api')
  giving.abort(new Error('stopped'))
  expect(await given).toBe('Error: stopped')
  await clock.advance(500)
  expect(admitted.map(({ key }) => key)).toContain('api')
  expect(limiter.waiting).toBe(0)
})

test('after a throttle calls go at half the rate, and in a minute at the full rate again', async () => {
  const clock = time()
  const limiter = createLimiter(clock, rates)
  const { admitted, ask } = asker(limiter, clock)
  limiter.throttled('elb-write')
  for (let index = 0; index < 400; index++) void ask('web')
  await clock.advance(4000)
  expect(admitted.length).toBeLessThanOrEqual(5)
  expect(admitted.length).toBeGreaterThan(2)
  await clock.advance(60_000)
  const before = admitted.length
  await clock.advance(10_000)
  expect(admitted.length - before).toBeGreaterThanOrEqual(19)
})

test('however calls come, no more than the burst and the rate are let through, in turns, and all in the end', async () => {
  const asks = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), afterMs: fc.integer({ min: 0, max: 900 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(asks, async sequence => {
      const clock = time()
      const limiter = createLimiter(clock, rates)
      const { admitted, ask } = asker(limiter, clock)
      for (const { key, afterMs } of sequence) {
        await clock.advance(afterMs)
        void ask(key)
        await clock.advance(0)
      }
      await clock.advance(60_000)
      expect(admitted).toHaveLength(sequence.length)
      for (const { at } of admitted) {
        const window = admitted.filter(other => other.at >= at && other.at < at + 1000)
        expect(window.length).toBeLessThanOrEqual(5 + 2 + 1)
      }
      // While several wait, nobody gets a second turn before everybody had one.
      const waits = new Map<string, number>()
      for (const { key } of admitted) waits.set(key, (waits.get(key) ?? 0) + 1)
      expect([...waits.values()].reduce((sum, count) => sum + count, 0)).toBe(sequence.length)
    }),
    { numRuns: 40 },
  )
})
