// The end of every look at something that is wanted: its targets, whether it serves, and the ledger.
import { reasons } from '../../../src/api/reasons.ts'
import type { Reason } from '../../../src/api/reasons.ts'
import type { LoadBalancerId, Problem, ServiceId } from '../../../src/model/load-balancer.ts'
import type { Outcome, Readiness } from '../../../src/provider.ts'
import type { Caller } from '../calls/calls.ts'
import { partOf } from '../groups/part.ts'
import type { Part } from '../groups/part.ts'
import { syncMembership } from '../membership/membership.ts'
import { appliedGroups, standingGroups } from '../membership/standing.ts'
import type { StandingGroup } from '../membership/standing.ts'
import type { AwsGoal } from '../model/goal.ts'
import { plannerVersion } from '../model/ledger.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'
import { existingOf, isApplied, wishOf } from '../observe/wish.ts'
import type { Wish } from '../observe/wish.ts'
import { nextRetirement } from '../plan/retirement.ts'
import type { Location } from '../provider/locations.ts'
import { keep } from './keep.ts'
import { noteUnclear, openFor } from './open.ts'
import { distinct, goneOutcome, ingressOf, readinessOf } from './outcome.ts'
import type { Run } from './run.ts'
import type { Wait } from './steps.ts'

export interface Conclusion {
  readonly id: LoadBalancerId
  readonly goal: AwsGoal | undefined
  readonly location: Location
  readonly caller: Caller
  readonly record: LedgerRecord
  /** Whether nothing of the shape was touched. */
  readonly isUnchanged: boolean
  readonly warnings: Run['warnings']
  readonly wait?: Wait
  /** Who of a group looks. */
  readonly member?: ServiceId
}

/** Targets, readiness, and the ledger: the end of every look at something that is wanted. */
export async function conclude(context: Context, input: Conclusion): Promise<Outcome> {
  const { id, goal, location, caller, isUnchanged, warnings, wait, member } = input
  if (!goal) return goneOutcome()
  const wish = wishOf(goal, existingOf(input.record), location.place)
  const part = partOf({ goal, wish, record: input.record }, member)
  // The targets of each member are its own.
  if (id.kind === 'Group') context.memory.strict.delete(id.uid)
  if (part.isLeftOut) return leftOut(context, { ...input, part })
  const groups = await groupsOf(context, { ...input, part, wish })
  const membership = await syncMembership(context, {
    id: part.id,
    groups,
    location,
    record: input.record,
    caller,
  })
  const opened = membership.registeredAny
    ? await openFor(context, { ...input, goal, class: goal.desired.class, record: membership.record }, wish.settings)
    : undefined
  if (opened) noteUnclear(context, id, opened.problems)
  const told = await readinessOf(
    context,
    location,
    {
      record: membership.record,
      targets: membership.targets,
      skipped: membership.warnings.filter(({ reason }) => reason === 'TargetsSkipped'),
      hasNodes: groups.every(({ group }) => group.targetType === 'instance' && !group.nodesWithEndpointsOnly),
      before: isUnchanged && !context.memory.unwell.has(part.id.uid) ? saidBefore(input.record, member) : undefined,
      groups: groups.filter(({ isOld }) => !isOld).map(({ arn }) => arn),
    },
    caller,
  )
  context.memory.unwell.delete(part.id.uid)
  const openings = opened?.openings ?? membership.record.openings
  const readiness = withNote(told.readiness, context.memory.unclear.get(id.uid))
  const record = withReadiness({ ...membership.record, openings }, readiness, member)
  await keep(context, id, record, caller)
  return {
    ingress: ingressOf(record, part.portErrors, part.desired),
    readiness: withProblems(readiness, part, membership.warnings),
    warnings: distinct([...warnings, ...part.problems, ...membership.warnings, ...(opened?.problems ?? [])]),
    gone: false,
    again: again(context, input, [told.afterMs, membership.againAfterMs, wait?.afterMs], record),
  }
}

