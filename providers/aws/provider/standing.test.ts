// No moment without targets: while one thing takes the place of another, both follow the pods.
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { nodeObject, testWorld } from './world-under-test.ts'
import type { WorldOptions } from './world-under-test.ts'

const web = { name: 'web' }
const asInstances = { ...web, aws: { 'nlb-target-type': 'instance' } }
const tcp = { name: 'tcp', port: 80, targetPort: 8080, protocol: 'TCP' as const }
const both = { ...web, ports: [tcp, { ...tcp, name: 'udp', protocol: 'UDP' as const }] }

async function world(fake: Parameters<typeof fakeAws>[0] = {}, dependencies: WorldOptions['dependencies'] = {}) {
  const aws = await fakeAws(fake)
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 40 })
  const cluster = testWorld(aws, { vpcId: vpc.id, dependencies })
  cluster.nodes.set('n1', nodeObject('n1', node.providerId))
  cluster.pods(web, node.podIps.slice(0, 2))
  return { aws, vpc, node, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

/** Targets that are not on their way out, by ARN of the group. */
function targets(aws: FakeAws): ReadonlyMap<string, readonly string[]> {
  return new Map(
    aws.world.targetGroups
      .values()
      .map(group => [
        group.arn,
        [...group.targets].flatMap(([key, each]) => (each.drainingUntil === undefined ? [key] : [])).toSorted(),
      ]),
  )
}

const at8080 = (ips: readonly string[]) => ips.map(ip => `${ip}:8080`).toSorted()

test('until another load balancer has taken over, and while the old one is kept, the old one follows the pods', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  await cluster.settle(web)
  const [old] = targets(aws).keys()
  const open = { ...web, aws: { scheme: 'internet-facing' } }
  await cluster.look(open)
  expect(targets(aws).size).toBe(2)
  cluster.pods(web, node.podIps.slice(2, 4))
  await cluster.look(open)
  expect([...targets(aws).values()]).toEqual([at8080(node.podIps.slice(2, 4)), at8080(node.podIps.slice(2, 4))])
  for (let turn = 0; turn < 40 && cluster.ledger.read(cluster.goal(open).desired.id)?.retiring.length === 0; turn++) {
    await cluster.look(open)
    aws.advance(10_000)
  }
  // A pod alone, as the loop of targets sees it, after a restart too.
  cluster.restart()
  cluster.pods(web, node.podIps.slice(4, 6))
  const goal = cluster.goal(open)
  await cluster.provider.syncTargets(goal.desired.id, goal, new AbortController().signal)
  expect(targets(aws).get(old ?? '')).toEqual(at8080(node.podIps.slice(4, 6)))
  await cluster.settle(open)
  expect([...targets(aws).values()]).toEqual([at8080(node.podIps.slice(4, 6))])
})

test('a target group of another type that is replaced keeps and follows its own targets until the new one is healthy', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  await cluster.settle(web)
  await cluster.look(asInstances)
  cluster.pods(web, node.podIps.slice(1, 3))
  await cluster.look(asInstances)
  expect([...targets(aws).values()]).toEqual([at8080(node.podIps.slice(1, 3)), [`${node.id}:30080`]])
})

test('a sweep does not shut the targets that a group which is being replaced still serves', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  const open = () =>
    aws.world.securityGroups
      .get(vpc.defaultSecurityGroup)
      ?.rules.flatMap(({ egress, from, to }) => (egress ? [] : [`${from}-${to}`]))
  await cluster.settle(web)
  await cluster.look(asInstances)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  expect(open()).toEqual(['8080-30080'])
  await cluster.settle(asInstances)
  cluster.restart()
  await cluster.look({ ...asInstances, aws: { ...asInstances.aws, 'healthcheck-interval': '15' } })
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  expect(open()).toEqual(['30080-30080'])
})

test('the port of a target group that was replaced is shut when that group goes, without a sweep', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  const open = () =>
    aws.world.securityGroups
      .get(vpc.defaultSecurityGroup)
      ?.rules.flatMap(({ egress, from, to }) => (egress ? [] : [`${from}-${to}`]))
  await cluster.settle(web)
  expect(open()).toEqual(['8080-8080'])
  await cluster.settle(asInstances)
  expect(aws.world.targetGroups.values()).toHaveLength(1)
  expect(open()).toEqual(['30080-30080'])
})

