import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { createLiveness } from './liveness.ts'
import type { NodeLease } from './liveness.ts'

const lease = (node: string, renewal: number, holder = node): NodeLease => ({
  metadata: { name: node, uid: node },
  spec: { holderIdentity: holder, leaseDurationSeconds: 10, renewTime: String(renewal) },
})

/** Our own Lease comes back every 3 s from `fromMs` to `untilMs`. */
function hearOurselves(liveness: ReturnType<typeof createLiveness>, fromMs: number, untilMs: number) {
  for (let now = fromMs; now <= untilMs; now += 3000) liveness.see(lease('self', now), now)
}

test('a node is alive for the duration of its Lease after the last change, and dead then', () => {
  const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
  liveness.see(lease('self', 0), 0)
  liveness.see(lease('n1', 0), 0)
  hearOurselves(liveness, 3000, 9000)
  expect(liveness.isAlive('n1', 9999)).toBe(true)
  expect(liveness.isAlive('n1', 10_000)).toBe(false)
  expect(liveness.isAlive('self', 10_000)).toBe(true)
  expect(liveness.isAlive('never-seen', 0)).toBe(false)
})

test('a Lease that arrives again unchanged is no sign of life', () => {
  const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
  liveness.see(lease('self', 0), 0)
  liveness.see(lease('n1', 0), 0)
  hearOurselves(liveness, 3000, 9000)
  liveness.see(lease('n1', 0), 9000)
  expect(liveness.isAlive('n1', 10_500)).toBe(false)
})

test('a released Lease and a deleted one are dead at once', () => {
  const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
  hearOurselves(liveness, 0, 0)
  for (const node of ['n1', 'n2']) liveness.see(lease(node, 0), 0)
  liveness.see(lease('n1', 1, ''), 100)
  liveness.forget('n2')
  expect(liveness.isAlive('n1', 100)).toBe(false)
  expect(liveness.isAlive('n2', 100)).toBe(false)
})

test('while nothing is heard at all, nobody is taken for dead', () => {
  const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
  liveness.see(lease('self', 0), 0)
  liveness.see(lease('n1', 0), 0)
  expect(liveness.isAlive('n1', 3_600_000)).toBe(true)
  expect(liveness.nextDeath(3_600_000)).toBeUndefined()
})

test('after a gap everybody has a full duration to show a sign of life, even if our own word comes back first', () => {
  const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
  liveness.see(lease('self', 0), 3000)
  liveness.see(lease('n1', 0), 0)
  hearOurselves(liveness, 60_000, 69_000)
  expect(liveness.isAlive('n1', 69_900)).toBe(true)
  hearOurselves(liveness, 72_000, 72_000)
  expect(liveness.isAlive('n1', 72_000)).toBe(false)
})

test('the next death is foretold while it can be', () => {
  const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
  liveness.see(lease('n1', 0), 0)
  expect(liveness.nextDeath(0)).toBeUndefined()
  hearOurselves(liveness, 0, 6000)
  expect(liveness.nextDeath(6000)).toBe(10_000)
  expect(liveness.isAlive('n1', 10_000)).toBe(false)
})

test('a Lease that nobody has renewed for a minute looks dead at first sight, by the clocks on the wall', () => {
  const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
  const renewed = Date.UTC(2026, 0, 1)
  const spec = { holderIdentity: 'n1', leaseDurationSeconds: 10, renewTime: '2026-01-01T00:00:00.000000Z' }
  liveness.see({ metadata: { name: 'n1' }, spec }, 0)
  expect(liveness.looksDead('n1', renewed + 60_000)).toBe(false)
  expect(liveness.looksDead('n1', renewed + 60_001)).toBe(true)
  liveness.see({ metadata: { name: 'n2' }, spec: { ...spec, renewTime: 'never' } }, 0)
  expect(liveness.looksDead('n2', renewed + 60_001)).toBe(false)
  expect(liveness.looksDead('never-seen', renewed)).toBe(false)
})

property.prop([fc.array(fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.constantFrom('self', 'n1', 'deaf')), { maxLength: 60 })])(
  'a node that renews at least every 4 s while we hear anything is never dead',
  steps => {
    const liveness = createLiveness({ self: 'self', longestGapMs: 5000 })
    let now = 0
    for (const [waitMs, what] of steps) {
      now += what === 'deaf' ? waitMs * 20 : waitMs
      // After deafness the order in which word arrives is any.
      if (what === 'self') liveness.see(lease('self', now), now)
      liveness.see(lease('n1', now), now)
      expect(liveness.isAlive('n1', now + 4000)).toBe(true)
    }
  },
)
