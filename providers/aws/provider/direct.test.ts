// Load balancers without security groups: clients and health checks are let in at the targets, and shut out when it goes.
import { RevokeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { nodeObject, testWorld } from './world-under-test.ts'
import type { TestService, WorldOptions } from './world-under-test.ts'

const web: TestService = { name: 'web', aws: { 'disable-nlb-sg': 'true' } }
const external = { ...web, aws: { ...web.aws, scheme: 'internet-facing' } }

async function world(options: Partial<WorldOptions> = {}) {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const node = aws.createInstance({ subnet: vpc.privateSubnets[0]!, pods: 10 })
  const cluster = testWorld(aws, { vpcId: vpc.id, targets: 'Node', ...options })
  cluster.nodes.set('n1', nodeObject('n1', node.providerId))
  for (const name of ['web', 'api', 'neighbour']) cluster.pods({ name }, node.podIps.slice(0, 2))
  /** What is let in at the targets, as `tcp 8080-8080 10.0.0.0/16`. */
  const inbound = () =>
    aws.world.securityGroups
      .get(vpc.defaultSecurityGroup)!
      .rules.filter(({ egress }) => !egress)
      .map(({ protocol, from, to, cidr, group }) => `${protocol} ${from}-${to} ${cidr ?? group}`)
      .toSorted()
  return { aws, vpc, node, cluster, inbound, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

/** The three public subnets are 10.0.0.0/20, 10.0.16.0/20 and 10.0.32.0/20; neighbours become one rule. */
const publicSubnets = (ports: string) => [`tcp ${ports} 10.0.0.0/19`, `tcp ${ports} 10.0.32.0/20`]

test('internal, nodes as targets: the VPC at the node port, which holds the health checks too', async () => {
  await using at = await world()
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
  expect(at.inbound()).toEqual([`tcp 30080-30080 ${at.vpc.cidr}`])
  expect(at.aws.world.securityGroups.values()).toHaveLength(1)
})

test('internet-facing: everyone at the node port; with source ranges only those, and health checks from its subnets', async () => {
  await using at = await world()
  await at.cluster.settle(external)
  expect(at.inbound()).toEqual(['tcp 30080-30080 0.0.0.0/0'])
  await at.cluster.settle({ ...external, spec: { loadBalancerSourceRanges: ['192.0.2.0/24'] } })
  expect(at.inbound()).toEqual([...publicSubnets('30080-30080'), 'tcp 30080-30080 192.0.2.0/24'])
})

test('pods as targets: the load balancer speaks with its own addresses, so that only its subnets are let in', async () => {
  await using at = await world({ targets: 'Pod' })
  await at.cluster.settle(external)
  expect(at.inbound()).toEqual(publicSubnets('8080-8080'))
})

test('what one Service needs does not go with another, and what nobody needs goes at once', async () => {
  await using at = await world()
  const { cluster, inbound } = at
  const api = { ...external, name: 'api', ports: [{ port: 443, targetPort: 8443, protocol: 'TCP' as const, nodePort: 30_443 }] }
  await cluster.settle(external)
  await cluster.settle(api)
  expect(inbound()).toEqual(['tcp 30080-30080 0.0.0.0/0', 'tcp 30443-30443 0.0.0.0/0'])
  cluster.restart()
  await cluster.settleRemoval(external)
  expect(inbound()).toEqual(['tcp 30443-30443 0.0.0.0/0'])
  await cluster.settleRemoval(api)
  expect(inbound()).toEqual([])
})

test('a rule that somebody takes away is there again after the sweep, and a stranger’s rule stays', async () => {
  await using at = await world()
  const { aws, cluster, inbound, vpc } = at
  await cluster.settle(external)
  aws.advance(120_000)
  const everyone = { IpProtocol: 'tcp', FromPort: 30_080, ToPort: 30_080, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
  await aws
    .clients()
    .ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: vpc.defaultSecurityGroup, IpPermissions: [everyone] }))
  expect(inbound()).toEqual([])
  aws.advance(300_000)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  expect(inbound()).toEqual(['tcp 30080-30080 0.0.0.0/0'])
})

test('left behind it can still be reached', async () => {
  await using at = await world()
  const staying = { ...external, annotations: { 'weir.dev/deletion-policy': 'retain' } }
  await at.cluster.settle(staying)
  await at.cluster.settleRemoval(staying)
  await at.cluster.provider.sweep(AbortSignal.timeout(5000))
  expect(at.inbound()).toEqual(['tcp 30080-30080 0.0.0.0/0'])
})

test('several groups at an interface, none of them marked: targets are registered, and it is told', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  const groups = ['sg-one', 'sg-two'].map(name => aws.createSecurityGroup({ vpcId: vpc.id, name }).id)
  const other = aws.createInstance({ subnet: vpc.privateSubnets[1]!, groups })
  cluster.nodes.set('n2', nodeObject('n2', other.providerId))
  for (const service of [web, { name: 'neighbour' }]) {
    const first = await cluster.look(service)
    expect(first.warnings.map(({ reason }) => reason)).toContain('TargetSecurityGroupUnclear')
    const { readiness } = await cluster.settle(service)
    expect(readiness).toMatchObject({
      reason: 'Serving',
      message: expect.stringMatching(/none of them marked.*targetSecurityGroupTags/),
    })
    expect((await cluster.look(service)).readiness).toEqual(readiness)
    cluster.restart()
    expect((await cluster.look(service)).readiness).toEqual(readiness)
  }
  for (const group of aws.world.targetGroups.values()) expect(group.targets.size).toBe(2)
})

test('without rules of ours where somebody else is in charge', async () => {
  await using at = await world()
  await at.cluster.settle({ ...web, aws: { ...web.aws, 'manage-backend-security-group-rules': 'false' } })
  expect(at.inbound()).toEqual([])
})

test('rules made few for the quota let nobody in to what another Service opened to others', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  const ranges = Array.from({ length: 20 }, (_, index) => `192.0.${2 * index}.0/24`)
  const port = (nodePort: number) => ({
    name: `p${nodePort}`,
    port: nodePort,
    targetPort: 8080,
    protocol: 'TCP' as const,
    nodePort,
  })
  await cluster.settle({
    ...external,
    name: 'api',
    ports: [port(30_002)],
    spec: { loadBalancerSourceRanges: ['198.51.100.0/24'] },
  })
  const wide = [port(30_001), port(30_003), port(30_005), port(30_007)]
  await cluster.settle({ ...external, ports: wide, spec: { loadBalancerSourceRanges: ranges } })
  const rules = aws.world.securityGroups.get(vpc.defaultSecurityGroup)!.rules.filter(({ egress }) => !egress)
  const over = rules.filter(({ from, to, cidr }) => cidr?.startsWith('192.0.') && from <= 30_002 && to >= 30_002)
  expect(over).toEqual([])
  expect(rules.some(({ from, to }) => from === 30_003 && to === 30_007)).toBe(true)
})
