// Who announces, against a true API server: labels and taints of nodes move addresses, and so does who asks for it; nothing else does.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Announcement } from '../api/announcement.ts'
import { fakeAgents } from '../../test/contract/agents.ts'
import type { FakeAgents } from '../../test/contract/agents.ts'
import { readyOf, servicePath, startCluster, weirPath } from '../../test/contract/cluster.ts'
import type { Cluster } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'

const nodes = ['n0', 'n1', 'n2', 'n3']
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController

beforeAll(async () => {
  cluster = await startCluster()
  agents = await fakeAgents(cluster, nodes)
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/24'])
  weir = runController({ cluster })
  await weir.working
  for (const name of names) {
    await cluster.service(name)
    await cluster.untilReason(name, 'Serving')
  }
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

const label = (node: string, labels: Readonly<Record<string, string | null>>) =>
  cluster.patch(`/api/v1/nodes/${node}`, { metadata: { labels } })
const drain = (node: string) => label(node, { 'weir.dev/drain': 'true' })
const announcements = async (): Promise<readonly Announcement[]> => cluster.list(weirPath('announcements'))
const owners = async () => (await announcements()).map(({ status }) => status?.node ?? '')
const loads = async () => {
  const each = await owners()
  return nodes.map(node => each.filter(owner => owner === node).length)
}
const eventually = (read: () => Promise<unknown>) => expect.poll(read, { interval: 100 })
const askToRebalance = (value: string) =>
  cluster.patch(weirPath('addresspools', 'office'), { metadata: { annotations: { 'weir.dev/rebalance': value } } })
/** Every owner each Announcement has had since `resourceVersion`, in order. */
async function ownersSince(resourceVersion: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const query = `watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=1`
  const lines = await cluster.plane.kubectl(['get', '--raw', `${weirPath('announcements')}?${query}`])
  const history = new Map<string, string[]>()
  for (const line of lines.trim().split('\n')) {
    const { object } = JSON.parse(line)
    const past = history.get(object.metadata.name) ?? []
    if (past.at(-1) !== object.status?.node) past.push(object.status?.node ?? '')
    history.set(object.metadata.name, past)
  }
  return history
}
const version = async () => (await cluster.get(weirPath('announcements'))).metadata.resourceVersion

beforeEach(async () => {
  for (const node of nodes) await label(node, { 'weir.dev/drain': null })
  const value = `${Math.random()}`
  await askToRebalance(value)
  await cluster.until(weirPath('addresspools', 'office'), pool => pool.status?.rebalanced === value)
  await eventually(loads).toEqual([2, 2, 2, 2])
  await eventually(async () => (await announcements()).every(({ spec }) => spec.nodes.length >= 3)).toBe(true)
})

test('a drained node gives its addresses up before another takes them, and gets nothing while others can', async () => {
  const since = await version()
  await drain('n1')
  await eventually(loads).toEqual([expect.any(Number), 0, expect.any(Number), expect.any(Number)])
  await eventually(async () => (await owners()).includes('')).toBe(false)
  for (const { spec } of await announcements()) expect(spec.nodes).not.toContain('n1')
  const moved = [...(await ownersSince(since)).values()].filter(past => past.includes(''))
  expect(moved).toHaveLength(2)
  for (const past of moved) expect(past.filter(owner => owner !== 'n1')).toEqual(['', expect.stringMatching(/n[023]/)])

  await cluster.service('late')
  await cluster.untilReason('late', 'Serving')
  await eventually(async () => (await owners()).length).toBe(9)
  await eventually(async () => (await owners()).includes('')).toBe(false)
  expect((await loads())[1]).toBe(0)
  const back = await version()
  await label('n1', { 'weir.dev/drain': null })
  await cluster.remove(servicePath('late'))
  await cluster.untilGone(servicePath('late'))
  // Who comes back takes nothing back.
  expect((await loads())[1]).toBe(0)
  expect([...(await ownersSince(back)).values()].filter(past => past.length > 1)).toEqual([])
})

test('with every node drained all addresses stay where they are, and their Services say so; the first one back has them all', async () => {
  const before = await owners()
  for (const node of nodes) await label(node, { 'weir.dev/drain': '' })
  await eventually(async () => readyOf(await cluster.get(servicePath('a')))?.message).toContain('Only drained nodes can announce')
  await eventually(async () => (await owners()).includes('')).toBe(false)
  expect(readyOf(await cluster.get(servicePath('a')))?.status).toBe('True')
  // Nodes were drained one after the other, so addresses went to the last ones; those have them still.
  expect(before).toHaveLength(8)
  await label('n2', { 'weir.dev/drain': 'false' })
  await eventually(loads).toEqual([0, 0, 8, 0])
  await eventually(async () => readyOf(await cluster.get(servicePath('a')))?.message).not.toContain('drained')
})

test.each([
  ['excluded by label', { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' } } }],
  [
    'out of service',
    { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute', value: 'nodeshutdown' }] } },
  ],
  ['removed by the autoscaler', { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } }],
  ['without a network', { status: { conditions: [{ type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' }] } }],
])('a node %s announces nothing, from the moment it is', async (_why, change) => {
  const path = `/api/v1/nodes/n3${'status' in change ? '/status' : ''}`
  await cluster.patch(path, change)
  await eventually(loads).toEqual([expect.any(Number), expect.any(Number), expect.any(Number), 0])
  await eventually(async () => (await owners()).includes('')).toBe(false)
  const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': null }
  await cluster.patch('/api/v1/nodes/n3', { metadata: { labels }, spec: { taints: null } })
  await cluster.patch('/api/v1/nodes/n3/status', { status: { conditions: null } })
})

test('a rebalance is carried out once per value, told by an event, and moves no more than it must', async () => {
  await drain('n0')
  await eventually(async () => (await loads())[0]).toBe(0)
  await eventually(async () => (await owners()).includes('')).toBe(false)
  await label('n0', { 'weir.dev/drain': null })
  const since = await version()
  await askToRebalance('2026-01-02T10:00')
  await cluster.until(weirPath('addresspools', 'office'), pool => pool.status?.rebalanced === '2026-01-02T10:00')
  await eventually(loads).toEqual([2, 2, 2, 2])
  const moved = [...(await ownersSince(since)).values()].filter(past => past.length > 1)
  expect(moved).toHaveLength(2)
  const notes = async () =>
    (await cluster.events('office')).filter(({ reason }) => reason === 'Rebalanced').map(({ note }) => note)
  await eventually(notes).toContain('2 addresses were moved; the others lie as well where they are.')
})

test('kubectl get announcements tells address, Services, node, interface, since when and who is next', async () => {
  const table = await cluster.plane.kubectl(['get', 'announcements'])
  const [head = '', row = ''] = table.trim().split('\n')
  expect(head.split(/\s{2,}|\s(?=[A-Z])/).map(word => word.trim())).toEqual([
    'NAME',
    'ADDRESS',
    'SERVICES',
    'NODE',
    'INTERFACE',
    'MAC',
    'SINCE',
    'NEXT',
  ])
  expect(row).toMatch(/^ip-10-201-200-\d+\s+10\.201\.200\.\d+\s+default\/[a-h]\s+n[0-3]\s+eth0/)
  const wide = await cluster.plane.kubectl(['get', 'announcements', '-o', 'wide'])
  expect(wide).toMatch(/\["n[0-3]","n[0-3]","n[0-3]"/)
})

test('a pool outside the subnets of all nodes says so before anybody uses it, with what the nodes have', async () => {
  await cluster.pool('elsewhere', ['198.51.100.0/28'], { autoAssign: false })
  const pool = await cluster.until(weirPath('addresspools', 'elsewhere'), one => one.status?.conditions)
  const condition = pool.status.conditions.find(({ type }: { type: string }) => type === 'OutsideSubnets')
  expect(condition).toMatchObject({ status: 'True', reason: 'OutsideSubnets' })
  expect(condition.message).toContain('198.51.100.0-198.51.100.15 are in no subnet')
  expect(condition.message).toContain('eth0 10.201.0.11/16')
  await cluster.service('lost', { annotations: { 'weir.dev/address-pool': 'elsewhere' } })
  const lost = await cluster.untilReason('lost', 'OutsideSubnets')
  expect(readyOf(lost)?.message).toContain('4 nodes: 4 without an interface in its subnet (n0 has eth0 10.201.0.11/16; ')
  await cluster.remove(servicePath('lost'))
  await cluster.untilGone(servicePath('lost'))
})
