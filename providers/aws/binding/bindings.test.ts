// Bindings at the fake AWS: cut at each call, and what nobody here registered is never touched.
import { CreateTargetGroupCommand, RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import type { BindingGoal } from '../../../src/model/binding.ts'
import type { EndpointSlice } from '../../../src/model/kubernetes-objects.ts'
import type { BindingRecord } from '../../../src/provider.ts'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { nodeObject, testWorld } from '../provider/world-under-test.ts'
import { rulesOf } from './openings.ts'
import { recordText, recorded } from './targets.ts'

const strangers = { Id: '10.0.48.250', Port: 8080 }
const id = { namespace: 'default', name: 'shop', uid: 'uid-shop' }

async function world() {
  const aws = await fakeAws({ timings: { initialHealthMs: 0 } })
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 8 })
  const { elbv2 } = aws.clients({ accessKeyId: 'AKIAOTHER' })
  const made = await elbv2.send(
    new CreateTargetGroupCommand({ Name: 'shop', Protocol: 'TCP', Port: 80, TargetType: 'ip', VpcId: vpc.id }),
  )
  const arn = made.TargetGroups?.[0]?.TargetGroupArn ?? ''
  await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets: [strangers] }))
  let record: BindingRecord = {}
  const cluster = testWorld(aws, { vpcId: vpc.id, dependencies: { bindingRecords: () => [[id.uid, record]] } })
  const signal = AbortSignal.timeout(60_000)
  return {
    aws,
    vpc,
    node,
    cluster,
    arn,
    record: () => record,
    targets: () => [...(aws.world.targetGroups.values()[0]?.targets.keys() ?? [])].toSorted(),
    opened: () =>
      aws.world.securityGroups.values().flatMap(({ rules }) => rules.filter(rule => !rule.egress && rule.from === 8080)).length,
    goal: (pods: readonly string[]): BindingGoal => ({
      id,
      spec: {
        targetGroupARN: arn,
        serviceRef: { name: 'shop', port: 80 },
        multiClusterTargetGroup: false,
        networking: { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/16' } }], ports: [{ port: 8080 }] }] },
      },
      class: cluster.class,
      servicePort: { port: 80, protocol: 'TCP', name: '' },
      ports: [{ port: 80, protocol: 'TCP', name: '' }],
      slices: [sliceOf(pods)],
      nodes: [],
    }),
    /** One look, as the controller does it; what is noted has passed through JSON. */
    async bind(goal: BindingGoal, strict = false) {
      const { bindings } = cluster.provider
      const found = await bindings.find(goal, record, signal)
      const note = async (next: BindingRecord) => void (record = JSON.parse(JSON.stringify(next)))
      const outcome = await bindings.bind({ goal, found, record, strict, note }, signal)
      await note(outcome.record)
      return outcome
    },
    async unbind() {
      await cluster.provider.bindings.unbind(id, record, signal)
      record = {}
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  }
}

function sliceOf(pods: readonly string[]): EndpointSlice {
  return {
    metadata: { name: 'shop', labels: {} },
    addressType: 'IPv4',
    endpoints: pods.map(address => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: '', protocol: 'TCP', port: 8080 }],
  }
}

const keysOf = (pods: readonly string[]) => [...pods.map(pod => `${pod}:8080`), '10.0.48.250:8080'].toSorted()

for (const when of ['before', 'after'] as const) {
  test(`the process dies ${when} each call of binding, of a change and of unbinding: nothing is lost, and strangers stay`, {
    timeout: 120_000,
  }, async () => {
    let cuts = 0
    for (let nth = 1; ; nth++) {
      await using at = await world()
      const { podIps } = at.node
      using fault = at.aws.fail({ operation: '*', when, nth, error: 'reset' })
      const surely = async (work: () => Promise<unknown>) => {
        try {
          await work()
        } catch {
          at.cluster.restart()
          await work()
        }
      }
      await surely(() => at.bind(at.goal(podIps.slice(0, 2))))
      expect(at.targets(), `cut at call ${nth}`).toEqual(keysOf(podIps.slice(0, 2)))
      await surely(() => at.bind(at.goal(podIps.slice(1, 3))))
      expect(at.targets(), `cut at call ${nth}`).toEqual(keysOf(podIps.slice(1, 3)))
      expect(at.opened()).toBe(1)
      await surely(() => at.unbind())
      expect(at.targets(), `cut at call ${nth}`).toEqual(keysOf([]))
      expect(at.opened()).toBe(0)
      if (fault.hits === 0) break
      cuts++
    }
    expect(cuts).toBeGreaterThan(8)
  })
}

test('a new pod is registered before the old one goes, by one call each, and a look without news costs none', async () => {
  await using at = await world()
  const { podIps } = at.node
  await at.bind(at.goal(podIps.slice(0, 1)))
  const mark = at.aws.calls.mark()
  await at.bind(at.goal(podIps.slice(1, 2)))
  await at.bind(at.goal(podIps.slice(1, 2)))
  expect(at.aws.calls.since(mark).entries.map(({ operation }) => operation)).toEqual(['RegisterTargets', 'DeregisterTargets'])
})

