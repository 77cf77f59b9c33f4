// Load balancers beyond the contract: addresses, dual stack, capacity, deletion of what is in use.
import {
  CreateLoadBalancerCommand,
  DeleteLoadBalancerCommand,
  DescribeAccountLimitsCommand,
  DescribeCapacityReservationCommand,
  DescribeSSLPoliciesCommand,
  ModifyCapacityReservationCommand,
  ModifyLoadBalancerAttributesCommand,
  RegisterTargetsCommand,
  SetIpAddressTypeCommand,
  SetSubnetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { fakeSubject } from '../contract/fake-subject.ts'
import { application, group, listener, network, securityGroup, site } from '../contract/makers.ts'
import { refusal } from '../contract/subject.ts'

test('a fixed private address lies in its subnet, is free, and only an internal load balancer has one', async () => {
  await using subject = await fakeSubject()
  const [SubnetId] = subject.site.privateSubnets
  const create = (Name: string, PrivateIPv4Address: string, Scheme: 'internal' | 'internet-facing' = 'internal') =>
    network(subject, { Name, Scheme, SubnetMappings: [{ SubnetId, PrivateIPv4Address }] })
  expect(await refusal(create('far', '10.0.200.1'))).toBe('ValidationError')
  expect(await refusal(create('public', '10.0.48.10', 'internet-facing'))).toBe('InvalidConfigurationRequestException')
  const made = await create('web', '10.0.48.10')
  expect(made.AvailabilityZones?.[0]?.LoadBalancerAddresses).toEqual([{ PrivateIPv4Address: '10.0.48.10' }])
  expect(await refusal(create('again', '10.0.48.10'))).toBe('ResourceInUseException')
})

test('Elastic IP addresses are for all zones or for none, and not for internal load balancers', async () => {
  await using subject = await fakeSubject()
  const { subnets, allocations } = subject.site
  const one = [{ SubnetId: subnets[0], AllocationId: allocations[0] }, { SubnetId: subnets[1] }]
  expect(await refusal(network(subject, { SubnetMappings: one }))).toBe('InvalidConfigurationRequestException')
  const internal = [{ SubnetId: subnets[0], AllocationId: allocations[0] }]
  expect(await refusal(network(subject, { Scheme: 'internal', SubnetMappings: internal }))).toBe(
    'InvalidConfigurationRequestException',
  )
})

test('a VPC without an internet gateway has no internet-facing load balancer', async () => {
  await using subject = await fakeSubject()
  const closed = subject.aws.createVpc({ number: 1, public: false })
  const Subnets = closed.privateSubnets.map(subnet => subnet.id)
  expect(await refusal(network(subject, { Subnets }))).toBe('InvalidSubnetException')
  expect(await refusal(network(subject, { Subnets, Scheme: 'internal' }))).toBe('accepted')
})

test('dual stack needs subnets with IPv6, and UDP on it needs source NAT and IPv6 targets', async () => {
  await using subject = await fakeSubject()
  const fours = subject.aws.createVpc({ number: 1 })
  const only4 = { Name: 'four', IpAddressType: 'dualstack' as const, Subnets: fours.publicSubnets.map(subnet => subnet.id) }
  expect(await refusal(network(subject, only4))).toBe('ValidationError')

  const plain = await network(subject, { Name: 'plain', IpAddressType: 'dualstack' })
  const udp = { Protocol: 'UDP' as const, Port: 53 }
  const six = await group(subject, { Name: 'six', TargetType: 'ip', IpAddressType: 'ipv6', ...udp })
  const four = await group(subject, { Name: 'four', TargetType: 'ip', ...udp })
  const on = (balancer: string, target: string) => refusal(listener(subject, balancer, target, udp))
  expect(await on(plain.LoadBalancerArn, six.TargetGroupArn)).toBe('InvalidConfigurationRequestException')
  const nat = await network(subject, { Name: 'nat', IpAddressType: 'dualstack', EnablePrefixForIpv6SourceNat: 'on' })
  expect(await on(nat.LoadBalancerArn, four.TargetGroupArn)).toBe('InvalidConfigurationRequestException')
  expect(await on(nat.LoadBalancerArn, six.TargetGroupArn)).toBe('accepted')
})

test('IPv6 targets keep a load balancer on dual stack', async () => {
  await using subject = await fakeSubject()
  const { LoadBalancerArn } = await network(subject, { IpAddressType: 'dualstack' })
  const six = await group(subject, { TargetType: 'ip', IpAddressType: 'ipv6' })
  const ipv4 = new SetIpAddressTypeCommand({ LoadBalancerArn, IpAddressType: 'ipv4' })
  await listener(subject, LoadBalancerArn, six.TargetGroupArn)
  expect(await refusal(subject.elbv2.send(ipv4))).toBe('InvalidConfigurationRequestException')
  const other = await network(subject, { Name: 'other' })
  const target = await group(subject, { Name: 'other-six', TargetType: 'ip', IpAddressType: 'ipv6' })
  expect(await refusal(listener(subject, other.LoadBalancerArn, target.TargetGroupArn))).toBe(
    'InvalidConfigurationRequestException',
  )
})

test('a subnet is exchanged within a zone in two calls', async () => {
  await using subject = await fakeSubject()
  const [first, second] = subject.site.subnets
  const { LoadBalancerArn } = await network(subject, { Subnets: [first, second] })
  const set = (...Subnets: string[]) => refusal(subject.elbv2.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets })))
  expect(await set(subject.site.sameZoneSubnet, second)).toBe('InvalidConfigurationRequestException')
  expect(await set(second)).toBe('accepted')
  expect(await set(subject.site.sameZoneSubnet, second)).toBe('accepted')
})

