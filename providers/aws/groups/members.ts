// Who has a part of the load balancer of a group: Services that ask for it now, and those that had a part and keep it for a while.
import type { DesiredLoadBalancer, GroupId, ServiceId } from '../../../src/model/load-balancer.ts'
import { ownAwsAnnotations, servicePrefix } from '../annotations.ts'
import type { AwsGoal, Sharer, Sharing } from '../model/goal.ts'
import type { LedgerMember, LedgerRecord } from '../model/ledger.ts'
import { groupId } from '../model/names.ts'
import { retirementMs } from '../plan/retirement.ts'

/** A Service of ours as the cluster has it now. */
export interface Neighbour {
  readonly id: ServiceId
  /** What it asks for; absent while it has a mistake, or its class is missing. */
  readonly desired?: DesiredLoadBalancer
}

export interface Neighbours {
  /** Services of a namespace whose annotation names the group; those of other classes may be among them. */
  ofGroup(namespace: string, group: string): Iterable<Neighbour>
  /** Undefined for a Service that is gone, is being deleted, or is not ours (any more). */
  find(id: ServiceId): Neighbour | undefined
}

/** The group that a Service asks for. */
export function groupOf({ id, class: { metadata }, annotations }: DesiredLoadBalancer): GroupId | undefined {
  const { group } = ownAwsAnnotations.parse(annotations).values
  return group === undefined ? undefined : groupId(id.namespace, metadata.name, group)
}

/**
 * The members of a group. One that has a mistake now keeps what it had, as it was; so does one that went elsewhere, until its
 * clients have followed. One that is gone has no part any more, nor has `without`.
 */
export function sharingOf(
  { neighbours, now }: { readonly neighbours: Neighbours; readonly now: number },
  group: GroupId,
  record: LedgerRecord | undefined,
  without?: ServiceId,
): Sharing {
  const standing = record?.members ?? []
  const members = new Map<string, Sharer>()
  for (const { id, desired } of neighbours.ofGroup(group.namespace, group.name)) {
    if (!desired || desired.class.metadata.name !== group.class || id.uid === without?.uid) continue
    members.set(id.uid, { id, desired, createdAt: desired.createdAt, ...placeOf(standing, id) })
  }
  for (const member of standing) {
    const { id, leaving } = member
    const isOver = leaving !== undefined && now - Date.parse(leaving) >= retirementMs
    if (members.has(id.uid) || id.uid === without?.uid || isOver || !neighbours.find(id)) continue
    const desired = askedBefore(member)
    if (desired) members.set(id.uid, { id, desired, createdAt: desired.createdAt, ...placeOf(standing, id) })
  }
  return { group, members: [...members.values()] }
}

/** The goal of the group; undefined when nobody is left in it. The class is that of whom the others follow. */
export function groupGoal(sharing: Sharing): AwsGoal | undefined {
  const leader = leaderOf(sharing)
  const membership = { nodesWithEndpoints: [], readyEndpoints: 0, totalEndpoints: 0 }
  return leader && { desired: leader.desired, membership, sharing }
}

export function leaderOf({ members }: Sharing): Sharer | undefined {
  return members.toSorted(byPlace)[0]
}

/**
 * The same group where the leader asks for what it asked for before, or has not come yet; undefined when that makes no
 * difference: then what is wrong is not its doing.
 */
export function withoutChangesOfLeader(sharing: Sharing, record: LedgerRecord | undefined): Sharing | undefined {
  const leader = leaderOf(sharing)
  if (!leader) return undefined
  const others = sharing.members.filter(each => each !== leader)
  const before = record?.members?.find(({ id }) => id.uid === leader.id.uid)
  if (!before) return others.length === 0 ? undefined : { ...sharing, members: others }
  const desired = before.asked === askedNow(leader.desired) ? undefined : askedBefore(before)
  return desired && { ...sharing, members: [{ ...leader, desired }, ...others] }
}

/** Who is on the load balancer comes first, in the order in which they came; then by age, then by name. */
export function byPlace(
  one: Pick<Sharer, 'id' | 'createdAt' | 'place'>,
  other: Pick<Sharer, 'id' | 'createdAt' | 'place'>,
): number {
  const [first, second] = [one.place ?? Infinity, other.place ?? Infinity]
  if (first !== second) return first < second ? -1 : 1
  const [older, younger] = [one, other].map(({ createdAt, id }) => `${createdAt} ${id.namespace}/${id.name}`)
  return (older ?? '') < (younger ?? '') ? -1 : 1
}

function placeOf(standing: readonly LedgerMember[], { uid }: ServiceId): Pick<Sharer, 'place' | 'ports'> {
  const place = standing.findIndex(({ id }) => id.uid === uid)
  const member = standing[place]
  return member ? { place, ports: member.ports } : {}
}

/** What a member asks for, for the ledger: without what this provider does not read. */
export function askedNow({ annotations, class: { metadata, ...ofClass }, ...desired }: DesiredLoadBalancer): string {
  const read = Object.entries(annotations).filter(([key]) => key.startsWith(servicePrefix) || key.startsWith('weir.dev/'))
  const kept = { ...desired, annotations: Object.fromEntries(read), labels: {}, statusAddresses: [] }
  return JSON.stringify({ ...kept, class: { ...ofClass, status: undefined, metadata: { name: metadata.name } } })
}

function askedBefore({ id, asked }: LedgerMember): DesiredLoadBalancer | undefined {
  try {
    // Written by `askedNow`.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { ...(JSON.parse(asked) as DesiredLoadBalancer), id }
  } catch {
    return undefined
  }
}
