// Services that share a load balancer, at the fake AWS: each looks for itself, and all together make one.
import { describe, expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { clusterUid, idOf, testWorld } from './world-under-test.ts'
import type { TestService, World } from './world-under-test.ts'

function member(name: string, port: number, more: Partial<TestService> = {}): TestService {
  return {
    name,
    ports: [{ name: 'p', port, targetPort: 8080, protocol: 'TCP' }],
    createdAt: `2026-01-0${name.length}T00:00:00Z`,
    ...more,
    annotations: { 'weir.dev/load-balancer-group': 'edge', ...more.annotations },
  }
}

const [a, bb, ccc] = [member('a', 80), member('bb', 81), member('ccc', 82)]
const alone = (service: TestService): TestService => ({ ...service, annotations: {} })

async function world(services: readonly TestService[] = [a, bb, ccc]) {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 16 })
  const cluster = testWorld(aws, { vpcId: vpc.id })
  services.forEach((service, index) => cluster.pods(service, node.podIps.slice(2 * index, 2 * index + 2)))
  return { aws, vpc, node, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

/** All are in the cluster before the first is looked at. */
async function serve(cluster: World, services: readonly TestService[]): Promise<void> {
  for (const service of services) cluster.members.set(idOf(service).uid, service)
  await cluster.settleAll(services)
}

const balancers = (aws: FakeAws) => aws.world.loadBalancers.values()
const ports = (aws: FakeAws) =>
  aws.world.listeners
    .values()
    .map(({ port }) => port)
    .toSorted((one, other) => one - other)
const hostOf = (outcome: { readonly ingress: readonly object[] }) =>
  outcome.ingress.map(point => ('hostname' in point ? point.hostname : ''))

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

describe('a port that two ask for', () => {
  const rival = member('rival', 80)
  const half = member('rival', 80, { ports: [...(a.ports ?? []), { name: 'q', port: 90, targetPort: 8080 }] })

  test('belongs to the older; the other is told whose it is, and gets it when it is free', async () => {
    await using at = await world([a, bb, rival])
    const { aws, cluster } = at
    for (const each of [rival, bb, a]) cluster.members.set(idOf(each).uid, each)
    const refused = await cluster.settle(rival)
    expect(refused.readiness).toMatchObject({ ready: false, reason: 'PortConflict' })
    expect(refused.readiness.message).toContain('Port 80 of the group belongs to default/a.')
    expect(refused.ingress).toEqual([])
    await serve(cluster, [a, bb])
    cluster.woken.splice(0)
    await cluster.settleRemoval(a)
    expect(cluster.woken.map(({ name }) => name)).toContain('rival')
    await serve(cluster, [bb, rival])
    expect(ports(aws)).toEqual([80, 81])
    expect((await cluster.look(rival)).readiness.reason).toBe('Serving')
  })

  test('leaves the younger its others, with an error in its status', async () => {
    await using at = await world([a, half])
    const { cluster } = at
    await serve(cluster, [a, half])
    const outcome = await cluster.look(half)
    expect(outcome.readiness).toMatchObject({ ready: true, reason: 'Serving' })
    expect(outcome.readiness.message).toContain('Port 80 of the group belongs to default/a.')
    expect(outcome.ingress).toMatchObject([
      {
        ports: [
          { port: 80, protocol: 'TCP', error: 'weir.dev/PortConflict' },
          { port: 90, protocol: 'TCP' },
        ],
      },
    ])
  })
})

describe('a bad member', () => {
  test('keeps what it had, and the others go on without it', async () => {
    await using at = await world()
    const { aws, cluster } = at
    await serve(cluster, [a, bb])
    // The leader of the group, of all.
    const broken = { ...a, aws: { scheme: 'sideways' } }
    cluster.members.set(idOf(a).uid, broken)
    await serve(cluster, [bb, ccc])
    expect(ports(aws)).toEqual([80, 81, 82])
    expect(balancers(aws)).toHaveLength(1)
  })

  test('that leads and asks for what cannot be is told so, alone, and the others change as they like', async () => {
    await using at = await world()
    const { aws, cluster, vpc } = at
    await serve(cluster, [a, bb])
    const standing = balancers(aws)[0]
    const impossible: readonly (readonly [string, TestService])[] = [
      ['SubnetsNotFound', { ...a, aws: { subnets: 'subnet-none' } }],
      ['InterruptionRefused', { ...a, aws: { subnets: vpc.publicSubnets.map(({ id }) => id).join() } }],
    ]
    for (const [index, [reason, wanting]] of impossible.entries()) {
      cluster.members.set(idOf(a).uid, wanting)
      const other = member('bb', 91 + index)
      cluster.pods(other, at.node.podIps.slice(2, 4))
      await serve(cluster, [other])
      expect(ports(aws)).toEqual([80, 91 + index])
      const told = await cluster.look(wanting).then(
        ({ readiness, ingress }) => [readiness.reason, hostOf({ ingress })],
        (error: unknown) => [error instanceof Error && 'code' in error ? error.code : error, [standing?.dnsName]],
      )
      expect(told).toEqual([reason, [standing?.dnsName]])
    }
    await serve(cluster, [a])
    expect((await cluster.look(a)).readiness.ready).toBe(true)
    expect(balancers(aws).map(({ arn }) => arn)).toEqual([standing?.arn])
  })

  test('that would lead and asks for what is not there does not keep the others from one', async () => {
    const lost = member('a', 80, { aws: { subnets: 'subnet-none' } })
    await using at = await world([lost, bb])
    const { aws, cluster } = at
    cluster.members.set(idOf(lost).uid, lost)
    await cluster.look(bb)
    expect(ports(aws)).toEqual([81])
    // Then it comes second, and follows.
    await serve(cluster, [lost, bb])
    expect(ports(aws)).toEqual([80, 81])
    expect((await cluster.look(lost)).warnings).toMatchObject([
      { reason: 'GroupConflict', message: 'The load balancer of the group follows default/bb in its subnets.' },
    ])
  })

  test('that would be exposed is not', async () => {
    const outside = member('a', 80, { aws: { scheme: 'internet-facing' } })
    const inside = member('bb', 81, { aws: { scheme: 'internal' } })
    await using at = await world([outside, inside])
    const { aws, cluster } = at
    await serve(cluster, [outside, inside])
    expect(balancers(aws).map(({ scheme }) => scheme)).toEqual(['internet-facing'])
    expect(ports(aws)).toEqual([80])
    expect((await cluster.look(inside)).readiness).toMatchObject({ ready: false, reason: 'GroupConflict' })
  })

  test('that says nothing of the internet does not get there, whether it comes first or the other does', async () => {
    const outside = member('a', 80, { aws: { scheme: 'internet-facing' } })
    await using at = await world([outside, bb])
    const { aws, cluster } = at
    await serve(cluster, [outside, bb])
    expect(ports(aws)).toEqual([80])
    const { readiness } = await cluster.look(bb)
    expect(readiness).toMatchObject({ ready: false, reason: 'GroupConflict', message: expect.stringContaining('Annotate it') })
    await serve(cluster, [{ ...bb, aws: { scheme: 'internet-facing' } }])
    expect(ports(aws)).toEqual([80, 81])
  })

  test('whose listener AWS refuses is told so, alone, and tried again', async () => {
    await using at = await world()
    const { aws, cluster } = at
    const bad = member('bb', 81, {
      aws: { 'ssl-cert': 'arn:aws:acm:us-west-2:123456789012:certificate/none', 'ssl-ports': '81' },
    })
    for (const each of [a, bad, ccc]) cluster.members.set(idOf(each).uid, each)
    await serve(cluster, [a, ccc])
    expect(ports(aws)).toEqual([80, 82])
    await expect(cluster.look(bad)).rejects.toMatchObject({ code: 'CertificateNotFound' })
    const mark = aws.calls.mark()
    expect((await cluster.look(a)).readiness.reason).toBe('Serving')
    expect(aws.calls.since(mark).entries).toEqual([])
    await serve(cluster, [bb])
    expect(ports(aws)).toEqual([80, 81, 82])
  })
})

describe('a certificate that cannot be used', () => {
  const unknown = 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000'
  const tls = (name: string, port: number, certificates: string) =>
    member(name, port, { aws: { 'ssl-cert': certificates, 'ssl-ports': String(port) } })

  test.each(['the first member', 'another member'])('of %s keeps only its own listener out', async who => {
    const [first, second] = who === 'the first member' ? [tls('a', 80, unknown), bb] : [a, tls('bb', 81, unknown)]
    const [bad, good] = who === 'the first member' ? [first, second] : [second, first]
    await using at = await world([first, second])
    const { aws, cluster } = at
    for (const each of [first, second]) cluster.members.set(idOf(each).uid, each)
    await cluster.look(good).catch(() => {})
    await serve(cluster, [good])
    expect(ports(aws)).toEqual([good.ports![0]!.port])
    await expect(cluster.look(bad)).rejects.toMatchObject({ code: 'CertificateNotFound' })
    expect((await cluster.look(good)).readiness.reason).toBe('Serving')
    const issued = aws.createCertificate({ domain: 'shop.example' })
    await serve(cluster, [tls(bad.name, bad.ports![0]!.port, issued)])
    expect(ports(aws)).toEqual([80, 81])
  })

  test('beside a good one, or in place of it, leaves what serves as it is', async () => {
    await using at = await world()
    const { aws, cluster } = at
    const issued = aws.createCertificate({ domain: 'shop.example' })
    await serve(cluster, [a, tls('bb', 81, issued)])
    const before = JSON.stringify(aws.world.listeners.values())
    for (const wrong of [unknown, `${issued},${unknown}`]) {
      await expect(cluster.look(tls('bb', 81, wrong))).rejects.toMatchObject({ code: 'CertificateNotFound' })
      expect(JSON.stringify(aws.world.listeners.values())).toBe(before)
      expect((await cluster.look(a)).readiness.reason).toBe('Serving')
    }
    const late = member('late', 9000)
    await serve(cluster, [late])
    expect(ports(aws)).toEqual([80, 81, 9000])
  })
})

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
