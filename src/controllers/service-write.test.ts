// Which moves of a Service are told as a Warning.
import { expect, test } from 'vitest'
import type { Service } from '../model/kubernetes-objects.ts'
import { eventType } from './service-write.ts'

const madeAt = Date.UTC(2026, 0, 1)
const made: Service = {
  metadata: { name: 'web', namespace: 'default', creationTimestamp: new Date(madeAt).toISOString() },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
}
const lastTransitionTime = '2026-01-01T00:00:00Z'
const served: Service = {
  ...made,
  status: { conditions: [{ type: 'weir.dev/Ready', status: 'True', reason: 'Serving', message: '', lastTransitionTime }] },
}
const noEndpoints = { ready: false, reason: 'NoReadyEndpoints', message: '' } as const

test('a new Service whose endpoints are yet to come is no warning; an old one, or one that had some, is', () => {
  expect(eventType(noEndpoints, made, madeAt + 2000)).toBe('Normal')
  expect(eventType(noEndpoints, made, madeAt + 20_000)).toBe('Warning')
  expect(eventType(noEndpoints, served, madeAt + 5000)).toBe('Warning')
  // Pods that are there and start are no mistake, however long they take; those of a Service that served are an outage.
  expect(eventType({ ...noEndpoints, waiting: true }, made, madeAt + 20_000)).toBe('Normal')
  expect(eventType({ ...noEndpoints, waiting: true }, served, madeAt + 20_000)).toBe('Warning')
})

test('what is wrong with a new Service is a Warning at once', () => {
  expect(eventType({ ...noEndpoints, reason: 'PoolsExhausted' }, made, madeAt + 1000)).toBe('Warning')
  expect(eventType({ ...noEndpoints, reason: 'Withdrawing' }, made, madeAt + 1000)).toBe('Normal')
  expect(eventType({ ...noEndpoints, reason: 'Provisioning' }, made, madeAt + 1000)).toBe('Normal')
})
