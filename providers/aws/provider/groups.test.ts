// Services that share a load balancer, at the fake AWS: each looks for itself, and all together make one.
import { expect, test } from 'vitest'
import { idOf } from './world-under-test.ts'
import { member, world, serve, balancers, ports, hostOf, a, bb, ccc } from './group-under-test.ts'

test('three Services stand behind one load balancer, each with its port and its pods', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await serve(cluster, [a, bb, ccc])
  expect(balancers(aws)).toHaveLength(1)
  expect(balancers(aws)[0]?.name).toMatch(/^weir-default-edge-[0-9a-f]{10}$/)
  expect(ports(aws)).toEqual([80, 81, 82])
  expect(aws.world.targetGroups.values().map(({ targets }) => targets.size)).toEqual([2, 2, 2])
  const outcomes = await Promise.all([a, bb, ccc].map(each => cluster.look(each)))
  expect(new Set(outcomes.flatMap(hostOf)).size).toBe(1)
  expect(outcomes.map(({ readiness }) => readiness.reason)).toEqual(['Serving', 'Serving', 'Serving'])
})

test('members that come together make it with one look; each further one costs three calls', async () => {
  await using at = await world()
  const { aws, cluster } = at
  for (const each of [a, bb, ccc]) cluster.members.set(idOf(each).uid, each)
  await Promise.all([a, bb, ccc].map(each => cluster.look(each)))
  const made = aws.calls.since(0).entries.map(({ operation }) => operation)
  const perMember = ['CreateTargetGroup', 'RegisterTargets', 'CreateListener']
  for (const operation of perMember) expect(made.filter(each => each === operation)).toHaveLength(3)
  expect(made.filter(each => !perMember.includes(each))).toEqual([
    'DescribeLoadBalancers',
    'DescribeTargetGroups',
    'DescribeSecurityGroups',
    'DescribeSubnets',
    'CreateSecurityGroup',
    'CreateSecurityGroup',
    'AuthorizeSecurityGroupIngress',
    'DescribeNetworkInterfaces',
    'AuthorizeSecurityGroupIngress',
    'CreateLoadBalancer',
  ])
})

test('what is settled costs no call, whoever of them is looked at, after a restart too', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await serve(cluster, [a, bb, ccc])
  cluster.restart()
  const mark = aws.calls.mark()
  for (const each of [a, bb, ccc]) expect((await cluster.look(each)).readiness.ready).toBe(true)
  const made = aws.calls.since(mark).entries.map(({ operation }) => operation)
  expect(made).toEqual(['DescribeSubnets'])
})

test('a member that comes later makes only its own things', async () => {
  const late = member('late', 9000)
  await using at = await world([a, bb, late])
  const { aws, cluster } = at
  await serve(cluster, [a, bb])
  const mark = aws.calls.mark()
  await serve(cluster, [late])
  const changes = aws.calls
    .since(mark)
    .entries.map(({ operation }) => operation)
    .filter(name => !name.startsWith('Describe'))
  expect(changes.toSorted()).toEqual(['AuthorizeSecurityGroupIngress', 'CreateListener', 'CreateTargetGroup', 'RegisterTargets'])
})

test('pods of one member are one call, and nobody else is looked at', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  await serve(cluster, [a, bb, ccc])
  cluster.pods(bb, [...node.podIps.slice(2, 4), node.podIps[10] ?? ''])
  const goal = cluster.goal(bb)
  const mark = aws.calls.mark()
  await cluster.provider.syncTargets(goal.desired.id, goal, AbortSignal.timeout(5000))
  expect(aws.calls.since(mark).entries.map(({ operation }) => operation)).toEqual(['RegisterTargets'])
})

test('a group whose record is lost is known by its tags; without members it is told as an orphan and goes', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await serve(cluster, [a, bb])
  cluster.ledger.records.clear()
  cluster.restart()
  const mark = aws.calls.mark()
  await serve(cluster, [a, bb])
  expect(aws.calls.since(mark).entries.filter(({ operation }) => operation.startsWith('Create'))).toEqual([])
  cluster.ledger.records.clear()
  cluster.members.clear()
  cluster.restart()
  const signal = AbortSignal.timeout(20_000)
  expect((await cluster.provider.orphans(signal)).due).toEqual([])
  aws.advance(11 * 60_000)
  const [orphan, ...others] = (await cluster.provider.orphans(signal)).due
  expect(others).toEqual([])
  expect(orphan).toMatchObject({ kind: 'Group', name: 'edge' })
  if (!orphan) throw new Error('no orphan')
  for (let turn = 0; turn < 50; turn++) {
    const observed = await cluster.provider.observe(orphan, signal)
    const actions = cluster.provider.plan(undefined, observed)
    const { gone } = await cluster.provider.apply({ id: orphan, goal: undefined, observed, actions }, signal)
    if (gone) break
    aws.advance(5000)
  }
  expect(balancers(aws)).toEqual([])
  expect(aws.world.securityGroups.values().map(({ name }) => name)).toEqual(['default'])
})

test('what others change is repaired: every member is woken, and the first puts it right', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await serve(cluster, [a, bb])
  const signal = AbortSignal.timeout(20_000)
  await cluster.provider.sweep(signal)
  const [group] = aws.world.targetGroups.values()
  const listener = aws.world.listeners.values().find(({ actions }) => JSON.stringify(actions).includes(group?.arn ?? '-'))
  aws.world.listeners.delete(listener?.arn ?? '')
  aws.world.targetGroups.delete(group?.arn ?? '')
  cluster.woken.splice(0)
  await cluster.provider.sweep(signal)
  expect(cluster.woken.map(({ name }) => name).toSorted()).toEqual(['a', 'bb'])
  await serve(cluster, [a, bb])
  expect(ports(aws)).toEqual([80, 81])
})
