// Addresses against a true API server: both families, sharing, keeping for a name, and pools in the cluster's own ranges.
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
  agents = await fakeAgents(cluster, ['n0', 'n1'])
  for (const [at, node] of ['n0', 'n1'].entries()) {
    const own = { name: 'eth0', index: 2, mac: `02:00:00:00:00:0${at}`, carrier: true }
    const addresses = [`10.201.0.${11 + at}/16`, `fd00:201::${11 + at}/64`]
    await cluster.patch(weirPath('nodereports', node), { spec: { interfaces: [{ ...own, addresses }] } })
  }
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/24', 'fd00:201::1:0/120'])
  weir = runController({ cluster })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

const port = (number: number, protocol = 'TCP') => ({ ports: [{ port: number, protocol }] })
const announcementAt = (address: string) => weirPath('announcements', `ip-${address.replaceAll('.', '-')}`)
const messageOf = async (name: string, reason: string) => readyOf(await cluster.untilReason(name, reason))?.message
const poolReady = (name: string, reason: string) =>
  cluster.until(weirPath('addresspools', name), one =>
    one.status?.conditions?.some((condition: any) => condition.type === 'Ready' && condition.reason === reason),
  )

test('a dual-stack Service shows both addresses in the order of its families, each with an Announcement; one goes and comes back', async () => {
  await cluster.service('dual', { spec: { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] } })
  const dual = await cluster.untilReason('dual', 'Serving')
  const [six, four] = addressesOf(dual)
  expect([six, four]).toEqual([expect.stringMatching(/^fd00:201::1:/), expect.stringMatching(/^10\.201\.200\./)])
  await expect
    .poll(async () => (await cluster.list(weirPath('announcements'))).filter(({ status }) => status?.node).length)
    .toBe(2)

  await cluster.patch(servicePath('dual'), {
    spec: {
      ipFamilyPolicy: 'SingleStack',
      ipFamilies: ['IPv6'],
      clusterIPs: [dual.spec.clusterIP ?? (await cluster.get(servicePath('dual'))).spec.clusterIP],
    },
  })
  await cluster.until(servicePath('dual'), one => addressesOf(one).length === 1)
  expect(addressesOf(await cluster.get(servicePath('dual')))).toEqual([six])
  await cluster.untilGone(announcementAt(four ?? ''))
  await cluster.patch(servicePath('dual'), { spec: { ipFamilyPolicy: 'RequireDualStack', ipFamilies: null } })
  await cluster.until(servicePath('dual'), one => addressesOf(one).length === 2)
  expect(addressesOf(await cluster.get(servicePath('dual')))[0]).toBe(six)
})

test('Services share an address under a key; a port that collides costs the younger the address; the last one withdraws it', async () => {
  const shared = { annotations: { 'weir.dev/allow-shared-ip': 'dns' } }
  await cluster.service('dns-udp', { ...shared, spec: port(53, 'UDP') })
  const [address = ''] = addressesOf(await cluster.untilReason('dns-udp', 'Serving'))
  // The age of an object has whole seconds, and the name decides between equals.
  await cluster.service('dns-web', { annotations: { 'metallb.io/allow-shared-ip': 'dns' }, spec: port(80) })
  expect(addressesOf(await cluster.untilReason('dns-web', 'Serving'))).toEqual([address])
  const both = await cluster.until(announcementAt(address), one => one.spec.services.length === 2 && one.status?.node)

  await cluster.patch(servicePath('dns-udp'), { spec: port(80) })
  await cluster.until(servicePath('dns-web'), one => addressesOf(one).length === 1 && addressesOf(one)[0] !== address)
  await expect
    .poll(() => cluster.events('dns-web'))
    .toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'SharingEnded', note: expect.stringContaining('default/dns-udp') }),
    )
  const left = await cluster.until(announcementAt(address), one => one.spec.services.length === 1)
  expect(left.status.epoch).toBe(both.status.epoch)

  await cluster.service('asks', {
    annotations: { 'weir.dev/allow-shared-ip': 'dns', 'weir.dev/load-balancer-ips': address },
    spec: port(80),
  })
  expect(await messageOf('asks', 'SharingRefused')).toContain('default/dns-udp serves 80/TCP as well')
  await cluster.patch(servicePath('asks'), { spec: port(81) })
  expect(addressesOf(await cluster.untilReason('asks', 'Serving'))).toEqual([address])
  for (const name of ['asks', 'dns-udp']) await cluster.remove(servicePath(name))
  for (const name of ['asks', 'dns-udp']) await cluster.untilGone(servicePath(name))
  expect(await cluster.find(announcementAt(address))).toBeUndefined()
})

