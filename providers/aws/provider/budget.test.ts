// How many calls the provider makes, counted at the fake AWS. Looks at what AWS is setting up, and repeated deletions, are counted apart.
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { defaultRates } from '../calls/limiter.ts'
import { testWorld } from './world-under-test.ts'

const web = { name: 'web' }
/** The calls are counted, not their pace. */
const fast = { burst: 10_000, perSecond: 10_000 }
const unhurried = {
  ...defaultRates,
  'elb-read': fast,
  'elb-write': fast,
  'elb-targets': fast,
  'ec2-read': fast,
  'ec2-write': fast,
}

async function world() {
  const aws = await fakeAws({ quotas: { networkLoadBalancers: 500 } })
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 250 })
  return {
    aws,
    vpc,
    node,
    cluster: testWorld(aws, { vpcId: vpc.id, dependencies: { rates: unhurried } }),
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  }
}

/** Readiness polls: targets' health, and load balancers by their ARNs. Repeated deletions: those that AWS refused for now. */
function isCounted({ operation, input, outcome }: FakeAws['calls']['entries'][number]): boolean {
  if (operation === 'DescribeTargetHealth') return false
  if (operation === 'DescribeLoadBalancers' && input['LoadBalancerArns'] !== undefined) return false
  return !(operation.startsWith('Delete') && outcome !== 'ok')
}

function counted(aws: FakeAws, mark: number): readonly string[] {
  return aws.calls
    .since(mark)
    .entries.filter(isCounted)
    .map(({ operation }) => operation)
}

const many = Array.from({ length: 100 }, (_, index) => ({ name: `web-${index}` }))

async function hundred() {
  const at = await world()
  many.forEach((service, index) => at.cluster.pods(service, [at.node.podIps[index] ?? '', at.node.podIps[index + 100] ?? '']))
  return at
}

test('the first Service of a fresh VPC with ip targets takes 13 calls to traffic', { timeout: 180_000 }, async () => {
  await using at = await world()
  at.cluster.pods(web, at.node.podIps.slice(0, 2))
  await at.cluster.settle(web)
  const calls = counted(at.aws, 0)
  expect(calls.length).toBeLessThanOrEqual(13)
})

test('each further Service of a batch takes at most 7 calls', { timeout: 180_000 }, async () => {
  await using at = await hundred()
  at.cluster.pods(web, [at.node.podIps[240] ?? ''])
  await at.cluster.settle(web)
  const mark = at.aws.calls.mark()
  await at.cluster.settleAll(many)
  const calls = counted(at.aws, mark)
  expect(calls.length / many.length).toBeLessThanOrEqual(7)
})

test('a pod that becomes ready takes one call, and one that goes takes one', { timeout: 180_000 }, async () => {
  await using at = await world()
  at.cluster.pods(web, at.node.podIps.slice(0, 2))
  await at.cluster.settle(web)
  const mark = at.aws.calls.mark()
  at.cluster.pods(web, at.node.podIps.slice(0, 3))
  const goal = at.cluster.goal(web)
  await at.cluster.provider.syncTargets(goal.desired.id, goal, AbortSignal.timeout(10_000))
  expect(at.aws.calls.since(mark).entries.map(({ operation }) => operation)).toEqual(['RegisterTargets'])
  const next = at.aws.calls.mark()
  at.cluster.pods(web, at.node.podIps.slice(1, 3))
  await at.cluster.provider.syncTargets(goal.desired.id, at.cluster.goal(web), AbortSignal.timeout(10_000))
  expect(at.aws.calls.since(next).entries.map(({ operation }) => operation)).toEqual(['DeregisterTargets'])
})

test('without a change there is no call, and after a restart with 100 Services at most 20 in all', {
  timeout: 180_000,
}, async () => {
  await using at = await hundred()
  await at.cluster.settleAll(many)
  const mark = at.aws.calls.mark()
  for (const service of many) await at.cluster.look(service)
  expect(at.aws.calls.since(mark).count()).toBe(0)
  at.cluster.restart()
  await at.cluster.provider.list(AbortSignal.timeout(10_000))
  for (const service of many) expect((await at.cluster.look(service)).readiness.reason).toBe('Serving')
  expect(at.aws.calls.since(mark).count()).toBeLessThanOrEqual(20)
})

test('a Service that goes takes at most 5 calls', { timeout: 180_000 }, async () => {
  await using at = await hundred()
  at.cluster.pods(web, [at.node.podIps[240] ?? ''])
  await at.cluster.settleAll([web, ...many])
  const one = at.aws.calls.mark()
  await at.cluster.settleRemoval(web)
  expect(counted(at.aws, one).length).toBeLessThanOrEqual(5)
  const mark = at.aws.calls.mark()
  await at.cluster.settleAll(many, 'remove')
  const calls = counted(at.aws, mark)
  expect(calls.length / many.length).toBeLessThanOrEqual(5)
  expect(at.aws.world.securityGroups.values().map(({ name }) => name)).toEqual(['default'])
})
