// Members that leave a group or move: what goes with them, and what stays.
import { describe, expect, test } from 'vitest'
import { clusterUid, idOf } from './world-under-test.ts'
import { member, alone, world, serve, balancers, ports, hostOf, a, bb, ccc } from './group-under-test.ts'

describe('a member that is deleted', () => {
  test('takes its listener, its target group and its rule along, and nothing else', async () => {
    await using at = await world()
    const { aws, cluster } = at
    await serve(cluster, [a, bb, ccc])
    await cluster.settleRemoval(a)
    expect(ports(aws)).toEqual([81, 82])
    expect(aws.world.targetGroups.values()).toHaveLength(2)
    const front = aws.world.securityGroups.values().find(({ name }) => name.startsWith('weir-default-edge'))
    expect(front?.rules.filter(({ egress }) => !egress).map(({ from, to }) => [from, to])).toEqual([[81, 82]])
    expect((await cluster.look(bb)).readiness.ready).toBe(true)
  })

  test('goes at once, and the last one leaves nothing', async () => {
    await using at = await world()
    const { aws, cluster } = at
    await serve(cluster, [a, bb, ccc])
    for (const each of [a, bb, ccc]) await cluster.settleRemoval(each)
    expect(balancers(aws)).toEqual([])
    expect(aws.world.targetGroups.values()).toEqual([])
    expect(aws.world.securityGroups.values().map(({ name }) => name)).toEqual(['default'])
    expect(cluster.ledger.records.size).toBe(0)
  })

  test('by force is found by what is remembered', async () => {
    await using at = await world()
    const { cluster } = at
    await serve(cluster, [a, bb])
    cluster.members.delete(idOf(a).uid)
    const listed = await cluster.provider.list(AbortSignal.timeout(5000))
    expect(listed.map(({ name }) => name).toSorted()).toEqual(['a', 'bb'])
  })
})

test('the first member that goes hands the load balancer over: the next one leads, and nothing is replaced', async () => {
  const first = member('a', 80, { aws: { scheme: 'internet-facing', attributes: 'load_balancing.cross_zone.enabled=true' } })
  await using at = await world([first, bb])
  const { aws, cluster } = at
  await serve(cluster, [first, bb])
  const [before] = balancers(aws)
  expect(before?.scheme).toBe('internet-facing')
  await cluster.settleRemoval(first)
  expect(balancers(aws).map(({ arn }) => arn)).toEqual([before?.arn])
  expect(balancers(aws)[0]?.attributes['load_balancing.cross_zone.enabled']).toBe('false')
  expect(ports(aws)).toEqual([81])
})

test('deletion protection holds the last member only', async () => {
  const guarded = { aws: { attributes: 'deletion_protection.enabled=true' } }
  const [one, two] = [member('a', 80, guarded), member('bb', 81, guarded)]
  await using at = await world([one, two])
  const { aws, cluster } = at
  await serve(cluster, [one, two])
  await cluster.settleRemoval(one)
  await expect(cluster.settleRemoval(two)).rejects.toThrow()
  expect(balancers(aws)).toHaveLength(1)
  expect(ports(aws)).toEqual([81])
})

test('what the last member leaves behind is without our marks, for that one to take over again', async () => {
  const kept = { annotations: { 'weir.dev/deletion-policy': 'retain' } }
  const [one, two] = [member('a', 80, kept), member('bb', 81, kept)]
  await using at = await world([one, two])
  const { aws, cluster } = at
  await serve(cluster, [one, two])
  await cluster.settleRemoval(one)
  await cluster.settleRemoval(two)
  expect(balancers(aws)).toHaveLength(1)
  const marks = Object.entries(balancers(aws)[0]?.tags ?? {}).filter(([key]) => key.startsWith('weir.dev/'))
  expect(marks).toEqual([['weir.dev/adopt', `default/bb@${clusterUid}`]])
  expect(ports(aws)).toEqual([81])
})

test('pods wait for the target groups of their own Service only', async () => {
  await using at = await world()
  const { cluster } = at
  await serve(cluster, [a, bb])
  const goal = cluster.goal(bb)
  const groups = await cluster.provider.healthOfTargets(goal.desired.id, goal, AbortSignal.timeout(5000))
  expect(groups?.map(({ health }) => [...health.keys()])).toEqual([at.node.podIps.slice(2, 4).map(ip => `${ip} 8080`)])
  cluster.members.set(idOf(ccc).uid, ccc)
  const late = cluster.goal(ccc)
  expect(await cluster.provider.healthOfTargets(late.desired.id, late, AbortSignal.timeout(5000))).toBeUndefined()
})

describe('a Service that moves', () => {
  test('into a group is told the new name when it is served there, and keeps the old load balancer some minutes', async () => {
    await using at = await world()
    const { aws, cluster } = at
    await serve(cluster, [bb])
    await serve(cluster, [alone(a)])
    const old = hostOf(await cluster.look(alone(a)))
    const first = await cluster.look(a)
    expect(hostOf(first)).toEqual(old)
    let outcome = first
    for (let turn = 0; turn < 50 && hostOf(outcome)[0] === old[0]; turn++) {
      aws.advance(5000)
      outcome = await cluster.look(a)
    }
    expect(outcome.readiness.ready).toBe(true)
    expect(hostOf(outcome)).toEqual(hostOf(await cluster.look(bb)))
    expect(balancers(aws)).toHaveLength(2)
    await cluster.settle(a)
    expect(balancers(aws)).toHaveLength(1)
    expect(ports(aws)).toEqual([80, 81])
    expect([...cluster.ledger.records.keys()]).toEqual(['group/default/aws/edge'])
  })

  test('out of a group keeps its part of it until its own load balancer serves, over a restart too', async () => {
    await using at = await world()
    const { aws, cluster } = at
    await serve(cluster, [a, bb])
    const old = hostOf(await cluster.look(a))
    expect(hostOf(await cluster.look(alone(a)))).toEqual(old)
    expect(ports(aws)).toEqual([80, 80, 81])
    let outcome = await cluster.look(alone(a))
    for (let turn = 0; turn < 50 && hostOf(outcome)[0] === old[0]; turn++) {
      aws.advance(5000)
      outcome = await cluster.look(alone(a))
    }
    expect(outcome.readiness.ready).toBe(true)
    cluster.restart()
    expect(hostOf(await cluster.look(alone(a)))).toEqual(hostOf(outcome))
    await cluster.settle(bb)
    expect(ports(aws)).toEqual([80, 80, 81])
    await cluster.settle(alone(a))
    expect(ports(aws)).toEqual([80, 81])
    expect(balancers(aws)).toHaveLength(2)
    await cluster.settleRemoval(alone(a))
    await cluster.settleRemoval(bb)
    expect(balancers(aws)).toEqual([])
  })

  test('and comes back before it is gone stays', async () => {
    await using at = await world()
    const { aws, cluster } = at
    await serve(cluster, [a, bb])
    const old = hostOf(await cluster.look(a))
    for (let turn = 0; turn < 30; turn++) {
      await cluster.look(alone(a))
      aws.advance(5000)
    }
    await cluster.settle(a)
    expect(hostOf(await cluster.look(a))).toEqual(old)
    expect(balancers(aws)).toHaveLength(1)
    expect(ports(aws)).toEqual([80, 81])
  })
})
