// TargetGroupBindings through the true API server, on the fake AWS: with no Service of type LoadBalancer anywhere.
import {
  CreateTargetGroupCommand,
  DeleteTargetGroupCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CreateTargetGroupCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld, useEnvironment } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import type { Json } from '../../test/contract/cluster.ts'
import { servicePath } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: FakeWorld
let weir: RunningController
let environment: Disposable

const bindings = '/apis/weir.dev/v1alpha1/namespaces/default/targetgroupbindings'
const pathOf = (name: string) => `${bindings}/${name}`
const start = () => runController({ cluster: world.cluster, providers: ['aws'] })
const somebody = () => world.aws.clients({ accessKeyId: 'AKIAOTHER' }).elbv2

beforeAll(async () => {
  environment = useEnvironment({ WEIR_AWS_SWEEP_SECONDS: '3600' })
  world = await startFakeWorld()
  weir = start()
  await weir.working
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
  environment?.[Symbol.dispose]()
})

/** A target group as somebody else makes it. */
async function targetGroup(name: string, options: Partial<CreateTargetGroupCommandInput> = {}): Promise<string> {
  const { TargetGroups } = await somebody().send(
    new CreateTargetGroupCommand({ Name: name, Protocol: 'TCP', Port: 80, TargetType: 'ip', VpcId: world.vpc.id, ...options }),
  )
  return TargetGroups?.[0]?.TargetGroupArn ?? ''
}

async function bind(name: string, spec: object): Promise<Json> {
  return world.cluster.create(bindings, {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'TargetGroupBinding',
    metadata: { name },
    spec: { serviceRef: { name, port: 80 }, ...spec },
  })
}

const readyOf = (binding: Json) => binding.status?.conditions?.find((each: Json) => each.type === 'Ready')
const untilReason = (name: string, reason: string): Promise<Json> =>
  world.cluster.until(pathOf(name), found => readyOf(found)?.reason === reason, `binding ${name} to be ${reason}`)
const targetsAt = (arn: string) => [
  ...(world.aws.world.targetGroups
    .values()
    .find(each => each.arn === arn)
    ?.targets.keys() ?? []),
]
const clusterService = (name: string) => world.service(name, { spec: { type: 'ClusterIP', loadBalancerClass: null } })
const untilTargets = (arn: string, count: number) =>
  waitFor(async () => targetsAt(arn).length === count, {
    what: `${count} targets`,
    explain: () => targetsAt(arn).join(),
  })

async function removed(name: string): Promise<void> {
  await world.cluster.remove(pathOf(name))
  await world.cluster.untilGone(pathOf(name))
}

test('the endpoints of a Service are registered, follow its pods by one call each, and go with the binding', async () => {
  const [first = '', second = '', third = ''] = world.site.podIps
  const arn = await targetGroup('shop')
  await somebody().send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id: '10.0.48.250', Port: 8080 }] }))
  await clusterService('shop')
  await bind('shop', { targetGroupARN: arn })
  const bound = await untilReason('shop', 'Accepted')
  expect(bound.status).toMatchObject({ targets: 2, registered: [`${first}:8080`, `${second}:8080`], targetGroup: { arn } })
  expect(readyOf(bound)).toMatchObject({ status: 'True', message: '2 targets of default/shop are registered at shop.' })
  expect(targetsAt(arn)).toHaveLength(3)
  const mark = world.aws.calls.mark()
  await world.pods('shop', [second, third])
  await world.cluster.until(pathOf('shop'), ({ status }) => status.registered.includes(`${third}:8080`) && status.targets === 2)
  expect(world.aws.calls.since(mark).entries.map(({ operation }) => operation)).toEqual(['RegisterTargets', 'DeregisterTargets'])
  await removed('shop')
  expect(targetsAt(arn)).toEqual(['10.0.48.250:8080'])
  expect((await world.cluster.events('shop')).filter(({ reason }) => reason === 'Accepted')).toHaveLength(1)
})

