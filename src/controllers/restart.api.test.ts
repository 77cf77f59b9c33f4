// Controllers that come, go, meet and wait: addresses are never lost and never given twice.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeAgents } from '../../test/contract/agents.ts'
import type { FakeAgents } from '../../test/contract/agents.ts'
import { addressesOf, servicePath, startCluster, weirPath } from '../../test/contract/cluster.ts'
import type { Cluster } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import { controllerRights } from '../../test/contract/rights.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let cluster: Cluster
let agents: FakeAgents

beforeAll(async () => {
  cluster = await startCluster()
  agents = await fakeAgents(cluster, ['n0', 'n1'])
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/24'])
})
afterAll(async () => {
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

interface Given {
  readonly address: string
  readonly uids: readonly string[]
}

async function given(): Promise<readonly Given[]> {
  const blocks = await cluster.list(weirPath('addressblocks'))
  return blocks.flatMap(block =>
    Object.entries<any>(block.spec.allocations).map(([offset, { owners }]) => ({
      address: block.spec.base.replace(/\d+$/, offset),
      uids: owners.map(({ uid }: { uid: string }) => uid),
    })),
  )
}

/** Every address belongs to one Service, and each Service shows just the address that is its. */
async function expectSound(): Promise<void> {
  const addresses = new Map((await given()).map(({ address, uids }) => [address, uids]))
  const services = (await cluster.list('/api/v1/services')).filter(({ spec }) => spec.type === 'LoadBalancer')
  const shown = services.flatMap(service => addressesOf(service).map(address => [address, service.metadata.uid]))
  expect(new Set(shown.map(([address]) => address)).size).toBe(shown.length)
  for (const [address, uid] of shown) expect(addresses.get(address), `owner of ${address}`).toEqual([uid])
  expect(addresses.size).toBe(shown.length)
}

test('an address that a dead controller allocated before it could say so goes to its Service, orphans are freed, statuses are adopted', async () => {
  const half = await cluster.service('half')
  const adopted = await cluster.service('adopted', { metadata: { finalizers: ['weir.dev/load-balancer-cleanup'] } })
  await cluster.patch(`${servicePath('adopted')}/status`, { status: { loadBalancer: { ingress: [{ ip: '10.201.200.2' }] } } })
  const owner = (uid: string | undefined, name: string) => ({
    pool: 'office',
    since: '2026-01-01T00:00:00Z',
    owners: [{ uid, namespace: 'default', name }],
  })
  await cluster.create(weirPath('addressblocks'), {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'AddressBlock',
    metadata: { name: 'ipv4-10-201-200-0' },
    spec: {
      base: '10.201.200.0',
      // Bits 1 and 77.
      bitmap: `4${'0'.repeat(18)}4${'0'.repeat(44)}`,
      allocations: { 1: owner('11111111-gone', 'gone'), 77: owner(half.metadata.uid, 'half') },
    },
  })
  await using weir = runController({ cluster })
  await weir.working
  expect(addressesOf(await cluster.untilReason('half', 'Serving'))).toEqual(['10.201.200.77'])
  expect(addressesOf(await cluster.untilReason('adopted', 'Serving'))).toEqual(['10.201.200.2'])
  await expect.poll(given).not.toContainEqual(expect.objectContaining({ address: '10.201.200.1' }))
  expect((await given()).find(({ address }) => address === '10.201.200.2')?.uids).toEqual([adopted.metadata.uid])
  await expectSound()
})

test('a restart keeps every address and writes nothing at all', async () => {
  {
    await using weir = runController({ cluster })
    await weir.working
    for (let index = 0; index < 10; index++) await cluster.service(`kept-${index}`)
    for (let index = 0; index < 10; index++) await cluster.untilReason(`kept-${index}`, 'Serving')
    // Until the announcements are claimed and the counts are written.
    await cluster.until(weirPath('addresspools', 'office'), pool => pool.status?.used === 12)
    await cluster.until(weirPath('loadbalancerclasses', 'lan'), one => one.status?.services === 12)
    const claimed = async () => (await cluster.list(weirPath('announcements'))).every(one => one.status?.node)
    await expect.poll(claimed).toBe(true)
  }
  const versions = async () => {
    const paths = [
      '/api/v1/services',
      ...['addressblocks', 'announcements', 'addresspools', 'loadbalancerclasses'].map(name => weirPath(name)),
    ]
    const lists = await Promise.all([...paths, '/apis/events.k8s.io/v1/events'].map(path => cluster.list(path)))
    return lists.flat().map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
  }
  const before = await versions()
  {
    await using weir = runController({ cluster })
    const services = await weir.working
    await services.idle()
    await cluster.service('newcomer')
    await cluster.untilReason('newcomer', 'Serving')
    await cluster.remove(servicePath('newcomer'))
    await cluster.untilGone(servicePath('newcomer'))
  }
  const after = new Set(await versions())
  // The newcomer came and went: its block, pool and class were written, nothing else was.
  const changed = before.filter(line => !after.has(line)).map(line => line.split(' ')[0])
  expect(changed.filter(name => !['ipv4-10-201-200-0', 'office', 'lan'].includes(name ?? ''))).toEqual([])
  await expectSound()
})

test('two controllers at once, neither leading, give no address twice and none to nobody', async () => {
  await using one = runController({ cluster, identity: 'one' })
  await using two = runController({ cluster, identity: 'two' })
  await Promise.all([one.working, two.working])
  await Promise.all(Array.from({ length: 60 }, (_, index) => cluster.service(`crowd-${index}`)))
  for (let index = 0; index < 60; index++) await cluster.untilReason(`crowd-${index}`, 'Serving')
  await waitFor(async () => (await given()).length === 72, { what: '72 given addresses' })
  await expectSound()
  await Promise.all(Array.from({ length: 60 }, (_, index) => cluster.remove(servicePath(`crowd-${index}`))))
  for (let index = 0; index < 60; index++) await cluster.untilGone(servicePath(`crowd-${index}`))
  await waitFor(async () => (await given()).length === 12, { what: '12 given addresses' })
  await expectSound()
})

test('of two that elect a leader one works, and the other takes over when it ends', async () => {
  await using first = runController({ cluster, identity: 'first', leaderElect: true })
  await first.working
  await using second = runController({ cluster, identity: 'second', leaderElect: true })
  await cluster.service('led')
  await cluster.untilReason('led', 'Serving')
  const decided = (lines: readonly Record<string, unknown>[]) => lines.some(({ msg }) => msg === 'Service decided')
  expect([decided(first.lines), decided(second.lines)]).toEqual([true, false])
  await first.stop()
  await second.working
  await cluster.service('led-on')
  await cluster.untilReason('led-on', 'Serving')
  expect(decided(second.lines)).toBe(true)
})

/** The program itself, as another process. */
function startProgram(kubeconfig: string) {
  const path = join(import.meta.dirname, '..', 'main-controller.ts')
  const child = spawn(process.execPath, [path, '--kubeconfig', kubeconfig, '--health-port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = once(child, 'exit').then(([code]): unknown => code)
  return { child, output: () => output, errors: () => errors, ended }
}

test('the program ends with 0 on SIGTERM, leaves its Lease free and has logged nothing but JSON', async () => {
  const program = startProgram(await controllerRights(cluster, ['local']))
  const explain = () => program.output() + program.errors()
  await waitFor(() => program.output().includes('"msg":"leading"'), { what: 'the program to lead', explain })
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  const lease = await cluster.get('/apis/coordination.k8s.io/v1/namespaces/weir-system/leases/weir-controller')
  expect(lease.spec.holderIdentity ?? '').toBe('')
  expect(program.errors()).toBe('')
  for (const line of program.output().trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
})

test('an API server that is away at start is waited for with a plain message, and one that falls over later is met again', async () => {
  const kubeconfig = await controllerRights(cluster, ['local'])
  await cluster.plane.kill('kube-apiserver')
  const program = startProgram(kubeconfig)
  await using weir = runController({ kubeconfig })
  const { server } = cluster.plane
  const message = `weir: cannot reach the API server ${server} (connection refused); trying again in`
  // The very first connection may still be reset by the server that is going down.
  await waitFor(() => weir.said.some(text => text.startsWith(message)), { what: 'a message' })
  await waitFor(() => program.errors().includes(message), { what: 'a message of the program' })
  expect(program.child.exitCode).toBeNull()
  program.child.kill('SIGTERM')
  expect(await program.ended).toBe(0)

  await cluster.plane.restart('kube-apiserver')
  await weir.working
  await cluster.service('patient')
  await cluster.untilReason('patient', 'Serving')

  await cluster.plane.kill('kube-apiserver')
  await cluster.plane.restart('kube-apiserver')
  await cluster.service('after-crash')
  await waitFor(async () => addressesOf(await cluster.get(servicePath('after-crash'))).length === 1, {
    what: 'an address after the crash',
  })
  await expectSound()
})
