// The event recorder: one object per transition, repeats in a series, and never in anybody's way.
import { expect, test } from 'vitest'
import { createEventRecorder } from './events.ts'
import type { EventInput, EventRecorderOptions } from './events.ts'
import { silentLogger } from './logger.ts'
import { perfectLink, simulatedApi } from './simulated-api.ts'
import { simulatedClock } from './simulated-clock.ts'
import type { ApiRequest, Transport } from './transport.ts'

const pending: EventInput = {
  regarding: { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'web', uid: 'uid-web' } },
  type: 'Warning',
  reason: 'PoolExhausted',
  action: 'AllocateAddress',
  note: 'pool office has no free address',
}

function start(options: Partial<EventRecorderOptions> = {}) {
  const clock = simulatedClock()
  const link = perfectLink()
  const real = simulatedApi().connect(clock, link)
  const sent: ApiRequest[] = []
  const transport: Transport = {
    ...real,
    request: request => {
      sent.push(request)
      return real.request(request)
    },
  }
  const recorder = createEventRecorder({
    transport,
    clock,
    logger: silentLogger,
    reportingController: 'weir.dev/controller',
    reportingInstance: 'weir-controller-0',
    ...options,
  })
  return { clock, link, sent, recorder }
}

test('an event says what, about what, why and by whom', async () => {
  const { clock, sent, recorder } = start()
  recorder.record(pending)
  await clock.advance(100)
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({
    method: 'POST',
    path: '/apis/events.k8s.io/v1/namespaces/default/events',
    body: {
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'weir.dev/controller',
      reportingInstance: 'weir-controller-0',
      type: 'Warning',
      reason: 'PoolExhausted',
      regarding: { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'web', uid: 'uid-web' },
    },
  })
})

test('a thousand repeats are one event and a handful of series updates, and the last count is right', async () => {
  const { clock, sent, recorder } = start()
  for (let i = 0; i < 1000; i++) {
    recorder.record(pending)
    await clock.advance(300)
  }
  await Promise.all([recorder.stop(), clock.advance(5000)])
  expect(sent.length).toBeLessThan(10)
  expect(sent.map(({ method }) => method)).toEqual(['POST', ...Array.from({ length: sent.length - 1 }, () => 'PATCH')])
  expect(sent[1]?.body).toMatchObject({ series: { count: 2 } })
  expect(sent.at(-1)?.body).toMatchObject({ series: { count: 1000 } })
})

test('the same thing much later, another note, or another object is another event', async () => {
  const { clock, sent, recorder } = start()
  recorder.record(pending)
  recorder.record({ ...pending, note: 'pool home has no free address' })
  recorder.record({ ...pending, regarding: { ...pending.regarding, metadata: { ...pending.regarding.metadata, uid: 'uid-2' } } })
  await clock.advance(400_000)
  recorder.record(pending)
  await clock.advance(1000)
  expect(sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST', 'POST'])
})

test('while the API server is away recording goes on, the oldest are dropped and counted, and nothing throws', async () => {
  const { clock, link, sent, recorder } = start({ capacity: 10 })
  link.up = false
  for (let i = 0; i < 50; i++) recorder.record({ ...pending, note: `attempt ${i}` })
  // One is on its way, ten wait.
  expect(recorder.dropped).toBe(39)
  await clock.advance(5)
  link.up = true
  await clock.advance(60_000)
  expect(sent.at(-1)?.body).toMatchObject({ note: 'attempt 49' })
  await Promise.all([recorder.stop(), clock.advance(5000)])
})

test('events are written one after the other and not faster than told, however many there are', async () => {
  const { clock, sent, recorder } = start({ perSecond: 10 })
  for (let i = 0; i < 100; i++) recorder.record({ ...pending, note: `transition ${i}` })
  await clock.advance(1050)
  expect(sent.length).toBeGreaterThanOrEqual(10)
  expect(sent.length).toBeLessThanOrEqual(11)
  const stopped = recorder.stop(1000)
  await clock.advance(1000)
  await stopped
  expect(sent.length).toBeLessThanOrEqual(22)
})

test('a note that is too long is cut at a whole character', async () => {
  const { clock, sent, recorder } = start()
  recorder.record({ ...pending, note: 'ä'.repeat(2000) })
  await clock.advance(10)
  const note = JSON.stringify(sent[0]?.body).match(/"note":"(ä+…)"/)?.[1] ?? ''
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024)
  expect(Buffer.byteLength(note)).toBeGreaterThan(1015)
})

test('events stand back while others are busy, but not for ever, and not at the end', async () => {
  let isBusy = true
  const { clock, sent, recorder } = start({ isBusy: () => isBusy })
  recorder.record(pending)
  await clock.advance(1900)
  expect(sent).toEqual([])
  await clock.advance(200)
  expect(sent).toHaveLength(1)

  for (const number of [1, 2, 3]) recorder.record({ ...pending, note: `number ${number}` })
  await clock.advance(500)
  isBusy = false
  await clock.advance(200)
  expect(sent).toHaveLength(4)
})
