// Several Services at one address, as users lead them: joined under a key, each reached at its ports, left one by one.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sharedLab } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { waitFor } from '../lab/waiting.ts'
import { refusedRequests } from './audit.ts'
import { openCaller, openUser, ownerOf, ownersOf } from './user.ts'
import type { Caller, ServiceWishes, User } from './user.ts'

let lab: SharedLab
let user: User
let neighbour: User
let caller: Caller
const resources = new AsyncDisposableStack()

beforeAll(async () => {
  lab = resources.use(await sharedLab())
  user = resources.use(await openUser(lab, 'acceptance-sharing'))
  neighbour = resources.use(await openUser(lab, 'acceptance-neighbour'))
  caller = openCaller(lab)
  await Promise.all([user.echo('echo'), user.echo('other'), neighbour.echo('echo')])
})
afterAll(() => resources.disposeAsync())

const at = (port: number) => ({ ports: [{ name: 'http', port, targetPort: 'http' }] })
const sharing = (key: string, port: number, more: Readonly<Record<string, string>> = {}, spec: object = {}): ServiceWishes => ({
  annotations: { 'weir.dev/allow-shared-ip': key, ...more },
  spec: { ...at(port), ...spec },
})
const answers = (address: string, port: number, app: string) =>
  waitFor(
    async () => {
      const [answer] = await caller.call(address, 1, port).catch(() => [])
      return answer?.pod.startsWith(`${app}-`)
    },
    { what: `${app} to answer at ${address} port ${port}`, timeoutMs: 90_000, everyMs: 200 },
  )

test.concurrent('two Services are at one address of each family, each reached at its port, and one stays where it is when the other goes', async () => {
  const both = { ipFamilyPolicy: 'RequireDualStack' }
  await user.service('web', sharing('shop', 80, {}, both))
  const addresses = await user.servedAt('web', 2)
  await user.service('admin', { ...sharing('shop', 8080, {}, both), app: 'other' })
  expect(await user.servedAt('admin', 2)).toEqual(addresses)
  for (const address of addresses) {
    await answers(address, 80, 'echo')
    await answers(address, 8080, 'other')
    expect(await ownersOf(lab, address)).toEqual([`${user.namespace}/web`, `${user.namespace}/admin`])
  }

  const before = await Promise.all(addresses.map(address => ownerOf(lab, address)))
  await user.kubectl(['delete', 'service', 'web', '--timeout=60s'])
  for (const address of addresses) {
    await answers(address, 8080, 'other')
    await waitFor(async () => !(await caller.call(address, 1, 80).catch(() => false)), {
      what: `silence at ${address} port 80`,
      timeoutMs: 90_000,
    })
    expect(await ownersOf(lab, address)).toEqual([`${user.namespace}/admin`])
  }
  expect(await Promise.all(addresses.map(address => ownerOf(lab, address)))).toEqual(before)

  await user.kubectl(['delete', 'service', 'admin', '--timeout=60s'])
  for (const address of addresses) await caller.silent(address)
})

test.concurrent('who asks for a shared address with a port that is taken is refused, and let in with another port', async () => {
  const asking = { 'weir.dev/load-balancer-ips': '10.201.200.240' }
  await user.service('first', sharing('ports', 80, asking))
  const address = await user.served('first')
  await user.service('second', { ...sharing('ports', 80, asking), app: 'other' })
  expect(await user.reason('second', 'SharingRefused')).toMatch(/acceptance-sharing\/first.*80/)

  await user.service('second', { ...sharing('ports', 81, asking), app: 'other' })
  expect(await user.served('second')).toBe(address)
  await answers(address, 81, 'other')
  await answers(address, 80, 'echo')
})

test.concurrent('another namespace is let in when each of the two names the other', async () => {
  const asking = { 'weir.dev/load-balancer-ips': '10.201.200.241' }
  const letting = (namespace: string) => ({ ...asking, 'weir.dev/share-with-namespaces': namespace })
  await user.service('host', sharing('street', 80, asking))
  const address = await user.served('host')
  await neighbour.service('guest', sharing('street', 81, letting(user.namespace)))
  expect(await neighbour.reason('guest', 'SharingRefused')).toContain('acceptance-sharing/host')

  await user.service('host', sharing('street', 80, letting(neighbour.namespace)))
  expect(await neighbour.served('guest')).toBe(address)
  await answers(address, 81, 'echo')
  await answers(address, 80, 'echo')
  expect(await ownersOf(lab, address)).toEqual([`${user.namespace}/host`, `${neighbour.namespace}/guest`])
})

test('RBAC refused nothing of all this', () => {
  expect(refusedRequests(lab)).toEqual([])
})
