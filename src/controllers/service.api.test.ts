// The walk of a Service against a true API server: claimed, given an address, served, released.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeAgents } from '../../test/contract/agents.ts'
import type { FakeAgents } from '../../test/contract/agents.ts'
import { addressesOf, readyOf, servicePath, startCluster, weirPath } from '../../test/contract/cluster.ts'
import type { Cluster } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController

beforeAll(async () => {
  cluster = await startCluster()
  agents = await fakeAgents(cluster, ['n0', 'n1', 'n2'])
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/24'])
  weir = runController({ cluster })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

const ownFinalizer = 'weir.dev/load-balancer-cleanup'
const standardFinalizer = 'service.kubernetes.io/load-balancer-cleanup'

/** Every state a Service has had since `resourceVersion`. */
async function history(name: string, resourceVersion: string): Promise<readonly any[]> {
  const query = `watch=1&resourceVersion=${resourceVersion}&fieldSelector=metadata.name=${name}&timeoutSeconds=1`
  const lines = await cluster.plane.kubectl(['get', '--raw', `/api/v1/namespaces/default/services?${query}`])
  return lines
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}

async function allocations(): Promise<readonly string[]> {
  const blocks = await cluster.list(weirPath('addressblocks'))
  return blocks.flatMap(block => Object.values<any>(block.spec.allocations).map(({ owners }) => owners[0].name))
}

test('a new Service gets finalizer, address and condition in one write, and one Normal event', async () => {
  await cluster.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.0.10'], nodeName: 'n0', conditions: { ready: true } }],
    ports: [{ port: 8080 }],
  })
  const made = await cluster.service('web', { endpoints: false })
  const web = await cluster.untilReason('web', 'Serving')
  expect(addressesOf(web)).toEqual([expect.stringMatching(/^10\.201\.200\.\d+$/)])

  const states = await history('web', made.metadata.resourceVersion ?? '')
  expect(states.map(({ type }) => type)).toEqual(['MODIFIED'])
  expect(states[0].object.metadata.finalizers).toEqual([ownFinalizer])
  expect(states[0].object.status).toMatchObject({
    loadBalancer: { ingress: [{ ip: addressesOf(web)[0], ipMode: 'VIP' }] },
    conditions: [{ type: 'weir.dev/Ready', status: 'True', reason: 'Serving' }],
  })
  await cluster.until(weirPath('announcements', `ip-${addressesOf(web)[0]?.replaceAll('.', '-')}`), one => one.status?.node)
  await expect.poll(() => cluster.events('web')).toMatchObject([{ type: 'Normal', reason: 'Serving' }])
})

test('the condition follows the endpoints, the address stays, and each move is one event', async () => {
  await cluster.service('flappy')
  const before = await cluster.untilReason('flappy', 'Serving')
  await cluster.endpoints('flappy', false)
  const without = await cluster.untilReason('flappy', 'NoReadyEndpoints')
  expect(addressesOf(without)).toEqual(addressesOf(before))
  expect(readyOf(without)?.message).toContain('the only endpoint is not ready yet')
  await cluster.endpoints('flappy', true, 'n1')
  await cluster.untilReason('flappy', 'Serving')
})

