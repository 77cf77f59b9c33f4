// The admission policies of deploy/policies, applied to a true API server: who is kept from what, and who is not.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { ownAnnotations } from '../../src/api/annotations.ts'
import { announcedFinalizer } from '../../src/api/group.ts'
import { startCluster, weirPath } from '../contract/cluster.ts'
import type { Cluster, Json } from '../contract/cluster.ts'
import { tokensOfAgents } from '../contract/rights.ts'
import { openApi } from '../lab/api.ts'
import type { Api } from '../lab/api.ts'
import { waitFor } from '../lab/waiting.ts'

const folder = join(import.meta.dirname, '..', '..', 'deploy', 'policies')
const system = ['-n', 'weir-system']

let cluster: Cluster
let agents: ReadonlyMap<string, Api>
beforeAll(async () => {
  cluster = await startCluster()
  const { plane } = cluster
  const tokens = await tokensOfAgents(cluster, ['n1', 'n2', 'weir-controller'])
  const unbound = (await plane.kubectl([...system, 'create', 'token', 'weir-agent'])).trim()
  agents = new Map(
    [...tokens, ['unbound', unbound]].map(([node = '', token = '']) => [node, openApi(plane.server, plane.ca, token)]),
  )
  for (const policy of readdirSync(folder)) await plane.kubectl(['apply', '-k', join(folder, policy)])
  // The API server reads policies a moment after it has taken them.
  const inForce = (what: string, answer: () => Promise<string>, words: RegExp) =>
    waitFor(async () => words.test(await answer()), { what: `the policy of ${what} to be in force` })
  await inForce('the agents', () => as('n1', 'POST', `${reports}?dryRun=All`, report('probe')), /writes only/)
  const dryRun = async (object: object) => (await asAdmin('create', object, '--dry-run=server')).stderr
  await inForce('the internal kinds', () => dryRun(report('probe')), /written by Weir/)
  await inForce('the annotations', () => dryRun(service({ 'weir.dev/x': '' })), /unknown/)
})
afterAll(async () => {
  for (const agent of agents?.values() ?? []) await agent.close()
  await cluster?.[Symbol.asyncDispose]()
})

/** What the API server said against it; nothing when it was done. */
async function as(node: string, method: 'POST' | 'PATCH', path: string, object: object): Promise<string> {
  const answer = agents.get(node)?.call(method, path, object)
  return (await answer?.then(() => '', String)) ?? `there is no agent ${node}`
}
const asAdmin = (verb: string, object: object, ...words: readonly string[]) =>
  cluster.plane.tryKubectl([verb, '-f', '-', ...words], JSON.stringify(object))

const reports = weirPath('nodereports')
const leases = '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases'
const controller = ['--as=system:serviceaccount:weir-system:weir-controller', '--as-group=system:masters']

const report = (name: string) => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'NodeReport',
  metadata: { name },
  spec: { version: 'test', interfaces: [] },
})
const lease = (name: string, holderIdentity = name) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace: 'weir-system' },
  spec: { holderIdentity, leaseDurationSeconds: 10 },
})
const service = (annotations: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'annotated', namespace: 'default', annotations },
  spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/lan', ports: [{ port: 80 }] },
})

