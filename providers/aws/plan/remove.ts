// Planning for nothing: everything of the owner goes, in the order in which AWS lets it. Pure.
import type { AwsAction } from '../actions.ts'
import { ownershipTagKeys } from '../ownership.ts'
import type { Seen } from '../model/seen.ts'

export function remove(seen: Seen): readonly AwsAction[] {
  const { balancers, groups, frontends, record } = seen
  if (record?.retain === true) {
    const arns = [...balancers.map(({ arn }) => arn), ...groups.map(({ arn }) => arn), ...frontends.map(({ id }) => id)]
    // Left behind without our marks, so that no sweep takes it for ours.
    return arns.length === 0 ? [] : [{ kind: 'untag', arns, keys: ownershipTagKeys }]
  }
  return [
    // Listeners go with their load balancer, which frees the target groups.
    ...balancers.map(({ arn, name }): AwsAction => ({ kind: 'delete-load-balancer', arn, name })),
    ...groups.map(({ arn, name }): AwsAction => ({ kind: 'delete-target-group', arn, name })),
    ...frontends.map(({ id, name }): AwsAction => ({ kind: 'delete-security-group', id, name })),
    { kind: 'close-targets' },
  ]
}
