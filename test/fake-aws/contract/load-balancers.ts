// The contract of load balancers.
import {
  AddTagsCommand,
  DeleteLoadBalancerCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ModifyLoadBalancerAttributesCommand,
  RemoveTagsCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2'
import { expect } from 'vitest'
import { application, network, securityGroup } from './makers.ts'
import type { ContractTest, Subject } from './subject.ts'
import { refusal, sentence } from './subject.ts'

const described = async ({ elbv2 }: Subject, ...LoadBalancerArns: string[]) =>
  (await elbv2.send(new DescribeLoadBalancersCommand({ LoadBalancerArns }))).LoadBalancers ?? []

const protect = (LoadBalancerArn: string) =>
  new ModifyLoadBalancerAttributesCommand({
    LoadBalancerArn,
    Attributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }],
  })

export const loadBalancerContract: readonly ContractTest[] = [
  sentence('a network load balancer has a DNS name and one place in each zone', async subject => {
    const balancer = await network(subject)
    expect(balancer.DNSName).toMatch(/^web-.+\.elb\..*amazonaws\.com$/)
    expect(balancer.AvailabilityZones?.map(zone => zone.ZoneName).toSorted()).toEqual([...subject.site.zones])
    expect(balancer).toMatchObject({ Type: 'network', VpcId: subject.site.vpcId })
  }),
  sentence('a load balancer faces the internet unless told otherwise', async subject => {
    expect((await network(subject)).Scheme).toBe('internet-facing')
  }),
  sentence('a load balancer has IPv4 addresses unless told otherwise', async subject => {
    expect((await network(subject)).IpAddressType).toBe('ipv4')
  }),
  sentence('a load balancer is provisioning at first', async subject => {
    const balancer = await network(subject)
    expect((await described(subject, balancer.LoadBalancerArn))[0]?.State?.Code).toBe('provisioning')
  }),
  sentence('a load balancer becomes active', async subject => {
    const balancer = await network(subject)
    subject.settle()
    expect((await described(subject, balancer.LoadBalancerArn))[0]?.State?.Code).toBe('active')
  }),
  sentence('creating a load balancer again with the same settings gives the same one', async subject => {
    const first = await network(subject)
    expect((await network(subject)).LoadBalancerArn).toBe(first.LoadBalancerArn)
  }),
  sentence('creating a load balancer of the same name with another scheme is refused', async subject => {
    await network(subject)
    const again = network(subject, { Scheme: 'internal', Subnets: [...subject.site.privateSubnets] })
    expect(await refusal(again)).toBe('DuplicateLoadBalancerNameException')
  }),
  sentence('a load balancer name has at most 32 characters', async subject => {
    expect(await refusal(network(subject, { Name: 'a'.repeat(33) }))).toBe('ValidationError')
  }),
  sentence('a load balancer name does not end with a hyphen', async subject => {
    expect(await refusal(network(subject, { Name: 'web-' }))).toBe('ValidationError')
  }),
  sentence('a load balancer name does not begin with internal-', async subject => {
    expect(await refusal(network(subject, { Name: 'internal-web' }))).toBe('ValidationError')
  }),
  sentence('an unknown subnet is refused', async subject => {
    expect(await refusal(network(subject, { Subnets: ['subnet-0123456789abcdef0'] }))).toBe('SubnetNotFoundException')
  }),
  sentence('two subnets in one zone are refused', async subject => {
    const Subnets = [subject.site.subnets[0], subject.site.sameZoneSubnet]
    expect(await refusal(network(subject, { Subnets }))).toBe('InvalidConfigurationRequestException')
  }),
  sentence('an application load balancer needs two zones', async subject => {
    expect(await refusal(application(subject, { Subnets: [subject.site.subnets[0]] }))).toBe('ValidationError')
  }),
  sentence('an unknown security group is refused', async subject => {
    expect(await refusal(network(subject, { SecurityGroups: ['sg-0123456789abcdef0'] }))).toBe('InvalidSecurityGroupException')
  }),
  sentence('an Elastic IP address is kept for its zone', async subject => {
    const { subnets, allocations } = subject.site
    const SubnetMappings = subnets.map((SubnetId, index) => ({ SubnetId, AllocationId: allocations[index] }))
    const balancer = await network(subject, { SubnetMappings })
    const kept = balancer.AvailabilityZones?.flatMap(zone => zone.LoadBalancerAddresses ?? []).map(
      address => address.AllocationId,
    )
    expect(kept?.toSorted()).toEqual(allocations.toSorted())
  }),
  sentence('an unknown allocation id is refused', async subject => {
    const SubnetMappings = [{ SubnetId: subject.site.subnets[0], AllocationId: 'eipalloc-0123456789abcdef0' }]
    expect(await refusal(network(subject, { SubnetMappings }))).toBe('AllocationIdNotFoundException')
  }),
  sentence('a network load balancer keeps the security groups it was created with', async subject => {
    const id = await securityGroup(subject)
    const balancer = await network(subject, { SecurityGroups: [id] })
    expect((await described(subject, balancer.LoadBalancerArn))[0]?.SecurityGroups).toEqual([id])
  }),
  sentence('a network load balancer created without security groups never gets any', async subject => {
    const { LoadBalancerArn } = await network(subject)
    const SecurityGroups = [await securityGroup(subject)]
    const call = subject.elbv2.send(new SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups }))
    expect(await refusal(call)).toBe('InvalidConfigurationRequestException')
  }),
  sentence('security groups can be replaced', async subject => {
    const [one, two] = [await securityGroup(subject, 'one'), await securityGroup(subject, 'two')]
    const { LoadBalancerArn } = await network(subject, { SecurityGroups: [one] })
    await subject.elbv2.send(new SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: [two] }))
    expect((await described(subject, LoadBalancerArn))[0]?.SecurityGroups).toEqual([two])
  }),
  sentence('a zone can be added and taken away', async subject => {
    const [first, second] = subject.site.subnets
    const { LoadBalancerArn } = await network(subject, { Subnets: [first] })
    await subject.elbv2.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets: [first, second] }))
    expect((await described(subject, LoadBalancerArn))[0]?.AvailabilityZones).toHaveLength(2)
    await subject.elbv2.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets: [second] }))
    expect((await described(subject, LoadBalancerArn))[0]?.AvailabilityZones?.map(zone => zone.SubnetId)).toEqual([second])
  }),
  sentence('a load balancer has an interface in each of its subnets', async subject => {
    await network(subject)
    const { NetworkInterfaces } = await subject.ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'description', Values: ['ELB net/web/*'] }] }),
    )
    expect(NetworkInterfaces?.map(found => found.SubnetId).toSorted()).toEqual(subject.site.subnets.toSorted())
  }),
  sentence('deletion protection is honoured', async subject => {
    const { LoadBalancerArn } = await network(subject)
    await subject.elbv2.send(protect(LoadBalancerArn))
    expect(await refusal(subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn })))).toBe(
      'OperationNotPermittedException',
    )
  }),
  sentence('a deleted load balancer is gone', async subject => {
    const { LoadBalancerArn } = await network(subject)
    await subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
    expect(await refusal(described(subject, LoadBalancerArn))).toBe('LoadBalancerNotFoundException')
  }),
  sentence('deleting a load balancer twice succeeds', async subject => {
    const { LoadBalancerArn } = await network(subject)
    await subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
    expect(await refusal(subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn })))).toBe('accepted')
  }),
  sentence('a name that no load balancer has is not found', async subject => {
    expect(await refusal(subject.elbv2.send(new DescribeLoadBalancersCommand({ Names: ['nobody'] })))).toBe(
      'LoadBalancerNotFoundException',
    )
  }),
  sentence('load balancers come in pages of the size asked for', async subject => {
    for (const Name of ['one', 'two', 'three']) await network(subject, { Name })
    const first = await subject.elbv2.send(new DescribeLoadBalancersCommand({ PageSize: 2 }))
    expect(first.LoadBalancers).toHaveLength(2)
    const second = await subject.elbv2.send(new DescribeLoadBalancersCommand({ PageSize: 2, Marker: first.NextMarker }))
    expect(second.LoadBalancers).toHaveLength(1)
    expect(second.NextMarker).toBeUndefined()
  }),
  sentence('at most 20 ARNs are described in one call', async subject => {
    const { LoadBalancerArn } = await network(subject)
    const LoadBalancerArns = Array.from({ length: 21 }, () => LoadBalancerArn)
    expect(await refusal(subject.elbv2.send(new DescribeLoadBalancersCommand({ LoadBalancerArns })))).toBe('ValidationError')
  }),
  sentence('attributes have defaults and keep what is set', async subject => {
    const { LoadBalancerArn } = await network(subject)
    const Attributes = [{ Key: 'load_balancing.cross_zone.enabled', Value: 'true' }]
    await subject.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }))
    const { Attributes: all } = await subject.elbv2.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }))
    expect(all).toContainEqual(Attributes[0])
    expect(all).toContainEqual({ Key: 'deletion_protection.enabled', Value: 'false' })
  }),
  sentence('a network load balancer describes its client routing policy', async subject => {
    const { LoadBalancerArn } = await network(subject)
    const { Attributes } = await subject.elbv2.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }))
    expect(Attributes).toContainEqual({ Key: 'dns_record.client_routing_policy', Value: 'any_availability_zone' })
  }),
  sentence('an unknown attribute is refused', async subject => {
    const { LoadBalancerArn } = await network(subject)
    const Attributes = [{ Key: 'load_balancing.cross_zones', Value: 'true' }]
    expect(await refusal(subject.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes })))).toBe(
      'ValidationError',
    )
  }),
  sentence('one call changes at most 20 attributes', async subject => {
    const { LoadBalancerArn } = await application(subject)
    const Attributes = Array.from({ length: 21 }, () => ({ Key: 'idle_timeout.timeout_seconds', Value: '60' }))
    expect(await refusal(subject.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes })))).toBe(
      'ValidationError',
    )
  }),
  sentence('tags are set at creation, added, replaced and removed', async subject => {
    const { LoadBalancerArn: arn } = await network(subject, {
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
    await subject.elbv2.send(
      new AddTagsCommand({
        ResourceArns: [arn],
        Tags: [
          { Key: 'b', Value: '3' },
          { Key: 'c', Value: '' },
        ],
      }),
    )
    await subject.elbv2.send(new RemoveTagsCommand({ ResourceArns: [arn], TagKeys: ['a', 'unknown'] }))
    const { TagDescriptions } = await subject.elbv2.send(new DescribeTagsCommand({ ResourceArns: [arn] }))
    expect(TagDescriptions?.[0]?.Tags?.map(tag => `${tag.Key}=${tag.Value}`).toSorted()).toEqual(['b=3', 'c='])
  }),
  sentence('the same tag key twice is refused', async subject => {
    const Tags = [
      { Key: 'a', Value: '1' },
      { Key: 'a', Value: '2' },
    ]
    expect(await refusal(network(subject, { Tags }))).toBe('DuplicateTagKeysException')
  }),
  sentence('tags of what does not exist are not found', async subject => {
    const { LoadBalancerArn } = await network(subject)
    const gone = LoadBalancerArn.replace(/[0-9a-f]{16}$/, '0123456789abcdef')
    expect(await refusal(subject.elbv2.send(new DescribeTagsCommand({ ResourceArns: [gone] })))).toBe(
      'LoadBalancerNotFoundException',
    )
  }),
]
