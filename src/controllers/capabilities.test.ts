// What providers cannot do, before anything is planned.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { DesiredLoadBalancer } from '../model/load-balancer.ts'
import type { Capabilities } from '../provider.ts'
import { missingCapabilities } from './capabilities.ts'

const lan: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'lan' },
  spec: { provider: 'local', targets: 'Node', default: false },
}
const desired: DesiredLoadBalancer = {
  id: { kind: 'Service', namespace: 'default', name: 'web', uid: 'u1' },
  class: lan,
  targetType: 'Node',
  families: ['IPv4'],
  familyPolicy: 'SingleStack',
  listeners: [{ port: 80, protocol: 'TCP', portName: '', nodePort: 30_080 }],
  externalTrafficPolicy: 'Cluster',
  sourceRanges: [],
  labels: {},
  annotations: {},
  statusAddresses: [],
  createdAt: '2026-01-01T00:00:00Z',
}
const capabilities: Capabilities = {
  protocols: new Set(['TCP', 'UDP'] as const),
  targetTypes: new Set(['Node'] as const),
  families: new Set(['IPv4'] as const),
  mixedProtocols: false,
  sharedAddresses: false,
  withoutNodePorts: false,
}
const found = (change: Partial<DesiredLoadBalancer>) =>
  missingCapabilities({ ...desired, ...change }, { name: 'local', capabilities }).map(
    problem => `${problem.severity} ${problem.reason}`,
  )

test('what a provider cannot do is named, and only warned of when something is left to serve', () => {
  const [tcp] = desired.listeners
  const sctp = { port: 5000, protocol: 'SCTP', portName: 's', nodePort: 30_500 } as const
  const udp = { port: 53, protocol: 'UDP', portName: 'd', nodePort: 30_053 } as const
  expect(found({})).toEqual([])
  expect(found({ listeners: [sctp] })).toEqual(['blocks NoSupportedPorts'])
  expect(found({ listeners: tcp ? [tcp, sctp] : [] })).toEqual(['warns UnsupportedProtocol'])
  expect(found({ listeners: tcp ? [tcp, udp] : [] })).toEqual(['blocks UnsupportedProtocol'])
  expect(found({ targetType: 'Pod' })).toEqual(['blocks UnsupportedTargetType'])
  expect(found({ families: ['IPv6'] })).toEqual(['blocks UnsupportedFamily'])
  expect(found({ families: ['IPv6', 'IPv4'] })).toEqual([])
  expect(found({ annotations: { 'weir.dev/allow-shared-ip': 'dns' } })).toEqual(['warns SettingWithoutEffect'])
  expect(found({ listeners: [{ port: 80, protocol: 'TCP', portName: '' }] })).toEqual(['blocks NodePortsRequired'])
})
