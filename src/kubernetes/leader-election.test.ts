// Leader election under simulated time: never two leaders, whatever the network does, as long as clocks run about equally fast.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sleepWith } from './clock.ts'
import type { Clock } from './clock.ts'
import { electLeader } from './leader-election.ts'
import type { ElectionOptions } from './leader-election.ts'
import { silentLogger } from './logger.ts'
import { perfectLink, simulatedApi } from './simulated-api.ts'
import type { Link, SimulatedApi } from './simulated-api.ts'
import { simulatedClock } from './simulated-clock.ts'
import type { SimulatedClock } from './simulated-clock.ts'

const leases = '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases'

/** A machine whose clock runs at `rate` and shows another time of day. */
function skewed(base: SimulatedClock, rate: number, offsetMs: number): Clock {
  const schedule: Clock['schedule'] = (ms, run) => base.schedule(ms / rate, run)
  return {
    now: () => base.now() * rate + offsetMs,
    monotonic: () => base.monotonic() * rate,
    schedule,
    sleep: (ms, signal) => sleepWith(schedule, ms, signal),
  }
}

interface Candidate {
  readonly link: Link
  readonly stop: () => void
  readonly done: Promise<void>
}

function stand(
  api: SimulatedApi,
  clock: Clock,
  identity: string,
  options: Partial<ElectionOptions> & { readonly random?: () => number } = {},
): Candidate {
  const link = perfectLink()
  const stopping = new AbortController()
  const done = electLeader({
    transport: api.connect(clock, link),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    namespace: 'weir-system',
    name: 'weir-controller',
    identity,
    lead: signal => new Promise(resolve => signal.addEventListener('abort', () => resolve())),
    signal: stopping.signal,
    ...options,
  })
  return { link, stop: () => stopping.abort(), done }
}

/** A `lead` that notes who works, and ends as soon as it is told to. */
function leading(active: Set<string>, identity: string, onStart = () => {}) {
  return (signal: AbortSignal) => {
    active.add(identity)
    onStart()
    return new Promise<void>(resolve => {
      const end = () => {
        active.delete(identity)
        resolve()
      }
      if (signal.aborted) end()
      signal.addEventListener('abort', end, { once: true })
    })
  }
}

