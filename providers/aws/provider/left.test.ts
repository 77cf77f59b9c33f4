// What AWS Load Balancer Controller left is taken over without being asked for, where it is sure whose it was; what stood beside it goes.
import { expect, test } from 'vitest'
import { leftByLbc } from '../../../test/contract/aws-lbc.ts'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { albIngress } from '../ingress/world-under-test.ts'
import { ProviderError } from '../../../src/provider.ts'
import { ingressWorld } from './ingress-under-test.ts'
import { testWorld } from './world-under-test.ts'
import type { WorldOptions } from './world-under-test.ts'

const web = { name: 'web', spec: { loadBalancerClass: 'service.k8s.aws/nlb' } }

async function world(options: Partial<WorldOptions> = { settings: { clusterName: 'blue' } }, cluster = 'blue') {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const node = aws.createInstance({ subnet: vpc.privateSubnets[0]!, pods: 10 })
  const pods = node.podIps.slice(0, 2)
  const left = await leftByLbc(aws, vpc, {
    cluster,
    of: 'service',
    stack: 'default/web',
    name: 'k8s-default-web-0a1b2c3d4e',
    pods,
  })
  aws.advance(300_000)
  const at = testWorld(aws, { vpcId: vpc.id, ...options })
  at.pods(web, pods)
  return { aws, left, cluster: at, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

const namesOf = (aws: Awaited<ReturnType<typeof fakeAws>>) => ({
  balancers: aws.world.loadBalancers.values().map(({ name }) => name),
  groups: aws.world.targetGroups.values().map(({ name }) => name.slice(0, 4)),
  security: aws.world.securityGroups.values().map(({ name }) => name.slice(0, 4)),
})

test('a Network Load Balancer is kept; its old target group goes when clients had time to leave it, its security group too', async () => {
  await using at = await world()
  const { aws, cluster, left } = at
  const watch = aws.watch(left.listener)
  const first = await cluster.look(web)
  expect(first.ingress).toEqual([{ hostname: left.dnsName.toLowerCase() }])
  expect((await cluster.settle(web)).readiness.reason).toBe('Serving')
  expect(aws.world.loadBalancers.get(left.balancer)?.tags).not.toHaveProperty('elbv2.k8s.aws/cluster')
  cluster.restart()
  aws.advance(400_000)
  await cluster.settle(web)
  expect(watch.lowest.healthy).toBeGreaterThan(0)
  expect(namesOf(aws)).toEqual({
    balancers: ['k8s-default-web-0a1b2c3d4e'],
    groups: ['weir'],
    security: ['defa', 'weir', 'weir'],
  })
  const mark = aws.calls.mark()
  await cluster.look(web)
  expect(aws.calls.since(mark).count()).toBe(0)
  await cluster.settleRemoval(web)
  expect(aws.world.loadBalancers.values()).toEqual([])
})

test('cut after any of its calls and run again, it ends in the same place', async () => {
  for (const operation of ['AddTags', 'RemoveTags', 'CreateTags', 'CreateTargetGroup', 'SetSecurityGroups', 'ModifyListener']) {
    await using at = await world()
    const fault = at.aws.fail({ operation, when: 'after', error: 'reset', times: 1 })
    await expect(at.cluster.settle(web)).rejects.toThrow(ProviderError)
    fault[Symbol.dispose]()
    at.cluster.restart()
    expect((await at.cluster.settle(web)).readiness.reason, operation).toBe('Serving')
    expect(at.aws.world.loadBalancers.values().map(({ arn }) => arn)).toEqual([at.left.balancer])
  }
})

test('of a cluster whose name nobody said nothing is touched, and nothing is made beside it', async () => {
  await using at = await world({})
  const before = namesOf(at.aws)
  const error = await at.cluster.look(web).catch((failure: unknown) => failure)
  expect(error).toMatchObject({
    code: 'AdoptionRefused',
    message: expect.stringContaining('of the cluster blue'),
    remedy: 'Say spec.aws.clusterName in the class: blue if it is this one.',
  })
  expect(namesOf(at.aws)).toEqual(before)
})

test('that of another cluster is nobody’s business, nor is one for a Service that names our class', async () => {
  await using other = await world({ settings: { clusterName: 'blue' } }, 'green')
  await other.cluster.settle(web)
  expect(other.aws.world.loadBalancers.values()).toHaveLength(2)
  await using ours = await world()
  await ours.cluster.settle({ name: 'web' })
  expect(ours.aws.world.loadBalancers.values()).toHaveLength(2)
})

test('one that cannot become what is asked for is left as it is, and said', async () => {
  await using at = await world()
  const error = await at.cluster.look({ ...web, aws: { scheme: 'internet-facing' } }).catch((failure: unknown) => failure)
  expect(error).toMatchObject({ code: 'AdoptionRefused', message: expect.stringContaining('internet-facing is asked for') })
  expect(at.aws.world.loadBalancers.values()).toHaveLength(1)
})

test('an Application Load Balancer is kept, and every request is answered by the same pods all the time', async () => {
  await using at = await ingressWorld({ takesOver: true, settings: { clusterName: 'blue' } })
  const { aws, vpc, podIps } = at
  const stack = at.id.namespace === '' ? at.id.name : `${at.id.namespace}/${at.id.name}`
  const [one = '', two = ''] = podIps
  const left = await leftByLbc(aws, vpc, {
    cluster: 'blue',
    of: 'ingress',
    stack,
    name: 'k8s-edge-5f6a7b8c9d',
    host: 'shop.example.com',
    paths: [
      { path: '/cart', resource: 'default/shop-cart:80', pods: [two] },
      { path: '/', resource: 'default/shop-web:80', pods: [one] },
    ],
  })
  aws.advance(300_000)
  at.pods('default/web', [one])
  at.pods('default/cart', [two])
  const shop = albIngress({ rules: { 'shop.example.com': { 'Prefix /': 'web', 'Prefix /cart': 'cart' } } })
  const first = await at.look([shop])
  expect(first.ingress).toEqual([{ hostname: left.dnsName.toLowerCase() }])
  for (const target of ['/', '/cart/1']) expect(await at.answer({ host: 'shop.example.com', target })).not.toBe('404')
  await at.settle([shop])
  expect(await at.answer({ host: 'shop.example.com', target: '/cart/1' })).toContain('cart')
  aws.advance(400_000)
  at.cluster.restart()
  await at.settle([shop])
  expect(namesOf(aws)).toEqual({
    balancers: ['k8s-edge-5f6a7b8c9d'],
    groups: ['weir', 'weir'],
    security: ['defa', 'weir', 'weir'],
  })
  await at.settleRemoval()
  expect(aws.world.loadBalancers.values()).toEqual([])
})
