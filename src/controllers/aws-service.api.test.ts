// Services of class aws, through the true API server, on the fake AWS: made, followed, changed, deleted, and known after a restart.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import { readyOf, servicePath, weirPath } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { freePort } from '../../test/contract/free-port.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: FakeWorld
let weir: RunningController

const healthPort = await freePort()
const start = () => runController({ cluster: world.cluster, providers: ['local', 'aws'], healthPort })
const remembered = '/apis/weir.dev/v1alpha1/namespaces/weir-system/loadbalancers'
const operations = (mark: number) => world.aws.calls.since(mark).entries.map(({ operation }) => operation)
const balancers = () => world.aws.world.loadBalancers.values()
const hostOf = (service: { status?: { loadBalancer?: { ingress?: readonly { hostname?: string }[] } } }) =>
  service.status?.loadBalancer?.ingress?.[0]?.hostname

/** Until no call was made for a moment. */

beforeAll(async () => {
  world = await startFakeWorld()
  weir = start()
  await weir.working
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

test('a class of the provider is accepted once AWS answers', async () => {
  await world.cluster.until(weirPath('loadbalancerclasses', 'aws'), ({ status }) => status?.conditions?.[0]?.status === 'True')
})

test('a Service gets the hostname of a Network Load Balancer and is ready when a target is healthy', async () => {
  await world.service('web')
  const service = await world.cluster.untilReason('web', 'Serving')
  const [balancer] = balancers()
  expect(hostOf(service)).toBe(balancer?.dnsName.toLowerCase())
  expect(readyOf(service)?.status).toBe('True')
  expect(service.metadata.finalizers).toContain('weir.dev/load-balancer-cleanup')
  const [object] = await world.cluster.list(remembered)
  expect(object.spec).toMatchObject({ class: 'aws', members: [{ name: 'web', uid: service.metadata.uid }] })
  expect(object.status.ids['load-balancer']).toBe(balancer?.arn)
})

test('calls to AWS, how they ended, and the health of targets are told as metrics', async () => {
  const scrape = () => fetch(`http://127.0.0.1:${healthPort}/metrics`).then(answer => answer.text())
  for (const figure of [
    /^weir_api_calls_total\{service="elasticloadbalancing",operation="CreateLoadBalancer",outcome="ok"\} 1$/m,
    /^weir_api_calls_total\{service="ec2",operation="DescribeSubnets",outcome="ok"\} [1-9]/m,
    /^weir_api_call_duration_seconds_count\{service="elasticloadbalancing",operation="RegisterTargets"\} [1-9]/m,
    /^weir_targets\{provider="aws",health="healthy"\} [1-9]/m,
    /^weir_services\{ready="true",reason="Serving"\} 1$/m,
  ])
    await expect.poll(scrape, { timeout: 60_000 }).toMatch(figure)
})

test('a pod that becomes ready is one call, and one that goes is one', async () => {
  await world.quiet()
  const [first = '', second = '', third = ''] = world.site.podIps
  const mark = world.aws.calls.mark()
  await world.pods('web', [first, second, third])
  await waitFor(async () => operations(mark).length > 0, { what: 'the pod to be registered' })
  await world.quiet()
  expect(operations(mark)).toEqual(['RegisterTargets'])
  const next = world.aws.calls.mark()
  await world.pods('web', [second, third])
  await waitFor(async () => operations(next).length > 0, { what: 'the pod to be taken away' })
  await world.quiet()
  expect(operations(next)).toEqual(['DeregisterTargets'])
})

test('what has nothing to do with the load balancer costs no call', async () => {
  await world.quiet()
  const mark = world.aws.calls.mark()
  await world.cluster.patch(servicePath('web'), { metadata: { annotations: { 'example.com/owner': 'shop' } } })
  await world.quiet()
  expect(operations(mark)).toEqual([])
})

test('an annotation changes the load balancer that is there', async () => {
  const key = 'service.beta.kubernetes.io/aws-load-balancer-attributes'
  await world.cluster.patch(servicePath('web'), {
    metadata: { annotations: { [key]: 'load_balancing.cross_zone.enabled=true' } },
  })
  await waitFor(async () => balancers()[0]?.attributes['load_balancing.cross_zone.enabled'] === 'true', {
    what: 'the attribute to be set',
  })
  expect(balancers()).toHaveLength(1)
})

test('without endpoints the hostname stays and the condition says what is missing', async () => {
  await world.pods('web', [])
  const service = await world.cluster.untilReason('web', 'NoReadyEndpoints')
  expect(hostOf(service)).toBeDefined()
  await world.pods('web', world.site.podIps.slice(0, 2))
  await world.cluster.untilReason('web', 'Serving')
})

test('after a restart an unchanged Service costs only the listings that all share', async () => {
  await world.quiet()
  await weir.stop()
  const mark = world.aws.calls.mark()
  weir = start()
  await weir.working
  await world.quiet()
  expect(operations(mark).filter(name => !name.startsWith('Describe'))).toEqual([])
  expect(operations(mark).length).toBeLessThanOrEqual(10)
  expect(readyOf(await world.cluster.get(servicePath('web')))?.reason).toBe('Serving')
})

test('a Service that was deleted leaves nothing in AWS, nor in the cluster', async () => {
  await world.cluster.remove(servicePath('web'))
  await world.cluster.untilGone(servicePath('web'))
  expect(balancers()).toEqual([])
  expect(world.aws.world.targetGroups.values()).toEqual([])
  expect(world.aws.world.securityGroups.values().map(({ name }) => name)).toEqual(['default'])
  expect(await world.cluster.list(remembered)).toEqual([])
})

test('a Service that is deleted while the controller is down goes when it is back', async () => {
  await world.service('late')
  await world.cluster.untilReason('late', 'Serving')
  await weir.stop()
  await world.cluster.remove(servicePath('late'))
  weir = start()
  await world.cluster.untilGone(servicePath('late'))
  expect(balancers()).toEqual([])
})

test('a Service that vanished without its finalizer is found by what is remembered, and its load balancer goes', async () => {
  await world.service('torn')
  await world.cluster.untilReason('torn', 'Serving')
  await weir.stop()
  await world.cluster.patch(servicePath('torn'), { metadata: { finalizers: null } })
  await world.cluster.remove(servicePath('torn'))
  weir = start()
  await waitFor(async () => balancers().length === 0, { what: 'the load balancer to be deleted' })
  await waitFor(async () => (await world.cluster.list(remembered)).length === 0, { what: 'it to be forgotten' })
})
