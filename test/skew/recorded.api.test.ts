// What controllers and agents of v1alpha1 wrote, recorded in a cluster: this build stores it as it is, and goes on from it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeAgents } from '../contract/agents.ts'
import type { FakeAgents } from '../contract/agents.ts'
import { readyOf, servicePath, startCluster, weirPath } from '../contract/cluster.ts'
import type { Cluster, Json } from '../contract/cluster.ts'
import { runController } from '../contract/controller.ts'
import type { RunningController } from '../contract/controller.ts'

const recorded: readonly Json[] = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded-v1alpha1.json'), 'utf8'))
const of = (kind: string) => recorded.filter(object => object.kind === kind)
const nodes = ['n0', 'n1', 'n2']

const plurals: Readonly<Record<string, string>> = {
  LoadBalancerClass: weirPath('loadbalancerclasses'),
  AddressPool: weirPath('addresspools'),
  NodeReport: weirPath('nodereports'),
  AddressBlock: weirPath('addressblocks'),
  Announcement: weirPath('announcements'),
  IngressReport: '/apis/weir.dev/v1alpha1/namespaces/default/ingressreports',
  Service: '/api/v1/namespaces/default/services',
  Lease: '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases',
}
const withStatus = new Set(['LoadBalancerClass', 'AddressPool', 'Announcement', 'Service'])

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController | undefined
/** As recorded, with the uids that the Services have here. */
let objects: readonly Json[]

const pathOf = ({ kind, metadata }: Json) => `${plurals[kind]}/${metadata.name}`

async function put(object: Json): Promise<void> {
  const found = await cluster.find(pathOf(object))
  if (found) await cluster.patch(pathOf(object), { spec: object.spec })
  else await cluster.create(plurals[object.kind] ?? '', object)
  if (withStatus.has(object.kind)) await cluster.patch(`${pathOf(object)}/status`, { status: object.status })
}

beforeAll(async () => {
  cluster = await startCluster()
  agents = await fakeAgents(cluster, nodes)
  for (const service of of('Service')) {
    await put(service)
    await cluster.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: service.metadata.name, labels: { 'kubernetes.io/service-name': service.metadata.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.0.10'], nodeName: 'n0', conditions: { ready: true } }],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    })
  }
  let text = JSON.stringify(recorded)
  for (const { metadata } of await cluster.list(plurals['Service'] ?? ''))
    text = text.replaceAll(`"uid of default/${metadata.name}"`, JSON.stringify(metadata.uid))
  objects = JSON.parse(text)
  for (const object of objects) if (!['Service', 'Lease'].includes(object.kind)) await put(object)
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

test('there is a recording of every kind that agents and the controller of the LAN keep', () => {
  expect(new Set(recorded.map(({ kind }) => kind))).toEqual(new Set(Object.keys(plurals)))
})

test('every recorded object is stored as it was written: no field is unknown, none is refused', async () => {
  for (const object of objects) {
    const { spec, status } = await cluster.get(pathOf(object))
    if (object.kind === 'Lease') continue
    expect({ of: pathOf(object), spec, status }).toMatchObject({
      of: pathOf(object),
      spec: object.spec,
      status: object.status ?? {},
    })
  }
})

test('a controller goes on from them: addresses, candidates and claims stay as they were', async () => {
  const before = await cluster.list(weirPath('announcements'))
  weir = runController({ cluster })
  await weir.working
  await cluster.service('newcomer')
  agents.claim()
  await cluster.untilReason('newcomer', 'Serving')
  for (const { metadata, status } of of('Service')) {
    const service = await cluster.get(servicePath(metadata.name))
    expect(service.status.loadBalancer).toEqual(status.loadBalancer)
    expect(service.metadata.finalizers).toEqual(metadata.finalizers)
    expect(readyOf(service)?.status).toBe('True')
  }
  for (const { metadata, spec, status } of before)
    expect(await cluster.get(weirPath('announcements', metadata.name))).toMatchObject({
      // Of the cluster where this runs.
      spec: { ...spec, ...(spec.hashSeed !== undefined && { hashSeed: expect.any(Number) }) },
      status,
    })
  const [block] = await cluster.list(weirPath('addressblocks'))
  expect(block.spec.allocations).toMatchObject(objects.find(({ kind }) => kind === 'AddressBlock').spec.allocations)
})
