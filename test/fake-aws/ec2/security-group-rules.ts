// Authorizes, revokes and describes the rules of security groups.
import type {
  AuthorizeSecurityGroupEgressResult,
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
  DescribeSecurityGroupRulesRequest,
  DescribeSecurityGroupRulesResult,
  IpPermission,
  RevokeSecurityGroupEgressResult,
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
  SecurityGroupRule as RuleOutput,
} from '@aws-sdk/client-ec2'
import { canonicalCidr, parseCidr } from '../addressing.ts'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { SecurityGroup, SecurityGroupRule } from '../records.ts'
import type { Kind } from './describe.ts'
import { described, findById } from './describe.ts'
import { ec2TagList } from './filters.ts'
import { securityGroupKind } from './security-groups.ts'
import { specifiedTags } from './tags.ts'

/** Protocol names and their numbers, as rules keep them (API_IpPermission). */
const protocolNames: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6', all: '-1' }

const ruleKind: Kind<SecurityGroupRule & { readonly groupId: string }> = {
  prefix: 'sgr',
  code: 'InvalidSecurityGroupRuleId',
  word: 'security group rule ID',
  pageSizes: [5, 1000],
  filters: { 'group-id': rule => [rule.groupId], 'security-group-rule-id': rule => [rule.id] },
}

type Draft = Omit<SecurityGroupRule, 'id' | 'egress' | 'tags'>

function authorize(
  egress: boolean,
  input: AuthorizeSecurityGroupIngressRequest,
  call: Call,
): AuthorizeSecurityGroupIngressResult & AuthorizeSecurityGroupEgressResult {
  const { group, permissions } = subject(call, input)
  const drafts = permissions.flatMap(permission => draftsOf(call, permission))
  if (drafts.length === 0) throw awsError('MissingParameter', 'A permission must name a source')
  const keys = drafts.map(keyOf)
  if (new Set(keys).size < keys.length)
    throw awsError('InvalidParameterValue', 'The same permission must not appear multiple times')
  const present = group.rules.filter(rule => rule.egress === egress)
  const known = new Set(present.map(keyOf))
  const again = drafts.find(draft => known.has(keyOf(draft)))
  if (again) throw awsError('InvalidPermission.Duplicate', `the specified rule "${sayRule(again)}" already exists`)
  const tags = specifiedTags(call, 'security-group-rule', input.TagSpecifications)
  const added = drafts.map(draft => ({ ...draft, id: `sgr-0${call.newId(16)}`, egress, tags }))
  checkQuota(call, [...present, ...added])
  call.world.securityGroups.put(group.id, { ...group, rules: [...group.rules, ...added] })
  return { Return: true, SecurityGroupRules: added.map(rule => describeOne(call, group.id, rule)) }
}

function subject(
  call: Call,
  input: Pick<
    AuthorizeSecurityGroupIngressRequest,
    'GroupId' | 'GroupName' | 'IpPermissions' | 'CidrIp' | 'IpProtocol' | 'FromPort' | 'ToPort'
  >,
) {
  if (input.GroupId === undefined) throw awsError('MissingParameter', 'The request must contain the parameter GroupId')
  // A group made a moment ago may not be known yet ("Eventual consistency", EC2 API Reference).
  findById(securityGroupKind, call.references.securityGroups, input.GroupId)
  const group = findById(securityGroupKind, call.world.securityGroups, input.GroupId)
  const single: IpPermission[] =
    input.CidrIp === undefined
      ? []
      : [{ IpProtocol: input.IpProtocol, FromPort: input.FromPort, ToPort: input.ToPort, IpRanges: [{ CidrIp: input.CidrIp }] }]
  return { group, permissions: [...(input.IpPermissions ?? []), ...single] }
}