test('a change of target type that cannot be made takes no targets away', async () => {
  await using at = await world({ quotas: { targetGroups: 1 } })
  const { aws, cluster, node } = at
  await cluster.settle(web)
  await expect(cluster.look(asInstances)).rejects.toMatchObject({ code: 'QuotaReached' })
  cluster.pods(web, node.podIps.slice(1, 3))
  const goal = cluster.goal(asInstances)
  await cluster.provider.syncTargets(goal.desired.id, goal, new AbortController().signal)
  expect([...targets(aws).values()]).toEqual([at8080(node.podIps.slice(1, 3))])
})

test('a UDP port beside a TCP one waits until the targets of both are healthy', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  await cluster.settle(web)
  cluster.pods(both, node.podIps.slice(0, 2))
  await cluster.look(both)
  const [listener] = aws.world.listeners.values()
  expect(listener).toMatchObject({
    protocol: 'TCP',
    actions: [{ ForwardConfig: { TargetGroups: [{ Weight: 1 }, { Weight: 0 }] } }],
  })
  await cluster.settle(both)
  expect(aws.world.listeners.values()).toMatchObject([{ protocol: 'TCP_UDP' }])
  expect(aws.world.targetGroups.values()).toMatchObject([{ protocol: 'TCP_UDP' }])
})

test('where the quota leaves no room for both, the old targets go first: they must not keep the new ones out for ever', async () => {
  await using at = await world({ quotas: { targetsPerTargetGroup: 4 } })
  const { aws, cluster, node } = at
  cluster.pods(web, node.podIps.slice(0, 4))
  await cluster.settle(web)
  cluster.pods(web, node.podIps.slice(4, 8))
  await cluster.look(web)
  expect([...targets(aws).values()]).toEqual([at8080(node.podIps.slice(4, 8))])
  cluster.pods(web, node.podIps.slice(4, 9))
  await expect(cluster.look(web)).rejects.toMatchObject({ code: 'QuotaReached' })
  expect([...targets(aws).values()]).toEqual([at8080(node.podIps.slice(4, 8))])
})

test('a process that leads no more takes neither targets nor listeners away', async () => {
  let leads = true
  const confirmLeading = () => (leads ? Promise.resolve() : Promise.reject(new Error('leads no more')))
  await using at = await world({}, { confirmLeading })
  const { aws, cluster, node } = at
  const two = { ...web, ports: [tcp, { ...tcp, name: 'more', port: 81 }] }
  cluster.pods(two, node.podIps.slice(0, 2))
  await cluster.settle(two)
  leads = false
  await expect(cluster.look({ ...web, ports: [tcp] })).rejects.toThrow('leads no more')
  expect(aws.world.listeners.values()).toHaveLength(2)
  cluster.pods(two, node.podIps.slice(1, 3))
  await expect(cluster.look(two)).rejects.toThrow('leads no more')
  expect([...targets(aws).values()][0]).toEqual(at8080(node.podIps.slice(0, 3)))
})

test('from TLS with targets that speak it to TCP: the listener stays TLS until the targets of the other kind are healthy', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  const arn = aws.createCertificate({ domain: 'shop.example' })
  const tls = { ...web, ports: [tcp], aws: { 'ssl-cert': arn, 'backend-protocol': 'ssl' } }
  cluster.pods(tls, node.podIps.slice(0, 2))
  await cluster.settle(tls)
  const [before] = aws.world.listeners.values()
  expect(aws.world.targetGroups.values()).toMatchObject([{ protocol: 'TLS' }])
  const watch = aws.watch(before!.arn)
  const plain = { ...web, ports: [tcp] }
  await cluster.look(plain)
  expect(aws.world.listeners.values()).toMatchObject([
    { protocol: 'TLS', actions: [{ ForwardConfig: { TargetGroups: [{ Weight: 1 }, { Weight: 0 }] } }] },
  ])
  await cluster.settle(plain)
  expect(aws.world.listeners.values()).toMatchObject([{ arn: before!.arn, protocol: 'TCP' }])
  expect(aws.world.targetGroups.values()).toMatchObject([{ protocol: 'TCP' }])
  expect(watch.lowest.healthy).toBeGreaterThan(0)
})
