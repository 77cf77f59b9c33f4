import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../../../../src/api/load-balancer-class.ts'
import { parseAddress } from '../../../../src/model/address.ts'
import type { EndpointSlice, Service } from '../../../../src/model/kubernetes-objects.ts'
import { buildDataPath } from './build-data-path.ts'
import type { DataPathView } from './build-memory.ts'
import type { PlacedService } from './build-services.ts'
import { planTable } from './plan.ts'
import { emptyTable } from './written-table.ts'

const podClass: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'pods' },
  spec: { provider: 'local', targets: 'Pod', default: false },
}
const nic = (number: number, name = 'eth0', network = 201) => ({
  name,
  index: 2,
  mac: `02:00:00:00:00:0${number}`,
  carrier: true,
  addresses: [`10.${network}.0.1${number}/16`],
})

interface Web {
  readonly vip?: string
  readonly pods: readonly (readonly [address: string, node: string])[]
  readonly policy?: 'Cluster' | 'Local'
}

function at({ vip = '10.201.200.1', pods, policy = 'Cluster' }: Web): PlacedService {
  const address = parseAddress(vip)
  if (!address) throw new Error(vip)
  const service: Service = {
    metadata: { name: 'web', namespace: 'default' },
    spec: { type: 'LoadBalancer', ipFamilies: ['IPv4'], externalTrafficPolicy: policy, ports: [{ name: 'http', port: 80 }] },
  }
  const slice: EndpointSlice = {
    metadata: { name: 'web-1', namespace: 'default' },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: pods.map(([pod, nodeName]) => ({ addresses: [pod], nodeName })),
  }
  return { address, service, class: podClass, slices: [slice] }
}

const view = (services: DataPathView['services'], dead: readonly string[] = []): DataPathView => ({
  self: 'n1',
  interfaces: [nic(1)],
  others: [
    { name: 'n2', alive: !dead.includes('n2'), interfaces: [nic(2)] },
    { name: 'n3', alive: true, interfaces: [nic(3, 'eth0', 202)] },
  ],
  services,
  seed: 7,
})

test('an address is served straight from the pods of this node and its neighbours', () => {
  const { desired, paths } = buildDataPath(
    view([
      at({
        pods: [
          ['10.244.1.2', 'n1'],
          ['10.244.2.2', 'n2'],
        ],
      }),
    ]),
    new Map(),
  )
  expect(paths.get('10.201.200.1')).toEqual({ path: 'direct' })
  expect(desired.interfaces).toEqual(['eth0'])
  expect(desired.peers.map(({ name }) => name)).toEqual(['n2'])
  const [service] = desired.services.values()
  expect(new Set(service?.slots?.nodes)).toEqual(new Set(['n1', 'n2']))
})

test('a node on another segment makes it masquerade, or serve its own pods; which one is named', () => {
  const pods = [
    ['10.244.1.2', 'n1'],
    ['10.244.3.2', 'n3'],
  ] as const
  const cluster = buildDataPath(view([at({ pods })]), new Map())
  expect(cluster.paths.get('10.201.200.1')).toEqual({ path: 'masquerade', why: { reason: 'OtherSegment', node: 'n3' } })
  expect([...cluster.desired.services.values()][0]?.endpoints).toHaveLength(2)
  const local = buildDataPath(view([at({ pods, policy: 'Local' })]), new Map())
  expect([...local.desired.services.values()][0]).toMatchObject({ path: 'local', endpoints: [{ local: true }] })
})

test('an address of no segment of this node is none of its business', () => {
  const { desired, paths } = buildDataPath(view([at({ vip: '192.0.2.1', pods: [['10.244.1.2', 'n1']] })]), new Map())
  expect(desired.services.size).toBe(0)
  expect(paths.size).toBe(0)
})

test('what did not change is the same object, so nothing is written; a node that dies moves its slots and is where they were', () => {
  const web = at({
    pods: [
      ['10.244.1.2', 'n1'],
      ['10.244.2.2', 'n2'],
    ],
  })
  const first = buildDataPath(view([web]), new Map()).desired.services
  const again = buildDataPath(view([web]), first).desired.services
  expect([...again.values()][0]).toBe([...first.values()][0])
  const nodes = new Map([['n1', { number: 1, mac: '', alive: true }]])
  const table = { interfaces: ['eth0'], nodes, seed: 7 }
  const { written } = planTable({ ...table, services: first }, emptyTable('a', 7))
  expect(planTable({ ...table, services: again }, written).transactions).toEqual([])

  const [after] = buildDataPath(view([web], ['n2']), first).desired.services.values()
  expect(new Set(after?.slots?.nodes)).toEqual(new Set(['n1']))
  expect(new Set(after?.previous?.nodes)).toEqual(new Set(['n1', 'n2']))
})
