// Six hours in which somebody changes everything that can be changed: each kind is repaired by the tier that sees it.
import { AuthorizeSecurityGroupIngressCommand, RevokeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2'
import {
  AddTagsCommand,
  ModifyListenerAttributesCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RemoveTagsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { testWorld } from './world-under-test.ts'

const names = ['web', 'api', 'shop']
const services = names.map(name => ({ name }))
const minute = 60_000

const sorted = (record: object) =>
  Object.entries(record)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()

async function world() {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const node = aws.createInstance({ subnet: vpc.privateSubnets[0]!, pods: 10 })
  const cluster = testWorld(aws, { vpcId: vpc.id })
  services.forEach((service, index) => cluster.pods(service, [node.podIps[index]!]))
  for (const service of services) await cluster.settle(service)
  aws.advance(2 * minute)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  cluster.woken.length = 0
  /** Looks at those that were woken, as the queue would. */
  const settleWoken = async () => {
    const woken = new Set(cluster.woken.splice(0).map(({ name }) => name))
    for (const name of woken) await cluster.settle({ name })
    return [...woken]
  }
  return { aws, vpc, node, cluster, settleWoken, ...aws.clients(), [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

test('a sweep repairs what is listed: tags, health checks, rules at the front, at the targets and of the shared group', async () => {
  await using at = await world()
  const { aws, cluster, elbv2, ec2, settleWoken } = at
  const standing = () =>
    JSON.stringify([
      aws.world.targetGroups.values().map(({ healthCheck, tags }) => [sorted(healthCheck), tags]),
      aws.world.loadBalancers.values().map(({ tags }) => sorted(tags)),
      aws.world.securityGroups
        .values()
        .map(({ rules, tags }) => [
          rules.map(({ protocol, from, to, egress, group }) => `${protocol} ${from} ${to} ${egress} ${group}`).toSorted(),
          sorted(tags),
        ]),
    ])
  const before = standing()
  const [group] = aws.world.targetGroups.values()
  await elbv2.send(new ModifyTargetGroupCommand({ TargetGroupArn: group!.arn, HealthCheckIntervalSeconds: 25 }))
  const [balancer] = aws.world.loadBalancers.values()
  await elbv2.send(new AddTagsCommand({ ResourceArns: [balancer!.arn], Tags: [{ Key: 'stray', Value: '1' }] }))
  const frontend = aws.world.securityGroups.values().find(({ name }) => name.startsWith('weir-default-api'))!
  const shared = aws.world.securityGroups.values().find(({ name }) => name.startsWith('weir-backend'))!
  const rule = frontend.rules.find(({ egress }) => !egress)
  const everyone = { IpProtocol: 'tcp', FromPort: rule!.from, ToPort: rule!.to, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: frontend.id, IpPermissions: [everyone] }))
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: shared.id,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    }),
  )
  const target = at.vpc.defaultSecurityGroup
  await ec2.send(
    new RevokeSecurityGroupIngressCommand({
      GroupId: target,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, UserIdGroupPairs: [{ GroupId: shared.id }] }],
    }),
  )
  expect(standing()).not.toBe(before)
  aws.advance(5 * minute)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  await settleWoken()
  expect(standing()).toBe(before)
})

test('attributes are compared by turns, and every load balancer has had its turn within six hours', async () => {
  await using at = await world()
  const { aws, cluster, elbv2, settleWoken } = at
  for (const { arn } of aws.world.loadBalancers.values())
    await elbv2.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: arn,
        Attributes: [{ Key: 'load_balancing.cross_zone.enabled', Value: 'true' }],
      }),
    )
  for (const { arn } of aws.world.targetGroups.values())
    await elbv2.send(
      new ModifyTargetGroupAttributesCommand({
        TargetGroupArn: arn,
        Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '7' }],
      }),
    )
  for (const { arn } of aws.world.listeners.values())
    await elbv2.send(
      new ModifyListenerAttributesCommand({
        ListenerArn: arn,
        Attributes: [{ Key: 'tcp.idle_timeout.seconds', Value: '100' }],
      }),
    )
  aws.advance(5 * minute)
  const mark = aws.calls.mark()
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  // Nothing that is listed shows any of this: a sweep costs the listings and no more, whatever the number of load balancers.
  expect(await settleWoken()).toEqual([])
  expect(aws.calls.since(mark).count()).toBeLessThanOrEqual(5)
  const turns: string[] = []
  for (let turn = 0; turn < names.length; turn++) {
    aws.advance((6 * 60 * minute) / names.length)
    cluster.provider.inspectNext()
    turns.push(...(await settleWoken()))
  }
  expect(turns.toSorted()).toEqual(names.toSorted())
  const { loadBalancers, targetGroups, listeners } = aws.world
  for (const { attributes } of loadBalancers.values()) expect(attributes['load_balancing.cross_zone.enabled']).toBe('false')
  for (const { attributes } of targetGroups.values()) expect(attributes['deregistration_delay.timeout_seconds']).toBe('300')
  for (const { attributes } of listeners.values()) expect(attributes['tcp.idle_timeout.seconds']).toBe('350')
})