test('without a ready pod the binding says so, and a restart with everything as it was costs no call', async () => {
  const arn = await targetGroup('quiet')
  await clusterService('quiet')
  await world.pods('quiet', [])
  await bind('quiet', { targetGroupName: 'quiet' })
  await untilReason('quiet', 'NoReadyEndpoints')
  await world.pods('quiet', world.site.podIps.slice(10, 12))
  await untilReason('quiet', 'Accepted')
  await weir.stop()
  const mark = world.aws.calls.mark()
  weir = start()
  await weir.working
  await world.pods('quiet', world.site.podIps.slice(10, 13))
  await untilTargets(arn, 3)
  // The sweep at start lists all target groups, for others.
  const asked = world.aws.calls
    .since(mark)
    .entries.filter(({ operation, input }) => operation === 'DescribeTargetGroups' && !('PageSize' in input))
  expect(asked).toEqual([])
  await removed('quiet')
  expect(targetsAt(arn)).toEqual([])
})

test('of two bindings to one target group the older has it; the younger says so and follows when that is deleted', async () => {
  const arn = await targetGroup('contested')
  await clusterService('older')
  await clusterService('younger')
  await bind('older', { targetGroupARN: arn })
  await untilReason('older', 'Accepted')
  await world.pods('younger', world.site.podIps.slice(20, 23))
  await bind('younger', { targetGroupName: 'contested' })
  const loser = await untilReason('younger', 'TargetGroupTaken')
  expect(readyOf(loser).message).toContain('default/older')
  expect(targetsAt(arn)).toHaveLength(2)
  await removed('older')
  await untilReason('younger', 'Accepted')
  expect(targetsAt(arn)).toHaveLength(3)
  await removed('younger')
})

test('networking rules open the security groups of the targets, and go with the binding', async () => {
  const arn = await targetGroup('open')
  await clusterService('open')
  const client = world.aws.createSecurityGroup({ vpcId: world.vpc.id, name: 'clients' })
  const peers = [{ securityGroup: { groupID: client.id } }, { ipBlock: { cidr: '10.0.0.0/16' } }]
  await bind('open', {
    targetGroupARN: arn,
    networking: { ingress: [{ from: peers, ports: [{ protocol: 'TCP', port: 8080 }] }] },
  })
  await untilReason('open', 'Accepted')
  const opened = () =>
    world.aws.world.securityGroups
      .values()
      .find(({ id }) => id === world.vpc.defaultSecurityGroup)
      ?.rules.filter(({ from, egress }) => from === 8080 && !egress)
  expect(opened()).toHaveLength(2)
  await removed('open')
  expect(opened()).toEqual([])
})

const refusals: readonly {
  readonly what: string
  readonly name: string
  readonly reason: string
  readonly says: RegExp
  readonly make: () => Promise<object>
}[] = [
  {
    what: 'a target group that does not exist',
    name: 'nowhere',
    reason: 'TargetGroupNotFound',
    says: /no target group missing/,
    make: async () => ({ targetGroupName: 'missing' }),
  },
  {
    what: 'a target group of another VPC',
    name: 'abroad',
    reason: 'TargetGroupUnsuitable',
    says: /vpc-/,
    make: async () => ({ targetGroupARN: await targetGroup('abroad', { VpcId: world.aws.createVpc({ number: 9 }).id }) }),
  },
  {
    what: 'a target group of another type than the binding says',
    name: 'other-type',
    reason: 'TargetGroupUnsuitable',
    says: /targets of type ip, not instance/,
    make: async () => ({ targetGroupARN: await targetGroup('other-type'), targetType: 'instance' }),
  },
  {
    what: 'a target group of UDP for a port of TCP',
    name: 'other-protocol',
    reason: 'TargetGroupUnsuitable',
    says: /UDP.*TCP/,
    make: async () => ({ targetGroupARN: await targetGroup('other-protocol', { Protocol: 'UDP' }) }),
  },
  {
    what: 'nodes as targets of a Service without node ports',
    name: 'no-node-port',
    reason: 'NodePortsRequired',
    says: /no node port/,
    make: async () => ({ targetGroupARN: await targetGroup('no-node-port', { TargetType: 'instance' }) }),
  },
  {
    what: 'a port that the Service does not have',
    name: 'no-port',
    reason: 'ServicePortNotFound',
    says: /has no port https; its ports are 80/,
    make: async () => ({ targetGroupARN: await targetGroup('no-port'), serviceRef: { name: 'no-port', port: 'https' } }),
  },
  {
    what: 'a class that does not exist',
    name: 'no-class',
    reason: 'ClassMissing',
    says: /no LoadBalancerClass nothing/,
    make: async () => ({ targetGroupARN: await targetGroup('no-class'), class: 'nothing' }),
  },
]

