// What the fake does beyond the contract: time, faults, quotas, throttling, stale reads, credentials, the log.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as elbv2Model from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetHealthCommand,
  ModifyListenerCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2'
import { DescribeCertificateCommand, ImportCertificateCommand, ListCertificatesCommand } from '@aws-sdk/client-acm'
import { expect, test } from 'vitest'
import { simulatedClock } from '../../src/kubernetes/simulated-clock.ts'
import { attempt } from '../lab/command.ts'
import { selfSigned } from './certificate-files.ts'
import { refusal } from './contract/subject.ts'
import { fakeAws } from './fake-aws.ts'
import type { FakeAws, FakeAwsOptions } from './fake-aws.ts'
import { errorsIn } from './protocols/shapes.ts'
import { awsLikeBuckets } from './throttle.ts'

/** An account with a VPC, a network load balancer, a target group of addresses, and a listener between them. */
async function account(options: FakeAwsOptions = {}) {
  const aws = await fakeAws(options)
  const vpc = aws.createVpc()
  const clients = aws.clients()
  const { elbv2 } = clients
  const balancer = async (Name = 'web') => {
    const input = { Name, Type: 'network' as const, Subnets: vpc.publicSubnets.map(subnet => subnet.id) }
    const { LoadBalancers } = await elbv2.send(new CreateLoadBalancerCommand(input))
    return LoadBalancers?.[0]?.LoadBalancerArn ?? ''
  }
  const group = async (Name = 'web') => {
    const input = { Name, Protocol: 'TCP' as const, Port: 80, VpcId: vpc.id, TargetType: 'ip' as const }
    const { TargetGroups } = await elbv2.send(new CreateTargetGroupCommand(input))
    return TargetGroups?.[0]?.TargetGroupArn ?? ''
  }
  const listener = async (LoadBalancerArn: string, TargetGroupArn: string, Port = 80) => {
    const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn }]
    const { Listeners } = await elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'TCP', Port, DefaultActions }))
    return Listeners?.[0]?.ListenerArn ?? ''
  }
  const register = (TargetGroupArn: string, ...ids: string[]) =>
    elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: ids.map(Id => ({ Id })) }))
  const health = async (TargetGroupArn: string) => {
    const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }))
    return TargetHealthDescriptions?.map(found => found.TargetHealth?.State)
  }
  return {
    aws,
    vpc,
    ...clients,
    balancer,
    group,
    listener,
    register,
    health,
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  }
}

const describeBalancers = new DescribeLoadBalancersCommand({})

test('time makes a load balancer active, its target healthy, and a draining target leave', async () => {
  const clock = simulatedClock()
  await using site = await account({ clock, timings: { provisioningMs: 60_000, initialHealthMs: 10_000 } })
  const group = await site.group()
  await site.listener(await site.balancer(), group)
  await site.register(group, '10.0.0.9')
  expect(await site.health(group)).toEqual(['initial'])
  await clock.advance(60_000)
  expect(await site.health(group)).toEqual(['initial'])
  await clock.advance(10_000)
  expect(await site.health(group)).toEqual(['healthy'])
  const delay = { Key: 'deregistration_delay.timeout_seconds', Value: '5' }
  await site.elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes: [delay] }))
  await site.elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: '10.0.0.9' }] }))
  expect(await site.health(group)).toEqual(['draining'])
  await clock.advance(5000)
  expect(await site.health(group)).toEqual([])
})

test('health begins to be checked when the group is used, not when the target is registered', async () => {
  await using site = await account({ timings: { provisioningMs: 0, initialHealthMs: 10_000 } })
  const [balancer, group] = [await site.balancer(), await site.group()]
  await site.register(group, '10.0.0.9')
  site.aws.advance(60_000)
  expect(await site.health(group)).toEqual(['unused'])
  await site.listener(balancer, group)
  expect(await site.health(group)).toEqual(['initial'])
  site.aws.advance(10_000)
  expect(await site.health(group)).toEqual(['healthy'])
})

