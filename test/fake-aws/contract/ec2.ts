// The contract of what is used of EC2: networks, security groups, instances, tags.
import { DeleteLoadBalancerCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import { expect } from 'vitest'
import { allow, network, securityGroup } from './makers.ts'
import type { ContractTest, Subject } from './subject.ts'
import { refusal, sentence } from './subject.ts'

async function ranges({ ec2 }: Subject, id: string): Promise<readonly string[]> {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }))
  return (SecurityGroups?.[0]?.IpPermissions ?? [])
    .flatMap(found => found.IpRanges?.map(range => range.CidrIp ?? '') ?? [])
    .toSorted()
}

const authorize = ({ ec2 }: Subject, GroupId: string, ...cidrs: string[]) =>
  ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: cidrs.map(allow) }))

export const ec2Contract: readonly ContractTest[] = [
  sentence('subnets are found by VPC and zone', async subject => {
    const Filters = [
      { Name: 'vpc-id', Values: [subject.site.vpcId] },
      { Name: 'availability-zone', Values: [subject.site.zones[1]] },
    ]
    const { Subnets } = await subject.ec2.send(new DescribeSubnetsCommand({ Filters }))
    const expected = [subject.site.subnets[1], subject.site.privateSubnets[1]]
    expect(Subnets?.map(subnet => subnet.SubnetId).toSorted()).toEqual(expected.toSorted())
  }),
  sentence('subnets are found by a tag with a wildcard', async subject => {
    await subject.ec2.send(
      new CreateTagsCommand({ Resources: [subject.site.subnets[0]], Tags: [{ Key: 'team', Value: 'payments' }] }),
    )
    const { Subnets } = await subject.ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'tag:team', Values: ['pay*'] }] }))
    expect(Subnets?.map(subnet => subnet.SubnetId)).toEqual([subject.site.subnets[0]])
  }),
  sentence('a subnet that does not exist is not found', async subject => {
    const call = subject.ec2.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-0123456789abcdef0'] }))
    expect(await refusal(call)).toBe('InvalidSubnetID.NotFound')
  }),
  sentence('a VPC tells its ranges', async subject => {
    const { Vpcs } = await subject.ec2.send(new DescribeVpcsCommand({ VpcIds: [subject.site.vpcId] }))
    expect(Vpcs?.[0]?.CidrBlockAssociationSet?.map(found => found.CidrBlock)).toEqual(['10.0.0.0/16'])
  }),
  sentence('public subnets have a route to an internet gateway', async subject => {
    const Filters = [{ Name: 'association.subnet-id', Values: [subject.site.subnets[0]] }]
    const { RouteTables } = await subject.ec2.send(new DescribeRouteTablesCommand({ Filters }))
    expect(RouteTables?.[0]?.Routes?.some(route => route.GatewayId?.startsWith('igw-'))).toBe(true)
  }),
  sentence('availability zones have ids', async subject => {
    const { AvailabilityZones } = await subject.ec2.send(
      new DescribeAvailabilityZonesCommand({ ZoneNames: [subject.site.zones[0]] }),
    )
    expect(AvailabilityZones?.[0]?.ZoneId).toMatch(/^use1-az\d$/)
  }),
  sentence('an instance tells its zone, address and groups', async subject => {
    const [id] = subject.site.instances
    const { Reservations } = await subject.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    const instance = Reservations?.[0]?.Instances?.[0]
    expect(instance).toMatchObject({
      InstanceId: id,
      State: { Name: 'running' },
      Placement: { AvailabilityZone: subject.site.zones[0] },
    })
    expect(instance?.NetworkInterfaces?.[0]?.Groups).toHaveLength(1)
  }),
  sentence('an instance that does not exist is not found', async subject => {
    const call = subject.ec2.send(new DescribeInstancesCommand({ InstanceIds: ['i-0123456789abcdef0'] }))
    expect(await refusal(call)).toBe('InvalidInstanceID.NotFound')
  }),
  sentence('a security group is made with tags and found by them', async subject => {
    const TagSpecifications = [{ ResourceType: 'security-group' as const, Tags: [{ Key: 'owner', Value: 'weir' }] }]
    const input = { GroupName: 'web', Description: 'web', VpcId: subject.site.vpcId, TagSpecifications }
    const { GroupId } = await subject.ec2.send(new CreateSecurityGroupCommand(input))
    const { SecurityGroups } = await subject.ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'tag:owner', Values: ['weir'] }] }),
    )
    expect(SecurityGroups?.map(group => group.GroupId)).toEqual([GroupId])
  }),
  sentence('a new security group lets everything out', async subject => {
    const id = await securityGroup(subject)
    const { SecurityGroups } = await subject.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }))
    expect(SecurityGroups?.[0]?.IpPermissionsEgress).toMatchObject([{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }])
  }),
  sentence('a group name is used once in a VPC', async subject => {
    await securityGroup(subject)
    expect(await refusal(securityGroup(subject))).toBe('InvalidGroup.Duplicate')
  }),
  sentence('a rule that is there already is a duplicate, and nothing is added', async subject => {
    const id = await securityGroup(subject)
    expect(await refusal(authorize(subject, id, '10.0.0.0/8', '0.0.0.0/0'))).toBe('InvalidPermission.Duplicate')
    expect(await ranges(subject, id)).toEqual(['0.0.0.0/0'])
  }),
  sentence('rules are added and revoked', async subject => {
    const id = await securityGroup(subject)
    await authorize(subject, id, '10.0.0.0/8')
    await subject.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: [allow('0.0.0.0/0')] }))
    expect(await ranges(subject, id)).toEqual(['10.0.0.0/8'])
  }),
  sentence('a rule can be revoked by its id', async subject => {
    const id = await securityGroup(subject)
    const { SecurityGroupRules } = await subject.ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [id] }] }),
    )
    const rule = SecurityGroupRules?.find(found => found.IsEgress === false)
    await subject.ec2.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: id, SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ''] }),
    )
    expect(await ranges(subject, id)).toEqual([])
  }),
  sentence('a rule that is not there cannot be revoked', async subject => {
    const id = await securityGroup(subject)
    const call = subject.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: id, IpPermissions: [allow('10.0.0.0/8')] }))
    expect(await refusal(call)).toBe('InvalidPermission.NotFound')
  }),
  sentence('a range loses the bits behind its mask', async subject => {
    const id = await securityGroup(subject)
    await authorize(subject, id, '10.1.2.3/8')
    expect(await ranges(subject, id)).toEqual(['0.0.0.0/0', '10.0.0.0/8'])
  }),
  sentence('a range that is none is refused', async subject => {
    const id = await securityGroup(subject)
    expect(await refusal(authorize(subject, id, '10.0.0.0/33'))).toBe('InvalidParameterValue')
  }),
  sentence('a security group has at most 60 rules', async subject => {
    const id = await securityGroup(subject)
    await authorize(subject, id, ...Array.from({ length: 59 }, (_, index) => `10.0.${index}.0/24`))
    expect(await refusal(authorize(subject, id, '10.9.0.0/24'))).toBe('RulesPerSecurityGroupLimitExceeded')
  }),
  sentence('a security group that a load balancer has is not deleted', async subject => {
    const id = await securityGroup(subject)
    await network(subject, { SecurityGroups: [id] })
    expect(await refusal(subject.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })))).toBe('DependencyViolation')
  }),
  sentence('a security group that a rule names is not deleted', async subject => {
    const [one, two] = [await securityGroup(subject, 'one'), await securityGroup(subject, 'two')]
    const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 2, UserIdGroupPairs: [{ GroupId: one }] }]
    await subject.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: two, IpPermissions }))
    expect(await refusal(subject.ec2.send(new DeleteSecurityGroupCommand({ GroupId: one })))).toBe('DependencyViolation')
  }),
  sentence('a security group is deleted after its load balancer and its interfaces', async subject => {
    const id = await securityGroup(subject)
    const { LoadBalancerArn } = await network(subject, { SecurityGroups: [id] })
    await subject.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
    subject.settle()
    expect(await refusal(subject.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })))).toBe('accepted')
    expect(await refusal(ranges(subject, id))).toBe('InvalidGroup.NotFound')
  }),
  sentence('a tag is deleted', async subject => {
    const [Resource] = subject.site.subnets
    await subject.ec2.send(
      new CreateTagsCommand({
        Resources: [Resource],
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    )
    await subject.ec2.send(new DeleteTagsCommand({ Resources: [Resource], Tags: [{ Key: 'a' }] }))
    const { Subnets } = await subject.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [Resource] }))
    expect(Subnets?.[0]?.Tags).toContainEqual({ Key: 'b', Value: '2' })
    expect(Subnets?.[0]?.Tags?.some(tag => tag.Key === 'a')).toBe(false)
  }),
]
