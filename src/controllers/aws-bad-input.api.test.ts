// What goes wrong on AWS, for one Service at a time: a condition that says what to do, one event, and neighbours that notice nothing.
import { DeleteLoadBalancerCommand, DeleteTargetGroupCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld, useEnvironment } from '../../test/contract/aws.ts'
import type { AwsServiceOptions, FakeWorld } from '../../test/contract/aws.ts'
import { readyOf, servicePath, weirPath } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: FakeWorld
let weir: RunningController
let environment: Disposable
/** As it was when it was first ready. */
let neighbour: string

beforeAll(async () => {
  // Drift is looked for all the time here, not every five minutes.
  environment = useEnvironment({ WEIR_AWS_SWEEP_SECONDS: '1' })
  world = await startFakeWorld()
  await world.lbClass('aws-nodes', { targets: 'Node' })
  weir = runController({ cluster: world.cluster, providers: ['aws'] })
  await weir.working
  await world.service('neighbour')
  neighbour = (await world.cluster.untilReason('neighbour', 'Serving')).metadata.resourceVersion ?? ''
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
  environment?.[Symbol.dispose]()
})

interface Case {
  readonly name: string
  readonly what: string
  readonly reason: string
  readonly says: RegExp
  readonly service: (world: FakeWorld) => AwsServiceOptions
}

const subnetIds = ({ vpc }: FakeWorld) => vpc.privateSubnets.map(({ id }) => id)

const cases: readonly Case[] = [
  {
    name: 'unknown-subnet',
    what: 'a subnet that does not exist',
    reason: 'SubnetsNotFound',
    says: /subnet-0123456789abcdef0/,
    service: () => ({ aws: { subnets: 'subnet-0123456789abcdef0' } }),
  },
  {
    name: 'same-zone',
    what: 'two subnets in one zone',
    reason: 'SubnetsUnsuitable',
    says: /us-east-1a/,
    service: ({ vpc }) => ({ aws: { subnets: `${vpc.privateSubnets[0]?.id},${vpc.publicSubnets[0]?.id}` } }),
  },
  {
    name: 'too-few-eips',
    what: 'fewer elastic addresses than subnets',
    reason: 'FixedAddressesInvalid',
    says: /1 Elastic IP for 3 subnets/,
    service: ({ aws, vpc }) => ({
      aws: {
        scheme: 'internet-facing',
        subnets: vpc.publicSubnets.map(({ id }) => id).join(','),
        'eip-allocations': aws.createAddress(),
      },
    }),
  },
  {
    name: 'outside',
    what: 'a private address outside of its subnet',
    reason: 'FixedAddressesInvalid',
    says: /192\.0\.2\.7/,
    service: world => ({ aws: { subnets: subnetIds(world)[0] ?? '', 'private-ipv4-addresses': '192.0.2.7' } }),
  },
  {
    name: 'v6-on-v4',
    what: 'IPv6 addresses on a load balancer of IPv4',
    reason: 'FixedAddressesInvalid',
    says: /dualstack/,
    service: world => ({ aws: { subnets: subnetIds(world)[0] ?? '', 'ipv6-addresses': '2001:db8::7' } }),
  },
  {
    name: 'no-cert',
    what: 'a certificate that does not exist',
    reason: 'CertificateNotFound',
    says: /certificate/i,
    service: () => ({
      aws: { 'ssl-cert': 'arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000' },
    }),
  },
  {
    name: 'no-node-ports',
    what: 'instance targets without node ports',
    reason: 'NodePortsRequired',
    says: /node ?port/i,
    service: () => ({ class: 'weir.dev/aws-nodes', spec: { allocateLoadBalancerNodePorts: false } }),
  },
  {
    name: 'adopting',
    what: 'a load balancer to take over that is not there',
    reason: 'AdoptionRefused',
    says: /No load balancer front is seen in us-east-1 yet; it is looked for again/,
    service: () => ({ annotations: { 'weir.dev/adopt-load-balancer': 'front' } }),
  },
  {
    name: 'typo',
    what: 'a value that cannot be read',
    reason: 'InvalidAnnotation',
    says: /scheme/,
    service: () => ({ aws: { scheme: 'outside' } }),
  },
  {
    name: 'quic',
    what: 'a setting that is refused by name',
    reason: 'UnsupportedAnnotation',
    says: /multi-cluster/,
    service: () => ({ aws: { 'multi-cluster-target-group': 'true' } }),
  },
]