test('a target in a zone that the load balancer does not have is unused', async () => {
  await using site = await account({ timings: { provisioningMs: 0, initialHealthMs: 0 } })
  const group = await site.group()
  const Subnets = site.vpc.publicSubnets.slice(0, 1).map(subnet => subnet.id)
  const { LoadBalancers } = await site.elbv2.send(new CreateLoadBalancerCommand({ Name: 'one-zone', Type: 'network', Subnets }))
  await site.listener(LoadBalancers?.[0]?.LoadBalancerArn ?? '', group)
  await site.register(group, '10.0.0.9', '10.0.16.9')
  expect(await site.health(group)).toEqual(['healthy', 'unused'])
})

test('a test decides over the health of a target', async () => {
  await using site = await account({ timings: { provisioningMs: 0, initialHealthMs: 0 } })
  const group = await site.group()
  await site.listener(await site.balancer(), group)
  await site.register(group, '10.0.0.9', '10.0.0.10')
  site.aws.setHealth('10.0.0.9', 'unhealthy')
  expect(await site.health(group)).toEqual(['unhealthy', 'healthy'])
  site.aws.setHealth('10.0.0.9', undefined)
  expect(await site.health(group)).toEqual(['healthy', 'healthy'])
})

test('a watch sees the moment in which a listener had no healthy target', async () => {
  await using site = await account({ timings: { provisioningMs: 0, initialHealthMs: 1000 } })
  const [old, fresh] = [await site.group('old'), await site.group('fresh')]
  const ListenerArn = await site.listener(await site.balancer(), old)
  await site.register(old, '10.0.0.9')
  await site.register(fresh, '10.0.0.9')
  site.aws.advance(1000)
  const watch = site.aws.watch(ListenerArn)
  expect(watch.lowest.healthy).toBe(1)
  await site.elbv2.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: [{ Type: 'forward', TargetGroupArn: fresh }] }))
  site.aws.advance(1000)
  expect(watch).toMatchObject({ healthy: 1, lowest: { healthy: 0 } })
})

test('interfaces outlive their load balancer for a while and keep its security group', async () => {
  await using site = await account({ timings: { interfacesLingerMs: 20_000 } })
  const { GroupId } = await site.ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'g', VpcId: site.vpc.id }),
  )
  const Subnets = site.vpc.publicSubnets.map(subnet => subnet.id)
  const input = { Name: 'web', Type: 'network' as const, Subnets, SecurityGroups: [GroupId ?? ''] }
  const { LoadBalancers } = await site.elbv2.send(new CreateLoadBalancerCommand(input))
  await site.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn }))
  expect(await refusal(site.ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toBe('DependencyViolation')
  expect((await site.ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces).toHaveLength(3)
  site.aws.advance(20_000)
  expect((await site.ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces).toHaveLength(0)
  expect(await refusal(site.ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toBe('accepted')
})

test('a target group counts as used for a moment after its listener', async () => {
  await using site = await account({ timings: { targetGroupsLingerMs: 3000 } })
  const [balancer, group] = [await site.balancer(), await site.group()]
  await site.listener(balancer, group)
  await site.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: balancer }))
  const remove = () => refusal(site.elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn: group })))
  expect(await remove()).toBe('ResourceInUseException')
  site.aws.advance(3000)
  expect(await remove()).toBe('accepted')
})

test('a load balancer takes addresses of its subnets, and one too small is refused', async () => {
  await using aws = await fakeAws()
  const vpc = aws.createVpc({ free: 8 })
  const { elbv2, ec2 } = aws.clients()
  const create = (Name: string) =>
    elbv2.send(new CreateLoadBalancerCommand({ Name, Type: 'network', Subnets: vpc.publicSubnets.map(subnet => subnet.id) }))
  await create('one')
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [vpc.publicSubnets[0]?.id ?? ''] }))
  expect(Subnets?.[0]?.AvailableIpAddressCount).toBe(7)
  expect(await refusal(create('two'))).toBe('InvalidSubnetException')
})

