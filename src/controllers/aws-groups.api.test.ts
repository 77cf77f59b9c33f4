// Services that share a Network Load Balancer, through the true API server, on the fake AWS.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld } from '../../test/contract/aws.ts'
import type { AwsServiceOptions, FakeWorld } from '../../test/contract/aws.ts'
import { readyOf, servicePath } from '../../test/contract/cluster.ts'
import type { Json } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: FakeWorld
let weir: RunningController

const start = () => runController({ cluster: world.cluster, providers: ['aws'] })
const remembered = '/apis/weir.dev/v1alpha1/namespaces/weir-system/loadbalancers'
const operations = (mark: number) => world.aws.calls.since(mark).entries.map(({ operation }) => operation)
const balancers = () => world.aws.world.loadBalancers.values()
const ports = () =>
  world.aws.world.listeners
    .values()
    .map(({ port }) => port)
    .toSorted((one, other) => one - other)
const hostOf = (service: Json): string | undefined => service.status?.loadBalancer?.ingress?.[0]?.hostname

/** A member of the group `edge` at one port. */
function member(name: string, port: number, options: AwsServiceOptions = {}) {
  return world.service(name, {
    ...options,
    annotations: { 'weir.dev/load-balancer-group': 'edge', ...options.annotations },
    spec: { ports: [{ port, protocol: 'TCP' }] },
  })
}

