// Drift is looked for in two tiers and health in a third, each at its own pace, however many load balancers there are.
import { expect, test } from 'vitest'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import { createLog } from '../observability/log.ts'
import { driftPeriods, startDrift } from './drift.ts'

const hour = 3_600_000
const quiet = createLog({ level: 'silent', program: 'test' })

/** The times at which each look began within `hours`, with turns as long as `random` makes them. */
async function looks(
  count: number,
  {
    hours = 24,
    random = 0.5,
    environment = {},
  }: { readonly hours?: number; readonly random?: number; readonly environment?: Readonly<Record<string, string>> } = {},
) {
  const clock = simulatedClock()
  const found = { sweep: [] as number[], inspect: [] as number[], health: [] as number[] }
  const controllers = startDrift(
    {
      sweep: async () => void found.sweep.push(clock.monotonic()),
      inspectNext: () => void found.inspect.push(clock.monotonic()),
      inspectHealth: async () => void found.health.push(clock.monotonic()),
    },
    { clock, random: () => random, log: quiet, count: () => count, periods: driftPeriods(environment) },
  )
  await clock.advance(hours * hour)
  await Promise.all(controllers.map(each => each.stop(0)))
  return found
}

/** The longest time until each of `count` had its turn, wherever one begins to watch. */
function longestRound(times: readonly number[], count: number): number {
  const rounds = times.flatMap((at, index) => (index < count ? [] : [at - (times[index - count] ?? 0)]))
  return Math.max(...rounds, times[count - 1] ?? Number.POSITIVE_INFINITY)
}

test('what AWS lists is compared every five minutes, however many load balancers there are', async () => {
  for (const count of [0, 1, 300]) {
    const { sweep } = await looks(count)
    expect(sweep).toHaveLength(24 * 12)
  }
})

test.each([1, 7, 300])(
  'each of %i load balancers is compared in full within six hours, also with the longest pauses',
  async count => {
    const { inspect } = await looks(count, { random: 0.999 })
    expect(longestRound(inspect, count)).toBeLessThanOrEqual(6 * hour)
  },
)

test('the health of each is asked for every minute, and never more often than once a second in all', async () => {
  expect((await looks(1, { hours: 1 })).health).toHaveLength(60)
  expect((await looks(20, { hours: 1 })).health).toHaveLength(60 * 20)
  expect((await looks(1000, { hours: 1 })).health.length).toBeLessThanOrEqual(3600)
})

test('the environment sets each pace, and what is no number of seconds is left out', async () => {
  const environment = { WEIR_AWS_SWEEP_SECONDS: '600', WEIR_AWS_INSPECTION_SECONDS: '3600', WEIR_AWS_HEALTH_SECONDS: 'often' }
  const { sweep, inspect, health } = await looks(2, { hours: 2, environment })
  expect([sweep.length, inspect.length, health.length]).toEqual([12, 4, 240])
})