test('an Elastic IP address serves one load balancer', async () => {
  await using site = await account()
  const AllocationId = site.aws.createAddress()
  const create = (Name: string, subnet: number) => {
    const SubnetMappings = [{ SubnetId: site.vpc.publicSubnets[subnet]?.id, AllocationId }]
    return site.elbv2.send(new CreateLoadBalancerCommand({ Name, Type: 'network', SubnetMappings }))
  }
  expect(await refusal(create('one', 0))).toBe('accepted')
  expect(await refusal(create('two', 1))).toBe('ResourceInUseException')
  expect(await refusal(create('one', 0))).toBe('accepted')
})

test('a read may be older than the last write', async () => {
  await using site = await account({ timings: { staleReadMs: 2000 } })
  const arn = await site.balancer()
  expect((await site.elbv2.send(describeBalancers)).LoadBalancers).toEqual([])
  const byArn = new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] })
  expect(await refusal(site.elbv2.send(byArn))).toBe('LoadBalancerNotFoundException')
  site.aws.advance(2000)
  expect((await site.elbv2.send(byArn)).LoadBalancers).toHaveLength(1)
  expect(await site.balancer()).toBe(arn)
})

test('a deleted load balancer may still be described', async () => {
  await using site = await account({ timings: { staleReadMs: operation => (operation === 'DescribeLoadBalancers' ? 1000 : 0) } })
  const LoadBalancerArn = await site.balancer()
  site.aws.advance(5000)
  await site.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
  expect((await site.elbv2.send(describeBalancers)).LoadBalancers).toHaveLength(1)
  site.aws.advance(1000)
  expect((await site.elbv2.send(describeBalancers)).LoadBalancers).toEqual([])
})

test('a security group made a moment ago may not be known yet', async () => {
  await using site = await account({ timings: { staleReferenceMs: 1000 } })
  const { GroupId } = await site.ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'g', VpcId: site.vpc.id }),
  )
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
  const authorize = () => site.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
  expect(await refusal(authorize())).toBe('InvalidGroup.NotFound')
  site.aws.advance(1000)
  expect(await refusal(authorize())).toBe('accepted')
})

test('a call fails before its effect, or after it', async () => {
  await using site = await account()
  site.aws.fail({ operation: 'CreateLoadBalancer', when: 'before', error: 'Throttling' })
  expect(await refusal(site.balancer())).toBe('Throttling')
  expect(site.aws.world.loadBalancers.values()).toHaveLength(0)
  site.aws.fail({ operation: 'CreateLoadBalancer', when: 'after', error: 'InternalFailure' })
  expect(await refusal(site.balancer())).toBe('InternalFailure')
  expect(site.aws.world.loadBalancers.values()).toHaveLength(1)
  expect(site.aws.calls.entries.map(call => [call.outcome, call.effective])).toEqual([
    ['Throttling', false],
    ['InternalFailure', true],
  ])
})

test('the second of the calls that match fails, and as often as asked', async () => {
  await using site = await account()
  using fault = site.aws.fail({
    operation: 'elasticloadbalancing:*',
    when: 'before',
    nth: 2,
    times: 2,
    error: { code: 'Busy', status: 503 },
  })
  const names = ['one', 'two', 'three', 'four']
  const outcomes = []
  for (const name of names) outcomes.push(await refusal(site.balancer(name)))
  expect(outcomes).toEqual(['accepted', 'Busy', 'Busy', 'accepted'])
  expect(fault.hits).toBe(2)
})

test('a misspelt operation cannot fail or be denied', async () => {
  await using aws = await fakeAws()
  expect(() => aws.fail({ operation: 'CreateLoadbalancer', when: 'before', error: 'reset' })).toThrow(
    'no operation CreateLoadbalancer',
  )
  expect(() => aws.deny('elb:CreateLoadBalancer')).toThrow('no action elb:CreateLoadBalancer')
})

