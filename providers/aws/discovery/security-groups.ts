// Which security groups are meant by what a user names, and which one of a target is to be opened. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { blocks, listed } from '../model/problems.ts'

export interface SecurityGroupFacts {
  readonly id: string
  readonly name: string
  readonly vpcId: string
  readonly tags: Readonly<Record<string, string>>
}

/** Ids, or Name tags, or group names, in the order they are named. */
export function namedSecurityGroups(
  names: readonly string[],
  vpcId: string,
  found: readonly SecurityGroupFacts[],
): { readonly ids: readonly string[]; readonly problems: readonly Problem[] } {
  const ids: string[] = []
  const wrong: string[] = []
  const ofVpc = found.filter(group => group.vpcId === vpcId)
  for (const name of names) {
    const byId = ofVpc.filter(({ id }) => id === name)
    const byTag = byId.length > 0 ? byId : ofVpc.filter(({ tags }) => tags['Name'] === name)
    const matches = byTag.length > 0 ? byTag : ofVpc.filter(group => group.name === name)
    const [only, ...others] = matches
    if (!only) wrong.push(`there is no security group ${JSON.stringify(name)} in ${vpcId}`)
    else if (others.length > 0) wrong.push(`${JSON.stringify(name)} is the name of ${listed(matches.map(({ id }) => id))}`)
    else if (!ids.includes(only.id)) ids.push(only.id)
  }
  return { ids, problems: wrong.length === 0 ? [] : [blocks('SecurityGroupsInvalid', `${wrong.join('; ')}.`)] }
}

/** Which security group of a target's interface is opened. `unclear` is set when the choice is a guess. */
export interface TargetGroupChoice {
  readonly id?: string
  /** Completes the sentence `the interface …`. */
  readonly unclear?: string
}

/**
 * The only one; or the one that `tags` mark, or the cluster's tag. With several marked, or none, the one with the lowest id, told
 * as unclear: targets are registered all the same.
 */
export function targetSecurityGroup(
  groups: readonly SecurityGroupFacts[],
  marks: { readonly tags?: Readonly<Record<string, string>>; readonly clusterName?: string },
): TargetGroupChoice {
  const [only, ...others] = groups
  if (!only) return { unclear: 'has no security group' }
  if (others.length === 0) return { id: only.id }
  const marked = groups.filter(group => isMarked(group, marks))
  const [first, ...more] = (marked.length > 0 ? marked : groups).toSorted((one, other) => (one.id < other.id ? -1 : 1))
  if (!first) return {}
  if (marked.length === 1) return { id: first.id }
  const all = listed([first, ...more].map(({ id }) => id))
  const how = marked.length > 0 ? 'all of them marked' : 'none of them marked'
  return { id: first.id, unclear: `has the security groups ${all}, ${how}; rules go to ${first.id}` }
}

function isMarked({ tags }: SecurityGroupFacts, marks: Parameters<typeof targetSecurityGroup>[1]): boolean {
  const asked = Object.entries(marks.tags ?? {})
  if (asked.length > 0) return asked.every(([key, value]) => tags[key] === value)
  if (marks.clusterName !== undefined) return `kubernetes.io/cluster/${marks.clusterName}` in tags
  return Object.keys(tags).some(key => key.startsWith('kubernetes.io/cluster/'))
}
