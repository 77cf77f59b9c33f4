// Bad input against a true API server: each mistake gets its condition and its event, and neighbours go on.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { fakeAgents } from '../../test/contract/agents.ts'
import type { FakeAgents } from '../../test/contract/agents.ts'
import { addressesOf, readyOf, servicePath, startCluster, weirPath } from '../../test/contract/cluster.ts'
import type { Cluster } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController
/** Version of a Service that nobody should write to while others go wrong. */
let neighbour: string | undefined

beforeAll(async () => {
  cluster = await startCluster()
  agents = await fakeAgents(cluster, ['n0', 'n1'])
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/28'])
  weir = runController({ cluster })
  await weir.working
  await cluster.service('neighbour', { annotations: { 'weir.dev/load-balancer-ips': '10.201.200.5' } })
  neighbour = (await cluster.untilReason('neighbour', 'Serving')).metadata.resourceVersion
})
beforeEach(() => () => expectUntouchedNeighbour())
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

async function expectUntouchedNeighbour(): Promise<void> {
  expect((await cluster.get(servicePath('neighbour'))).metadata.resourceVersion).toBe(neighbour)
}

/** The Service is told `reason` by condition and by one Warning event, both with `words`. */
async function expectRefused(name: string, reason: string, ...words: string[]): Promise<void> {
  const service = await cluster.untilReason(name, reason)
  expect(readyOf(service)).toMatchObject({ status: 'False' })
  for (const word of words) expect(readyOf(service)?.message).toContain(word)
  await expect
    .poll(() => cluster.events(name))
    .toContainEqual(expect.objectContaining({ type: 'Warning', reason, note: expect.stringContaining(words[0] ?? '') }))
}

const requests: readonly (readonly [why: string, name: string, ip: string, reason: string, ...words: string[]])[] = [
  ['cannot be read', 'unreadable', '10.201.200.300', 'RequestedAddressInvalid', '10.201.200.300'],
  ['is of a family the Service does not have', 'six', '2001:db8::1', 'RequestedAddressWrongFamily', '2001:db8::1'],
  ['is in no pool', 'outside', '10.9.9.9', 'RequestedAddressOutsidePools', '10.9.9.9', 'office 10.201.200.0/28'],
  ['is in use names its owner', 'second', '10.201.200.5', 'RequestedAddressInUse', '10.201.200.5', 'default/neighbour'],
]
test.each(requests)('a requested address that %s', async (_why, name, ip, reason, ...words) => {
  await cluster.service(name, { annotations: { 'weir.dev/load-balancer-ips': ip } })
  await expectRefused(name, reason, ...words)
  expect(addressesOf(await cluster.get(servicePath(name)))).toEqual([])
})

test('a request that is corrected is served', async () => {
  await cluster.patch(servicePath('outside'), { metadata: { annotations: { 'weir.dev/load-balancer-ips': '10.201.200.7' } } })
  expect(addressesOf(await cluster.untilReason('outside', 'Serving'))).toEqual(['10.201.200.7'])
})

test('a pool that does not exist', async () => {
  await cluster.service('lost', { annotations: { 'metallb.io/address-pool': 'offise' } })
  await expectRefused('lost', 'UnknownPool', 'offise')
})

test('what was asked of a pool that is not there yet is given when the pool is made', async () => {
  await cluster.service('pool-later', { annotations: { 'weir.dev/address-pool': 'attic' } })
  await cluster.service('address-later', { annotations: { 'weir.dev/load-balancer-ips': '10.201.220.9' } })
  await expectRefused('pool-later', 'UnknownPool', 'attic')
  await expectRefused('address-later', 'RequestedAddressOutsidePools', '10.201.220.9')
  await cluster.pool('attic', ['10.201.220.8-10.201.220.9'], { autoAssign: false })
  expect(addressesOf(await cluster.untilReason('address-later', 'Serving'))).toEqual(['10.201.220.9'])
  expect(addressesOf(await cluster.untilReason('pool-later', 'Serving'))).toEqual(['10.201.220.8'])
})

test('two requests that contradict each other', async () => {
  await cluster.service('torn', {
    annotations: { 'weir.dev/load-balancer-ips': '10.201.200.8', 'metallb.io/loadBalancerIPs': '10.201.200.9' },
  })
  await expectRefused('torn', 'RequestConflict', '10.201.200.8')
})