test('a connection breaks after the effect', async () => {
  await using site = await account()
  site.aws.fail({ operation: 'CreateTargetGroup', when: 'after', error: 'reset' })
  expect(await refusal(site.group())).toMatch(/Error/)
  expect(site.aws.world.targetGroups.values()).toHaveLength(1)
})

test('an answer that never comes ends with the abort signal of the caller', async () => {
  await using site = await account()
  site.aws.fail({ operation: 'DescribeLoadBalancers', when: 'before', error: 'timeout' })
  const call = site.elbv2.send(describeBalancers, { abortSignal: AbortSignal.timeout(50) })
  expect(await refusal(call)).toBe('AbortError')
  expect(site.aws.calls.entries.at(-1)?.outcome).toBe('timeout')
})

test('AWS is away until it comes back', async () => {
  await using site = await account()
  const outage = site.aws.away()
  expect(await refusal(site.elbv2.send(describeBalancers))).not.toBe('accepted')
  await outage.reached
  outage[Symbol.dispose]()
  expect(await refusal(site.elbv2.send(describeBalancers))).toBe('accepted')
})

test('what is denied names its action, each service in its own words', async () => {
  await using site = await account()
  for (const action of ['elasticloadbalancing:DescribeLoadBalancers', 'ec2:DescribeSubnets', 'acm:*']) site.aws.deny(action)
  await expect(site.elbv2.send(describeBalancers)).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('elasticloadbalancing:DescribeLoadBalancers'),
  })
  await expect(site.ec2.send(new DescribeSubnetsCommand({}))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
    message: expect.stringContaining('ec2:DescribeSubnets'),
  })
  await expect(site.acm.send(new ListCertificatesCommand({}))).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('credentials expire, and fresh ones work', async () => {
  await using site = await account()
  await site.balancer()
  const expired = site.aws.expireCredentials()
  expect(await refusal(site.elbv2.send(describeBalancers))).toBe('ExpiredToken')
  const fresh = site.aws.clients({ accessKeyId: 'AKIAFRESH' })
  expect(await refusal(fresh.elbv2.send(describeBalancers))).toBe('accepted')
  expired[Symbol.dispose]()
  expect(await refusal(site.elbv2.send(describeBalancers))).toBe('accepted')
})

