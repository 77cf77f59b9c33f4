// What of an object is kept in memory.
import { expect, test } from 'vitest'
import { pruneEndpointSlice, pruneNode, pruneService } from './prune.ts'

test('memory holds what is read and nothing else', () => {
  const annotations = { 'weir.dev/address-pool': 'office', 'kubectl.kubernetes.io/last-applied-configuration': '{…}' }
  const spec = { type: 'LoadBalancer', selector: { app: 'web' }, clusterIPs: ['10.96.0.9'], ports: [{ port: 80 }] } as const
  const pruned = pruneService({ metadata: { name: 'web', resourceVersion: '7', annotations }, spec })
  expect(pruned).toEqual({
    metadata: { name: 'web', resourceVersion: '7', annotations: { 'weir.dev/address-pool': 'office' } },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  })
  const local = { ...spec, externalTrafficPolicy: 'Local' } as const
  expect(pruneService({ metadata: { name: 'web' }, spec: local }).spec.selector).toEqual({ app: 'web' })
  const status = {
    addresses: [
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'ExternalIP', address: '192.0.2.1' },
      { type: 'Hostname', address: 'n0' },
    ],
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' },
    ],
    images: [],
  }
  expect(pruneNode({ metadata: { name: 'n0', annotations: { big: 'x' } }, status })).toEqual({
    metadata: { name: 'n0' },
    status: { addresses: status.addresses.slice(0, 2), conditions: [{ type: 'NetworkUnavailable', status: 'True' }] },
  })
  const labels = { 'kubernetes.io/service-name': 'web', other: 'x' }
  const endpoint = { addresses: ['10.244.0.1', 'ignored'], zone: 'a', nodeName: 'n0', targetRef: { kind: 'Pod', uid: 'p1' } }
  expect(
    pruneEndpointSlice({ metadata: { name: 's', labels }, addressType: 'IPv4', endpoints: [endpoint], ports: [{ port: 1 }] }),
  ).toEqual({
    metadata: { name: 's', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.0.1'], nodeName: 'n0', targetRef: { uid: 'p1' } }],
    ports: [{ port: 1 }],
  })
})
