// Target groups and security groups that AWS Load Balancer Controller left beside a load balancer that is taken over: marked as ours they go when nothing uses them.
import { ownerOf } from '../model/names.ts'
import { leftFor, otherMarks, ownershipTags } from '../model/ownership.ts'
import type { Tags } from '../model/ownership.ts'
import type { LeftBehind, Seen } from '../model/seen.ts'
import type { Look } from './look.ts'
import type { Standing } from './standing.ts'

/** The managed security group of a load balancer; the one that all of them share is nobody's alone. */
const managedGroup = 'ManagedLBSecurityGroup'

export async function leftOf(
  { context, id, location, caller }: Pick<Look, 'context' | 'id' | 'location' | 'caller'>,
  { allSecurityGroups }: Standing,
  clusterName: string | undefined,
): Promise<NonNullable<Seen['left']>> {
  const owner = ownerOf(id)
  const made = (tags: Tags) => {
    const found = leftFor(tags, context.cluster, owner)
    return found !== undefined && found.cluster === clusterName ? found : undefined
  }
  const changes = (tags: Tags, marks: Tags): Omit<LeftBehind, 'id'> => ({
    tags: marks,
    remove: otherMarks.filter(key => key in tags),
  })
  const groups = [...(await location.pictures.targetGroups.all(caller.signal)).values()].flatMap(group => {
    const found = made(group.tags)
    const marks = found && ownershipTags(context.cluster, `target-group/left/${found.resource}`, owner)
    return marks ? [{ group: { ...group, tags: marks }, change: { id: group.arn, ...changes(group.tags, marks) } }] : []
  })
  const frontends = [...allSecurityGroups.values()].flatMap(group => {
    const marks = made(group.tags)?.resource === managedGroup && ownershipTags(context.cluster, 'security-group/frontend', owner)
    return marks ? [{ group: { ...group, tags: marks }, change: { id: group.id, ...changes(group.tags, marks) } }] : []
  })
  return {
    groups: groups.map(({ group }) => group),
    frontends: frontends.map(({ group }) => group),
    changes: [...groups, ...frontends].map(({ change }) => change),
  }
}

/** With what was left among the owner's own. */
export function withLeft<Part extends Pick<Seen, 'groups' | 'frontends'>>(seen: Part, left: Seen['left']): Part {
  if (!left) return seen
  return { ...seen, groups: [...seen.groups, ...left.groups], frontends: [...seen.frontends, ...left.frontends] }
}