/** A signed form, as the SDK's STS client sends it. */
async function sts(aws: FakeAws, accessKeyId: string, form: Record<string, string>): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/${aws.region}/sts/aws4_request, SignedHeaders=host, Signature=0`
  const body = new URLSearchParams({ Version: '2011-06-15', ...form })
  return (await fetch(aws.endpoint, { method: 'POST', headers: { authorization }, body })).text()
}

test('a role gives out keys that end', async () => {
  await using aws = await fakeAws()
  const RoleArn = `arn:aws:iam::${aws.account}:role/weir`
  const role = { Action: 'AssumeRole', RoleArn, RoleSessionName: 'test', DurationSeconds: '900' }
  const [, key = ''] = /<AccessKeyId>(.+)<\/AccessKeyId>/.exec(await sts(aws, 'AKIAFAKE', role)) ?? []
  expect(await sts(aws, key, { Action: 'GetCallerIdentity' })).toContain(`<Account>${aws.account}</Account>`)
  const { elbv2 } = aws.clients({ accessKeyId: key })
  expect(await refusal(elbv2.send(describeBalancers))).toBe('accepted')
  aws.advance(900_000)
  expect(await refusal(elbv2.send(describeBalancers))).toBe('ExpiredToken')
})

test('a program with a web identity token finds its way here by the environment', async () => {
  await using aws = await fakeAws()
  const folder = mkdtempSync(join(tmpdir(), 'weir-token-'))
  const token = join(folder, 'token')
  writeFileSync(token, 'token')
  const program = `
    import { DescribeLoadBalancersCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
    await new ElasticLoadBalancingV2Client({}).send(new DescribeLoadBalancersCommand({}))`
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...environment } = aws.environment
  const env = { ...environment, AWS_ROLE_ARN: `arn:aws:iam::${aws.account}:role/weir`, AWS_WEB_IDENTITY_TOKEN_FILE: token }
  const output = await attempt([process.execPath, '--input-type=module', '-e', program], { env, cwd: import.meta.dirname })
  rmSync(folder, { recursive: true })
  expect(output).toMatchObject({ code: 0 })
  expect(aws.calls.entries.map(call => call.operation)).toEqual(['AssumeRoleWithWebIdentity', 'DescribeLoadBalancers'])
})

test('each class of calls has its own bucket, and time fills it', async () => {
  const clock = simulatedClock()
  await using site = await account({
    clock,
    throttle: { 'elb-read': { burst: 2, perSecond: 1 }, 'ec2-read': { burst: 1, perSecond: 1 } },
  })
  const read = () => refusal(site.elbv2.send(describeBalancers))
  expect([await read(), await read(), await read()]).toEqual(['accepted', 'accepted', 'Throttling'])
  expect(await refusal(site.balancer())).toBe('accepted')
  expect(await refusal(site.ec2.send(new DescribeSubnetsCommand({})))).toBe('accepted')
  expect(await refusal(site.ec2.send(new DescribeSubnetsCommand({})))).toBe('RequestLimitExceeded')
  await clock.advance(1000)
  expect([await read(), await read()]).toEqual(['accepted', 'Throttling'])
  site.aws.throttle(awsLikeBuckets)
  expect(await read()).toBe('accepted')
})

test('quotas can be set', async () => {
  await using site = await account({ quotas: { listenersPerLoadBalancer: 1, targetsPerTargetGroup: 2, networkLoadBalancers: 1 } })
  const [balancer, group] = [await site.balancer(), await site.group()]
  await site.listener(balancer, group)
  expect(await refusal(site.listener(balancer, group, 81))).toBe('TooManyListenersException')
  expect(await refusal(site.balancer('two'))).toBe('TooManyLoadBalancersException')
  expect(await refusal(site.register(group, '10.0.0.9', '10.0.0.10', '10.0.0.11'))).toBe('TooManyTargetsException')
})

test('a marker is good only for the list it was given out for', async () => {
  await using site = await account()
  for (const name of ['one', 'two', 'three']) await site.balancer(name)
  const { NextMarker } = await site.elbv2.send(new DescribeLoadBalancersCommand({ PageSize: 1 }))
  const wrong = new DescribeListenersCommand({ LoadBalancerArn: await site.balancer('one'), Marker: NextMarker })
  expect(await refusal(site.elbv2.send(wrong))).toBe('ValidationError')
})

test('security groups come in pages and are not asked for by page and id at once', async () => {
  await using aws = await fakeAws()
  const vpc = aws.createVpc()
  const { ec2 } = aws.clients()
  for (let index = 0; index < 7; index++) aws.createSecurityGroup({ vpcId: vpc.id, name: `g${index}` })
  const first = await ec2.send(new DescribeSecurityGroupsCommand({ MaxResults: 5 }))
  const second = await ec2.send(new DescribeSecurityGroupsCommand({ MaxResults: 5, NextToken: first.NextToken }))
  expect([first.SecurityGroups?.length, second.SecurityGroups?.length, second.NextToken]).toEqual([5, 3, undefined])
  const both = new DescribeSecurityGroupsCommand({ MaxResults: 5, GroupIds: [vpc.defaultSecurityGroup] })
  expect(await refusal(ec2.send(both))).toBe('InvalidParameterCombination')
})

test('a certificate is imported with its names, and not with the key of another one', async () => {
  await using aws = await fakeAws()
  const { acm } = aws.clients()
  const [one, two] = [await selfSigned('a.example.com'), await selfSigned('b.example.com')]
  const { CertificateArn } = await acm.send(new ImportCertificateCommand({ Certificate: one.certificate, PrivateKey: one.key }))
  const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }))
  expect(Certificate).toMatchObject({
    DomainName: 'a.example.com',
    SubjectAlternativeNames: ['a.example.com'],
    KeyAlgorithm: 'RSA_2048',
  })
  const mixed = acm.send(new ImportCertificateCommand({ Certificate: one.certificate, PrivateKey: two.key }))
  expect(await refusal(mixed)).toBe('ValidationException')
})

test('certificates with keys other than RSA are listed only when asked for', async () => {
  await using aws = await fakeAws()
  const { acm } = aws.clients()
  aws.createCertificate({ domain: 'a.example.com', keyAlgorithm: 'EC_prime256v1' })
  expect((await acm.send(new ListCertificatesCommand({}))).CertificateSummaryList).toEqual([])
  const all = await acm.send(new ListCertificatesCommand({ Includes: { keyTypes: ['EC_prime256v1'] } }))
  expect(all.CertificateSummaryList).toHaveLength(1)
})

test('the log counts calls by operation and from a mark on', async () => {
  await using site = await account()
  await site.balancer()
  const mark = site.aws.calls.mark()
  await site.balancer('two')
  await site.elbv2.send(describeBalancers)
  expect(site.aws.calls.counts()).toEqual({ CreateLoadBalancer: 2, DescribeLoadBalancers: 1 })
  expect(site.aws.calls.since(mark).counts()).toEqual({ CreateLoadBalancer: 1, DescribeLoadBalancers: 1 })
  const byHand = site.aws.clients({ accessKeyId: 'AKIAHAND' })
  await byHand.elbv2.send(describeBalancers)
  expect(site.aws.calls.by('AKIAHAND').count()).toBe(1)
  expect(site.aws.calls.since(mark).text()).toMatch(/^2 elasticloadbalancing:CreateLoadBalancer Name=two .* → ok\n3 /)
})

test('a parameter that the model does not have is refused', async () => {
  await using aws = await fakeAws()
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIAFAKE/20260101/${aws.region}/ec2/aws4_request, SignedHeaders=host, Signature=0`
  const call = (body: string) => fetch(aws.endpoint, { method: 'POST', headers: { authorization }, body })
  const answer = await call('Action=DescribeSubnets&Version=2016-11-15&SubnetID.1=subnet-1')
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('<Code>UnknownParameter</Code>')])
})

