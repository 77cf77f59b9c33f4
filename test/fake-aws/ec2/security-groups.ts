// Creates, describes and deletes security groups.
import type {
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  IpPermission,
  SecurityGroup as SecurityGroupOutput,
} from '@aws-sdk/client-ec2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { SecurityGroup, SecurityGroupRule } from '../records.ts'
import type { Kind } from './describe.ts'
import { described, findById } from './describe.ts'
import { ec2TagList } from './filters.ts'
import { isPresent } from './load-balancer-interfaces.ts'
import { vpcKind } from './networks.ts'
import { specifiedTags } from './tags.ts'

/** Source: API_DescribeSecurityGroups. */
export const securityGroupKind: Kind<SecurityGroup> = {
  prefix: 'sg',
  code: 'InvalidGroup',
  malformedCode: 'InvalidGroupId.Malformed',
  word: 'security group',
  pageSizes: [5, 1000],
  filters: {
    'group-id': group => [group.id],
    'group-name': group => [group.name],
    'vpc-id': group => [group.vpcId],
    description: group => [group.description],
    'ip-permission.cidr': group => group.rules.filter(rule => !rule.egress).map(rule => rule.cidr),
    'ip-permission.group-id': group => group.rules.filter(rule => !rule.egress).map(rule => rule.group),
    'egress.ip-permission.group-id': group => group.rules.filter(rule => rule.egress).map(rule => rule.group),
  },
}

/** Letters and signs that names and descriptions may have (API_CreateSecurityGroup, for a VPC). */
const allowed = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/

function create(input: CreateSecurityGroupRequest, call: Call): CreateSecurityGroupResult {
  const name = input.GroupName ?? ''
  const description = input.Description ?? ''
  if (name.length < 1 || name.length > 255 || !allowed.test(name)) {
    throw awsError('InvalidParameterValue', `Value (${name}) for parameter GroupName is invalid`)
  }
  if (name.startsWith('sg-'))
    throw awsError(
      'InvalidParameterValue',
      `Value (${name}) for parameter GroupName is invalid. Group names may not begin with sg-`,
    )
  if (description.length < 1 || description.length > 255 || !allowed.test(description)) {
    throw awsError('InvalidParameterValue', `Value (${description}) for parameter GroupDescription is invalid`)
  }
  if (input.VpcId === undefined) throw awsError('MissingParameter', 'The request must contain the parameter VpcId')
  const vpc = findById(vpcKind, call.references.vpcs, input.VpcId)
  const groups = call.world.securityGroups.values()
  if (groups.some(group => group.vpcId === vpc.id && group.name === name)) {
    throw awsError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc.id}'`)
  }
  const limit = call.settings.quotas.securityGroups
  if (groups.length >= limit)
    throw awsError('SecurityGroupLimitExceeded', `The maximum number of security groups, ${limit}, has been reached`)
  const tags = specifiedTags(call, 'security-group', input.TagSpecifications)
  const id = `sg-0${call.newId(16)}`
  const arn = `arn:aws:ec2:${call.settings.region}:${call.settings.account}:security-group/${id}`
  call.world.securityGroups.put(id, { id, arn, name, description, vpcId: vpc.id, rules: [allowAllEgress(call)], tags })
  return { GroupId: id, SecurityGroupArn: arn, ...(input.TagSpecifications?.length ? { Tags: ec2TagList(tags) } : {}) }
}

/** The rule every new security group begins with ("Security group rules", VPC guide). */
export function allowAllEgress(call: Pick<Call, 'newId'>): SecurityGroupRule {
  return { id: `sgr-0${call.newId(16)}`, egress: true, protocol: '-1', from: -1, to: -1, cidr: '0.0.0.0/0', tags: {} }
}

function describe(input: DescribeSecurityGroupsRequest, call: Call): DescribeSecurityGroupsResult {
  const names = input.GroupNames ?? []
  if (names.length > 0)
    throw awsError('InvalidParameterValue', 'Security groups of a VPC are described by id or by the filter group-name')
  const { items, next } = described(call, securityGroupKind, call.seen.securityGroups, { ...input, ids: input.GroupIds })
  return { SecurityGroups: items.map(group => describeOne(call, group)), ...next }
}

function describeOne(call: Call, group: SecurityGroup): SecurityGroupOutput {
  return {
    GroupId: group.id,
    SecurityGroupArn: group.arn,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: call.settings.account,
    IpPermissions: permissionsOf(call, group, false),
    IpPermissionsEgress: permissionsOf(call, group, true),
    Tags: ec2TagList(group.tags),
  }
}

/** Rules of equal protocol and ports together, as AWS lists them. */
function permissionsOf(call: Call, group: SecurityGroup, egress: boolean): IpPermission[] {
  const byPorts = Map.groupBy(
    group.rules.filter(rule => rule.egress === egress),
    rule => `${rule.protocol} ${rule.from} ${rule.to}`,
  )
  return [...byPorts.values()].map(rules => {
    const [first] = rules
    const text = (rule: SecurityGroupRule) => (rule.description === undefined ? {} : { Description: rule.description })
    return {
      ...(first === undefined ? {} : { IpProtocol: first.protocol }),
      ...(first === undefined || first.protocol === '-1' ? {} : { FromPort: first.from, ToPort: first.to }),
      IpRanges: rules.flatMap(rule => (rule.cidr === undefined ? [] : [{ CidrIp: rule.cidr, ...text(rule) }])),
      Ipv6Ranges: rules.flatMap(rule => (rule.ipv6Cidr === undefined ? [] : [{ CidrIpv6: rule.ipv6Cidr, ...text(rule) }])),
      PrefixListIds: rules.flatMap(rule =>
        rule.prefixList === undefined ? [] : [{ PrefixListId: rule.prefixList, ...text(rule) }],
      ),
      UserIdGroupPairs: rules.flatMap(rule =>
        rule.group === undefined ? [] : [{ GroupId: rule.group, UserId: call.settings.account, ...text(rule) }],
      ),
    }
  })
}

/** API_DeleteSecurityGroup: not while an interface has it or another group's rule names it. */
function remove(input: DeleteSecurityGroupRequest, call: Call): DeleteSecurityGroupResult {
  if (input.GroupId === undefined) throw awsError('MissingParameter', 'The request must contain the parameter GroupId')
  const group = findById(securityGroupKind, call.world.securityGroups, input.GroupId)
  if (group.name === 'default')
    throw awsError('CannotDelete', `the specified group: "${group.id}" name: "default" cannot be deleted by a user`)
  const user = call.world.networkInterfaces
    .values()
    .find(found => found.groups.includes(group.id) && isPresent(found, call.now()))
  const referrer = call.world.securityGroups
    .values()
    .find(other => other.id !== group.id && other.rules.some(rule => rule.group === group.id))
  if (user ?? referrer) throw awsError('DependencyViolation', `resource ${group.id} has a dependent object`)
  call.world.securityGroups.delete(group.id)
  return { Return: true, GroupId: group.id }
}

export const securityGroupOperations = {
  CreateSecurityGroup: create,
  DescribeSecurityGroups: describe,
  DeleteSecurityGroup: remove,
} satisfies Operations