test('an address is kept for the name of a deleted Service, nobody else gets it, and an empty block goes', async () => {
  await cluster.pool('keeping', ['10.201.210.0/30'], { autoAssign: false, keepFor: '1h' })
  const annotations = { 'weir.dev/address-pool': 'keeping' }
  await cluster.service('kept', { annotations })
  const [address] = addressesOf(await cluster.untilReason('kept', 'Serving'))
  await cluster.remove(servicePath('kept'))
  await cluster.untilGone(servicePath('kept'))
  await cluster.until(weirPath('addresspools', 'keeping'), one => one.status?.kept === 1)
  await cluster.service('thief', { annotations: { 'weir.dev/load-balancer-ips': address ?? '' } })
  expect(await messageOf('thief', 'RequestedAddressInUse')).toContain('is kept for default/kept')
  await cluster.service('kept', { annotations, endpoints: false })
  expect(addressesOf(await cluster.untilReason('kept', 'Serving'))).toEqual([address])

  await cluster.patch(weirPath('addresspools', 'keeping'), { spec: { keepFor: null } })
  for (const name of ['thief', 'kept']) await cluster.remove(servicePath(name))
  await cluster.untilGone(weirPath('addressblocks', 'ipv4-10-201-210-0'))
})

test('a pool is for the namespaces that its selector selects, also when their labels change', async () => {
  await cluster.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await cluster.pool('for-web', ['10.201.220.1'], {
    priority: 1,
    allow: { namespaceSelector: { matchLabels: { tier: 'web' } } },
  })
  await cluster.service('shop', { namespace: 'shop', annotations: { 'weir.dev/address-pool': 'for-web' } })
  await cluster.untilReason('shop', 'PoolNotAllowed', 'shop')
  await cluster.patch('/api/v1/namespaces/shop', { metadata: { labels: { tier: 'web' } } })
  expect(addressesOf(await cluster.untilReason('shop', 'Serving', 'shop'))).toEqual(['10.201.220.1'])
})

test('a pool in the range of Services or pods says so and gives nothing', async () => {
  const [{ spec }] = await cluster.list('/apis/networking.k8s.io/v1/servicecidrs')
  await cluster.pool('of-services', [spec.cidrs[0]], { autoAssign: false })
  const pool = await poolReady('of-services', 'OverlapsCluster')
  expect(pool.status.conditions[0].message).toContain(`Service range ${spec.cidrs[0]}`)
  await cluster.pool('of-pods', ['10.244.77.0/24'], { autoAssign: false })
  await poolReady('of-pods', 'Accepted')
  await cluster.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n7' },
    spec: { podCIDR: '10.244.77.0/24', podCIDRs: ['10.244.77.0/24'] },
  })
  await poolReady('of-pods', 'OverlapsCluster')
  await cluster.remove('/api/v1/nodes/n7')
  await poolReady('of-pods', 'Accepted')
})

test('a class that names pools of which one is missing says which; one that names none that exists is not ready', async () => {
  await cluster.lbClass('half', { local: { pools: ['office', 'nosuch'] } })
  await cluster.until(weirPath('loadbalancerclasses', 'half'), one => one.status?.conditions?.[0]?.message.includes('nosuch'))
  await cluster.lbClass('none', { local: { pools: ['later'] } })
  const reason = (wanted: string) => (one: any) => one.status?.conditions?.[0]?.reason === wanted
  await cluster.until(weirPath('loadbalancerclasses', 'none'), reason('UnknownPool'))
  await cluster.pool('later', ['10.201.230.1'])
  await cluster.until(weirPath('loadbalancerclasses', 'none'), reason('Accepted'))
})