/** An Announcement as the controller makes it, and as an agent claimed it; answers its path. */
async function announce(address: string, nodes: readonly string[], status: object): Promise<string> {
  const name = `ip-${address.replaceAll('.', '-')}`
  const services = [{ namespace: 'default', name: 'web', uid: 'u' }]
  const announcement = {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'Announcement',
    metadata: { name, finalizers: [announcedFinalizer] },
    spec: { address, pool: 'office', services, nodes },
  }
  await cluster.plane.kubectl([...controller, 'create', '-f', '-'], JSON.stringify(announcement))
  const claim = ['--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`]
  await cluster.plane.kubectl([...controller, 'patch', 'announcement', name, ...claim])
  return weirPath('announcements', name)
}

const refused = expect.stringMatching(/: 403 .*weir-agent-own-node.*denied request: The agent of node n1/)

test('an agent writes the report of its own node, and of no other', async () => {
  expect(await as('n1', 'POST', reports, report('n1'))).toBe('')
  expect(await as('n1', 'POST', reports, report('n2'))).toEqual(refused)
  expect(await as('n2', 'POST', reports, report('n2'))).toBe('')
  const change = { spec: { version: 'changed' } }
  expect(await as('n1', 'PATCH', `${reports}/n1`, change)).toBe('')
  expect(await as('n1', 'PATCH', `${reports}/n2`, change)).toEqual(refused)
})

test('an agent keeps the Lease of its own node, and neither that of another nor that of the controllers', async () => {
  expect(await as('n1', 'POST', leases, lease('n1'))).toBe('')
  expect(await as('n1', 'POST', leases, lease('n2'))).toEqual(refused)
  expect(await as('n2', 'POST', leases, lease('n2'))).toBe('')
  expect(await as('n1', 'PATCH', `${leases}/n1`, { spec: { holderIdentity: '' } })).toBe('')
  expect(await as('n1', 'PATCH', `${leases}/n1`, { spec: { holderIdentity: 'n2' } })).toEqual(refused)
  expect(await as('n1', 'PATCH', `${leases}/n2`, { spec: { holderIdentity: '' } })).toEqual(refused)
  expect(await as('weir-controller', 'POST', leases, lease('weir-controller'))).toContain('weir-agent-own-node')
})

test('an agent takes an address for its own node alone, where it is a candidate', async () => {
  const shared = await announce('10.0.0.1', ['n1', 'n2'], { epoch: 1, node: 'n2' })
  const others = await announce('10.0.0.2', ['n2'], { epoch: 1, node: 'n2' })
  const moving = await announce('10.0.0.3', ['n2'], { epoch: 1, node: 'n1' })
  const claim = (path: string, node: string) => as('n1', 'PATCH', `${path}/status`, { status: { epoch: 2, node } })
  expect(await claim(shared, 'n1')).toBe('')
  expect(await claim(shared, 'n2')).toEqual(refused)
  expect(await claim(others, 'n1')).toEqual(refused)
  expect(await claim(others, '')).toEqual(refused)
  // Who has it lets go of it, also when it is no candidate any more.
  expect(await claim(moving, '')).toBe('')
  expect(await claim(moving, 'n1')).toEqual(refused)
})

test('an agent takes an address for the next epoch, and not for good', async () => {
  const taken = await announce('10.0.3.1', ['n1', 'n2'], { epoch: 7, node: 'n2' })
  const fresh = await announce('10.0.3.2', ['n1', 'n2'], { epoch: 0, node: '' })
  const claim = (path: string, status: object) => as('n1', 'PATCH', `${path}/status`, { status: { node: 'n1', ...status } })
  expect(await claim(taken, { epoch: 4_000_000_000 })).toEqual(refused)
  expect(await claim(taken, { epoch: 5_000_000_000 })).toContain('4294967295')
  // Some takeovers may have been told by heartbeat alone.
  expect(await claim(taken, { epoch: 12 })).toBe('')
  expect(await claim(fresh, { epoch: 1, term: Number.MAX_SAFE_INTEGER })).toEqual(refused)
  const { metadata } = await cluster.find(fresh)
  expect(await claim(fresh, { epoch: 1, term: Number(metadata.resourceVersion) })).toBe('')
  expect(await claim(fresh, { epoch: 2 })).toBe('')
})

test('an agent changes no plan, and confirms a withdrawal only where it may have had the address', async () => {
  const own = await announce('10.0.1.1', ['n1', 'n2'], { epoch: 1, node: 'n1' })
  const others = await announce('10.0.1.2', ['n2'], { epoch: 1, node: 'n2' })
  const freed = { metadata: { finalizers: null } }
  expect(await as('n1', 'PATCH', own, { spec: { nodes: ['n1'] } })).toEqual(refused)
  expect(await as('n1', 'PATCH', own, { metadata: { labels: { a: 'b' } } })).toEqual(refused)
  expect(await as('n1', 'PATCH', own, freed)).toEqual(refused)
  for (const path of [own, others]) await cluster.remove(path)
  expect(await as('n1', 'PATCH', others, freed)).toEqual(refused)
  expect(await as('n1', 'PATCH', own, freed)).toBe('')
  expect(await cluster.find(own)).toBeUndefined()
})

test('a token of the account of the agents that names no node writes nothing', async () => {
  expect(await as('unbound', 'POST', reports, report('n3'))).toContain('The token of the agent names no node')
})

test('what Weir keeps for itself is changed by nobody else, who may still take finalizers off and delete', async () => {
  const name = (await announce('10.0.2.1', ['n1'], { epoch: 1, node: '' })).split('/').at(-1) ?? ''
  const write = (change: object, ...words: readonly string[]) =>
    cluster.plane.tryKubectl(['patch', 'announcement', name, '--type=merge', `--patch=${JSON.stringify(change)}`, ...words])
  const refusal = { code: 1, stderr: expect.stringContaining('Announcements are written by Weir alone') }
  expect(await write({ spec: { nodes: ['n2'] } })).toMatchObject(refusal)
  expect(await write({ status: { epoch: 9 } }, '--subresource=status')).toMatchObject(refusal)
  expect(await write({ metadata: { finalizers: null } })).toMatchObject({ code: 0 })
  await cluster.plane.kubectl(['delete', 'announcement', name])
})

test('mistakes in annotations are told by kubectl apply, and the Service is made all the same', async () => {
  const applied = await asAdmin(
    'apply',
    service({ 'weir.dev/load-balancer-ips': '10.0.0.300', 'weir.dev/adress-pool': 'office' }),
  )
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('service/annotated created') })
  expect(applied.stderr).toContain('Annotation weir.dev/adress-pool is unknown and has no effect; the known keys are weir.dev/')
  expect(applied.stderr).toContain('weir.dev/load-balancer-ips: "10.0.0.300" is not an IPv4 or IPv6 address')
  const right = await asAdmin(
    'apply',
    service({ 'weir.dev/load-balancer-ips': '10.0.0.3, fd00::3', 'weir.dev/address-pool': 'office' }),
  )
  expect(right).toMatchObject({ code: 0, stderr: '' })
})

test('the policy knows the annotations that the code knows', () => {
  const text = readFileSync(join(folder, 'service-annotations', 'understood.yaml'), 'utf8')
  const [policy]: Json[] = parseAllDocuments(text).map(document => document.toJS())
  const { expression } = policy.spec.variables.find(({ name }: { name: string }) => name === 'known')
  expect(JSON.parse(expression)).toEqual(Object.keys(ownAnnotations))
})
