// Orphans in simulated time: doubted for ten minutes, ten at a time, and never one that has an owner or another cluster's mark.
import { RemoveTagsCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { clusterUid, idOf, testWorld } from './world-under-test.ts'

const minute = 60_000

/** A controller that has lost its memory of so many Services, which are gone from the cluster. */
async function world(count: number) {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 40 })
  const owned = new Set<string>()
  const cluster = testWorld(aws, { vpcId: vpc.id, dependencies: { isOwned: ({ uid }) => owned.has(uid) } })
  const services = Array.from({ length: count }, (_, index) => ({ name: `web-${index}` }))
  services.forEach((service, index) => cluster.pods(service, [node.podIps[index] ?? '']))
  await cluster.settleAll(services)
  cluster.ledger.records.clear()
  cluster.restart()
  /** One sweep: drift and then orphans, and what is due goes. */
  const sweep = async () => {
    const { all, due } = await cluster.provider.orphans(AbortSignal.timeout(10_000))
    await Promise.all(due.map(async ({ name }) => cluster.settleRemoval({ name }).catch(() => {})))
    return { all: all.length, due: due.length }
  }
  const standing = () => aws.world.loadBalancers.values().length
  return { aws, vpc, cluster, services, owned, sweep, standing, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

test('an orphan is told at once, and goes when two listings ten minutes apart showed it', async () => {
  await using at = await world(1)
  const before = at.aws.now()
  const { all } = await at.cluster.provider.orphans(AbortSignal.timeout(5000))
  expect(all).toMatchObject([{ id: { name: 'web-0' }, region: 'us-east-1' }])
  expect(all[0]?.since).toBeGreaterThanOrEqual(before)
  expect(all[0]?.since).toBeLessThanOrEqual(at.aws.now())
  expect(Object.keys(all[0]?.resources ?? {}).toSorted()).toEqual(['load-balancer', 'security-group/frontend', 'target-group/80'])
  for (let turn = 0; turn < 3; turn++) {
    at.aws.advance(3 * minute)
    expect(await at.sweep()).toEqual({ all: 1, due: 0 })
  }
  at.aws.advance(3 * minute)
  expect(await at.sweep()).toEqual({ all: 1, due: 1 })
  expect(at.standing()).toBe(0)
  expect(at.aws.world.targetGroups.values()).toEqual([])
  expect(at.aws.world.securityGroups.values().map(({ name }) => name)).toEqual(['default'])
  expect(await at.sweep()).toEqual({ all: 0, due: 0 })
})

test('time alone is no proof: the second listing must be made, and while AWS cannot be listed nothing goes', async () => {
  await using at = await world(1)
  await at.sweep()
  const away = at.aws.away()
  at.aws.advance(11 * minute)
  expect(await at.sweep()).toEqual({ all: 1, due: 0 })
  away[Symbol.dispose]()
  expect(at.standing()).toBe(1)
  // The first one may still join a listing that was begun while AWS was away.
  for (let turn = 0; turn < 3 && at.standing() > 0; turn++) await at.sweep()
  expect(at.standing()).toBe(0)
})

test('at most ten go in one sweep', async () => {
  await using at = await world(23)
  expect(await at.sweep()).toEqual({ all: 23, due: 0 })
  at.aws.advance(11 * minute)
  const left: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    const { due } = await at.sweep()
    expect(due).toBeLessThanOrEqual(10)
    left.push(at.standing())
    at.aws.advance(4 * minute)
  }
  expect(left).toEqual([13, 3, 0])
})

test('orphans that cannot be deleted do not keep the others from going', async () => {
  await using at = await world(12)
  const { elbv2 } = at.aws.clients({ accessKeyId: 'AKIAOTHER' })
  const { ModifyLoadBalancerAttributesCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  for (const { arn } of at.aws.world.loadBalancers.values().slice(0, 10))
    await elbv2.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: arn,
        Attributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }],
      }),
    )
  await at.sweep()
  for (let turn = 0; turn < 3; turn++) {
    at.aws.advance(11 * minute)
    await at.sweep()
  }
  expect(at.standing()).toBe(10)
})

test('an owner that comes back ends the doubt', async () => {
  await using at = await world(1)
  await at.sweep()
  at.aws.advance(8 * minute)
  at.owned.add(idOf({ name: 'web-0' }).uid)
  expect(await at.sweep()).toEqual({ all: 0, due: 0 })
  at.owned.clear()
  at.aws.advance(8 * minute)
  expect(await at.sweep()).toEqual({ all: 1, due: 0 })
})

test('whoever takes the tags off keeps it, also when that was after the last listing', async () => {
  await using at = await world(1)
  await at.sweep()
  at.aws.advance(11 * minute)
  const { due } = await at.cluster.provider.orphans(AbortSignal.timeout(5000))
  expect(due).toHaveLength(1)
  const { elbv2 } = at.aws.clients({ accessKeyId: 'AKIAOTHER' })
  const arns = [...at.aws.world.loadBalancers.values(), ...at.aws.world.targetGroups.values()].map(({ arn }) => arn)
  await elbv2.send(new RemoveTagsCommand({ ResourceArns: arns, TagKeys: ['weir.dev/cluster'] }))
  await at.cluster.settleRemoval({ name: 'web-0' }).catch(() => {})
  expect(at.standing()).toBe(1)
  expect(at.aws.world.targetGroups.values()).toHaveLength(1)
})

test('what another cluster made is none of ours', async () => {
  await using at = await world(1)
  const other = testWorld(at.aws, { vpcId: at.vpc.id, dependencies: { cluster: `${clusterUid.slice(0, -1)}9` } })
  const { all } = await other.provider.orphans(AbortSignal.timeout(5000))
  expect(all).toEqual([])
})