test('a load balancer whose marks somebody took off is ours no more: it is left alone, and told', async () => {
  await using at = await world()
  const { aws, cluster, elbv2 } = at
  const [balancer] = aws.world.loadBalancers.values()
  const keys = Object.keys(balancer!.tags)
  await elbv2.send(new RemoveTagsCommand({ ResourceArns: [balancer!.arn], TagKeys: keys }))
  aws.advance(5 * minute)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  expect(cluster.woken.map(({ name }) => name)).toEqual(['web'])
  expect((await cluster.look({ name: 'web' })).readiness.reason).toBe('NameTaken')
  expect(aws.world.loadBalancers.get(balancer!.arn)?.tags).toEqual({})
})

test('when all targets fall ill it is told within a round, and when one is well again too', async () => {
  await using at = await world()
  const { aws, cluster, node, settleWoken } = at
  aws.setHealth(node.podIps[1]!, 'unhealthy')
  aws.advance(minute)
  const mark = aws.calls.mark()
  for (let turn = 0; turn < names.length; turn++) await cluster.provider.inspectHealth(AbortSignal.timeout(5000))
  // One call for each that serves, and the one that does not is looked at.
  expect(aws.calls.since(mark).entries.map(({ operation }) => operation)).toEqual(Array(3).fill('DescribeTargetHealth'))
  expect(cluster.woken.splice(0).map(({ name }) => name)).toEqual(['api'])
  const ill = await cluster.look({ name: 'api' })
  expect(ill.readiness).toMatchObject({ ready: false, reason: 'NoHealthyTargets' })
  expect(ill.again).toEqual({ afterMs: 30_000 })
  expect(ill.ingress).toHaveLength(1)
  expect((await cluster.look({ name: 'web' })).readiness.reason).toBe('Serving')
  aws.setHealth(node.podIps[1]!, undefined)
  aws.advance(minute)
  expect((await cluster.settle({ name: 'api' })).readiness.reason).toBe('Serving')
  expect(await settleWoken()).toEqual([])
})

test('states of AWS: one that is impaired serves and says so, one that failed does not, and both pass', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const [balancer] = aws.world.loadBalancers.values()
  const sweep = async () => {
    aws.advance(5 * minute)
    await cluster.provider.sweep(AbortSignal.timeout(5000))
    return cluster.woken.splice(0).map(({ name }) => name)
  }
  aws.setState(balancer!.arn, { code: 'active_impaired', reason: 'no free addresses in subnet-1' })
  expect(await sweep()).toEqual(['web'])
  expect((await cluster.settle({ name: 'web' })).readiness).toMatchObject({
    ready: true,
    reason: 'LoadBalancerImpaired',
    message: expect.stringContaining('no free addresses in subnet-1'),
  })
  expect(await sweep()).toEqual([])
  aws.setState(balancer!.arn, { code: 'failed', reason: 'internal error' })
  expect(await sweep()).toEqual(['web'])
  expect((await cluster.look({ name: 'web' })).readiness).toMatchObject({
    ready: false,
    reason: 'LoadBalancerFailed',
    message: expect.stringContaining('internal error'),
  })
  aws.setState(balancer!.arn, undefined)
  await sweep()
  expect((await cluster.settle({ name: 'web' })).readiness.reason).toBe('Serving')
})
