import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { claimRounds, createRounds } from './rounds.ts'
import type { AddressKey } from './address-key.ts'

/** Lets time run from one due moment to the next and writes down what was sent when. */
function sent(rounds: ReturnType<typeof createRounds>): readonly (readonly [atMs: number, address: AddressKey])[] {
  const log: [number, AddressKey][] = []
  for (let now = rounds.nextDue; now !== undefined; now = rounds.nextDue) {
    for (const address of rounds.take(now, 2)) log.push([now, address])
  }
  return log
}

test('an address is announced at once and then 1.1 s apart, five times in all', () => {
  const rounds = createRounds(claimRounds)
  rounds.start(1, 1000)
  expect(sent(rounds)).toEqual([1000, 2100, 3200, 4300, 5400].map(at => [at, 1]))
})

test('an address that is withdrawn and claimed again begins anew', () => {
  const rounds = createRounds({ count: 2, intervalMs: 10 })
  rounds.start(1, 0)
  expect(rounds.take(0, 9)).toEqual([1])
  rounds.stop(1)
  expect(rounds.nextDue).toBeUndefined()
  rounds.start(1, 5)
  expect(sent(rounds)).toEqual([
    [5, 1],
    [15, 1],
  ])
})

test('a second start during the rounds replaces the first', () => {
  const rounds = createRounds({ count: 2, intervalMs: 10 })
  rounds.start(1, 0)
  rounds.take(0, 9)
  rounds.start(1, 3)
  expect(sent(rounds)).toEqual([
    [3, 1],
    [13, 1],
  ])
})

property.prop([
  fc.array(fc.record({ address: fc.nat(5), at: fc.nat(100), stop: fc.boolean() }), { maxLength: 30 }),
  fc.integer({ min: 1, max: 4 }),
])('whatever starts and stops: what was started last has all its rounds, what was stopped has none', (steps, count) => {
  const rounds = createRounds({ count, intervalMs: 10 })
  const wanted = new Set<number>()
  for (const { address, at, stop } of steps.toSorted((a, b) => a.at - b.at)) {
    if (stop) rounds.stop(address)
    else rounds.start(address, at)
    if (stop) wanted.delete(address)
    else wanted.add(address)
  }
  const log = sent(rounds)
  for (const address of [0, 1, 2, 3, 4, 5]) {
    expect(log.filter(([, each]) => each === address)).toHaveLength(wanted.has(address) ? count : 0)
  }
})
