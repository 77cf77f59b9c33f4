// The life of Services as a user leads it: made, changed, followed by endpoints, given up, each seen from the LAN.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LabError } from '../lab/errors.ts'
import { sharedLab } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { refusedRequests, writesTo } from './audit.ts'
import { openCaller, openUser, ownerOf, ownersOf, ownerWhen } from './user.ts'
import type { Answer, Caller, User } from './user.ts'

let lab: SharedLab
let user: User
let caller: Caller
const resources = new AsyncDisposableStack()

beforeAll(async () => {
  lab = resources.use(await sharedLab())
  user = resources.use(await openUser(lab, 'acceptance-services'))
  caller = openCaller(lab)
  await user.echo('echo', 2)
})
afterAll(() => resources.disposeAsync())

const podsOf = (answers: readonly Answer[]) => new Set(answers.map(({ pod }) => pod))

// The tests run side by side; where an address must be silent afterwards, nobody else may get it meanwhile.
const asking = (last: number) => ({ annotations: { 'weir.dev/load-balancer-ips': `10.201.200.${last}` } })

test.concurrent('S1: deleting a Service takes its address off the LAN, and the next who asks gets it', async () => {
  await user.service('first', asking(250))
  const address = await user.served('first')
  await caller.answered(address)

  await user.service('second', asking(250))
  expect(await user.reason('second', 'RequestedAddressInUse')).toContain('acceptance-services/first')
  await user.kubectl(['delete', 'service', 'first', '--timeout=60s'])
  expect(await user.served('second')).toBe(address)
  await caller.answered(address)

  await user.kubectl(['delete', 'service', 'second', '--timeout=60s'])
  await caller.silent(address)
  expect(await ownerOf(lab, address)).toBeUndefined()
  expect(await ownersOf(lab, address)).toEqual([])
})

test.concurrent('S1: a Service that becomes ClusterIP keeps nothing of what it had as a load balancer', async () => {
  await user.service('changing', asking(251))
  const address = await user.served('changing')
  await caller.answered(address)

  await user.kubectl(['patch', 'service', 'changing', '-p', '{"spec":{"type":"ClusterIP"}}'])
  const after = await user.until('changing', ({ metadata }) => (metadata.finalizers ?? []).length === 0, 'no finalizer')
  expect(after.status?.loadBalancer).toEqual({})
  expect(after.status?.conditions ?? []).toEqual([])
  await caller.silent(address)
  expect(await ownersOf(lab, address)).toEqual([])
})

test.concurrent('a Service of a class that is not ours is never written to', async () => {
  await user.service('foreign', { class: 'example.com/other' })
  await user.service('after')
  await user.served('after')
  const foreign = await user.find('foreign')
  expect(foreign?.status).toEqual({ loadBalancer: {} })
  expect(foreign?.metadata.finalizers).toBeUndefined()
  expect(writesTo(lab, 'services', user.namespace, 'foreign')).toEqual([])
  expect(writesTo(lab, 'services', user.namespace, 'after')).not.toEqual([])
})

test.concurrent('S4: with externalTrafficPolicy Local the address follows the only Pod from node to node, and the client stays known', async () => {
  await user.echo('roaming', 1, 'n0')
  await user.service('roaming', { app: 'roaming', spec: { externalTrafficPolicy: 'Local' } })
  const address = await user.served('roaming')
  const before = await caller.answered(address)
  expect(before.client).toBe(lab.client.address)
  expect((await ownerOf(lab, address))?.node).toBe('n0')

  await user.echo('roaming', 1, 'n2')
  await ownerWhen(lab, address, ({ node }) => node === 'n2')
  const [after] = await caller.answeredBy(address, 1, ([answer]) => answer?.pod !== before.pod)
  expect(after?.client).toBe(lab.client.address)
  expect((await user.find('roaming'))?.status?.loadBalancer?.ingress?.[0]?.ip).toBe(address)
})

