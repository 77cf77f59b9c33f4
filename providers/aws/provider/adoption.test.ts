// Taking over a load balancer that somebody else made: only if its tags allow it, in place, and without a moment without targets.
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ModifyLoadBalancerAttributesCommand,
  RegisterTargetsCommand,
  RemoveTagsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { ProviderError } from '../../../src/provider.ts'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { testWorld } from './world-under-test.ts'
import type { WorldOptions } from './world-under-test.ts'

const web = { name: 'web' }
const adopting = { ...web, annotations: { 'weir.dev/adopt-load-balancer': 'shop' } }
const allowed = { 'weir.dev/adopt': 'default/web', team: 'shop' }
const ofOther = {
  'elbv2.k8s.aws/cluster': 'blue',
  'service.k8s.aws/stack': 'default/web',
  'service.k8s.aws/resource': 'LoadBalancer',
}

/** An account with the load balancer `shop` of somebody, who serves port 80 with it. */
async function world(tags: Readonly<Record<string, string>> = allowed, options: Partial<WorldOptions> = {}) {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const subnet = vpc.privateSubnets[0]!
  const node = aws.createInstance({ subnet, pods: 10 })
  const { elbv2 } = aws.clients({ accessKeyId: 'AKIAOTHER' })
  const { TargetGroups } = await elbv2.send(
    new CreateTargetGroupCommand({ Name: 'theirs', Protocol: 'TCP', Port: 8080, VpcId: vpc.id, TargetType: 'ip' }),
  )
  const group = TargetGroups![0]!.TargetGroupArn!
  await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: node.podIps[9]!, Port: 8080 }] }))
  const { LoadBalancers } = await elbv2.send(
    new CreateLoadBalancerCommand({
      Name: 'shop',
      Type: 'network',
      Scheme: 'internal',
      Subnets: [subnet.id],
      SecurityGroups: [vpc.defaultSecurityGroup],
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  )
  const shop = LoadBalancers![0]!.LoadBalancerArn!
  await elbv2.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: shop,
      Attributes: [{ Key: 'load_balancing.cross_zone.enabled', Value: 'true' }],
    }),
  )
  const { Listeners } = await elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: shop,
      Protocol: 'TCP',
      Port: 80,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
    }),
  )
  aws.advance(300_000)
  const cluster = testWorld(aws, { vpcId: vpc.id, ...options })
  cluster.pods(web, node.podIps.slice(0, 2))
  const listener = Listeners![0]!.ListenerArn!
  return { aws, vpc, node, cluster, elbv2, shop, group, listener, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

async function refusalOf(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (!(error instanceof ProviderError)) throw new Error(`it was not refused: ${String(error)}`)
  return error
}

const stateOf = (aws: FakeAws) =>
  JSON.stringify([aws.world.loadBalancers.values(), aws.world.listeners.values(), aws.world.targetGroups.values()])

test('a load balancer whose tags allow it is taken over in place, and serves all the time', async () => {
  await using at = await world()
  const { aws, cluster, shop } = at
  const watch = aws.watch(at.listener)
  const outcome = await cluster.settle(adopting)
  expect(outcome.readiness.reason).toBe('Serving')
  const balancers = aws.world.loadBalancers.values()
  expect(balancers.map(({ arn }) => arn)).toEqual([shop])
  expect(outcome.ingress).toEqual([{ hostname: balancers[0]!.dnsName.toLowerCase() }])
  expect(balancers[0]!.tags).toMatchObject({ ...allowed, 'weir.dev/owner': 'default/web', 'weir.dev/adopted': 'true' })
  expect(watch.lowest.healthy).toBeGreaterThan(0)
  expect(aws.world.listeners.values().map(({ arn }) => arn)).toEqual([at.listener])
  // What nobody asked about stays: attributes, and the target group that was never ours.
  expect(balancers[0]!.attributes['load_balancing.cross_zone.enabled']).toBe('true')
  expect(aws.world.targetGroups.values().find(({ arn }) => arn === at.group)?.tags).toEqual({})
})

test('after that it costs nothing, keeps its place when the annotation goes, and its own tags', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const tagged = { ...adopting, aws: { 'additional-resource-tags': 'stage=live' } }
  await cluster.settle(tagged)
  const mark = aws.calls.mark()
  await cluster.look(tagged)
  expect(aws.calls.since(mark).count()).toBe(0)
  cluster.restart()
  await cluster.look(tagged)
  // Where pods are is asked for all Services together.
  expect(aws.calls.since(mark).entries.map(({ operation }) => operation)).toEqual(['DescribeSubnets'])
  expect((await cluster.settle(web)).readiness.reason).toBe('Serving')
  const [shop, ...others] = aws.world.loadBalancers.values()
  expect(others).toEqual([])
  expect(shop?.tags).toMatchObject({ team: 'shop' })
  expect(shop?.tags).not.toHaveProperty('stage')
  await cluster.settleRemoval(web)
  expect(aws.world.loadBalancers.values()).toEqual([])
})

