// The loop of targets at the fake AWS.
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { nodeObject, testWorld } from '../provider/world-under-test.ts'
import type { WorldOptions } from '../provider/world-under-test.ts'

const web = { name: 'web' }

async function world(options: Partial<WorldOptions> = {}) {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 450 })
  const cluster = testWorld(aws, { vpcId: vpc.id, ...options })
  const sync = () => {
    const goal = cluster.goal(web)
    return cluster.provider.syncTargets(goal.desired.id, goal, AbortSignal.timeout(10_000))
  }
  const names = (mark: number) => aws.calls.since(mark).entries.map(({ operation }) => operation)
  return { aws, vpc, subnet, node, cluster, sync, names, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

test('new pods are registered before old ones are taken away', async () => {
  await using at = await world()
  at.cluster.pods(web, at.node.podIps.slice(0, 2))
  await at.cluster.settle(web)
  const mark = at.aws.calls.mark()
  at.cluster.pods(web, at.node.podIps.slice(2, 4))
  await at.sync()
  expect(at.names(mark)).toEqual(['RegisterTargets', 'DeregisterTargets'])
})

test('many targets go in batches of 200', async () => {
  await using at = await world()
  at.cluster.pods(web, at.node.podIps.slice(0, 1))
  await at.cluster.settle(web)
  const mark = at.aws.calls.mark()
  at.cluster.pods(web, at.node.podIps.slice(0, 441))
  await at.sync()
  expect(at.names(mark)).toEqual(['RegisterTargets', 'RegisterTargets', 'RegisterTargets'])
  expect(at.aws.world.targetGroups.values()[0]?.targets.size).toBe(441)
})

test('after a restart, changed pods cost one look more', async () => {
  await using at = await world()
  at.cluster.pods(web, at.node.podIps.slice(0, 2))
  await at.cluster.settle(web)
  at.cluster.restart()
  at.cluster.pods(web, at.node.podIps.slice(1, 3))
  const mark = at.aws.calls.mark()
  await at.sync()
  const counts = at.aws.calls.since(mark).counts()
  expect(counts).toMatchObject({ DescribeTargetHealth: 1, RegisterTargets: 1, DeregisterTargets: 1 })
})

test('a Service without endpoints keeps its load balancer and says what it lacks', async () => {
  await using at = await world()
  at.cluster.pods(web, at.node.podIps.slice(0, 2))
  await at.cluster.settle(web)
  at.cluster.pods(web, [])
  const outcome = await at.sync()
  expect(outcome).toMatchObject({
    readiness: { ready: false, reason: 'NoReadyEndpoints' },
    ingress: [{ hostname: expect.any(String) }],
  })
  at.cluster.pods(web, at.node.podIps.slice(0, 1))
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
})

test('a pod on a node with another security group has that opened', async () => {
  await using at = await world()
  at.cluster.pods(web, at.node.podIps.slice(0, 1))
  await at.cluster.settle(web)
  const group = at.aws.createSecurityGroup({ vpcId: at.vpc.id, name: 'other-nodes' })
  const other = at.aws.createInstance({ subnet: at.subnet, pods: 1, groups: [group.id] })
  at.cluster.pods(web, [at.node.podIps[0]!, other.podIps[0]!])
  await at.sync()
  expect(at.aws.world.securityGroups.get(group.id)?.rules.filter(({ egress }) => !egress)).toMatchObject([
    { from: 8080, to: 8080 },
  ])
})

test('an interface with several security groups and none marked degrades with a warning; the target is registered', async () => {
  await using at = await world()
  const groups = ['one', 'two'].map(name => at.aws.createSecurityGroup({ vpcId: at.vpc.id, name }).id)
  const other = at.aws.createInstance({ subnet: at.subnet, pods: 1, groups })
  at.cluster.pods(web, other.podIps)
  const first = await at.cluster.look(web)
  expect(first.warnings).toMatchObject([{ reason: 'TargetSecurityGroupUnclear' }])
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
})

test('with nodes that hold endpoints only, one that lost its last is taken away a minute later, unless one comes back', async () => {
  await using at = await world({ targets: 'Node', settings: { nodesWithEndpointsOnly: true } })
  const { aws, cluster } = at
  const other = aws.createInstance({ subnet: at.subnet })
  cluster.nodes.set('n1', nodeObject('n1', at.node.providerId))
  cluster.nodes.set('n2', nodeObject('n2', other.providerId))
  const local = { ...web, spec: { externalTrafficPolicy: 'Local' as const, healthCheckNodePort: 32_000 } }
  const on = (...nodes: readonly string[]) =>
    cluster.pods(
      local,
      nodes.map((nodeName, index) => ({ addresses: [`10.1.0.${index}`], nodeName })),
    )
  const targets = () =>
    [...(aws.world.targetGroups.values()[0]?.targets.values() ?? [])]
      .filter(({ drainingUntil }) => drainingUntil === undefined)
      .map(({ id }) => id)
  on('n1', 'n2')
  await cluster.settle(local)
  expect(targets().toSorted()).toEqual([at.node.id, other.id].toSorted())
  on('n1')
  const outcome = await cluster.look(local)
  expect(outcome.again).toEqual({ afterMs: 60_000 })
  expect(targets()).toHaveLength(2)
  aws.advance(30_000)
  on('n1', 'n2')
  await cluster.look(local)
  on('n1')
  await cluster.look(local)
  aws.advance(59_000)
  await cluster.look(local)
  expect(targets()).toHaveLength(2)
  aws.advance(2000)
  await cluster.look(local)
  expect(targets()).toEqual([at.node.id])
})

test('nodes without an instance are named by the condition when they leave no target, though pods are ready', async () => {
  await using at = await world({ targets: 'Node' })
  at.cluster.nodes.clear()
  for (const name of ['n0', 'n1']) at.cluster.nodes.set(name, { metadata: { name } })
  at.cluster.pods(web, at.node.podIps.slice(0, 1))
  const { readiness } = await at.cluster.settle(web)
  expect(readiness).toMatchObject({ ready: false, reason: 'TargetsSkipped' })
  expect(readiness.message).toMatch(
    /has no targets: Nodes n0, n1 cannot become targets: spec\.providerID is missing\. A node of AWS/,
  )
  at.cluster.nodes.clear()
  expect((await at.cluster.settle(web)).readiness.message).toMatch(/no node is ready and may carry/)
})

test('a port that another one of the same number keeps out stands in the condition, with the reason', async () => {
  await using at = await world()
  const ports = [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'udp', port: 80, protocol: 'UDP' as const, targetPort: 9090 },
  ]
  at.cluster.pods({ ...web, ports }, at.node.podIps.slice(0, 1))
  const { readiness } = await at.cluster.settle({ ...web, ports })
  expect(readiness.reason).toBe('Serving')
  expect(readiness.message).toMatch(/serves the Service\. PortConflict: 80\/UDP is not served, because 80\/TCP is: they lead/)
})