test('capacity is pending, then provisioned, and is not changed meanwhile', async () => {
  await using subject = await fakeSubject()
  const { LoadBalancerArn } = await network(subject)
  const reserve = (CapacityUnits: number) =>
    refusal(
      subject.elbv2.send(
        new ModifyCapacityReservationCommand({ LoadBalancerArn, MinimumLoadBalancerCapacity: { CapacityUnits } }),
      ),
    )
  const state = async () => {
    const output = await subject.elbv2.send(new DescribeCapacityReservationCommand({ LoadBalancerArn }))
    return output.CapacityReservationState?.map(zone => zone.State?.Code)
  }
  expect(await reserve(9000)).toBe('InvalidConfigurationRequestException')
  subject.settle()
  expect(await reserve(100)).toBe('InvalidConfigurationRequestException')
  expect(await reserve(9000)).toBe('accepted')
  expect(await state()).toEqual(['pending', 'pending', 'pending'])
  expect(await reserve(12_000)).toBe('CapacityReservationPendingException')
  subject.settle()
  expect(await state()).toEqual(['provisioned', 'provisioned', 'provisioned'])
  await subject.elbv2.send(new ModifyCapacityReservationCommand({ LoadBalancerArn, ResetCapacityReservation: true }))
  expect(await state()).toBeUndefined()
})

test('an application load balancer that is a target is not deleted', async () => {
  await using subject = await fakeSubject()
  const { balancer } = await site(subject)
  const front = await network(subject)
  const target = await group(subject, { TargetType: 'alb' })
  const Targets = [{ Id: balancer }]
  await subject.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: target.TargetGroupArn, Targets }))
  await listener(subject, front.LoadBalancerArn, target.TargetGroupArn)
  expect(await refusal(subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: balancer })))).toBe(
    'ResourceInUseException',
  )
  await subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: front.LoadBalancerArn }))
  expect(await refusal(subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: balancer })))).toBe('accepted')
})

test('logs need a bucket, and attributes belong to one kind of load balancer', async () => {
  await using subject = await fakeSubject()
  const balancers = { network: await network(subject), application: await application(subject) }
  const modify = (kind: keyof typeof balancers, Key: string, Value: string) => {
    const { LoadBalancerArn } = balancers[kind]
    return refusal(subject.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key, Value }] })))
  }
  expect(await modify('network', 'access_logs.s3.enabled', 'true')).toBe('InvalidConfigurationRequestException')
  expect(await modify('network', 'idle_timeout.timeout_seconds', '60')).toBe('InvalidConfigurationRequestException')
  expect(await modify('application', 'idle_timeout.timeout_seconds', '4001')).toBe('ValidationError')
  expect(await modify('application', 'load_balancing.cross_zone.enabled', 'false')).toBe('InvalidConfigurationRequestException')
  expect(await modify('network', 'secondary_ips.auto_assigned.per_subnet', '2')).toBe('accepted')
  expect(await modify('network', 'secondary_ips.auto_assigned.per_subnet', '1')).toBe('InvalidConfigurationRequestException')
})

test('an application load balancer without security groups gets the default one', async () => {
  await using subject = await fakeSubject()
  const first = await application(subject)
  expect(first.SecurityGroups).toEqual([subject.vpc.defaultSecurityGroup])
  expect((await application(subject)).LoadBalancerArn).toBe(first.LoadBalancerArn)
  const other = application(subject, { SecurityGroups: [await securityGroup(subject)] })
  expect(await refusal(other)).toBe('DuplicateLoadBalancerNameException')
})

test('a Gateway Load Balancer is refused by name', async () => {
  await using subject = await fakeSubject()
  const call = subject.elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'gw', Type: 'gateway', Subnets: [subject.site.subnets[0]] }),
  )
  expect(await refusal(call)).toBe('NotImplemented')
})

test('limits and policies are listed', async () => {
  await using subject = await fakeSubject({ quotas: { listenersPerLoadBalancer: 7 } })
  const { Limits } = await subject.elbv2.send(new DescribeAccountLimitsCommand({}))
  expect(Limits).toContainEqual({ Name: 'listeners-per-network-load-balancer', Max: '7' })
  const { SslPolicies } = await subject.elbv2.send(
    new DescribeSSLPoliciesCommand({ Names: ['ELBSecurityPolicy-TLS13-1-2-2021-06'] }),
  )
  expect(SslPolicies?.map(policy => policy.SslProtocols)).toEqual([['TLSv1.2', 'TLSv1.3']])
})