/** One rule for each source of a permission ("Security group rules", VPC guide). */
function draftsOf(call: Call, permission: IpPermission): readonly Draft[] {
  const ports = portsOf(permission)
  const described = (source: Partial<Draft>, description: string | undefined): Draft => {
    if (description !== undefined && !/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/.test(description)) {
      throw awsError('InvalidParameterValue', 'Invalid rule description')
    }
    return { ...ports, ...source, ...(description === undefined ? {} : { description }) }
  }
  return [
    ...(permission.IpRanges ?? []).map(range => described({ cidr: rangeOf(range.CidrIp, 'ipv4') }, range.Description)),
    ...(permission.Ipv6Ranges ?? []).map(range => described({ ipv6Cidr: rangeOf(range.CidrIpv6, 'ipv6') }, range.Description)),
    ...(permission.PrefixListIds ?? []).map(list => {
      if (!call.references.prefixLists.get(list.PrefixListId ?? '')) {
        throw awsError('InvalidPrefixListID.NotFound', `The prefix list ID '${list.PrefixListId}' does not exist`)
      }
      return described({ prefixList: list.PrefixListId }, list.Description)
    }),
    ...(permission.UserIdGroupPairs ?? []).map(pair => {
      const group = findById(securityGroupKind, call.references.securityGroups, pair.GroupId ?? '')
      return described({ group: group.id }, pair.Description)
    }),
  ]
}

function portsOf({ IpProtocol: given, FromPort: from, ToPort: to }: IpPermission): Pick<Draft, 'protocol' | 'from' | 'to'> {
  if (given === undefined) throw awsError('MissingParameter', 'The request must contain the parameter IpProtocol')
  const protocol = protocolNames[given.toLowerCase()] ?? given.toLowerCase()
  if (!/^(-1|tcp|udp|icmp|icmpv6|\d{1,3})$/.test(protocol)) {
    throw awsError(
      'InvalidPermission.Malformed',
      `Unsupported IP protocol "${given}" - supported: [icmp, icmpv6, tcp, udp, -1, 0-255]`,
    )
  }
  if (protocol === '-1') return { protocol, from: -1, to: -1 }
  if (protocol === 'tcp' || protocol === 'udp') {
    if (from === undefined || to === undefined)
      throw awsError(
        'InvalidParameterValue',
        `Invalid value 'Must specify both from and to ports with ${protocol.toUpperCase()}/UDP.' for portRange`,
      )
    if (from < 0 || to > 65_535 || from > to)
      throw awsError('InvalidParameterValue', `Invalid value '${from}-${to}' for portRange`)
  }
  return { protocol, from: from ?? -1, to: to ?? -1 }
}

function rangeOf(cidr: string | undefined, family: 'ipv4' | 'ipv6'): string {
  const block = parseCidr(cidr ?? '')
  if (block?.family !== family) throw awsError('InvalidParameterValue', `CIDR block ${cidr} is malformed`)
  return canonicalCidr(cidr ?? '')
}

function keyOf(rule: Draft): string {
  return [rule.protocol, rule.from, rule.to, rule.cidr ?? '', rule.ipv6Cidr ?? '', rule.prefixList ?? '', rule.group ?? ''].join(
    ' ',
  )
}

function sayRule(rule: Draft): string {
  const peer = rule.cidr ?? rule.ipv6Cidr ?? rule.prefixList ?? rule.group
  return `peer: ${peer}, ${rule.protocol.toUpperCase()}, from port: ${rule.from}, to port: ${rule.to}, ALLOW`
}

/**
 * "Amazon VPC quotas", rules per security group: each direction by itself, IPv4 and IPv6 apart; a reference to a group counts in both
 * as one, one to a prefix list as the list's maximum number of entries.
 */