test('a misspelt annotation under our prefix is told by one Warning with the nearest key, and the Service is served', async () => {
  await cluster.service('misspelt', { annotations: { 'weir.dev/load-balancer-ip': '10.201.200.9' } })
  await cluster.untilReason('misspelt', 'Serving')
  const told = async () => (await cluster.events('misspelt')).filter(({ reason }) => reason === 'UnknownAnnotation')
  await expect.poll(told).toHaveLength(1)
  expect((await told())[0]).toMatchObject({
    type: 'Warning',
    note: expect.stringContaining('Did you mean weir.dev/load-balancer-ips?'),
  })
})

test('ports of a protocol nobody serves, and a mixture of which the rest is served', async () => {
  await cluster.service('sctp', { spec: { ports: [{ port: 5000, protocol: 'SCTP' }] } })
  await expectRefused('sctp', 'NoSupportedPorts', '5000/SCTP')
  const ports = [
    { name: 'web', port: 80, protocol: 'TCP' },
    { name: 'signalling', port: 5000, protocol: 'SCTP' },
  ]
  await cluster.service('mixed', { spec: { ports } })
  const mixed = await cluster.untilReason('mixed', 'Serving')
  expect(readyOf(mixed)?.message).toContain('5000/SCTP')
  expect(mixed.status?.loadBalancer?.ingress?.[0]?.ports).toEqual([
    { port: 80, protocol: 'TCP' },
    { port: 5000, protocol: 'SCTP', error: 'weir.dev/UnsupportedProtocol' },
  ])
  // What is written once is not written again.
  await (await weir.working).idle()
  expect((await cluster.get(servicePath('mixed'))).metadata.resourceVersion).toBe(mixed.metadata.resourceVersion)
  await expect
    .poll(() => cluster.events('mixed'))
    .toContainEqual(expect.objectContaining({ type: 'Warning', reason: 'UnsupportedProtocol' }))
})

test('a class whose provider is not configured', async () => {
  await cluster.lbClass('cloud', { provider: 'aws' })
  await cluster.service('clouded', { class: 'weir.dev/cloud' })
  await expectRefused('clouded', 'ProviderNotConfigured', 'aws')
  const told = await cluster.until(weirPath('loadbalancerclasses', 'cloud'), one => one.status?.conditions)
  expect(told.status.conditions[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'ProviderNotConfigured' })
})

test('a class that does not exist, until it does', async () => {
  await cluster.service('early', { class: 'weir.dev/later' })
  await expectRefused('early', 'ClassMissing', 'later')
  await cluster.lbClass('later')
  await cluster.untilReason('early', 'Serving')
})

test('a class that is deleted while used is kept and says by whom', async () => {
  const path = weirPath('loadbalancerclasses', 'later')
  await cluster.until(path, one => one.metadata.finalizers?.includes('weir.dev/in-use'))
  await cluster.remove(path)
  const kept = await cluster.until(path, one => one.status.conditions[0].reason === 'InUse')
  expect(kept.status.conditions[0].message).toContain('default/early still uses it')
  expect(readyOf(await cluster.get(servicePath('early')))?.reason).toBe('Serving')
  await cluster.remove(servicePath('early'))
  await cluster.untilGone(path)
})

test('two default classes: both are told, and no Service without a class is claimed until one is left', async () => {
  await cluster.lbClass('one', { default: true })
  await cluster.lbClass('two', { default: true })
  for (const name of ['one', 'two']) {
    const told = await cluster.until(weirPath('loadbalancerclasses', name), one => one.status?.conditions?.[0].status === 'False')
    expect(told.status.conditions[0]).toMatchObject({ reason: 'SeveralDefaultClasses' })
  }
  await cluster.service('undecided', { class: undefined })
  await expectRefused('undecided', 'SeveralDefaultClasses', 'one, two')
  await cluster.remove(weirPath('loadbalancerclasses', 'two'))
  await cluster.untilReason('undecided', 'Serving')
})

test('of two default classes one is deleted: it goes, though its Services stay', async () => {
  await cluster.lbClass('successor', { default: true })
  const path = weirPath('loadbalancerclasses', 'one')
  await cluster.until(path, one => one.metadata.finalizers?.includes('weir.dev/in-use'))
  await cluster.remove(path)
  await cluster.untilGone(path)
  const isAlone = ({ status }: any) => status?.services === 1 && status.conditions[0].status === 'True'
  await cluster.until(weirPath('loadbalancerclasses', 'successor'), isAlone, 'the other class to be the default')
  expect(readyOf(await cluster.get(servicePath('undecided')))?.reason).toBe('Serving')
})

