// Rules of security groups in the form of EC2's calls. Pure.
import type { IpPermission } from '@aws-sdk/client-ec2'
import type { Rule } from '../model/security-group-rules.ts'

/** One permission per protocol and ports, with all its sources. Without a description it names rules whatever theirs is. */
export function permissionsOf(rules: readonly Rule[], description: string | undefined): IpPermission[] {
  const Description = description === undefined ? {} : { Description: description }
  return [...Map.groupBy(rules, ({ protocol, from, to }) => `${protocol} ${from} ${to}`).values()].map(group => {
    const [first] = group
    const of = (kind: Rule['kind']) => group.filter(rule => rule.kind === kind).map(({ source }) => source)
    const permission: IpPermission = { IpProtocol: first?.protocol, FromPort: first?.from, ToPort: first?.to }
    const [cidrs, cidrs6, lists, groups] = [of('cidr'), of('cidr6'), of('prefix-list'), of('group')]
    if (cidrs.length > 0) permission.IpRanges = cidrs.map(CidrIp => ({ CidrIp, ...Description }))
    if (cidrs6.length > 0) permission.Ipv6Ranges = cidrs6.map(CidrIpv6 => ({ CidrIpv6, ...Description }))
    if (lists.length > 0) permission.PrefixListIds = lists.map(PrefixListId => ({ PrefixListId, ...Description }))
    if (groups.length > 0) permission.UserIdGroupPairs = groups.map(GroupId => ({ GroupId, ...Description }))
    return permission
  })
}
