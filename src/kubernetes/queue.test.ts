// The work queue under a simulated clock: nothing lost, nothing twice at once, high before low, failures wait.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLogger } from './logger.ts'
import { createQueue } from './queue.ts'
import type { QueueOptions, Work } from './queue.ts'
import { simulatedClock } from './simulated-clock.ts'

function start(work: Work, options: Partial<QueueOptions> = {}) {
  const clock = simulatedClock()
  const queue = createQueue({ name: 'test', work, clock, random: () => 1, logger: silentLogger, ...options })
  return { clock, queue }
}

type Step =
  | { readonly kind: 'add' | 'later'; readonly key: string; readonly ms: number; readonly priority: 'high' | 'low' }
  | { readonly kind: 'wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('add' as const, 'later' as const),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    ms: fc.integer({ min: 0, max: 3000 }),
    priority: fc.constantFrom('high' as const, 'low' as const),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2000 }) }),
)

test('whatever is added is worked on after it was added, never by two at once, also when work fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.record({ ms: fc.integer({ min: 0, max: 1500 }), fails: fc.boolean() }), { minLength: 1, maxLength: 20 }),
      async (steps, concurrency, script) => {
        const inWork = new Set<string>()
        const begunAt = new Map<string, number>()
        const dueAt = new Map<string, number>()
        let turn = 0
        const { clock, queue } = start(
          async key => {
            expect(inWork.has(key)).toBe(false)
            inWork.add(key)
            expect(inWork.size).toBeLessThanOrEqual(concurrency)
            begunAt.set(key, clock.monotonic())
            const { ms, fails } = script[turn++ % script.length] ?? { ms: 0, fails: false }
            await clock.sleep(ms)
            inWork.delete(key)
            // Failures end at some time, so that the queue can come to rest.
            if (fails && turn < 60) throw new Error('not yet')
          },
          { concurrency, step: Math.min(concurrency, 1 + (steps.length % 3)), firstDelayMs: 100, longestDelayMs: 1000 },
        )
        for (const action of steps) {
          if (action.kind === 'wait') {
            await clock.advance(action.ms)
            continue
          }
          const due = clock.monotonic() + (action.kind === 'later' ? action.ms : 0)
          dueAt.set(action.key, Math.max(dueAt.get(action.key) ?? 0, action.kind === 'add' ? due : 0))
          if (action.kind === 'add') queue.add(action.key, action)
          else queue.addAfter(action.key, action.ms, action)
          if (action.kind === 'later') dueAt.set(action.key, Math.max(dueAt.get(action.key) ?? 0, clock.monotonic()))
        }
        await clock.advance(200_000)
        await queue.idle()
        expect([queue.size, queue.working, queue.delayed]).toEqual([0, 0, 0])
        for (const [key, due] of dueAt) expect(begunAt.get(key)).toBeGreaterThanOrEqual(due)
      },
    ),
    { numRuns: 150 },
  )
})

test('a key that is added many times before it is worked on is worked on once', async () => {
  const worked: string[] = []
  const { clock, queue } = start(async key => void worked.push(key))
  for (let i = 0; i < 100; i++) queue.add('default/web')
  await clock.settle()
  expect(worked).toEqual(['default/web'])
})

test('a key that is added during its own work is worked on once more', async () => {
  let runs = 0
  const { clock, queue } = start(async () => {
    runs++
    await clock.sleep(100)
  })
  queue.add('default/web')
  await clock.advance(50)
  queue.add('default/web')
  queue.add('default/web')
  await clock.advance(1000)
  expect(runs).toBe(2)
})

test('high goes before low, and every tenth pick is a low one, so that low is never starved', async () => {
  const worked: string[] = []
  const { clock, queue } = start(async key => void worked.push(key))
  for (let i = 0; i < 5; i++) queue.add(`low-${i}`, { priority: 'low' })
  for (let i = 0; i < 30; i++) queue.add(`high-${i}`)
  await clock.settle()
  expect(worked.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, i) => `high-${i}`))
  expect(worked.map((key, at) => (key.startsWith('low') ? at : -1)).filter(at => at >= 0)).toEqual([9, 19, 29, 33, 34])
})

test('within a priority the order is that of adding, and adding as high lifts a low key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 30 }), fc.nat(), async (keys, at) => {
      const worked: string[] = []
      const { clock, queue } = start(async key => void worked.push(key), { lowEvery: 1000 })
      const lifted = keys[at % keys.length] ?? ''
      for (const key of keys) queue.add(key, { priority: 'low' })
      queue.add(lifted, { priority: 'high' })
      await clock.settle()
      expect(worked).toEqual([lifted, ...keys.filter(key => key !== lifted)])
    }),
  )
})