test.concurrent('S5: sessionAffinity ClientIP keeps a client with one Pod, and without it the Pods take turns', async () => {
  await user.service('sticky', { spec: { sessionAffinity: 'ClientIP' } })
  const address = await user.served('sticky')
  await caller.answeredBy(address, 20, answers => podsOf(answers).size === 1)
  expect(podsOf(await caller.call(address, 20)).size).toBe(1)

  await user.kubectl(['patch', 'service', 'sticky', '-p', '{"spec":{"sessionAffinity":"None"}}'])
  await caller.answeredBy(address, 20, answers => podsOf(answers).size === 2)
})

test.concurrent('S6: a Pod that is not ready gets nothing and comes back when it is; without any the address stays and the Service says so', async () => {
  await user.echo('shop', 2)
  await user.service('shop', { app: 'shop' })
  const address = await user.served('shop')
  const [{ pod } = { pod: '' }] = await caller.answeredBy(address, 20, answers => podsOf(answers).size === 2)
  const ready = (method: 'PUT' | 'DELETE') =>
    lab.pod(`${user.namespace}/${pod}`).exec(['node', '-e', `fetch('http://127.0.0.1:8080/ready', { method: '${method}' })`])

  await ready('DELETE')
  await caller.answeredBy(address, 20, answers => podsOf(answers).size === 1 && !podsOf(answers).has(pod))
  await ready('PUT')
  await caller.answeredBy(address, 20, answers => podsOf(answers).size === 2)

  await user.kubectl(['scale', 'deployment/shop', '--replicas=0'])
  await user.reason('shop', 'NoReadyEndpoints')
  expect((await user.find('shop'))?.status?.loadBalancer?.ingress?.[0]?.ip).toBe(address)
  await user.echo('shop', 2)
  expect(await user.served('shop')).toBe(address)
  await caller.answered(address)
})

test.concurrent('S6: named target ports are found, and a Service without a selector is served by endpoints that somebody wrote', async () => {
  const address = await user.kubectl(['get', 'pods', '-l', 'app=echo', '-o', 'jsonpath={.items[0].status.podIP}'])
  const node = await user.kubectl(['get', 'pods', '-l', 'app=echo', '-o', 'jsonpath={.items[0].spec.nodeName}'])
  await user.service('by-hand', { app: null })
  await user.reason('by-hand', 'NoReadyEndpoints')
  await user.apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'by-hand-1', namespace: user.namespace, labels: { 'kubernetes.io/service-name': 'by-hand' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready: true }, nodeName: node }],
  })
  await caller.answered(await user.served('by-hand'))
})

test.concurrent('S6: a headless load balancer is refused by the API server, and one that becomes ExternalName gives its address back', async () => {
  const headless = user.service('headless', { spec: { clusterIP: 'None' } })
  await expect(headless).rejects.toThrow(LabError)
  await expect(headless).rejects.toThrow(/may not be set to 'None' for LoadBalancer services/)

  await user.service('elsewhere', asking(252))
  const address = await user.served('elsewhere')
  await user.kubectl(['patch', 'service', 'elsewhere', '-p', '{"spec":{"type":"ExternalName","externalName":"example.com"}}'])
  const after = await user.until('elsewhere', ({ metadata }) => (metadata.finalizers ?? []).length === 0, 'no finalizer')
  expect(after.status?.loadBalancer).toEqual({})
  await caller.silent(address)
})

test.concurrent('S7: twenty Services made at once get twenty addresses, each marked once in the AddressBlocks with its owner', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `many-${index}`)
  await Promise.all(names.map(name => user.service(name)))
  const addresses = await Promise.all(names.map(name => user.served(name)))
  expect(new Set(addresses).size).toBe(20)
  const owners = await Promise.all(addresses.map(address => ownersOf(lab, address)))
  expect(owners).toEqual(names.map(name => [`${user.namespace}/${name}`]))
  await caller.answered(addresses[7] ?? '')
  await user.kubectl(['delete', 'service', ...names, '--timeout=90s'])
})

test('RBAC refused nothing of all this', () => {
  expect(refusedRequests(lab)).toEqual([])
})
