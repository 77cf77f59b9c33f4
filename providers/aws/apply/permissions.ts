// Rules of security groups in the form of EC2's calls.
import type { IpPermission } from '@aws-sdk/client-ec2'
import { unless } from '../calls/calls.ts'
import type { AwsCalls, Caller } from '../calls/calls.ts'
import type { Rule } from '../model/security-group-rules.ts'

/**
 * Lets `rules` in. Of a call with a rule that is there already, AWS does nothing ("InvalidPermission.Duplicate"), so then the others
 * are added one by one.
 */
export async function authorizeAll(
  calls: AwsCalls,
  { group, rules, description }: { readonly group: string; readonly rules: readonly Rule[]; readonly description: string },
  caller: Caller,
): Promise<void> {
  const add = (some: readonly Rule[]) =>
    calls.ec2('AuthorizeSecurityGroupIngress', { GroupId: group, IpPermissions: permissionsOf(some, description) }, caller)
  await unless(['InvalidPermission.Duplicate'], add(rules), async () => {
    if (rules.length > 1) for (const rule of rules) await unless(['InvalidPermission.Duplicate'], add([rule]), () => undefined)
  })
}

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
