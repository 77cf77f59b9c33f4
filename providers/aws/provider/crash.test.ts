// The process dies, or a call fails, at each call of making and of taking away; whoever comes after finishes without leftovers or doubles.
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { testWorld } from './world-under-test.ts'
import type { World } from './world-under-test.ts'

const before = {
  name: 'web',
  ports: [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'dns', port: 53, targetPort: 5353, protocol: 'UDP' as const },
  ],
  aws: {
    attributes: 'load_balancing.cross_zone.enabled=true',
    'target-group-attributes': 'deregistration_delay.timeout_seconds=30',
    'listener-attributes.TCP-80': 'tcp.idle_timeout.seconds=600',
  },
}

async function world() {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 8 })
  const cluster = testWorld(aws, { vpcId: vpc.id })
  cluster.pods(before, node.podIps.slice(0, 2))
  return { aws, vpc, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

/** What stands, without identifiers that differ from run to run. */
function standing(aws: FakeAws) {
  const { loadBalancers, targetGroups, listeners, securityGroups } = aws.world
  return {
    balancers: loadBalancers.values().map(({ name, attributes, zones, securityGroups: groups }) => ({
      name,
      attributes,
      zones: zones.length,
      groups: groups.length,
    })),
    groups: targetGroups
      .values()
      .map(({ name, attributes, targets }) => ({ name, attributes, targets: [...targets.keys()] }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    listeners: listeners
      .values()
      .map(({ port, protocol, attributes, actions }) => ({ port, protocol, attributes, actions: actions.length }))
      .toSorted((one, other) => one.port - other.port),
    security: securityGroups
      .values()
      .map(({ name, rules }) => ({
        name,
        rules: rules.map(({ protocol, from, to, egress }) => `${protocol} ${from} ${to} ${egress}`).toSorted(),
      }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  }
}

/** Runs `work` until it is done; the first failure is that of the injected fault. */
async function untilDone(cluster: World, dies: boolean, work: () => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    try {
      await work()
      return
    } catch {
      if (dies) cluster.restart()
      cluster.aws.advance(5000)
    }
  }
  await work()
}

const cuts = (['before', 'after'] as const).flatMap(when => [true, false].map(dies => ({ when, dies })))

for (const { when, dies } of cuts) {
  const what = dies ? 'the process dies' : 'a call fails'
  test(`${what} ${when} each call of making a load balancer`, { timeout: 300_000 }, async () => {
    await using whole = await world()
    await whole.cluster.settle(before)
    const wanted = standing(whole.aws)
    let cut = 0
    for (let nth = 1; ; nth++) {
      await using at = await world()
      const { aws, cluster } = at
      using fault = aws.fail({ operation: '*', when, nth, error: 'reset' })
      await untilDone(cluster, dies, () =>
        // The death is sudden: what the process would have written afterwards is lost.
        dies && fault.hits === 0 ? dying(cluster, fault, () => cluster.settle(before)) : cluster.settle(before),
      )
      if (fault.hits === 0) break
      cut++
      expect(standing(aws), `cut at call ${nth}`).toEqual(wanted)
      await cluster.settleRemoval(before)
      expect(standing(aws), `removed after a cut at call ${nth}`).toMatchObject({ balancers: [], groups: [], listeners: [] })
      expect(standing(aws).security.map(({ name }) => name)).toEqual(['default'])
    }
    expect(cut).toBeGreaterThan(20)
  })

  test(`${what} ${when} each call of taking a load balancer away`, { timeout: 300_000 }, async () => {
    let cut = 0
    for (let nth = 1; ; nth++) {
      await using at = await world()
      const { aws, cluster } = at
      await cluster.settle(before)
      using fault = aws.fail({ operation: '*', when, nth, error: 'reset' })
      await untilDone(cluster, dies, () =>
        dies && fault.hits === 0 ? dying(cluster, fault, () => cluster.settleRemoval(before)) : cluster.settleRemoval(before),
      )
      if (fault.hits === 0) break
      cut++
      expect(standing(aws), `cut at call ${nth}`).toMatchObject({ balancers: [], groups: [], listeners: [] })
      expect(standing(aws).security, `cut at call ${nth}`).toEqual([expect.objectContaining({ name: 'default' })])
      expect(standing(aws).security[0]?.rules).toEqual(['-1 -1 -1 true'])
    }
    expect(cut).toBeGreaterThanOrEqual(6)
  })
}

/** Lets the ledger die with the first failed call. */
async function dying(cluster: World, fault: { readonly hits: number }, work: () => Promise<unknown>): Promise<unknown> {
  const { ledger } = cluster
  const write = ledger.write.bind(ledger)
  ledger.write = async (...call) => {
    if (fault.hits > 0) ledger.dead = true
    return write(...call)
  }
  try {
    return await work()
  } finally {
    ledger.write = write
  }
}
