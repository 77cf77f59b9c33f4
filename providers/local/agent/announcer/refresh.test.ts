import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { createRefresh } from './refresh.ts'

test('an address is told again about every interval, jittered by a quarter, for ever', () => {
  const refresh = createRefresh({ everyMs: 60_000, random: () => 0.9 })
  refresh.restart(1, 0)
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const now = refresh.nextDue ?? 0
    times.push(now)
    expect(refresh.take(now, 9)).toEqual([1])
  }
  expect(times).toEqual([72_000, 144_000, 216_000])
})

test('turned off, nothing is ever due', () => {
  const refresh = createRefresh({ everyMs: 0, random: () => 0 })
  refresh.restart(1, 0)
  expect(refresh.nextDue).toBeUndefined()
})

test('a thousand addresses claimed together are spread over the interval', () => {
  let seed = 1
  const refresh = createRefresh({ everyMs: 60_000, random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647 })
  for (let i = 0; i < 1000; i++) refresh.restart(i, 0)
  let most = 0
  for (let now = refresh.nextDue; now !== undefined && now <= 80_000; now = refresh.nextDue)
    most = Math.max(most, refresh.take(now, 10_000).length)
  expect(most).toBeLessThan(100)
})

property.prop([
  fc.array(fc.record({ address: fc.nat(5), stop: fc.boolean(), afterMs: fc.nat(3000) }), { maxLength: 40 }),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
  fc.integer({ min: 1, max: 3 }),
])(
  'whatever starts and stops: what is present is told again within 1.25 intervals and a step, what is gone is not',
  (steps, chance, max) => {
    const refresh = createRefresh({ everyMs: 4000, random: () => chance })
    const since = new Map<number, number>()
    let now = 0
    const runTo = (end: number) => {
      for (let due = refresh.nextDue; due !== undefined && due <= end; due = refresh.nextDue) {
        now = Math.max(now, due)
        for (const address of refresh.take(now, max)) {
          expect(since.has(Number(address))).toBe(true)
          expect(now - (since.get(Number(address)) ?? 0)).toBeLessThanOrEqual(6000)
          since.set(Number(address), now)
        }
      }
      now = end
    }
    for (const { address, stop, afterMs } of steps) {
      runTo(now + afterMs)
      if (stop) since.delete(address)
      else since.set(address, now)
      if (stop) refresh.stop(address)
      else refresh.restart(address, now)
    }
    const before = new Map(since)
    runTo(now + 6000)
    for (const [address, at] of before) expect(since.get(address)).toBeGreaterThan(at)
  },
)
