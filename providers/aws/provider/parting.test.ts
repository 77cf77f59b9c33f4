// How a load balancer and its owner part: what the Service says while it is being deleted is followed.
import { AddTagsCommand, ModifyLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { ProviderError } from '../../../src/provider.ts'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { clusterUid, testWorld } from './world-under-test.ts'

const web = { name: 'web' }
const neighbour = { name: 'neighbour' }
const guarded = { ...web, aws: { attributes: 'deletion_protection.enabled=true' } }
const staying = { ...web, annotations: { 'weir.dev/deletion-policy': 'retain' } }

async function world() {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const node = aws.createInstance({ subnet: vpc.privateSubnets[0]!, pods: 10 })
  const cluster = testWorld(aws, { vpcId: vpc.id })
  cluster.pods(web, node.podIps.slice(0, 2))
  cluster.pods(neighbour, node.podIps.slice(4, 5))
  const inbound = () =>
    aws.world.securityGroups
      .get(vpc.defaultSecurityGroup)!
      .rules.filter(({ egress }) => !egress)
      .map(({ from, to, group }) => ({ from, to, group }))
  return { aws, vpc, node, cluster, inbound, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => '',
    (error: unknown) => (error instanceof ProviderError ? error.code : String(error)),
  )
}

test('deletion protection that is asked for keeps everything, without a call that AWS refuses', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(guarded)
  const mark = aws.calls.mark()
  expect((await cluster.remove(guarded)).readiness).toMatchObject({
    reason: 'DeletionProtected',
    message: expect.stringContaining('deletion_protection.enabled'),
  })
  expect(aws.calls.since(mark).entries.filter(({ operation }) => operation.startsWith('Delete'))).toEqual([])
  expect(aws.world.targetGroups.values()).toHaveLength(1)
})

test('when the annotation goes while the Service is being deleted, the protection goes with it, and then the rest', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(guarded)
  await cluster.remove(guarded)
  await cluster.settleRemoval(web)
  expect(aws.world.loadBalancers.values()).toEqual([])
})

test('protection that somebody set by hand stays until the Service says that it shall be off', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(web)
  await aws.clients().elbv2.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: aws.world.loadBalancers.values()[0]!.arn,
      Attributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }],
    }),
  )
  expect(await codeOf(cluster.remove(web))).toBe('DeletionProtected')
  expect(aws.world.loadBalancers.values()).toHaveLength(1)
  await cluster.settleRemoval({ ...web, aws: { attributes: 'deletion_protection.enabled=false' } })
  expect(aws.world.loadBalancers.values()).toEqual([])
})

test('a Service that is wanted again after its protection was taken off is protected again', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(guarded)
  aws.fail({ operation: 'DeleteLoadBalancer', when: 'before', error: 'InternalFailure', times: 1 })
  await codeOf(cluster.remove(web))
  await cluster.settle(guarded)
  expect(aws.world.loadBalancers.values()[0]?.attributes['deletion_protection.enabled']).toBe('true')
})

test('a policy of deletion that comes while the Service is being deleted is followed, one that cannot be read deletes nothing', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(guarded)
  await cluster.remove(guarded)
  const mistyped = { ...web, annotations: { 'weir.dev/deletion-policy': 'retian' } }
  expect((await cluster.remove(mistyped)).readiness).toMatchObject({ ready: false, reason: 'InvalidAnnotation' })
  expect((await cluster.settleRemoval(staying)).gone).toBe(true)
  expect(aws.world.loadBalancers.values()).toHaveLength(1)
})

test('retain that is taken back while the Service is being deleted deletes', async () => {
  await using at = await world()
  await at.cluster.settle(staying)
  await at.cluster.settleRemoval(web)
  expect(at.aws.world.loadBalancers.values()).toEqual([])
})

test('what is left behind serves on without anything of ours, also when the last other one has gone', async () => {
  await using at = await world()
  const { aws, cluster, inbound } = at
  await cluster.settle(staying)
  await cluster.settle(neighbour)
  expect((await cluster.settleRemoval(staying)).gone).toBe(true)
  const [balancer] = aws.world.loadBalancers.values()
  expect(balancer?.tags).toEqual({ 'weir.dev/adopt': `default/web@${clusterUid}` })
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  await cluster.settleRemoval(neighbour)
  expect(aws.world.loadBalancers.values()).toHaveLength(1)
  expect(balancer!.securityGroups).toHaveLength(1)
  expect(inbound()).toEqual([{ from: 8080, to: 8080, group: balancer!.securityGroups[0] }])
  expect(aws.world.securityGroups.values().filter(({ name }) => name.startsWith('weir-backend'))).toEqual([])
  expect(await cluster.provider.list(AbortSignal.timeout(5000))).toEqual([])
})

test('one that vanished without a word parts as it said last', async () => {
  await using at = await world()
  await at.cluster.settle(staying)
  await at.cluster.settleRemoval(web, 'vanished')
  expect(at.aws.world.loadBalancers.values()).toHaveLength(1)
})

test('what was left behind can be taken over by a Service of the same name', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(staying)
  await cluster.settleRemoval(staying)
  const [left] = aws.world.loadBalancers.values()
  const again = { ...web, uid: 'another', annotations: { 'weir.dev/adopt-load-balancer': left!.name } }
  aws.advance(60_000)
  expect((await cluster.settle(again)).readiness.reason).toBe('Serving')
  expect(aws.world.loadBalancers.values().map(({ arn }) => arn)).toEqual([left!.arn])
})

test('what was left behind is not for a Service of the same name in another cluster, until somebody says so', async () => {
  await using at = await world()
  const { aws, vpc, cluster } = at
  await cluster.settle(staying)
  await cluster.settleRemoval(staying)
  const [left] = aws.world.loadBalancers.values()
  const other = testWorld(aws, { vpcId: vpc.id, dependencies: { cluster: 'another' } })
  const wanting = { ...web, annotations: { 'weir.dev/adopt-load-balancer': left!.name } }
  const error = await other.look(wanting).catch((failure: unknown) => failure)
  expect(error).toMatchObject({
    code: 'AdoptionRefused',
    message: expect.stringContaining(`the cluster ${clusterUid} left it behind`),
    remedy: expect.stringContaining('weir.dev/adopt=default/web'),
  })
  await aws
    .clients()
    .elbv2.send(new AddTagsCommand({ ResourceArns: [left!.arn], Tags: [{ Key: 'weir.dev/adopt', Value: 'default/web' }] }))
  aws.advance(60_000)
  expect((await other.look(wanting)).ingress).toEqual([{ hostname: left!.dnsName.toLowerCase() }])
})