test('by its ARN, from AWS Load Balancer Controller, whose marks go', async () => {
  await using at = await world(ofOther, { settings: { clusterName: 'blue' } })
  const { aws, cluster, shop } = at
  await cluster.settle({ ...web, annotations: { 'weir.dev/adopt-load-balancer': shop } })
  expect(Object.keys(aws.world.loadBalancers.values()[0]!.tags).filter(key => key.includes('k8s.aws'))).toEqual([])
})

test.each([
  ['without any tag', {}, {}, /lacks the tag weir.dev\/adopt=default\/web/],
  ['with another Service in the tag', { 'weir.dev/adopt': 'default/api' }, {}, /lacks the tag/],
  ['of another cluster of AWS Load Balancer Controller', ofOther, { settings: { clusterName: 'green' } }, /cluster blue/],
  ['of a cluster whose name nobody said', ofOther, {}, /spec.aws.clusterName/],
  ['of another cluster with Weir', { ...allowed, 'weir.dev/cluster': 'another' }, {}, /the cluster another/],
] as const)('%s it is refused, and nothing is touched', async (_what, tags, options, says) => {
  await using at = await world(tags, options)
  const before = stateOf(at.aws)
  const error = await refusalOf(at.cluster.look(adopting))
  expect(error.code).toBe('AdoptionRefused')
  expect(error.message).toMatch(says)
  expect(error.remedy).toContain('weir.dev/adopt=default/web')
  await at.cluster.settleRemoval(web)
  expect(stateOf(at.aws)).toBe(before)
})

test.each([
  [
    'that is not there',
    { annotations: { 'weir.dev/adopt-load-balancer': 'nowhere' } },
    /^No load balancer nowhere is seen .*looked for again/,
  ],
  ['of another scheme', { aws: { scheme: 'internet-facing' } }, /it is internal/],
  ['with security groups, for a Service without', { aws: { 'disable-nlb-sg': 'true' } }, /can never be taken away/],
  ['of another name', { aws: { name: 'front' } }, /cannot become front/],
  ['in other subnets', { aws: { subnets: 'b' } }, /every subnet of shop changes/],
] as const)('one %s is refused, and nothing is touched', async (_what, service, says) => {
  await using at = await world()
  const before = stateOf(at.aws)
  const wanted = { ...adopting, ...service }
  const subnets = at.vpc.privateSubnets[1]!.id
  const asked = 'aws' in wanted && 'subnets' in wanted.aws ? { ...wanted, aws: { subnets } } : wanted
  const work = at.cluster.look(asked)
  const [reason, message] = await work.then(
    ({ readiness }) => [readiness.reason, readiness.message],
    (error: unknown) => (error instanceof ProviderError ? [error.code, error.message] : ['', String(error)]),
  )
  expect(reason).toBe('AdoptionRefused')
  expect(message).toMatch(says)
  expect(stateOf(at.aws)).toBe(before)
})

test('tags that somebody takes off before the last look are respected; once they are there again, it is taken over', async () => {
  await using at = await world()
  const { cluster, elbv2, shop } = at
  await cluster.provider.list(AbortSignal.timeout(5000))
  await elbv2.send(new RemoveTagsCommand({ ResourceArns: [shop], TagKeys: ['weir.dev/adopt'] }))
  expect((await refusalOf(cluster.look(adopting))).code).toBe('AdoptionRefused')
  await elbv2.send(new AddTagsCommand({ ResourceArns: [shop], Tags: [{ Key: 'weir.dev/adopt', Value: 'default/web' }] }))
  at.aws.advance(60_000)
  expect((await cluster.settle(adopting)).readiness.reason).toBe('Serving')
})

test('cut after any of its calls and run again, it ends in the same place', async () => {
  for (const operation of ['AddTags', 'CreateTargetGroup', 'RegisterTargets', 'SetSecurityGroups', 'ModifyListener']) {
    await using at = await world()
    const fault = at.aws.fail({ operation, when: 'after', error: 'reset', times: 1 })
    await refusalOf(at.cluster.settle(adopting))
    fault[Symbol.dispose]()
    at.cluster.restart()
    expect((await at.cluster.settle(adopting)).readiness.reason, operation).toBe('Serving')
    expect(at.aws.world.loadBalancers.values().map(({ arn }) => arn)).toEqual([at.shop])
  }
})
