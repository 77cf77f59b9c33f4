import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../../../../src/api/load-balancer-class.ts'
import { parseAddress } from '../../../../src/model/address.ts'
import type { EndpointSlice, Service, ServiceSpec } from '../../../../src/model/kubernetes-objects.ts'
import { buildPorts } from './build-services.ts'
import { desiredService, profileOf } from './desired-service.ts'

const podClass: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'pods' },
  spec: { provider: 'local', targets: 'Pod', default: false },
}
const service = (spec: Partial<ServiceSpec>): Service => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { type: 'LoadBalancer', ipFamilies: ['IPv4'], ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
})
const slice = (port: number, ...endpoints: NonNullable<EndpointSlice['endpoints']>): EndpointSlice => ({
  metadata: { name: `web-${port}`, namespace: 'default' },
  addressType: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port }],
  endpoints,
})
const ready = (address: string, nodeName: string) => ({ addresses: [address], nodeName })
const draining = (address: string, nodeName: string) => ({
  addresses: [address],
  nodeName,
  conditions: { ready: false, serving: true, terminating: true },
})

function portsOf(spec: Partial<ServiceSpec>, ...slices: readonly EndpointSlice[]) {
  const address = parseAddress('10.201.200.1')
  if (!address) throw new Error('no address')
  return buildPorts({ address, service: service(spec), class: podClass, slices }, () => ({ path: 'direct' })).ports
}

test('a named target port goes to the number that each pod has for it', () => {
  const [port] = portsOf({}, slice(8080, ready('10.244.1.2', 'n1')), slice(9090, ready('10.244.2.2', 'n2')))
  expect(port?.targets.map(target => `${target.address}:${target.port}`)).toEqual(['10.244.1.2:8080', '10.244.2.2:9090'])
})

test('source ranges: unreadable ones and those of the other family let nobody in', () => {
  const pods = slice(8080, ready('10.244.1.2', 'n1'))
  for (const ranges of [['2001:db8::/32'], ['192.0.2.0/24', 'office']]) {
    const [port] = portsOf({ loadBalancerSourceRanges: ranges }, pods)
    expect(port?.sources).toEqual([{ family: 'IPv4', first: 0n, last: 0n }])
  }
  expect(portsOf({}, pods)[0]?.sources).toEqual([])
})

test('session affinity comes with its timeout; SCTP stays with kube-proxy', () => {
  const ports = portsOf(
    {
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 90 } },
      ports: [
        { name: 'http', port: 80 },
        { name: 'sig', port: 90, protocol: 'SCTP' },
      ],
    },
    slice(8080, ready('10.244.1.2', 'n1')),
  )
  expect(ports.map(({ port, affinitySeconds }) => [port, affinitySeconds])).toEqual([[80, 90]])
})

test('every node picks the same node for a connection, and each its own pods; draining ones only while no other is left', () => {
  const [port] = portsOf(
    {},
    slice(8080, ready('10.244.1.2', 'n1'), draining('10.244.1.3', 'n1'), ready('10.244.2.2', 'n2'), draining('10.244.3.2', 'n3')),
  )
  if (!port) throw new Error('no port')
  const around = (self: string, dead: readonly string[] = []) => ({ self, isAlive: (node: string) => !dead.includes(node) })
  const [one, two, three] = ['n1', 'n2', 'n3'].map(self => desiredService(port, around(self)))
  expect(one?.slots?.id).toBe(two?.slots?.id)
  expect(new Set(one?.slots?.nodes)).toEqual(new Set(['n1', 'n2']))
  expect(one?.endpoints.map(({ address }) => address.text)).toEqual(['10.244.1.2'])
  expect(three?.endpoints.map(({ address }) => address.text)).toEqual(['10.244.3.2'])
  expect(profileOf(port, around('n1'))).toBe('n1 1,n2 1')

  const left = desiredService(port, around('n1', ['n2']), one)
  expect(new Set(left.slots?.nodes)).toEqual(new Set(['n1']))
  expect(left.previous?.nodes.filter(node => node === 'n2').length).toBe(32)
})

test('clients outside the cluster are in no zone and at no node, so hints and internalTrafficPolicy choose nothing for them', () => {
  const hinted = (address: string, node: string) => ({
    ...ready(address, node),
    zone: `zone-${node}`,
    hints: { forZones: [{ name: `zone-${node}` }], forNodes: [{ name: node }] },
  })
  const pods = slice(8080, hinted('10.244.1.2', 'n1'), hinted('10.244.2.2', 'n2'), hinted('10.244.3.2', 'n3'))
  for (const trafficDistribution of ['PreferClose', 'PreferSameZone', 'PreferSameNode']) {
    const spec = { internalTrafficPolicy: 'Local', trafficDistribution, ports: [{ name: 'http', port: 80 }] }
    const [port] = portsOf(spec, pods)
    if (!port) throw new Error('no port')
    const { slots } = desiredService(port, { self: 'n1', isAlive: () => true })
    expect(new Set(slots?.nodes)).toEqual(new Set(['n1', 'n2', 'n3']))
  }
})

test('with publishNotReadyAddresses the slices say ready, and so pods that are not ready are served', () => {
  const published = { ready: true, serving: false, terminating: false }
  const [port] = portsOf({}, slice(8080, { ...ready('10.244.1.2', 'n1'), conditions: published }))
  expect(port?.targets).toEqual([{ address: '10.244.1.2', port: 8080, node: 'n1', terminating: false }])
})
