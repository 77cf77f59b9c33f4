// The loop of Announcements under a simulated clock: what is tried again, and when.
import { expect, test } from 'vitest'
import { ApiError } from '../kubernetes/errors.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { createLog } from '../observability/log.ts'
import { createMetrics } from '../observability/metrics.ts'
import { startAnnouncementController } from './announcement.ts'
import { createStores } from './stores.ts'

test('an Announcement that the API server refuses is tried again now and then, not never and not all the time', async () => {
  const clock = simulatedClock()
  const log = createLog({ level: 'silent', program: 'test' })
  let tries = 0
  let isRefused = true
  let wake: (name: string) => void = () => {}
  const loop = startAnnouncementController({
    surroundings: {
      stores: createStores(log),
      // Only the provider writes.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      writer: {} as Writer,
      events: { record: () => {} },
      clock,
      random: () => 0.5,
      log,
      metrics: createMetrics(),
    },
    announcing: {
      plan: () => (isRefused ? { kind: 'update-announcement' } : undefined),
      apply: async () => {
        tries++
        throw new ApiError('PATCH announcements', 422, { status: { reason: 'Invalid', message: 'spec.interfaces: too many' } })
      },
      watch: listener => {
        wake = listener
        return () => {}
      },
    },
    isBusy: () => false,
  })
  wake('ip-10-201-200-1')
  await clock.advance(1000)
  expect(tries).toBe(1)
  await clock.advance(60_000)
  expect(tries).toBe(3)
  isRefused = false
  await clock.advance(60_000)
  expect(tries).toBe(3)
  await loop.stop(0)
})
