// The part of a load balancer that one look is about: all of it, or what one member of a group has of it.
import type { DesiredLoadBalancer, LoadBalancerId, Problem, ServiceId } from '../../../src/model/load-balancer.ts'
import type { AwsGoal } from '../model/goal.ts'
import type { LedgerMember, LedgerRecord } from '../model/ledger.ts'
import type { Wish } from '../observe/wish.ts'
import type { PortError, TargetGroupSettings } from '../settings/aws-settings.ts'
import { readSettings } from '../settings.ts'
import { askedNow, byPlace } from './members.ts'

export interface Part {
  /** Whose targets are registered. */
  readonly id: LoadBalancerId
  readonly targetGroups: readonly TargetGroupSettings[]
  readonly portErrors: readonly PortError[]
  /** What stands in the way of the member, or is to be told to it. */
  readonly problems: readonly Problem[]
  /** What its status is about; absent for a group that nobody of it looks at. */
  readonly desired?: DesiredLoadBalancer
  /** The member has no part: nothing of the load balancer is for it. */
  readonly isLeftOut: boolean
}

export function partOf(
  { goal, wish, record }: { readonly goal: AwsGoal; readonly wish: Wish; readonly record: LedgerRecord },
  member: ServiceId | undefined,
): Part {
  const { settings, joined } = wish
  if (!joined || !goal.sharing) {
    const { desired } = goal
    const { targetGroups, portErrors } = settings
    const problems = portErrors.length === 0 ? [] : portProblems(desired)
    return { id: desired.id, targetGroups, portErrors, problems, desired, isLeftOut: false }
  }
  const desired = goal.sharing.members.find(({ id }) => id.uid === member?.uid)?.desired
  if (!member || !desired) return { id: goal.sharing.group, targetGroups: [], portErrors: [], problems: [], isLeftOut: true }
  // A port that another one has by the ledger may still lead to that one's targets.
  const portErrors = joined.portErrors.get(member.uid) ?? []
  const ports = record.members?.find(({ id }) => id.uid === member.uid)?.ports ?? []
  return {
    id: member,
    targetGroups: settings.targetGroups.filter(
      group => group.member?.id.uid === member.uid && ports.includes(group.key.split('/')[0] ?? ''),
    ),
    portErrors,
    problems: [...(joined.problems.get(member.uid) ?? []), ...(portErrors.length === 0 ? [] : portProblems(desired))],
    desired,
    isLeftOut: !joined.served.has(member.uid),
  }
}

/** What keeps ports of a Service from being served, whoever else there is. */
function portProblems(desired: DesiredLoadBalancer): readonly Problem[] {
  return readSettings(desired).problems.filter(({ reason }) => reason === 'PortConflict' || reason === 'PortNotServed')
}

/** The members for the ledger, with the ports that each has by the plan; those who go stay on record until all is done. */
export function membersOnRecord(
  goal: AwsGoal,
  wish: Wish,
  record: LedgerRecord | undefined,
): readonly LedgerMember[] | undefined {
  const { joined } = wish
  if (!joined || !goal.sharing) return undefined
  const before = new Map((record?.members ?? []).map(member => [member.id.uid, member]))
  const staying = goal.sharing.members
    .filter(({ id }) => joined.served.has(id.uid))
    .toSorted(byPlace)
    .map(({ id, desired }): LedgerMember => {
      const ports = joined.listeners.flatMap(({ owner, listener }) => (owner.uid === id.uid ? [String(listener.port)] : []))
      const known = before.get(id.uid)
      // What it asks for now counts when it is done.
      return { ...known, id, ports, asked: known?.asked ?? askedNow(desired) }
    })
  const uids = new Set(staying.map(({ id }) => id.uid))
  const going = [...before.values()].filter(({ id }) => !uids.has(id.uid)).map(member => ({ ...member, ports: [] }))
  return [...staying, ...going]
}

/** With what each asks for now, which was applied in full; a part that failed keeps to what it was. */
export function membersDone(
  members: readonly LedgerMember[],
  { goal, failed }: { readonly goal: AwsGoal; readonly failed: ReadonlyMap<string, unknown> },
): readonly LedgerMember[] {
  const now = new Map(goal.sharing?.members.map(({ id, desired }) => [id.uid, desired]))
  return members.map(member => {
    const desired = failed.has(member.id.uid) ? undefined : now.get(member.id.uid)
    return desired ? { ...member, asked: askedNow(desired) } : member
  })
}

/** The members after a run: of those that go, those of which something still stands; whose part failed is noted. */
export function membersAfter(
  members: readonly LedgerMember[],
  { isLeft, failed }: { readonly isLeft: (uid: string) => boolean; readonly failed: ReadonlyMap<string, unknown> },
): readonly LedgerMember[] {
  return members
    .filter(({ id, ports }) => ports.length > 0 || isLeft(id.uid))
    .map(({ unfinished: _before, ...member }) => (failed.has(member.id.uid) ? { ...member, unfinished: true } : member))
}
