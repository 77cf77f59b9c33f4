// Planning for nothing: everything of the owner goes, in the order in which AWS lets it, unless it is to stay behind. Pure.
import type { AwsAction } from '../actions.ts'
import { adoptTag, adoptValue, clusterTag, ownershipTagKeys } from '../model/ownership.ts'
import type { Seen } from '../model/seen.ts'
import { recorded } from './believed.ts'
import { refused } from './refusal.ts'

export function remove(seen: Seen): readonly AwsAction[] {
  const { balancers, record, parting } = seen
  if (parting?.problem) return [{ kind: 'refuse', problem: parting.problem }]
  if (parting?.retain ?? record?.retain === true) return leaveBehind(seen)
  if (parting?.protection === true && balancers.length > 0) {
    const names = balancers.map(({ name }) => name).join(', ')
    return [refused('DeletionProtected', `${names} has deletion protection, as the Service or its class asks for.`)]
  }
  return [...unprotect(seen), ...deletions(seen), { kind: 'close-targets' }]
}

/** What is deleted of an owner that goes. */
export function deletions({ balancers, groups, frontends, application }: Seen): readonly AwsAction[] {
  return [
    // Listeners go with their load balancer, which frees the target groups.
    ...balancers.map(({ arn, name }): AwsAction => ({ kind: 'delete-load-balancer', arn, name })),
    ...groups.map(({ arn, name }): AwsAction => ({ kind: 'delete-target-group', arn, name })),
    ...frontends.map(({ id, name }): AwsAction => ({ kind: 'delete-security-group', id, name })),
    ...(application?.certificates ?? []).map(({ arn, key }): AwsAction => ({ kind: 'delete-certificate', arn, key })),
  ]
}

/** Protection goes with the wish for it, and when it is asked to be off. What people set by hand stays. */
function unprotect(seen: Seen): readonly AwsAction[] {
  const { parting, balancers } = seen
  const wasAsked = recorded(seen, 'load-balancer')?.['deletion_protection.enabled'] === 'true'
  if (parting === undefined || !(wasAsked || parting.protection === false)) return []
  return balancers.map(({ arn, name }) => ({ kind: 'unprotect', arn, name }))
}

/**
 * It goes on serving as it is, on its own: without our marks, so that no sweep takes it for ours, and without the group that is
 * shared. The permission to take it over again stays, for an owner of the same name; of a group, for
 * the last member.
 */
function leaveBehind({ balancers, groups, frontends, record, parting }: Seen): readonly AwsAction[] {
  const arns = [...balancers.map(({ arn }) => arn), ...groups.map(({ arn }) => arn), ...frontends.map(({ id }) => id)]
  if (arns.length === 0) return [{ kind: 'close-targets' }]
  const backend = record?.ids['security-group/backend'] ?? parting?.backendGroup
  const [first] = balancers
  const [last] = record?.members ?? []
  const owner = last ? `${last.id.namespace}/${last.id.name}` : first?.tags['weir.dev/owner']
  const cluster = first?.tags[clusterTag]
  return [
    ...balancers.map(
      ({ arn, name, securityGroups }): AwsAction => ({
        kind: 'set-free',
        arn,
        name,
        groups: securityGroups.filter(id => id !== backend),
        ...(backend !== undefined && securityGroups.includes(backend) ? { backend } : {}),
      }),
    ),
    ...(owner === undefined || cluster === undefined
      ? []
      : [{ kind: 'tag', arns: balancers.map(({ arn }) => arn), tags: { [adoptTag]: adoptValue(owner, cluster) } } as const]),
    { kind: 'untag', arns, keys: ownershipTagKeys },
    { kind: 'close-targets' },
  ]
}