/** The condition, told in one event of the same reason, and the neighbour as it was. */
async function expectTold(name: string, { reason, says }: Pick<Case, 'reason' | 'says'>): Promise<void> {
  const service = await world.cluster.untilReason(name, reason)
  expect(readyOf(service)).toMatchObject({ status: 'False', reason, message: expect.stringMatching(says) })
  await waitFor(async () => (await world.cluster.events(name)).some(event => event.reason === reason), {
    what: `an event of ${name}`,
  })
  expect((await world.cluster.events(name)).filter(event => event.reason === reason)).toHaveLength(1)
  expect((await world.cluster.get(servicePath('neighbour'))).metadata.resourceVersion).toBe(neighbour)
}

async function removed(name: string): Promise<void> {
  await world.cluster.remove(servicePath(name))
  await world.cluster.untilGone(servicePath(name))
}

for (const each of cases) {
  test(`${each.what}: ${each.reason}`, async () => {
    await world.service(each.name, each.service(world))
    await expectTold(each.name, each)
    await removed(each.name)
    expect(world.aws.world.loadBalancers.values()).toHaveLength(1)
  })
}

test('a misspelt key is served all the same, with a warning that names the nearest one', async () => {
  await world.service('misspelt', { aws: { shceme: 'internal' } })
  await world.cluster.untilReason('misspelt', 'Serving')
  await waitFor(async () => (await world.cluster.events('misspelt')).some(({ note }) => note.includes('load-balancer-scheme')), {
    what: 'the warning',
  })
  await removed('misspelt')
})

test('a VPC whose subnets fit nothing: SubnetsNotFound names every candidate', async () => {
  const bare = world.aws.createVpc({ number: 7, private: false, zones: ['a', 'b'] })
  await world.lbClass('elsewhere', { aws: { vpcId: bare.id } })
  await world.service('nowhere', { class: 'weir.dev/elsewhere', aws: { scheme: 'internal' } })
  const service = await world.cluster.until(servicePath('nowhere'), found => readyOf(found)?.reason.startsWith('Subnets'))
  for (const { id } of bare.publicSubnets) expect(readyOf(service)?.message).toContain(id)
  await removed('nowhere')
})

test('a quota that is reached: QuotaReached, and tried again', async () => {
  const fault = world.aws.fail({ operation: 'CreateLoadBalancer', when: 'before', error: 'TooManyLoadBalancers', times: 3 })
  await world.service('too-many')
  await expectTold('too-many', { reason: 'QuotaReached', says: /CreateLoadBalancer/ })
  fault[Symbol.dispose]()
  await world.cluster.untilReason('too-many', 'Serving')
  await removed('too-many')
})

test('calls that AWS throttles for long: Throttled, and all goes on when it lets them through', async () => {
  const fault = world.aws.fail({
    operation: 'CreateTargetGroup',
    when: 'before',
    error: 'Throttling',
    times: Number.POSITIVE_INFINITY,
  })
  await world.service('throttled')
  await expectTold('throttled', { reason: 'Throttled', says: /too many calls/ })
  fault[Symbol.dispose]()
  await world.cluster.untilReason('throttled', 'Serving')
  await removed('throttled')
})

test('access denied names the IAM action that is missing', async () => {
  const denial = world.aws.deny('elasticloadbalancing:CreateTargetGroup')
  await world.service('denied')
  await expectTold('denied', { reason: 'AccessDenied', says: /Allow elasticloadbalancing:CreateTargetGroup/ })
  denial[Symbol.dispose]()
  await world.cluster.untilReason('denied', 'Serving')
  await removed('denied')
})

