// When copies of the cluster are not to be trusted, and when only a new process helps.
import { expect, test } from 'vitest'
import type { Reflector, ReflectorState } from './reflector.ts'
import { stuckWatches, watchTroubles } from './watch-troubles.ts'

const at = (now: number) => ({ monotonic: () => now })
const reflector = (state: Partial<ReflectorState>): Reflector => ({
  resource: 'services',
  state: { synced: true, lastActivity: 0, lastAttempt: 0, restarts: 0, relists: 0, trouble: undefined, ...state },
  stop: async () => {},
})

test('a list that has not come, what went wrong, and silence are told; bookmarks keep a watch fresh', () => {
  const missing = reflector({ synced: false, lastActivity: undefined, trouble: new Error('connection refused') })
  expect(watchTroubles([missing], at(0))).toEqual(['services: not listed yet (connection refused)'])
  expect(watchTroubles([reflector({ trouble: new Error('HTTP 403') })], at(1000))).toEqual(['services: HTTP 403'])
  expect(watchTroubles([reflector({ lastActivity: 0 })], at(170_000))).toEqual([])
  expect(watchTroubles([reflector({ lastActivity: 0 })], at(240_000))).toEqual(['services: nothing was heard for 240 s'])
})

test('an API server that is away is no reason to begin anew, a watch that neither hears nor asks is', () => {
  const now = 3_600_000
  expect(stuckWatches([reflector({ lastActivity: 0, lastAttempt: now - 10_000 })], at(now))).toEqual([])
  expect(stuckWatches([reflector({ lastActivity: now - 60_000, lastAttempt: 0 })], at(now))).toEqual([])
  expect(stuckWatches([reflector({ lastActivity: 0, lastAttempt: 0 })], at(now))).toEqual([
    'services: the watch has stood still for 3600 s',
  ])
})