/** What was applied in full, and replaced nothing, is told by the ledger alone. */
async function groupsOf(
  { cluster }: Context,
  { id, location, caller, record, part, wish }: Conclusion & { readonly part: Part; readonly wish: Wish },
): Promise<readonly StandingGroup[]> {
  const { id: whose, targetGroups, desired } = part
  if (isApplied(record, wish, plannerVersion) && record.retiring.length === 0) return appliedGroups(targetGroups, record)
  const all = await location.pictures.targetGroups.all(caller.signal)
  return standingGroups(all, { cluster, id, whose, targetGroups, record, desired })
}

function again(
  { memory, clock }: Context,
  { id }: Conclusion,
  waits: readonly (number | undefined)[],
  record: LedgerRecord,
): Outcome['again'] {
  const all = [
    ...waits,
    nextRetirement(record.retiring, clock.now()),
    // Taken over or found gone: compared again at once.
    memory.doubted.has(id.uid) ? 100 : undefined,
  ].flatMap(ms => ms ?? [])
  return all.length === 0 ? 'on-change' : { afterMs: Math.min(...all) }
}

/** Nothing is for this member; what was done for the others goes on record all the same. */
async function leftOut(context: Context, input: Conclusion & { readonly part: Part }): Promise<Outcome> {
  const { id, caller, record, part, wait } = input
  await keep(context, id, record, caller)
  const blocking = part.problems.filter(({ severity }) => severity === 'blocks')
  const [first] = blocking
  const message = blocking.map(problem => `${problem.message} ${problem.remedy}`).join(' ')
  return {
    ingress: [],
    readiness: {
      ready: false,
      reason: first?.reason ?? 'Withdrawing',
      message: first ? message : 'It has no part of the group.',
    },
    warnings: [],
    gone: false,
    again: again(context, input, [wait?.afterMs], record),
  }
}

function saidBefore({ readiness, dnsName, members }: LedgerRecord, member: ServiceId | undefined): Readiness | undefined {
  if (!member) return readiness
  const isServing = members?.find(({ id }) => id.uid === member.uid)?.serving === true
  return isServing ? { ready: true, reason: 'Serving', message: `${dnsName} serves the Service.` } : undefined
}

function withReadiness(record: LedgerRecord, readiness: Readiness, member: ServiceId | undefined): LedgerRecord {
  if (!member) return { ...record, readiness }
  const members = (record.members ?? []).map(each => (each.id.uid === member.uid ? { ...each, serving: readiness.ready } : each))
  const serving = members.filter(({ serving }) => serving === true).length
  const message = `${record.dnsName} serves ${serving} of ${members.length} Services.`
  return { ...record, members, readiness: serving > 0 ? { ready: true, reason: 'Serving', message } : readiness }
}

/** What was noted stands there once, also when it comes from the ledger. */
function withNote(readiness: Readiness, note: string | undefined): Readiness {
  if (note === undefined || readiness.message.includes(note)) return readiness
  return { ...readiness, message: `${readiness.message} ${note}` }
}

/** What keeps a port, or a share of its connections, from being served. */
const partial: ReadonlySet<Reason> = new Set<Reason>([
  'PortConflict',
  'PortNotServed',
  'QuotaReached',
  'ServiceNotFound',
  'ServicePortNotFound',
  'NodePortsRequired',
])

/** What is not served stands in the condition as long as it is so, with the reason, also while the rest is served. */
function withProblems(readiness: Readiness, { problems, desired, id }: Part, ofTargets: readonly Problem[]): Readiness {
  if (desired?.id.uid !== id.uid) return readiness
  const lost = distinct([...problems, ...ofTargets]).filter(({ reason }) => partial.has(reason))
  const told = lost.map(({ reason, message, remedy }) => `${reason}: ${message} ${remedy || reasons[reason].remedy}`)
  return { ...readiness, message: [readiness.message, ...told].join(' ') }
}