test('never two lead at once, with cut, slow and one-way links, clocks that differ by years and run 20 % apart', async () => {
  const machine = fc.record({
    rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
    offsetMs: fc.integer({ min: -1e11, max: 1e11 }),
  })
  const event = fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    machine: fc.nat(2),
    up: fc.boolean(),
    latencyMs: fc.constantFrom(0, 5, 400, 2500, 5000),
  })
  let terms = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(machine, { minLength: 3, maxLength: 3 }),
      fc.array(event, { maxLength: 25 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
      async (machines, events, randomness) => {
        const base = simulatedClock()
        const api = simulatedApi()
        const active = new Set<string>()
        const random = () => randomness.next().value ?? 0
        const candidates = machines.map(({ rate, offsetMs }, index) => {
          const identity = `controller-${index}`
          const onStart = () => {
            terms++
            expect([...active]).toEqual([identity])
          }
          return stand(api, skewed(base, rate, offsetMs), identity, { random, lead: leading(active, identity, onStart) })
        })
        for (const { afterMs, machine, up, latencyMs } of events) {
          await base.advance(afterMs)
          const candidate = candidates[machine]
          if (candidate) Object.assign(candidate.link, { up, latencyMs: () => latencyMs })
        }
        // When the network is whole again there is one leader.
        for (const { link } of candidates) Object.assign(link, { up: true, latencyMs: () => 1 })
        await base.advance(60_000)
        expect(active.size).toBe(1)
        for (const { stop } of candidates) stop()
        await base.advance(60_000)
        await Promise.all(candidates.map(candidate => candidate.done))
        expect(active.size).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
  expect(terms).toBeGreaterThan(60)
})

test('a leader that cannot renew stops before the lease can be taken by another', async () => {
  const clock = simulatedClock()
  const api = simulatedApi()
  const log: string[] = []
  const lead = (identity: string) => (signal: AbortSignal) => {
    log.push(`${identity} leads at ${clock.monotonic() / 1000}`)
    return new Promise<void>(resolve =>
      signal.addEventListener('abort', () => {
        log.push(`${identity} stops at ${clock.monotonic() / 1000}`)
        resolve()
      }),
    )
  }
  const first = stand(api, clock, 'first', { lead: lead('first') })
  await clock.advance(100)
  const second = stand(api, clock, 'second', { lead: lead('second') })
  await clock.advance(4900)
  first.link.up = false
  await clock.advance(30_000)
  expect(log).toHaveLength(3)
  const [, stops = '', leads = ''] = log
  const at = (line: string) => Number(line.split(' ').at(-1))
  expect(stops).toContain('first stops')
  expect(leads).toContain('second leads')
  // Renewed last between 3 and 5 s: stops 10 s after, while the other waits 15 s.
  expect(at(stops)).toBeLessThanOrEqual(15)
  expect(at(leads)).toBeGreaterThan(at(stops) + 4)
  second.stop()
  first.stop()
  await clock.advance(30_000)
  await Promise.all([first.done, second.done])
})

test('a leader that was frozen past its time stops as the first thing on waking, and takes nothing back', async () => {
  const base = simulatedClock()
  const api = simulatedApi()
  let frozen = false
  let late: (() => void)[] = []
  const schedule: Clock['schedule'] = (ms, run) => base.schedule(ms, () => (frozen ? late.push(run) : run()))
  const freezable: Clock = { ...base, schedule, sleep: (ms, signal) => sleepWith(schedule, ms, signal) }
  const log: string[] = []
  const lead = (identity: string) => (signal: AbortSignal) => {
    log.push(`${identity} leads`)
    return new Promise<void>(resolve =>
      signal.addEventListener('abort', () => {
        log.push(`${identity} stops`)
        resolve()
      }),
    )
  }
  const first = stand(api, freezable, 'first', { lead: lead('first') })
  await base.advance(5000)
  const second = stand(api, base, 'second', { lead: lead('second') })
  await base.advance(1000)
  frozen = true
  await base.advance(60_000)
  expect(log).toEqual(['first leads', 'second leads'])
  frozen = false
  for (const run of late.splice(0)) run()
  expect(log).toEqual(['first leads', 'second leads', 'first stops'])
  await base.advance(60_000)
  expect(log).toEqual(['first leads', 'second leads', 'first stops'])
  first.stop()
  second.stop()
  await base.advance(60_000)
  await Promise.all([first.done, second.done])
})

test('a leader that shuts down keeps the lease until its work has ended, then gives it away at once', async () => {
  const clock = simulatedClock()
  const api = simulatedApi()
  let working = false
  const first = stand(api, clock, 'first', {
    lead: async signal => {
      working = true
      await clock.sleep(3_600_000, signal).catch(() => {})
      // Writes under way take longer than the lease lasts.
      await clock.sleep(40_000)
      working = false
    },
  })
  await clock.advance(100)
  let secondLed = false
  const second = stand(api, clock, 'second', {
    lead: async () => {
      expect(working).toBe(false)
      secondLed = true
    },
  })
  await clock.advance(5000)
  first.stop()
  await clock.advance(39_000)
  expect([working, secondLed]).toEqual([true, false])
  await clock.advance(4000)
  expect(secondLed).toBe(true)
  await Promise.all([first.done, second.done])
  expect(api.get(leases, 'weir-controller')).toMatchObject({ spec: { holderIdentity: '', leaseTransitions: 1 } })
})

test('a renewal whose answer was lost does not make the leader doubt itself', async () => {
  const clock = simulatedClock()
  const api = simulatedApi()
  const active = new Set<string>()
  let terms = 0
  const only = stand(api, clock, 'only', { lead: leading(active, 'only', () => terms++) })
  await clock.advance(1000)
  // Slower than the timeout of a request in this direction: it arrives, the answer comes too late.
  only.link.latencyMs = () => 2000
  await clock.advance(6000)
  only.link.latencyMs = () => 1
  await clock.advance(60_000)
  expect([active.size, terms]).toEqual([1, 1])
  only.stop()
  await clock.advance(1000)
  await only.done
})

test('work that fails releases the lease and rejects; work that ends resolves', async () => {
  const clock = simulatedClock()
  const api = simulatedApi()
  const failing = stand(api, clock, 'a', {
    lead: async () => {
      throw new Error('no AWS credentials')
    },
  })
  const rejected = expect(failing.done).rejects.toThrow('no AWS credentials')
  await clock.advance(100)
  await rejected
  const fine = stand(api, clock, 'b', { lead: async () => {} })
  await clock.advance(100)
  await fine.done
})

test('everyone hears who leads', async () => {
  const clock = simulatedClock()
  const api = simulatedApi()
  const heard: string[] = []
  const first = stand(api, clock, 'first')
  await clock.advance(100)
  const second = stand(api, clock, 'second', { onLeader: identity => heard.push(identity) })
  await clock.advance(5000)
  first.stop()
  await clock.advance(10_000)
  expect(heard).toEqual(['first', 'second'])
  second.stop()
  await clock.advance(1000)
})
