import { expect, test } from 'vitest'
import { createConflicts } from './conflicts.ts'

test('an address is defended once in ten seconds, however often it is challenged', () => {
  const conflicts = createConflicts('defend')
  expect([0, 1000, 9999, 10_000].map(at => conflicts.meet(7, at))).toEqual(['defend', 'leave', 'leave', 'defend'])
  expect(conflicts.meet(8, 1000)).toBe('defend')
})

test('by policy it is given up at the second challenge within ten seconds', () => {
  const conflicts = createConflicts('yield')
  expect([0, 9999, 20_000].map(at => conflicts.meet(7, at))).toEqual(['defend', 'give-up', 'defend'])
})

test('what the segment answered holds for half a minute; an Announcement that goes takes it along', () => {
  const conflicts = createConflicts('defend')
  expect(conflicts.probed('web', 0)).toBe('not-yet')
  expect([conflicts.beginProbe('web'), conflicts.beginProbe('web')]).toEqual([true, false])
  conflicts.endProbe('web', { owner: '02:00:00:00:00:99' }, 0)
  expect(conflicts.probed('web', 29_999)).toEqual({ owner: '02:00:00:00:00:99' })
  expect(conflicts.probed('web', 30_000)).toBe('not-yet')
  conflicts.endProbe('web', { free: true }, 40_000)
  expect(conflicts.probed('web', 40_001)).toBe('free')
  conflicts.forget('web', 7)
  expect(conflicts.probed('web', 40_001)).toBe('not-yet')
})

test('a station that goes on and on, or one that changes its MAC all the time, is told at most every ten minutes', () => {
  const conflicts = createConflicts('defend')
  const meet = (mac: string, nowMs: number) => {
    conflicts.defend('ip-10-201-200-1', { mac, nowMs, since: String(nowMs) })
    return conflicts.defended('ip-10-201-200-1', nowMs)
  }
  expect(conflicts.defended('ip-10-201-200-1', 600_000)).toBeUndefined()
  const first = { mac: '02:00:00:00:00:99', since: '0' }
  expect(meet('02:00:00:00:00:99', 0)).toEqual(first)
  expect(meet('02:00:00:00:00:98', 599_999)).toEqual(first)
  expect(meet('02:00:00:00:00:98', 600_000)).toEqual({ mac: '02:00:00:00:00:98', since: '600000' })
  conflicts.forget('ip-10-201-200-1', undefined)
  expect(conflicts.defended('ip-10-201-200-1', 600_000)).toBeUndefined()
})

test('an hour after a station came last, what was told of it is over; one that comes again begins anew', () => {
  const conflicts = createConflicts('defend')
  const station = { mac: '02:00:00:00:00:99', since: 'first' }
  conflicts.defend('web', { ...station, nowMs: 0 })
  conflicts.defend('web', { ...station, since: 'second', nowMs: 300_000 })
  expect(conflicts.defended('web', 3_899_999)).toEqual(station)
  expect(conflicts.overInMs('web', 300_000)).toBe(3_600_000)
  expect(conflicts.defended('web', 3_900_000)).toBeUndefined()
  expect([conflicts.overInMs('web', 3_900_000), conflicts.overInMs('other', 0)]).toEqual([0, 0])
  conflicts.defend('web', { ...station, since: 'third', nowMs: 4_000_000 })
  expect(conflicts.defended('web', 4_000_000)).toEqual({ ...station, since: 'third' })
})