beforeAll(async () => {
  world = await startFakeWorld()
  weir = start()
  await weir.working
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

test('three Services get one load balancer, and one object remembers all of them', async () => {
  const { podIps } = world.site
  await member('shop', 80, { pods: podIps.slice(0, 2) })
  await member('blog', 81, { pods: podIps.slice(2, 4) })
  await member('mail', 25, { pods: podIps.slice(4, 6) })
  const services = await Promise.all(['shop', 'blog', 'mail'].map(name => world.cluster.untilReason(name, 'Serving')))
  expect(balancers()).toHaveLength(1)
  expect(new Set(services.map(hostOf))).toEqual(new Set([balancers()[0]?.dnsName.toLowerCase()]))
  expect(ports()).toEqual([25, 80, 81])
  const [object, ...others] = await world.cluster.list(remembered)
  expect(others).toEqual([])
  expect(object.spec).toMatchObject({ class: 'aws', group: 'edge' })
  expect(object.spec.members.map(({ name }: Json) => name).toSorted()).toEqual(['blog', 'mail', 'shop'])
})

test('one that asks for a port of another is told whose it is, in its condition and its events', async () => {
  await member('rival', 80)
  const rival = await world.cluster.untilReason('rival', 'PortConflict')
  expect(readyOf(rival)?.message).toContain('Port 80 of the group belongs to default/shop.')
  expect(hostOf(rival)).toBeUndefined()
  await member('greedy', 8080)
  await world.cluster.patch(servicePath('greedy'), {
    spec: {
      ports: [
        { name: 'own', port: 8080, protocol: 'TCP' },
        { name: 'taken', port: 81, protocol: 'TCP' },
      ],
    },
  })
  const greedy: Json = await world.cluster.until(
    servicePath('greedy'),
    ({ status }) => status?.loadBalancer?.ingress?.[0]?.ports?.length === 2,
  )
  expect(greedy.status.loadBalancer.ingress[0].ports).toEqual([
    { port: 8080, protocol: 'TCP' },
    { port: 81, protocol: 'TCP', error: 'weir.dev/PortConflict' },
  ])
  await waitFor(async () => (await world.cluster.events('greedy')).some(({ reason }) => reason === 'PortConflict'), {
    what: 'the event',
  })
  expect(ports()).toEqual([25, 80, 81, 8080])
  await world.cluster.remove(servicePath('greedy'))
  await world.cluster.untilGone(servicePath('greedy'))
})

test('one with a mistake keeps what it had, and the others change as they like', async () => {
  const key = 'service.beta.kubernetes.io/aws-load-balancer-scheme'
  await world.cluster.patch(servicePath('shop'), { metadata: { annotations: { [key]: 'sideways' } } })
  await world.cluster.untilReason('shop', 'InvalidAnnotation')
  await world.cluster.patch(servicePath('blog'), { spec: { ports: [{ port: 82, protocol: 'TCP' }] } })
  await waitFor(async () => ports().join() === '25,80,82', { what: 'the listener to move' })
  expect(hostOf(await world.cluster.get(servicePath('shop')))).toBe(balancers()[0]?.dnsName.toLowerCase())
  await world.cluster.patch(servicePath('shop'), { metadata: { annotations: { [key]: null } } })
  await world.cluster.untilReason('shop', 'Serving')
})

test('a group of another namespace is refused by name', async () => {
  await member('stranger', 9, { annotations: { 'weir.dev/load-balancer-group': 'other/edge' } })
  const stranger = await world.cluster.untilReason('stranger', 'InvalidAnnotation')
  expect(readyOf(stranger)?.message).toContain('"other/edge" has a slash, and a group is always of one namespace')
  await world.cluster.remove(servicePath('stranger'))
  await world.cluster.untilGone(servicePath('stranger'))
})

test('pods of one are one call', async () => {
  await world.quiet()
  const mark = world.aws.calls.mark()
  await world.pods('blog', world.site.podIps.slice(2, 5))
  await waitFor(async () => operations(mark).length > 0, { what: 'the pod to be registered' })
  await world.quiet()
  expect(operations(mark)).toEqual(['RegisterTargets'])
})

test('after a restart they cost only the listings that all share', async () => {
  await world.quiet()
  await weir.stop()
  const mark = world.aws.calls.mark()
  weir = start()
  await weir.working
  await world.quiet()
  expect(operations(mark).filter(name => !name.startsWith('Describe'))).toEqual([])
  expect(operations(mark).length).toBeLessThanOrEqual(6)
  for (const name of ['shop', 'blog', 'mail']) expect(readyOf(await world.cluster.get(servicePath(name)))?.reason).toBe('Serving')
})

test('one that is deleted goes at once, and who waited for its port gets it without being touched', async () => {
  const { uid } = (await world.cluster.get(servicePath('shop'))).metadata
  await world.cluster.remove(servicePath('shop'))
  await world.cluster.untilGone(servicePath('shop'))
  expect(world.aws.world.targetGroups.values().filter(({ tags }) => tags['weir.dev/owner-uid'] === uid)).toEqual([])
  const rival = await world.cluster.untilReason('rival', 'Serving')
  expect(hostOf(rival)).toBe(balancers()[0]?.dnsName.toLowerCase())
  expect(ports()).toEqual([25, 80, 82])
})

test('one that leaves is told its own hostname when it serves; the group keeps its part for its clients', async () => {
  const shared = balancers()[0]?.dnsName.toLowerCase()
  await world.cluster.patch(servicePath('mail'), { metadata: { annotations: { 'weir.dev/load-balancer-group': null } } })
  const mail = await world.cluster.until(servicePath('mail'), service => hostOf(service) !== shared)
  expect(hostOf(mail)).toBeDefined()
  expect(readyOf(mail)?.reason).toBe('Serving')
  expect(balancers()).toHaveLength(2)
  expect(ports()).toEqual([25, 25, 80, 82])
  const objects = await world.cluster.list(remembered)
  const group = objects.find(({ spec }) => spec.group === 'edge')
  expect(group.spec.members.find(({ name }: Json) => name === 'mail').leaving).toBeDefined()
})

test('the last one leaves nothing in AWS, nor in the cluster', async () => {
  for (const name of ['mail', 'blog', 'rival']) await world.cluster.remove(servicePath(name))
  for (const name of ['mail', 'blog', 'rival']) await world.cluster.untilGone(servicePath(name))
  expect(balancers()).toEqual([])
  expect(world.aws.world.targetGroups.values()).toEqual([])
  expect(world.aws.world.securityGroups.values().map(({ name }) => name)).toEqual(['default'])
  expect(await world.cluster.list(remembered)).toEqual([])
})