for (const { what, name, reason, says, make } of refusals) {
  test(`${what}: ${reason}, one event, and no finalizer in the way`, async () => {
    await clusterService(name)
    await bind(name, await make())
    const refused = await untilReason(name, reason)
    expect(readyOf(refused)).toMatchObject({ status: 'False', message: expect.stringMatching(says) })
    expect(refused.metadata.finalizers).toBeUndefined()
    await waitFor(async () => (await world.cluster.events(name)).some(event => event.reason === reason), {
      what: 'the event',
    })
    expect((await world.cluster.events(name)).filter(event => event.reason === reason)).toHaveLength(1)
    await removed(name)
  })
}

test('a Service that goes takes its targets along, and comes back with them', async () => {
  const arn = await targetGroup('volatile')
  await clusterService('volatile')
  await bind('volatile', { targetGroupARN: arn })
  await untilReason('volatile', 'Accepted')
  await world.cluster.remove(servicePath('volatile'))
  await untilReason('volatile', 'ServiceNotFound')
  expect(targetsAt(arn)).toEqual([])
  await removed('volatile')
})

test('a target group that a load balancer of ours fills is left to it', async () => {
  await world.service('owned')
  await world.cluster.untilReason('owned', 'Serving')
  const own = world.aws.world.targetGroups.values().find(({ tags }) => tags['weir.dev/owner'] === 'default/owned')
  await clusterService('thief')
  await bind('thief', { targetGroupARN: own?.arn })
  expect(readyOf(await untilReason('thief', 'TargetGroupTaken')).message).toContain('default/owned')
  await removed('thief')
  await world.cluster.remove(servicePath('owned'))
  await world.cluster.untilGone(servicePath('owned'))
})

test('a target group deleted by hand is told, and its binding can be deleted', async () => {
  const arn = await targetGroup('robbed')
  await clusterService('robbed')
  await bind('robbed', { targetGroupARN: arn })
  await untilReason('robbed', 'Accepted')
  await somebody().send(new DeleteTargetGroupCommand({ TargetGroupArn: arn }))
  await world.pods('robbed', world.site.podIps.slice(30, 33))
  const robbed = await untilReason('robbed', 'TargetGroupNotFound')
  expect(robbed.status.targets).toBe(0)
  await removed('robbed')
})

test('access that is denied names the action; a binding that is deleted meanwhile waits for it', async () => {
  const arn = await targetGroup('denied')
  await clusterService('denied')
  const denial = world.aws.deny('elasticloadbalancing:RegisterTargets')
  await bind('denied', { targetGroupARN: arn })
  expect(readyOf(await untilReason('denied', 'AccessDenied')).message).toContain('elasticloadbalancing:RegisterTargets')
  denial[Symbol.dispose]()
  await untilReason('denied', 'Accepted')
  const again = world.aws.deny('elasticloadbalancing:DeregisterTargets')
  await world.cluster.remove(pathOf('denied'))
  await untilReason('denied', 'AccessDenied')
  again[Symbol.dispose]()
  await world.cluster.untilGone(pathOf('denied'))
  expect(targetsAt(arn)).toEqual([])
})
