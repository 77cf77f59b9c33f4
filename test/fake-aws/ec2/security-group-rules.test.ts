// Security group rules and filters beyond the contract.
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeAddressesCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSubnetsCommand,
  RevokeSecurityGroupEgressCommand,
} from '@aws-sdk/client-ec2'
import type { IpPermission } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { fakeSubject } from '../contract/fake-subject.ts'
import { allow, network, securityGroup } from '../contract/makers.ts'
import { refusal } from '../contract/subject.ts'

const source = { IpRanges: [{ CidrIp: '10.0.0.0/8' }] }

const wrong: readonly (readonly [what: string, permission: IpPermission, answer: string])[] = [
  ['no protocol', source, 'MissingParameter'],
  ['TCP without ports', { IpProtocol: 'tcp', ...source }, 'InvalidParameterValue'],
  ['ports in the wrong order', { IpProtocol: 'tcp', FromPort: 81, ToPort: 80, ...source }, 'InvalidParameterValue'],
  ['a protocol that does not exist', { IpProtocol: 'carrier-pigeon', ...source }, 'InvalidPermission.Malformed'],
  ['an IPv6 block as IPv4', { ...allow('2001:db8::/32') }, 'InvalidParameterValue'],
  ['no source', { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 }, 'MissingParameter'],
  [
    'the same source twice',
    { ...allow('10.0.0.0/8'), IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '10.1.1.1/8' }] },
    'InvalidParameterValue',
  ],
  [
    'a group that does not exist',
    { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-0123456789abcdef0' }] },
    'InvalidGroup.NotFound',
  ],
  [
    'a prefix list that does not exist',
    { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-1' }] },
    'InvalidPrefixListID.NotFound',
  ],
  [
    'a description of 256 characters',
    { IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'a'.repeat(256) }] },
    'InvalidParameterValue',
  ],
]

for (const [what, permission, answer] of wrong) {
  test(`a permission with ${what}: ${answer}`, async () => {
    await using subject = await fakeSubject()
    const GroupId = await securityGroup(subject)
    const call = subject.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission] }))
    expect(await refusal(call)).toBe(answer)
  })
}

test('IPv4 and IPv6 rules are counted apart, and a prefix list counts with all its entries', async () => {
  await using subject = await fakeSubject({ quotas: { rulesPerSecurityGroup: 3 } })
  const GroupId = await securityGroup(subject)
  const authorize = (permission: IpPermission) =>
    refusal(subject.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [permission] })))
  const sixes = ['2001:db8::/32', '2001:db9::/32', '2001:dba::/32'].map(CidrIpv6 => ({ CidrIpv6 }))
  expect(await authorize({ IpProtocol: '-1', Ipv6Ranges: sixes })).toBe('accepted')
  expect(await authorize(allow('10.0.0.0/8'))).toBe('accepted')
  const prefixList = (maxEntries: number) => {
    const PrefixListId = subject.aws.createPrefixList({ name: 'offices', maxEntries })
    return authorize({ IpProtocol: '-1', PrefixListIds: [{ PrefixListId }] })
  }
  expect(await prefixList(1)).toBe('RulesPerSecurityGroupLimitExceeded')
  const other = await securityGroup(subject, 'other')
  expect(await authorize({ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: other }] })).toBe('RulesPerSecurityGroupLimitExceeded')
})

test('what goes out is ruled apart from what comes in', async () => {
  await using subject = await fakeSubject()
  const GroupId = await securityGroup(subject)
  const everything = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
  const again = new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [everything] })
  expect(await refusal(subject.ec2.send(again))).toBe('InvalidPermission.Duplicate')
  await subject.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [everything] }))
  expect(await refusal(subject.ec2.send(again))).toBe('accepted')
})

test('a group name does not begin with sg-, and its tags are for a security group', async () => {
  await using subject = await fakeSubject()
  const create = (input: object) => {
    const whole = { GroupName: 'web', Description: 'web', VpcId: subject.site.vpcId, ...input }
    return refusal(subject.ec2.send(new CreateSecurityGroupCommand(whole)))
  }
  expect(await create({ GroupName: 'sg-web' })).toBe('InvalidParameterValue')
  expect(await create({ Description: 'umlaut: ä' })).toBe('InvalidParameterValue')
  expect(await create({ TagSpecifications: [{ ResourceType: 'instance', Tags: [] }] })).toBe('InvalidParameterValue')
  expect(await create({ TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'aws:a', Value: '' }] }] })).toBe(
    'InvalidParameterValue',
  )
})

test('a filter that a call does not have is refused', async () => {
  await using subject = await fakeSubject()
  const call = subject.ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'subnet', Values: ['a'] }] }))
  expect(await refusal(call)).toBe('InvalidParameterValue')
})

test('an escaped wildcard is the character itself', async () => {
  await using subject = await fakeSubject()
  const find = async (value: string) => {
    const Filters = [{ Name: 'tag:kubernetes.io/role/elb', Values: [value] }]
    return (await subject.ec2.send(new DescribeSubnetsCommand({ Filters }))).Subnets?.length
  }
  expect(await find('?')).toBe(4)
  expect(await find(String.raw`\?`)).toBe(0)
})

test('an address in use names its interface, and a prefix list its entries', async () => {
  await using subject = await fakeSubject()
  const [AllocationId] = subject.site.allocations
  const describe = async () =>
    (await subject.ec2.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId] }))).Addresses?.[0]
  expect((await describe())?.AssociationId).toBeUndefined()
  await network(subject, { SubnetMappings: [{ SubnetId: subject.site.subnets[0], AllocationId }] })
  expect((await describe())?.AssociationId).toMatch(/^eipassoc-/)
  const id = subject.aws.createPrefixList({ name: 'offices', maxEntries: 9 })
  const { PrefixLists } = await subject.ec2.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }))
  expect(PrefixLists?.[0]).toMatchObject({ PrefixListName: 'offices', MaxEntries: 9, AddressFamily: 'IPv4' })
})
