// What goes wrong outside: each failure is told by its reason, and what stands keeps standing.
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { ProviderError } from '../../../src/provider.ts'
import { clusterUid, testWorld } from './world-under-test.ts'
import type { World, WorldOptions } from './world-under-test.ts'

const web = { name: 'web' }

async function world(
  options: Partial<WorldOptions> = {},
  fake: Parameters<typeof fakeAws>[0] = {},
  vpcOptions: Parameters<FakeAws['createVpc']>[0] = {},
) {
  const aws = await fakeAws(fake)
  const vpc = aws.createVpc(vpcOptions)
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 20 })
  const cluster = testWorld(aws, { vpcId: vpc.id, ...options })
  cluster.pods(web, node.podIps.slice(0, 2))
  return { aws, vpc, node, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  try {
    await work
  } catch (error) {
    if (error instanceof ProviderError) return error
    throw error
  }
  throw new Error('it did not fail')
}

test('a quota that is reached is told, and is tried again', async () => {
  await using at = await world({}, { quotas: { networkLoadBalancers: 1 } })
  const { cluster, node } = at
  const api = { name: 'api' }
  cluster.pods(api, [node.podIps[4]!])
  await cluster.settle(web)
  const error = await failureOf(cluster.look(api))
  expect(error).toMatchObject({ code: 'QuotaReached', retry: 'later' })
  await cluster.settleRemoval(web)
  expect((await cluster.settle(api)).readiness.reason).toBe('Serving')
})

test('access that is denied names the IAM action', async () => {
  await using at = await world()
  const denied = at.aws.deny('elasticloadbalancing:CreateListener')
  const error = await failureOf(at.cluster.look(web))
  expect(error.code).toBe('AccessDenied')
  expect(error.remedy).toContain('elasticloadbalancing:CreateListener')
  denied[Symbol.dispose]()
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
  expect(at.aws.world.loadBalancers.values()).toHaveLength(1)
})

test('access that AWS lacks in our name for a call names what is to be allowed, not the call', async () => {
  await using at = await world()
  at.aws.fail({
    operation: 'CreateLoadBalancer',
    when: 'before',
    error: {
      code: 'AccessDenied',
      message: 'User: arn:aws:sts::1:assumed-role/weir/s is not authorized to perform: ec2:GetSecurityGroupsForVpc because no',
    },
  })
  const { remedy } = await failureOf(at.cluster.look(web))
  expect(remedy).toBe('Allow ec2:GetSecurityGroupsForVpc in the IAM policy of the controller.')
})

test('throttled calls are told as such, and everything is made when AWS has recovered', async () => {
  await using at = await world()
  at.aws.throttle({ 'elb-write': { burst: 0, perSecond: 0 } })
  expect(await failureOf(at.cluster.look(web))).toMatchObject({ code: 'Throttled', retry: 'later' })
  at.aws.throttle({})
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
})

test('when AWS is away for a while, nothing of what stands is touched, and work goes on when it is back', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(web)
  const changed = { ...web, aws: { 'healthcheck-interval': '20' } }
  const away = aws.away()
  for (let turn = 0; turn < 5; turn++) {
    expect((await failureOf(cluster.look(changed))).code).toBe('ProviderUnreachable')
    aws.advance(120_000)
  }
  expect((await cluster.look(web)).readiness.reason).toBe('Serving')
  expect(await cluster.provider.list(AbortSignal.timeout(5000))).toHaveLength(1)
  away[Symbol.dispose]()
  await cluster.settle(changed)
  expect(aws.world.targetGroups.values()[0]?.healthCheck.intervalSeconds).toBe(20)
})

test('credentials that expire are told', async () => {
  await using at = await world()
  const expired = at.aws.expireCredentials('AKIAFAKE')
  expect((await failureOf(at.cluster.look(web))).code).toBe('CredentialsInvalid')
  expired[Symbol.dispose]()
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
})

test('a name that a foreign load balancer has is refused, and that one is left alone', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  const { elbv2 } = aws.clients()
  const { CreateLoadBalancerCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  await elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'shop', Type: 'network', Scheme: 'internal', Subnets: [vpc.privateSubnets[0]!.id] }),
  )
  const before = JSON.stringify(aws.world.loadBalancers.values())
  const outcome = await cluster.look({ ...web, aws: { name: 'shop' } })
  expect(outcome.readiness.reason).toBe('NameTaken')
  await cluster.settleRemoval(web)
  expect(JSON.stringify(aws.world.loadBalancers.values())).toBe(before)
})

