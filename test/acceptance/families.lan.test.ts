// IPv6 and both families as a user leads them: addresses that the client resolves by NDP, pools that get and lose a family.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sharedLab } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { refusedRequests } from './audit.ts'
import { macOf, nodeNamed, openCaller, openUser, ownerOf } from './user.ts'
import type { Caller, User } from './user.ts'

let lab: SharedLab
let user: User
let caller: Caller
const resources = new AsyncDisposableStack()

beforeAll(async () => {
  lab = resources.use(await sharedLab())
  resources.defer(async () => void (await lab.kubectl(['delete', 'addresspools', 'required', 'preferred', '--ignore-not-found'])))
  await pool('required', ['10.201.201.0/28'])
  await pool('preferred', ['10.201.202.0/28'])
  user = resources.use(await openUser(lab, 'acceptance-families'))
  caller = openCaller(lab)
  await user.echo('echo', 2)
})
afterAll(() => resources.disposeAsync())

const six = { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] }
const both = (ipFamilyPolicy: 'PreferDualStack' | 'RequireDualStack') => ({ ipFamilyPolicy, ipFamilies: ['IPv4', 'IPv6'] })
const ofPool = (name: string) => ({ annotations: { 'weir.dev/address-pool': name } })

/** Makes or changes a pool that gives only to who names it. */
async function pool(name: string, addresses: readonly string[]): Promise<void> {
  const object = {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'AddressPool',
    metadata: { name },
    spec: { addresses, autoAssign: false },
  }
  await lab.kubectl(['apply', '-f', '-'], JSON.stringify(object))
}

test.concurrent('the client resolves an IPv6 address to the MAC of the node that announces it, nobody else answers, and afterwards nobody', async () => {
  await user.service('six', { spec: six })
  const address = await user.served('six')
  expect(address).toMatch(/^fd00:201::200:/)
  await caller.answered(address)
  const mac = await macOf(nodeNamed(lab, (await ownerOf(lab, address))?.node ?? ''))
  expect(await caller.neighbour(address)).toBe(mac)
  expect(await caller.answerers(address)).toEqual([mac])

  await user.kubectl(['delete', 'service', 'six', '--timeout=60s'])
  await caller.silent(address)
})

test.concurrent('with externalTrafficPolicy Local the Pods see the client over both families', async () => {
  await user.service('dual', { spec: { ...both('RequireDualStack'), externalTrafficPolicy: 'Local' } })
  const addresses = await user.servedAt('dual', 2)
  const clients = await Promise.all(addresses.map(async address => (await caller.answered(address)).client))
  expect(clients).toEqual([lab.client.address, lab.client.address6])
})

test.concurrent('RequireDualStack waits, and says for what, until a pool has both families, and then gets both', async () => {
  await user.service('required', { ...ofPool('required'), spec: both('RequireDualStack') })
  expect(await user.reason('required', 'NoPools')).toContain('an IPv6 address: required has no IPv6 addresses.')
  expect((await user.find('required'))?.status?.loadBalancer).toEqual({})

  await pool('required', ['10.201.201.0/28', 'fd00:201::201:0/124'])
  const addresses = await user.servedAt('required', 2)
  expect(addresses).toEqual([expect.stringMatching(/^10\.201\.201\./), expect.stringMatching(/^fd00:201::201:/)])
  for (const address of addresses) await caller.answered(address)
})

test.concurrent('PreferDualStack serves with one family and keeps that address when its pool gets the other, which it then has too', async () => {
  await user.service('preferred', { ...ofPool('preferred'), spec: both('PreferDualStack') })
  const [first = ''] = await user.servedAt('preferred', 1)
  await caller.answered(first)

  await pool('preferred', ['10.201.202.0/28', 'fd00:201::202:0/124'])
  const addresses = await user.servedAt('preferred', 2)
  expect(addresses[0]).toBe(first)
  for (const address of addresses) await caller.answered(address)

  await user.kubectl(['patch', 'service', 'preferred', '-p', '{"spec":{"ipFamilyPolicy":"SingleStack","ipFamilies":["IPv4"]}}'])
  expect(await user.servedAt('preferred', 1)).toEqual([first])
  await caller.silent(addresses[1] ?? '')
  await caller.answered(first)
})

test('RBAC refused nothing of all this', () => {
  expect(refusedRequests(lab)).toEqual([])
})