function checkQuota(call: Call, rules: readonly SecurityGroupRule[]): void {
  const limit = call.settings.quotas.rulesPerSecurityGroup
  const weight = (rule: SecurityGroupRule, own: string | undefined): number => {
    if (rule.prefixList !== undefined) return call.world.prefixLists.get(rule.prefixList)?.maxEntries ?? 1
    return own !== undefined || rule.group !== undefined ? 1 : 0
  }
  const fours = rules.reduce((sum, rule) => sum + weight(rule, rule.cidr), 0)
  const sixes = rules.reduce((sum, rule) => sum + weight(rule, rule.ipv6Cidr), 0)
  if (Math.max(fours, sixes) > limit) {
    throw awsError('RulesPerSecurityGroupLimitExceeded', 'The maximum number of rules per security group has been reached')
  }
}

/** API_RevokeSecurityGroupIngress: what does not match an existing rule is an error, and nothing is revoked. */
function revoke(
  egress: boolean,
  input: RevokeSecurityGroupIngressRequest,
  call: Call,
): RevokeSecurityGroupIngressResult & RevokeSecurityGroupEgressResult {
  const { group, permissions } = subject(call, input)
  const present = group.rules.filter(rule => rule.egress === egress)
  const byId = (input.SecurityGroupRuleIds ?? []).map(id => {
    const rule = present.find(found => found.id === id)
    if (!rule) throw awsError('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`)
    return rule
  })
  if (byId.length > 0 && permissions.length > 0)
    throw awsError('InvalidParameterCombination', 'Rule ids and permissions cannot be specified together')
  const byPermission = permissions
    .flatMap(permission => draftsOf(call, permission))
    .map(draft => {
      const rule = present.find(found => keyOf(found) === keyOf(draft))
      if (!rule) throw awsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group')
      return rule
    })
  const gone = new Set([...byId, ...byPermission].map(rule => rule.id))
  if (gone.size === 0) throw awsError('MissingParameter', 'The request must contain rule ids or permissions')
  call.world.securityGroups.put(group.id, { ...group, rules: group.rules.filter(rule => !gone.has(rule.id)) })
  return { Return: true }
}

function describe(input: DescribeSecurityGroupRulesRequest, call: Call): DescribeSecurityGroupRulesResult {
  const all = call.seen.securityGroups
    .values()
    .flatMap((group: SecurityGroup) => group.rules.map(rule => ({ ...rule, groupId: group.id })))
  const records = { get: (id: string) => all.find(rule => rule.id === id), values: () => all }
  const { items, next } = described(call, ruleKind, records, { ...input, ids: input.SecurityGroupRuleIds })
  return { SecurityGroupRules: items.map(rule => describeOne(call, rule.groupId, rule)), ...next }
}

function describeOne(call: Call, groupId: string, rule: SecurityGroupRule): RuleOutput {
  return {
    SecurityGroupRuleId: rule.id,
    GroupId: groupId,
    GroupOwnerId: call.settings.account,
    IsEgress: rule.egress,
    IpProtocol: rule.protocol,
    FromPort: rule.from,
    ToPort: rule.to,
    ...(rule.cidr === undefined ? {} : { CidrIpv4: rule.cidr }),
    ...(rule.ipv6Cidr === undefined ? {} : { CidrIpv6: rule.ipv6Cidr }),
    ...(rule.prefixList === undefined ? {} : { PrefixListId: rule.prefixList }),
    ...(rule.group === undefined ? {} : { ReferencedGroupInfo: { GroupId: rule.group, UserId: call.settings.account } }),
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    Tags: ec2TagList(rule.tags),
  }
}

export const securityGroupRuleOperations = {
  AuthorizeSecurityGroupIngress: (input: AuthorizeSecurityGroupIngressRequest, call: Call) => authorize(false, input, call),
  AuthorizeSecurityGroupEgress: (input: AuthorizeSecurityGroupIngressRequest, call: Call) => authorize(true, input, call),
  RevokeSecurityGroupIngress: (input: RevokeSecurityGroupIngressRequest, call: Call) => revoke(false, input, call),
  RevokeSecurityGroupEgress: (input: RevokeSecurityGroupIngressRequest, call: Call) => revoke(true, input, call),
  DescribeSecurityGroupRules: describe,
} satisfies Operations