test('a foreign load balancer that took the name between the look and the making is not taken over', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  await cluster.provider.list(AbortSignal.timeout(5000))
  const { elbv2 } = aws.clients()
  const { CreateLoadBalancerCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  await elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'shop', Type: 'network', Scheme: 'internal', Subnets: [vpc.privateSubnets[0]!.id] }),
  )
  expect((await failureOf(cluster.look({ ...web, aws: { name: 'shop' } }))).code).toBe('NameTaken')
})

test('a security group that something else uses is told after some minutes, with what uses it', async () => {
  await using at = await world()
  const { aws, cluster, vpc, node } = at
  const neighbour = { name: 'neighbour' }
  cluster.pods(neighbour, [node.podIps[6]!])
  for (const service of [web, neighbour]) await cluster.settle(service)
  const frontend = aws.world.securityGroups.values().find(({ name }) => name.startsWith('weir-default-web'))
  aws.createInstance({ subnet: vpc.privateSubnets[0]!, groups: [frontend!.id] })
  const first = await cluster.remove(web)
  expect(first).toMatchObject({ gone: false, readiness: { reason: 'Withdrawing' } })
  for (let turn = 0; turn < 80; turn++) {
    await cluster.remove(web)
    aws.advance(5000)
  }
  const { reason, message } = (await cluster.remove(web)).readiness
  expect(reason).toBe('SecurityGroupInUse')
  expect(message).toContain(`The security group ${frontend!.id} is still in use by the interface eni-`)
  expect(aws.world.loadBalancers.values().map(({ name }) => name)).toEqual([expect.stringContaining('weir-default-neighb')])
  const mark = aws.calls.mark()
  expect((await cluster.look(neighbour)).readiness.reason).toBe('Serving')
  expect(aws.calls.since(mark).count()).toBe(0)
})

test('a load balancer that was deleted by hand is made again when the sweep has found out', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(web)
  await destroyLoadBalancer(aws)
  aws.advance(300_000)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  expect(cluster.woken.map(({ name }) => name)).toEqual(['web'])
  const outcome = await cluster.settle(web)
  expect(outcome.readiness.reason).toBe('Serving')
  expect(outcome.ingress).toEqual([{ hostname: aws.world.loadBalancers.values()[0]?.dnsName }])
  expect(aws.world.targetGroups.values()).toHaveLength(1)
})

test('a target group that was deleted by hand with its listener is made again', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(web)
  const { elbv2 } = aws.clients()
  const { DeleteListenerCommand, DeleteTargetGroupCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  await elbv2.send(new DeleteListenerCommand({ ListenerArn: aws.world.listeners.values()[0]!.arn }))
  aws.advance(60_000)
  await elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn: aws.world.targetGroups.values()[0]!.arn }))
  aws.advance(300_000)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  expect((await cluster.settle(web)).readiness.reason).toBe('Serving')
  expect(aws.world.targetGroups.values()[0]?.targets.size).toBe(2)
})

test('attributes and targets that were changed by hand are found when it is their turn', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  await cluster.settle({ ...web, aws: { 'target-group-attributes': 'deregistration_delay.timeout_seconds=30' } })
  const { elbv2 } = aws.clients()
  const { DeregisterTargetsCommand, ModifyTargetGroupAttributesCommand } = await import(
    '@aws-sdk/client-elastic-load-balancing-v2'
  )
  const TargetGroupArn = aws.world.targetGroups.values()[0]!.arn
  await elbv2.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '7' }],
    }),
  )
  await elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: node.podIps[0]!, Port: 8080 }] }))
  aws.advance(60_000)
  cluster.provider.inspectNext()
  expect(cluster.woken).toHaveLength(1)
  await cluster.settle({ ...web, aws: { 'target-group-attributes': 'deregistration_delay.timeout_seconds=30' } })
  const [group] = aws.world.targetGroups.values()
  expect(group?.attributes['deregistration_delay.timeout_seconds']).toBe('30')
  expect([...(group?.targets.values() ?? [])].filter(({ drainingUntil }) => drainingUntil === undefined)).toHaveLength(2)
})

