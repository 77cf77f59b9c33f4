// The one patch of a Service, and which changes of a Service are news.
import { expect, test } from 'vitest'
import type { Condition } from '../kubernetes/conditions.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { asksForSomethingElse, ourPartWasChanged } from './service-changes.ts'
import { ownPart, patched, statusPatch } from './service-status.ts'
import type { ServiceGoal } from './service-status.ts'

const now = Date.UTC(2026, 0, 1)
const audited: Condition = {
  type: 'example.com/Audited',
  status: 'True',
  reason: 'Seen',
  message: '',
  lastTransitionTime: '2025-01-01T00:00:00Z',
}
const bare: Service = {
  metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '7' },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  status: { loadBalancer: {} },
}
const serving: ServiceGoal = {
  finalizers: { add: 'weir.dev/load-balancer-cleanup' },
  ingress: [{ ip: '10.201.200.1', ipMode: 'VIP' }],
  condition: { ready: true, reason: 'Serving', message: 'Served at 10.201.200.1' },
}
const served = patched(bare, statusPatch(bare, serving, now) ?? {})

test('finalizer, addresses and condition travel together, and once there nothing is written any more', () => {
  expect(statusPatch(bare, serving, now)).toEqual({
    metadata: { finalizers: ['weir.dev/load-balancer-cleanup'] },
    status: {
      loadBalancer: { ingress: [{ ip: '10.201.200.1', ipMode: 'VIP' }] },
      conditions: [
        {
          type: 'weir.dev/Ready',
          status: 'True',
          reason: 'Serving',
          message: 'Served at 10.201.200.1',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  })
  expect(statusPatch(served, serving, now + 60_000)).toBeUndefined()
})

test('what the API server fills in is no difference: VIP is what an address without a mode has', () => {
  const spare: Service = { ...served, status: { ...served.status, loadBalancer: { ingress: [{ ip: '10.201.200.1' }] } } }
  expect(statusPatch(spare, serving, now)).toBeUndefined()
})

test('finalizers and conditions of others stay in their order', () => {
  const theirs: Service = {
    ...bare,
    metadata: { ...bare.metadata, finalizers: ['example.com/keep'] },
    status: { conditions: [audited] },
  }
  const after = patched(theirs, statusPatch(theirs, serving, now) ?? {})
  expect(after.metadata.finalizers).toEqual(['example.com/keep', 'weir.dev/load-balancer-cleanup'])
  expect(after.status?.conditions?.map(({ type }) => type)).toEqual(['example.com/Audited', 'weir.dev/Ready'])
  const released = patched(after, statusPatch(after, release, now) ?? {})
  expect(released.metadata.finalizers).toEqual(['example.com/keep'])
  expect(released.status).toEqual({ conditions: [audited] })
})

const release: ServiceGoal = { finalizers: { remove: ['weir.dev/load-balancer-cleanup'] }, ingress: [], condition: 'none' }

test('releasing leaves no trace of ours', () => {
  expect(statusPatch(served, release, now)).toEqual({
    metadata: { finalizers: [] },
    status: { loadBalancer: null, conditions: null },
  })
  expect(statusPatch(bare, release, now)).toBeUndefined()
})

test('addresses are not written to another type, where the API server refuses them', () => {
  const changed: Service = { ...served, spec: { type: 'ClusterIP' } }
  expect(statusPatch(changed, release, now)?.['status']).toEqual({ conditions: null })
})

test('a Service that is being deleted gets no new finalizer', () => {
  const leaving: Service = { ...bare, metadata: { ...bare.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  expect(statusPatch(leaving, { finalizers: { add: 'weir.dev/load-balancer-cleanup' } }, now)).toBeUndefined()
})

test('the echo of our own write is no news, a wiped status and a taken finalizer are', () => {
  const written = ownPart(served)
  expect(ourPartWasChanged(bare, served, written)).toBe(false)
  expect(ourPartWasChanged(served, { ...served, status: { loadBalancer: {} } }, written)).toBe(true)
  expect(ourPartWasChanged(served, { ...served, metadata: bare.metadata }, written)).toBe(true)
  const audit: Service = { ...served, status: { ...served.status, conditions: [...(served.status?.conditions ?? []), audited] } }
  expect(ourPartWasChanged(served, audit, written)).toBe(false)
})

const changes: readonly (readonly [string, Partial<Service>, boolean])[] = [
  ['a status', { status: {} }, false],
  ['a finalizer', { metadata: { ...bare.metadata, finalizers: ['x'] } }, false],
  ['another version of the same', { metadata: { ...bare.metadata, resourceVersion: '8' } }, false],
  ['an annotation', { metadata: { ...bare.metadata, annotations: { 'weir.dev/address-pool': 'office' } } }, true],
  ['a label', { metadata: { ...bare.metadata, labels: { team: 'a' } } }, true],
  ['a deletion', { metadata: { ...bare.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, true],
  ['another object of the name', { metadata: { ...bare.metadata, uid: 'u2' } }, true],
  ['a port', { spec: { type: 'LoadBalancer', ports: [{ port: 81 }] } }, true],
  ['a type', { spec: { type: 'ClusterIP', ports: [{ port: 80 }] } }, true],
]
test.each(changes)('%s: asks for something else: %j', (_what, change, expected) => {
  expect(asksForSomethingElse(bare, { ...bare, ...change })).toBe(expected)
})
