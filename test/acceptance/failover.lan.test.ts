// What dies and what a client notices: agents, nodes, links and the controller of a cluster that serves.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sharedLab, repair } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { waitFor } from '../lab/waiting.ts'
import { whileCalling } from '../lab/failover.ts'
import { rows } from '../lab/rows.ts'
import { refusedRequests } from './audit.ts'
import { macOf, nodeNamed, openCaller, openUser, ownerOf, ownerWhen } from './user.ts'
import type { Caller, Owner } from './user.ts'

let lab: SharedLab
let caller: Caller
/** Of the sample `web`, and of `web-dual`, which has both families. */
let address: string
let dual: readonly string[]

beforeAll(async () => {
  lab = await sharedLab()
  caller = openCaller(lab)
  const samples = await rows(lab)
  const addressesOf = (name: string) =>
    samples.find(({ service }) => service === `default/${name}`)?.addresses.map(each => each.address) ?? []
  address = addressesOf('web')[0] ?? ''
  dual = addressesOf('web-dual')
})
afterEach(() => repair(lab))
afterAll(() => lab[Symbol.asyncDispose]())

/** The owner of an address now, which the client believes too. */
async function ownerInUse(address: string): Promise<Owner> {
  await caller.answered(address)
  const owner = await ownerWhen(lab, address, () => true)
  expect(await caller.neighbour(address)).toBe(owner.mac)
  return owner
}

/** Waits until another node than `before` has the address and the client is served by it. */
async function moved(address: string, before: Owner): Promise<Owner> {
  const after = await ownerWhen(lab, address, ({ node }) => node !== before.node)
  expect(after.epoch).toBeGreaterThan(before.epoch)
  expect(after.mac).toBe(await macOf(nodeNamed(lab, after.node)))
  await caller.answered(address)
  expect(await caller.believes(address)).toBe(after.mac)
  return after
}

/** Waits until the agent of a node has renewed its Lease some times: it is back and has had its say. */
async function agentIsBack(node: string): Promise<void> {
  const seen = new Set<string>()
  await waitFor(
    async () => {
      const path = `/apis/coordination.k8s.io/v1/namespaces/weir-system/leases/${node}`
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the API server answers
      const lease = (await lab.api.call('GET', path)) as { readonly spec: { readonly renewTime: string } }
      seen.add(lease.spec.renewTime)
      return seen.size > 2
    },
    { what: `the agent of ${node} to be back`, timeoutMs: 90_000, everyMs: 200 },
  )
}

test('kill -9 of the announcing agent moves the address to another node, and the client is served again', async () => {
  const before = await ownerInUse(address)
  expect(nodeNamed(lab, before.node).signal(/agent\.mjs/, 'SIGKILL')).toBe(1)
  const after = await moved(address, before)
  await agentIsBack(before.node)
  expect(await ownerOf(lab, address)).toEqual(after)
})

test('a node that crashes gives its addresses of both families to another, and takes nothing back when it returns', async () => {
  const before = new Map<string, Owner>()
  for (const each of dual) before.set(each, await ownerInUse(each))
  const { node } = [...before.values()].at(-1) ?? { node: '' }
  const lost = [...before].filter(([, owner]) => owner.node === node)
  await nodeNamed(lab, node).crash()
  const after = new Map<string, Owner>()
  for (const [each, owner] of lost) after.set(each, await moved(each, owner))

  await nodeNamed(lab, node).boot()
  await agentIsBack(node)
  for (const [each, owner] of after) {
    expect(await ownerOf(lab, each)).toEqual(owner)
    expect(await caller.answerers(each)).toEqual([owner.mac])
  }
})

test('a node that is drained gives its addresses to others, and no call of clients fails meanwhile', async () => {
  const before = await ownerInUse(dual[1] ?? '')
  const label = (change: string) => lab.kubectl(['label', 'node', before.node, change])
  try {
    const seen = await whileCalling(
      lab,
      dual,
      async () => {
        await label('weir.dev/drain=true')
        for (const each of dual) await ownerWhen(lab, each, ({ node }) => node !== before.node)
      },
      { patienceMs: 15_000 },
    )
    expect(Object.values(seen).map(({ unanswered }) => unanswered)).toEqual([0, 0])
  } finally {
    await label('weir.dev/drain-')
  }
})

test.each([
  ['pulled', false],
  ['dead while its carrier is there', true],
])('a node whose cable is %s gives its addresses to another, and takes nothing back', async (_how, silently) => {
  const before = await ownerInUse(address)
  await nodeNamed(lab, before.node).cutLink({ silently })
  const after = await moved(address, before)

  await nodeNamed(lab, before.node).restoreLink()
  await agentIsBack(before.node)
  expect(await ownerOf(lab, address)).toEqual(after)
  expect(await caller.answerers(address)).toEqual([after.mac])
})

test('a controller that is killed costs no address, and the next one leads and gives more', async () => {
  await using user = await openUser(lab, 'acceptance-controller')
  const given = async () => (await rows(lab)).map(({ service, addresses }) => ({ service, addresses }))
  const leader = async () =>
    lab.kubectl(['-n', 'weir-system', 'get', 'lease', 'weir-controller', '-o', 'jsonpath={.spec.holderIdentity}'])
  const [before, first] = [await given(), await leader()]
  const pods = ['-n', 'weir-system', 'delete', 'pods', '-l', 'app.kubernetes.io/name=weir-controller']
  await lab.kubectl([...pods, '--grace-period=0', '--force'])

  await user.echo('echo')
  await user.service('later')
  await caller.answered(await user.served('later'))
  expect(await leader()).not.toBe(first)
  expect(await given()).toEqual(before)
})

test('RBAC refused nothing of all this', () => {
  expect(refusedRequests(lab)).toEqual([])
})