test('conditions and finalizers of others stay, and our condition does not replace them', async () => {
  const other = {
    type: 'example.com/Audited',
    status: 'True',
    reason: 'Seen',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  await cluster.service('shared', { metadata: { finalizers: ['example.com/keep'] } })
  const served = await cluster.untilReason('shared', 'Serving')
  expect(served.metadata.finalizers).toEqual(['example.com/keep', ownFinalizer])
  await cluster.patch(`${servicePath('shared')}/status`, {
    status: { conditions: [other, ...(served.status?.conditions ?? [])] },
  })
  await cluster.endpoints('shared', false)
  const after = await cluster.untilReason('shared', 'NoReadyEndpoints')
  expect(after.status?.conditions).toMatchObject([other, { type: 'weir.dev/Ready' }])
})

test('a status that somebody wiped and a finalizer that somebody took are put back', async () => {
  await cluster.service('wiped')
  const before = await cluster.untilReason('wiped', 'Serving')
  await cluster.patch(`${servicePath('wiped')}/status`, { status: { loadBalancer: null, conditions: null } })
  const repaired = await cluster.untilReason('wiped', 'Serving')
  expect(addressesOf(repaired)).toEqual(addressesOf(before))
  await cluster.patch(servicePath('wiped'), { metadata: { finalizers: null } })
  await cluster.until(servicePath('wiped'), service => service.metadata.finalizers?.includes(ownFinalizer))
})

test('a Service that stops being a load balancer loses address, condition and finalizer, and gets an address when it comes back', async () => {
  await cluster.service('fickle')
  const before = await cluster.untilReason('fickle', 'Serving')
  const announcement = weirPath('announcements', `ip-${addressesOf(before)[0]?.replaceAll('.', '-')}`)
  await cluster.until(announcement, one => one.status?.node)

  await cluster.patch(servicePath('fickle'), { spec: { type: 'ClusterIP', loadBalancerClass: null } })
  const released = await cluster.until(servicePath('fickle'), service => !service.metadata.finalizers && !readyOf(service))
  expect(released.status).toEqual({ loadBalancer: {} })
  expect(await cluster.find(announcement)).toBeUndefined()
  expect(await allocations()).not.toContain('fickle')

  await cluster.patch(servicePath('fickle'), { spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/lan' } })
  expect(addressesOf(await cluster.untilReason('fickle', 'Serving'))).toHaveLength(1)
})

test('a deleted Service goes once its address is withdrawn and free', async () => {
  await cluster.service('shortlived')
  await cluster.untilReason('shortlived', 'Serving')
  expect(await allocations()).toContain('shortlived')
  await cluster.remove(servicePath('shortlived'))
  await cluster.untilGone(servicePath('shortlived'))
  expect(await allocations()).not.toContain('shortlived')
})

test('the address of a Service whose finalizer was taken by force is freed all the same', async () => {
  await cluster.service('forced')
  await cluster.untilReason('forced', 'Serving')
  await cluster.remove(`${servicePath('forced')}?propagationPolicy=Background`)
  await cluster.patch(servicePath('forced'), { metadata: { finalizers: null } }).catch(() => {})
  await cluster.untilGone(servicePath('forced'))
  await expect.poll(allocations).not.toContain('forced')
})

test('a Service made again under its name while the old one is being released is another one', async () => {
  await cluster.service('again')
  const first = await cluster.untilReason('again', 'Serving')
  await cluster.remove(servicePath('again'))
  await cluster.untilGone(servicePath('again'))
  await cluster.service('again', { endpoints: false })
  const second = await cluster.untilReason('again', 'Serving')
  expect(second.metadata.uid).not.toBe(first.metadata.uid)
  expect((await allocations()).filter(name => name === 'again')).toHaveLength(1)
})

test('a Service that is not ours is never written to', async () => {
  const made = await Promise.all([
    cluster.service('other-class', { class: 'example.com/lb' }),
    cluster.service('no-class', { class: undefined }),
    cluster.service('cluster-ip', { class: undefined, spec: { type: 'ClusterIP', loadBalancerClass: undefined } }),
    cluster.service('finalized', { class: undefined, metadata: { finalizers: [standardFinalizer] } }),
  ])
  for (const { metadata } of made) await cluster.patch(servicePath(metadata.name), { metadata: { labels: { touched: 'yes' } } })
  // Something that surely is looked at after them.
  await cluster.service('after')
  await cluster.untilReason('after', 'Serving')
  await (await weir.working).idle()
  for (const { metadata } of made) {
    const now = await cluster.get(servicePath(metadata.name))
    expect(now.status, metadata.name).toEqual({ loadBalancer: {} })
    expect(now.metadata.finalizers).toEqual(metadata.finalizers)
    const managers = now.metadata.managedFields.map(({ manager }: { manager: string }) => manager)
    expect(managers).not.toContainEqual(expect.stringMatching(/^weir/))
  }
  expect(await allocations()).not.toContain('no-class')
})

test('without a class a Service is ours through the default class, unless another controller holds it', async () => {
  await cluster.lbClass('standard', { default: true })
  const plain = await cluster.untilReason('no-class', 'Serving')
  expect(plain.metadata.finalizers).toEqual([standardFinalizer])

  const foreign = await cluster.untilReason('finalized', 'ForeignLoadBalancer')
  expect(foreign.metadata.finalizers).toEqual([standardFinalizer])
  expect(foreign.status?.loadBalancer).toEqual({})
  expect(await allocations()).not.toContain('finalized')
  expect((await cluster.get(servicePath('other-class'))).status).toEqual({ loadBalancer: {} })

  const standard = weirPath('loadbalancerclasses', 'standard')
  await cluster.until(standard, one => one.metadata.finalizers?.includes('weir.dev/in-use'))
  await cluster.remove(standard)
  const kept = await cluster.until(
    weirPath('loadbalancerclasses', 'standard'),
    one => one.status.conditions[0].reason === 'InUse',
  )
  expect(kept.status.conditions[0].message).toContain('default/no-class')
  await cluster.remove(servicePath('no-class'))
  await cluster.untilGone(standard)
})

test('the counts of pool and class follow', async () => {
  const used = (await allocations()).length
  await cluster.until(weirPath('addresspools', 'office'), pool => pool.status?.used === used && pool.status.total === '256')
  await cluster.until(weirPath('loadbalancerclasses', 'lan'), one => one.status?.services === used)
})