test('a name that a foreign load balancer has: NameTaken', async () => {
  const { elbv2 } = world.aws.clients({ accessKeyId: 'AKIAOTHER' })
  const { CreateLoadBalancerCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const { LoadBalancers } = await elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'shop', Type: 'network', Scheme: 'internal', Subnets: subnetIds(world) }),
  )
  await world.service('shop', { aws: { name: 'shop' } })
  await expectTold('shop', { reason: 'NameTaken', says: /shop/ })
  await removed('shop')
  expect(world.aws.world.loadBalancers.values().some(({ name }) => name === 'shop')).toBe(true)
  await elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn ?? '' }))
})

test('credentials that expire: the condition says so, and all goes on when there are new ones', async () => {
  const expired = world.aws.expireCredentials('AKIAFAKE')
  await world.service('expired')
  await expectTold('expired', { reason: 'CredentialsInvalid', says: /expired/i })
  expired[Symbol.dispose]()
  await world.cluster.untilReason('expired', 'Serving')
  await removed('expired')
})

test('AWS that is away: ProviderUnreachable on what needs it, and all goes on when it is back', async () => {
  const away = world.aws.away()
  await world.service('waiting')
  await expectTold('waiting', { reason: 'ProviderUnreachable', says: /did not answer/ })
  away[Symbol.dispose]()
  await world.cluster.untilReason('waiting', 'Serving')
  await removed('waiting')
})

test('a load balancer and a target group that were deleted by hand are made again', async () => {
  await world.service('robbed')
  const before = await world.cluster.untilReason('robbed', 'Serving')
  // One that has just made them believes itself more than a listing, for a minute.
  await weir.stop()
  weir = runController({ cluster: world.cluster, providers: ['aws'] })
  await weir.working
  const uid: string = before.metadata.uid ?? ''
  const own = () => world.aws.world.loadBalancers.values().find(({ tags }) => Object.values(tags).includes(uid))
  const ownGroup = () => world.aws.world.targetGroups.values().find(({ tags }) => Object.values(tags).includes(uid))
  const { elbv2 } = world.aws.clients({ accessKeyId: 'AKIAOTHER' })
  const [old, oldGroup] = [own()?.arn, ownGroup()?.arn]
  await elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: old }))
  await elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn: oldGroup }))
  await waitFor(async () => own() !== undefined && own()?.arn !== old && ownGroup()?.arn !== oldGroup, {
    what: 'both to be made again',
  })
  await world.cluster.until(
    servicePath('robbed'),
    found =>
      found.status.loadBalancer?.ingress?.[0]?.hostname === own()?.dnsName.toLowerCase() && readyOf(found)?.reason === 'Serving',
  )
  await removed('robbed')
})

test('deletion protection keeps the load balancer and says how to get rid of it', async () => {
  await world.service('kept', { aws: { attributes: 'deletion_protection.enabled=true' } })
  await world.cluster.untilReason('kept', 'Serving')
  await world.cluster.remove(servicePath('kept'))
  await expectTold('kept', { reason: 'DeletionProtected', says: /deletion_protection\.enabled/ })
  expect(world.aws.world.loadBalancers.values()).toHaveLength(2)
  // What its annotations say is followed while it is being deleted.
  const key = 'service.beta.kubernetes.io/aws-load-balancer-attributes'
  await world.cluster.patch(servicePath('kept'), { metadata: { annotations: { [key]: null } } })
  await world.cluster.untilGone(servicePath('kept'))
})

test('a class without a place says so in its condition', async () => {
  await world.lbClass('lost', { aws: { region: 'eu-north-1' } })
  const lost = await world.cluster.until(
    weirPath('loadbalancerclasses', 'lost'),
    ({ status }) => status?.conditions?.[0]?.reason === 'NotConfigured',
  )
  expect(lost.status.conditions[0].message).toContain('spec.aws.vpcId')
})