test('a restart with nothing new costs only what all bindings share; a full look finds what others took away', async () => {
  await using at = await world()
  const { podIps } = at.node
  await at.bind(at.goal(podIps.slice(0, 2)))
  at.cluster.restart()
  const mark = at.aws.calls.mark()
  await at.bind(at.goal(podIps.slice(0, 2)))
  const asked = at.aws.calls.since(mark).entries.map(({ operation }) => operation)
  expect(
    asked.filter(name => !['DescribeSubnets', 'DescribeSecurityGroups', 'DescribeNetworkInterfaces'].includes(name)),
  ).toEqual([])
  const { elbv2 } = at.aws.clients({ accessKeyId: 'AKIAOTHER' })
  const { DeregisterTargetsCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  await elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: at.arn, Targets: [{ Id: podIps[0] ?? '', Port: 8080 }] }))
  await at.bind(at.goal(podIps.slice(0, 2)))
  expect(at.targets()).toHaveLength(2)
  await at.bind(at.goal(podIps.slice(0, 2)), true)
  expect(at.targets()).toHaveLength(3)
})

test('an endpoint that somebody registered before is the binding’s once it wants it', async () => {
  await using at = await world()
  await at.bind(at.goal(['10.0.48.250']))
  expect(at.record().registered).toEqual(['10.0.48.250:8080'])
  await at.unbind()
  expect(at.targets()).toEqual([])
})

test('targets on record read as they were written', () => {
  const targets = [
    { id: '10.0.0.1', port: 80 },
    { id: '2001:db8::1', port: 8080 },
    { id: 'i-0a1b', port: 30_080 },
  ]
  expect([...recorded(targets.map(recordText))]).toEqual(['10.0.0.1 80', '2001:db8::1 8080', 'i-0a1b 30080'])
})

test('networking rules: a named port is the number it has at the targets, no port is every one', () => {
  const goal: BindingGoal = {
    id,
    spec: {
      serviceRef: { name: 'shop', port: 'http' },
      multiClusterTargetGroup: false,
      networking: {
        ingress: [
          { from: [{ securityGroup: { groupID: 'sg-1' } }], ports: [{ port: 'http' }, { protocol: 'UDP', port: 53 }] },
          { from: [{ ipBlock: { cidr: '2001:db8::/64' } }], ports: [] },
        ],
      },
    },
    class: { apiVersion: '', kind: '', metadata: { name: 'aws' }, spec: { provider: 'aws', targets: 'Pod', default: false } },
    ports: [{ port: 80, protocol: 'TCP', name: 'http', nodePort: 30_080 }],
    slices: [{ ...sliceOf(['10.0.0.1']), ports: [{ name: 'http', port: 8080 }] }],
    nodes: [],
  }
  const group = { arn: '', name: '', protocol: 'TCP', targetType: 'ip', ipAddressType: 'ipv4', vpcId: '' }
  expect(rulesOf(goal, group)).toEqual([
    { protocol: 'tcp', from: 8080, to: 8080, kind: 'group', source: 'sg-1' },
    { protocol: 'udp', from: 53, to: 53, kind: 'group', source: 'sg-1' },
    { protocol: 'tcp', from: 0, to: 65_535, kind: 'cidr6', source: '2001:db8::/64' },
  ])
  expect(rulesOf(goal, { ...group, targetType: 'instance' })[0]).toMatchObject({ from: 30_080 })
})

test.each(['the binding', 'the Service'])(
  'a rule that a binding and a Service without security groups share stays open when %s leaves',
  async who => {
    await using at = await world()
    const { aws, vpc, node, cluster } = at
    const web = { name: 'web', aws: { 'disable-nlb-sg': 'true', 'nlb-target-type': 'instance' } }
    cluster.nodes.set('n1', nodeObject('n1', node.providerId))
    cluster.pods(web, node.podIps.slice(2, 4))
    const open = () =>
      aws.world.securityGroups.values().flatMap(({ rules }) => rules.filter(({ egress, from }) => !egress && from === 30_080))
    const goal = at.goal(node.podIps.slice(0, 2))
    const ingress = [{ from: [{ ipBlock: { cidr: vpc.cidr } }], ports: [{ port: 30_080 }] }]
    const bind = () => at.bind({ ...goal, spec: { ...goal.spec, networking: { ingress } } })
    const first = who === 'the binding' ? bind : () => cluster.settle(web)
    await first()
    await (who === 'the binding' ? cluster.settle(web) : bind())
    expect(open()).toHaveLength(1)
    cluster.restart()
    await (who === 'the binding' ? at.unbind() : cluster.settleRemoval(web))
    expect(open()).toMatchObject([{ cidr: vpc.cidr }])
    await (who === 'the binding' ? cluster.settleRemoval(web) : at.unbind())
    expect(open()).toEqual([])
  },
)

test('a binding works in no role but those that an administrator lists on its class', async () => {
  await using at = await world()
  const { cluster } = at
  const role = 'arn:aws:iam::444455556666:role/others'
  const goal = (): BindingGoal => {
    const { spec, ...rest } = at.goal([])
    return { ...rest, spec: { ...spec, iamRoleArnToAssume: role } }
  }
  const mark = at.aws.calls.mark()
  const error = await at.bind(goal()).catch((failure: unknown) => failure)
  expect(error).toMatchObject({
    code: 'RoleNotAllowed',
    message: `The class aws does not let bindings work as ${role}.`,
    remedy: expect.stringContaining('spec.aws.bindingRoles'),
  })
  expect(at.aws.calls.since(mark).entries).toEqual([])
  cluster.class = { ...cluster.class, spec: { ...cluster.class.spec, aws: { bindingRoles: [role] } } }
  const found = await cluster.provider.bindings.find(goal(), {}, AbortSignal.timeout(5000))
  expect(found.place.assumeRole).toEqual({ arn: role })
})