test('failures wait 1, 2, 4 … s up to the limit, and a success starts again at 1 s', async () => {
  const at: number[] = []
  let failing = true
  const { clock, queue } = start(
    async () => {
      at.push(clock.monotonic() / 1000)
      if (failing) throw new Error('no')
    },
    { longestDelayMs: 8000 },
  )
  queue.add('default/web')
  await clock.advance(40_000)
  expect(at).toEqual([0, 1, 3, 7, 15, 23, 31, 39])
  failing = false
  await clock.advance(10_000)
  at.length = 0
  failing = true
  const now = clock.monotonic() / 1000
  queue.add('default/web')
  await clock.advance(1500)
  expect(at.map(time => time - now)).toEqual([0, 1])
})

test('half of each delay is random, so that what failed together does not come back together', async () => {
  const at: number[] = []
  const { clock, queue } = start(
    async () => {
      at.push(clock.monotonic())
      throw new Error('no')
    },
    { random: () => 0 },
  )
  queue.add('default/web')
  await clock.advance(600)
  expect(at).toEqual([0, 500])
})

test('errors say how to go on: not before Retry-After, soon after a conflict, not at all until something changes', async () => {
  const at: Record<string, number[]> = { throttled: [], conflict: [], refused: [] }
  const { clock, queue } = start(async key => {
    at[key]?.push(clock.monotonic())
    if (key === 'throttled') throw Object.assign(new Error('slow down'), { retry: 'later', retryAfterMs: 30_000 })
    if (key === 'conflict') throw Object.assign(new Error('conflict'), { retry: 'now' })
    throw Object.assign(new Error('invalid'), { retry: 'when-changed' })
  })
  for (const key of Object.keys(at)) queue.add(key)
  await clock.advance(29_000)
  expect(at['throttled']).toEqual([0])
  expect(at['conflict']?.slice(0, 3)).toEqual([0, 100, 300])
  expect(at['refused']).toEqual([0])
  await clock.advance(1000)
  expect(at['throttled']).toEqual([0, 30_000])
  queue.add('refused')
  await clock.settle()
  expect(at['refused']).toEqual([0, 30_000])
})

test('work can ask for a later look, and the earliest of several delays counts', async () => {
  const at: number[] = []
  const { clock, queue } = start(async () => {
    at.push(clock.monotonic())
    return at.length === 1 ? { againAfterMs: 60_000 } : undefined
  })
  queue.add('default/web')
  await clock.settle()
  queue.addAfter('default/web', 10_000)
  queue.addAfter('default/web', 90_000)
  await clock.advance(200_000)
  expect(at).toEqual([0, 10_000])
})

test('draining drops what waits, lets work under way end, and aborts it only after the grace', async () => {
  const begun: string[] = []
  let reason: unknown
  const { clock, queue } = start(async (key, signal) => {
    begun.push(key)
    await clock.sleep(10_000, signal).catch((error: unknown) => {
      reason = error
    })
  })
  queue.add('first')
  queue.add('second')
  queue.addAfter('third', 100)
  await clock.settle()
  let drained = false
  const done = queue.drain(5000).then(() => (drained = true))
  queue.add('fourth')
  await clock.advance(4000)
  expect([begun, drained, reason]).toEqual([['first'], false, undefined])
  await clock.advance(1000)
  await done
  expect(begun).toEqual(['first'])
  expect(reason).toMatchObject({ name: 'AbortError' })
})

test('the metrics tell depth, waiting time, duration and retries', async () => {
  const told: string[] = []
  let failing = true
  const { clock, queue } = start(
    async () => {
      await clock.sleep(50)
      if (failing) throw new Error('no')
    },
    {
      metrics: {
        depth: (priority, size) => told.push(`${priority} ${size}`),
        waited: (priority, ms) => told.push(`${priority} waited ${ms}`),
        worked: (ms, failed) => told.push(`worked ${ms} ${failed}`),
        retried: () => told.push('retried'),
      },
    },
  )
  queue.add('a', { priority: 'low' })
  await clock.advance(60)
  failing = false
  await clock.advance(2000)
  expect(told).toEqual([
    'low 1',
    'low 0',
    'low waited 0',
    'retried',
    'worked 50 true',
    'low 1',
    'low 0',
    'low waited 0',
    'worked 50 false',
  ])
})

test('of a long backlog keys begin in steps once all places were taken, and a lone key begins at once', async () => {
  const ends = new Map<string, () => void>()
  const begun: string[] = []
  const { clock, queue } = start(
    key => {
      begun.push(key)
      return new Promise<void>(resolve => ends.set(key, resolve))
    },
    { concurrency: 4, step: 2 },
  )
  const end = async (key: string) => {
    ends.get(key)?.()
    await clock.advance(0)
  }
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) queue.add(key)
  await clock.advance(0)
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  await end('b')
  expect(begun).toHaveLength(4)
  await end('a')
  expect(begun.slice(4)).toEqual(['e', 'f'])
  await end('c')
  await end('d')
  expect(begun.slice(6)).toEqual(['g'])
  queue.add('h')
  await clock.advance(0)
  expect(begun.slice(7)).toEqual(['h'])
})