test('pools that overlap are both marked, and the younger gives nothing', async () => {
  await cluster.pool('overlapping', ['10.201.200.8-10.201.200.20'])
  const younger = await cluster.until(weirPath('addresspools', 'overlapping'), one => one.status?.conditions)
  expect(younger.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'False', reason: 'Overlap' }))
  const older = await cluster.until(weirPath('addresspools', 'office'), one =>
    one.status.conditions.some((condition: any) => condition.type === 'Overlap' && condition.status === 'True'),
  )
  expect(older.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }))
  await expect
    .poll(() => cluster.events('overlapping'))
    .toContainEqual(expect.objectContaining({ type: 'Warning', reason: 'Overlap' }))
  await cluster.service('in-overlap', { annotations: { 'weir.dev/address-pool': 'overlapping' } })
  await expectRefused('in-overlap', 'PoolNotUsable', 'overlapping')
})

test('addresses that two pools share are never used twice, also while they go from one pool to the other', async () => {
  const made = ['shared-a', 'shared-b']
  await cluster.pool('shared-a', ['10.201.210.1-10.201.210.6'], { autoAssign: false })
  await cluster.until(weirPath('addresspools', 'shared-a'), one => one.status?.conditions)
  // The age of an object has whole seconds; with the same one the name decides, which says the same here.
  await cluster.pool('shared-b', ['10.201.210.4-10.201.210.9'], { autoAssign: false })
  const names = made.flatMap(pool => [0, 1, 2, 3, 4, 5].map(number => `${pool}-${number}`))
  await Promise.all(
    names.map(name => cluster.service(name, { annotations: { 'weir.dev/address-pool': name.slice(0, 'shared-a'.length) } })),
  )
  const given = async () => {
    const all = await Promise.all(names.map(name => cluster.get(servicePath(name))))
    return all.flatMap(addressesOf).toSorted()
  }
  const range = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => `10.201.210.${first + index}`)
  await expect.poll(given).toEqual(range(1, 6))
  await expectRefused('shared-b-0', 'PoolNotUsable', 'shared-b')

  await cluster.patch(weirPath('addresspools', 'shared-a'), { spec: { addresses: ['10.201.210.1-10.201.210.3'] } })
  await expect
    .poll(async () => {
      const now = await given()
      expect(now).toEqual([...new Set(now)])
      return now
    })
    .toEqual(range(1, 9))
  const block = await cluster.get(weirPath('addressblocks', 'ipv4-10-201-210-0'))
  const owners = Object.values<any>(block.spec.allocations).map(allocation => allocation.owners.length)
  expect(owners).toEqual(range(1, 9).map(() => 1))
})

test('a range that ends before it starts spoils only its own pool', async () => {
  await cluster.pool('backwards', ['10.201.201.20-10.201.201.10'])
  const pool = await cluster.until(weirPath('addresspools', 'backwards'), one => one.status?.conditions)
  const ready = pool.status.conditions.find((condition: any) => condition.type === 'Ready')
  expect(ready).toMatchObject({ status: 'False', reason: 'InvalidRange' })
  expect(ready.message).toContain('10.201.201.20-10.201.201.10')
})

test('a node without an InternalIP announces nothing, and a Service that only it could serve says so', async () => {
  await cluster.patch('/api/v1/nodes/n1', { metadata: { labels: { rack: 'b' } } })
  await cluster.pool('rack-b', ['10.201.202.0/28'], {
    announce: { layer2: [{ nodeSelector: { matchLabels: { rack: 'b' } } }] },
    autoAssign: false,
  })
  await cluster.service('racked', { annotations: { 'weir.dev/address-pool': 'rack-b' } })
  await cluster.untilReason('racked', 'Serving')
  const address = (await cluster.get('/api/v1/nodes/n1')).status.addresses
  await cluster.patch('/api/v1/nodes/n1/status', { status: { addresses: null } })
  await expectRefused('racked', 'NoAnnouncer', '1 without an InternalIP (n1)')
  expect(addressesOf(await cluster.get(servicePath('racked')))).toHaveLength(1)
  await cluster.patch('/api/v1/nodes/n1/status', { status: { addresses: address } })
  await cluster.untilReason('racked', 'Serving')
})

test('a full pool is waited for in order of age, and an address that frees is given at once', async () => {
  await cluster.pool('tiny', ['10.201.203.1'], { autoAssign: false })
  const annotations = { 'weir.dev/address-pool': 'tiny' }
  await cluster.service('tiny-1', { annotations })
  await cluster.untilReason('tiny-1', 'Serving')
  await cluster.service('tiny-2', { annotations })
  await expectRefused('tiny-2', 'PoolsExhausted', 'tiny')
  await cluster.remove(servicePath('tiny-1'))
  expect(addressesOf(await cluster.untilReason('tiny-2', 'Serving'))).toEqual(['10.201.203.1'])
})