test('no subnet that fits: one message names every candidate and why it was not taken', async () => {
  await using at = await world({}, {}, { free: 3 })
  const error = await failureOf(at.cluster.look(web))
  expect(error.code).toBe('SubnetsNotFound')
  for (const { id } of at.vpc.privateSubnets) expect(error.message).toContain(id)
})

test('bad input is told by its reason and makes nothing', async () => {
  await using at = await world()
  const { cluster, vpc, aws } = at
  const [first] = vpc.privateSubnets
  const twin = aws.createSubnet({ ...first!, cidr: '10.0.240.0/20' })
  const cases: readonly (readonly [string, Parameters<World['look']>[0]['aws']])[] = [
    ['SubnetsNotFound', { subnets: 'subnet-0000000000000dead' }],
    ['SubnetsUnsuitable', { subnets: `${first!.id},${twin.id}` }],
    ['FixedAddressesInvalid', { 'private-ipv4-addresses': '192.0.2.1,192.0.2.2,192.0.2.3' }],
    ['SecurityGroupsInvalid', { 'security-groups': 'sg-0000000000000dead' }],
  ]
  for (const [reason, settings] of cases) {
    const error = await failureOf(cluster.look({ ...web, aws: settings ?? {} }))
    expect(error.code, JSON.stringify(settings)).toBe(reason)
  }
  expect(aws.world.loadBalancers.values()).toEqual([])
  expect(aws.world.targetGroups.values()).toEqual([])
})

test('a certificate that does not exist spoils only its own Service', async () => {
  await using at = await world()
  const { cluster, node } = at
  const api = { name: 'api' }
  cluster.pods(api, [node.podIps[4]!])
  const gone = 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000'
  const results = await Promise.allSettled([cluster.look({ ...web, aws: { 'ssl-cert': gone } }), cluster.settle(api)])
  expect(results[0]).toMatchObject({ status: 'rejected', reason: { code: 'CertificateNotFound' } })
  expect(results[1].status).toBe('fulfilled')
})

test('without a region or a VPC the class is not configured, and later it is', async () => {
  let vpcId: string | undefined
  await using at = await world({
    dependencies: { whereabouts: () => ({ region: 'us-east-1', ...(vpcId === undefined ? {} : { vpcId }) }) },
  })
  expect((await failureOf(at.cluster.look(web))).code).toBe('NotConfigured')
  vpcId = at.vpc.id
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
})

test('an instance that ended spoils only itself as a target', async () => {
  await using at = await world({ targets: 'Node' })
  const { aws, cluster, node, vpc } = at
  const ended = aws.createInstance({ subnet: vpc.privateSubnets[0]!, state: 'terminated' })
  const { nodeObject } = await import('./world-under-test.ts')
  cluster.nodes.set('n1', nodeObject('n1', node.providerId))
  cluster.nodes.set('n2', nodeObject('n2', ended.providerId))
  const outcome = await cluster.settle(web)
  expect(outcome.readiness.reason).toBe('Serving')
  expect([...(aws.world.targetGroups.values()[0]?.targets.keys() ?? [])]).toEqual([`${node.id}:30080`])
})

test('a change that is taken back after a restart leaves no target group behind', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.look(web)
  await cluster.look({ ...web, aws: { scheme: 'internet-facing' } })
  cluster.restart()
  await cluster.look(web)
  await cluster.settle(web)
  expect(aws.world.loadBalancers.values()).toHaveLength(1)
  expect(aws.world.targetGroups.values()).toHaveLength(1)
})

test('two clusters in one account do not touch each other', async () => {
  await using at = await world()
  const { aws, cluster, vpc, node } = at
  const other = testWorld(aws, { vpcId: vpc.id, dependencies: { cluster: `${clusterUid.slice(0, -1)}2` } })
  other.pods(web, [node.podIps[5]!])
  await cluster.settle(web)
  await other.settle(web)
  expect(aws.world.loadBalancers.values()).toHaveLength(2)
  const theirs = JSON.stringify(aws.world.loadBalancers.values()[1])
  await cluster.settleRemoval(web)
  expect(JSON.stringify(aws.world.loadBalancers.values())).toBe(`[${theirs}]`)
  expect((await other.look(web)).readiness.reason).toBe('Serving')
})

async function destroyLoadBalancer(aws: FakeAws): Promise<void> {
  const { DeleteLoadBalancerCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const [balancer] = aws.world.loadBalancers.values()
  await aws.clients().elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: balancer!.arn }))
}