test('a request without a signature is refused', async () => {
  await using aws = await fakeAws()
  const answer = await fetch(aws.endpoint, { method: 'POST', body: 'Action=DescribeLoadBalancers&Version=2015-12-01' })
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('MissingAuthenticationToken')])
})

test('two accounts of the same seed have the same identifiers', async () => {
  await using one = await fakeAws()
  await using two = await fakeAws()
  await using other = await fakeAws({ seed: 'other' })
  const ids = (aws: FakeAws) => aws.createVpc().publicSubnets.map(subnet => subnet.id)
  const first = ids(one)
  expect(ids(two)).toEqual(first)
  expect(ids(other)).not.toEqual(first)
})

/** Codes that no operation models (Common Errors of the API reference), and what AWS was seen to answer beside them. */
const commonCodes = new Set(['ValidationError', 'UnsupportedCertificate', 'NotImplemented'])

test('every code that Elastic Load Balancing answers with is one of its model or a common one', () => {
  const modelled = new Set(errorsIn(elbv2Model).map(error => error.code))
  const folder = join(import.meta.dirname, 'elbv2')
  const sources = readdirSync(folder).map(file => readFileSync(join(folder, file), 'utf8'))
  const codes = sources.flatMap(source => [...source.matchAll(/awsError\(\s*'(\w+)'/g)].map(([, code = '']) => code))
  expect(codes.length).toBeGreaterThan(50)
  expect(codes.filter(code => !modelled.has(code) && !commonCodes.has(code))).toEqual([])
})
