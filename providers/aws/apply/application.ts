// Carries out the actions for Ingresses that share a load balancer, and tells each of them what came of it.
import type { IngressOutcome, MemberOutcome } from '../../../src/ingress-provider.ts'
import type { IngressGroupId } from '../../../src/model/ingress-group.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import type { Outcome } from '../../../src/provider.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import type { Caller } from '../calls/calls.ts'
import { syncMembership } from '../membership/membership.ts'
import type { MembershipResult } from '../membership/membership.ts'
import { appliedGroups, standingGroups } from '../membership/standing.ts'
import type { ApplicationWish } from '../model/application-wish.ts'
import { freshRecord, plannerVersion } from '../model/ledger.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Look, Seen } from '../model/seen.ts'
import { wishFor } from '../observe/application/wish.ts'
import type { IngressGoal } from '../observe/application/wish.ts'
import type { Context } from '../observe/context.ts'
import { nextRetirement } from '../plan/retirement.ts'
import type { Location } from '../provider/locations.ts'
import { completedRecord } from './application/completed.ts'
import { believing } from './doubt.ts'
import { keep } from './keep.ts'
import { onRecord } from './on-record.ts'
import { noteUnclear, openFor } from './open.ts'
import { distinct, ingressOf, readinessOf } from './outcome.ts'
import { idsOf } from './run.ts'
import type { Run } from './run.ts'
import type { Wait } from './steps.ts'
import { withdraw } from './withdraw.ts'

export interface IngressWork {
  readonly id: IngressGroupId
  readonly goal: IngressGoal | undefined
  readonly observed: Look
  readonly actions: readonly AwsAction[]
}

/** How often what could not be done is tried again. */
const againMs = 60_000

export async function applyApplication(context: Context, work: IngressWork, signal: AbortSignal): Promise<IngressOutcome> {
  const { id, goal, observed, actions } = work
  const caller: Caller = { key: id.uid, signal }
  if (observed.kind === 'absent') return gone()
  const [first] = actions
  const refusal = first?.kind === 'refuse' ? first.problem : undefined
  if (!goal) {
    if (observed.kind === 'settled') throw new TypeError('what goes is looked at')
    if (refusal) return refused(observed.record, refusal)
    return withoutMembers(await withdraw(context, { id, seen: observed, actions }, caller))
  }
  if (observed.kind === 'settled' || (refusal && observed.record?.dnsName !== undefined)) {
    const { record } = observed
    if (!record) throw new TypeError('what is settled is on record')
    const location = context.locations.of(record.place)
    const outcome = await believing(context, id, location, () =>
      conclude(context, { id, goal, location, caller, record, isUnchanged: true, failed: new Map(), warnings: [] }),
    )
    return refusal ? { ...outcome, ...refused(record, refusal), members: outcome.members } : outcome
  }
  return refusal ? refused(undefined, refusal) : bring(context, { id, goal, seen: observed, actions }, caller)
}

interface Bring {
  readonly id: IngressGroupId
  readonly goal: IngressGoal
  readonly seen: Seen
  readonly actions: readonly AwsAction[]
}

async function bring(context: Context, { id, goal, seen, actions }: Bring, caller: Caller): Promise<IngressOutcome> {
  const className = goal.class.metadata.name
  const location = seen.record ? context.locations.of(seen.record.place) : context.locations.ofClass(goal.class)
  const record = seen.record ?? freshRecord(className, location.place)
  const { applied: _applied, ...rest } = record
  const wish = await wishFor(context, goal, { record: seen.record, location, caller })
  // Who goes stays on record until its rules are gone.
  const unfinished = { ...rest, ingresses: together(wish.ingresses, record.ingresses ?? []) }
  const isNew = unfinished.ingresses.length > (record.ingresses ?? []).length
  // On record before anything is made: without a record, nothing can be outside, and a run that is cut is not taken for a whole.
  if (!seen.record || (actions.length > 0 && (record.applied !== undefined || isNew)))
    await context.ledger.write(id, unfinished, caller.signal)
  const run: Run = {
    context,
    id,
    location,
    caller,
    goal: undefined,
    class: goal.class,
    secrets: goal.secrets,
    seen,
    stack: seen.stack,
    ids: idsOf(seen),
    record: { ...unfinished, class: className },
    warnings: [],
    failed: new Map(),
    askedBy: (what, value) =>
      goal.members.length < 2 || goal.class.spec.aws?.ingress?.[what] === value
        ? []
        : goal.members.flatMap(each => (each.settings.values[what] === value ? [memberKey(each.id)] : [])),
  }
  return onRecord(run, actions, async wait => {
    if (!wait && !context.memory.doubted.has(id.uid)) {
      // By the record as it is now: the scheme of the load balancer is known.
      const { applied, ...reached } = completedRecord(run, await wishFor(context, goal, { record: run.record, location, caller }))
      // What AWS refused of a member is tried again, and nobody else waits for it.
      run.record = run.failed.size === 0 && applied ? { ...reached, applied } : reached
    }
    const { record: reached, warnings, failed } = run
    const done = { id, goal, location, caller, record: reached, isUnchanged: false, failed, warnings }
    return conclude(context, { ...done, ...(wait ? { wait } : {}) })
  })
}

interface Conclusion {
  readonly id: IngressGroupId
  readonly goal: IngressGoal
  readonly location: Location
  readonly caller: Caller
  readonly record: LedgerRecord
  /** Whether nothing of the shape was touched. */
  readonly isUnchanged: boolean
  /** Why the part of a member could not be made, by `namespace/name`. */
  readonly failed: ReadonlyMap<string, unknown>
  readonly warnings: readonly Problem[]
  readonly wait?: Wait
}

/** Targets, readiness, what each member is told, and the ledger: the end of every look at something that is wanted. */
async function conclude(context: Context, input: Conclusion): Promise<IngressOutcome> {
  const { id, goal, location, caller, isUnchanged, failed, wait } = input
  const wish = await wishFor(context, goal, input)
  const membership = await membershipOf(context, input, wish)
  const opened = membership.registeredAny
    ? await openFor(
        context,
        { id, goal: undefined, class: goal.class, location, caller, record: membership.record },
        wish.settings,
      )
    : undefined
  if (opened) noteUnclear(context, id, opened.problems)
  const { unwell, unclear, doubted } = context.memory
  const told = await readinessOf(
    context,
    location,
    {
      record: membership.record,
      targets: membership.targets,
      skipped: [],
      hasNodes: false,
      before: isUnchanged && !unwell.has(id.uid) ? input.record.readiness : undefined,
      groups: Object.entries(membership.record.ids).flatMap(([key, arn]) => (key.startsWith('target-group/') ? [arn] : [])),
      whom: 'the Ingresses',
      isAnswering: true,
    },
    caller,
  )
  unwell.delete(id.uid)
  const record = {
    ...membership.record,
    openings: opened?.openings ?? membership.record.openings,
    readiness: told.readiness,
  }
  await keep(context, id, record, caller)
  const note = unclear.get(id.uid)
  const waits = [
    told.afterMs,
    membership.againAfterMs,
    wait?.afterMs,
    failed.size > 0 || isAwaited(wish) ? againMs : undefined,
    nextRetirement(record.retiring, context.clock.now()),
    doubted.has(id.uid) ? 100 : undefined,
  ].flatMap(ms => ms ?? [])
  return {
    ingress: ingressOf(record),
    readiness: note === undefined ? told.readiness : { ...told.readiness, message: `${told.readiness.message} ${note}` },
    members: tellMembers(wish, { failed, membership, warnings: [...input.warnings, ...(opened?.problems ?? [])] }),
    gone: false,
    again: waits.length === 0 ? 'on-change' : { afterMs: Math.min(...waits) },
  }
}

/** Whether a member names what somebody may yet make at AWS, of which nobody tells. */
function isAwaited({ members }: ApplicationWish): boolean {
  const told = [...members.values()].flatMap(({ problems }) => problems)
  return told.some(({ reason }) => reason === 'SubnetsNotFound' || reason === 'SecurityGroupsInvalid')
}

/** The targets of all target groups; what was applied in full, and replaced nothing, is told by the ledger alone. */
async function membershipOf(
  context: Context,
  { id, location, caller, record }: Conclusion,
  wish: ApplicationWish,
): Promise<MembershipResult> {
  const { targetGroups } = wish.settings
  const isWhole = record.applied?.hash === wish.hash && record.applied.planner === plannerVersion && record.retiring.length === 0
  const groups = isWhole
    ? appliedGroups(targetGroups, record)
    : standingGroups(await location.pictures.targetGroups.all(caller.signal), {
        cluster: context.cluster,
        id,
        whose: id,
        targetGroups,
        record,
        desired: undefined,
      })
  return syncMembership(context, { id, groups, location, record, caller })
}

/** What was found for a member while it was read, what AWS refused of its rules, and what is wrong with its targets. */
function tellMembers(
  wish: ApplicationWish,
  {
    failed,
    membership,
    warnings,
  }: {
    readonly failed: ReadonlyMap<string, unknown>
    readonly membership: MembershipResult
    readonly warnings: readonly Problem[]
  },
): ReadonlyMap<string, MemberOutcome> {
  const ofTargets = new Map<string, Problem[]>()
  for (const [key, { warnings: found }] of membership.byGroup)
    for (const member of wish.leading.get(key) ?? []) ofTargets.set(member, [...(ofTargets.get(member) ?? []), ...found])
  const keys = new Set([
    ...wish.members.keys(),
    ...wish.ingresses.map(({ namespace, name }) => `${namespace}/${name}`),
    ...failed.keys(),
  ])
  return new Map(
    [...keys].map(key => {
      const { problems = [], ...rest } = wish.members.get(key) ?? {}
      const all = [...problems, ...failureOf(failed.get(key)), ...(ofTargets.get(key) ?? []), ...warnings]
      return [key, { ...rest, problems: distinct(all) }]
    }),
  )
}

function failureOf(error: unknown): readonly Problem[] {
  if (error === undefined) return []
  if (!(error instanceof ProviderError)) throw error
  const { code: reason, message, remedy } = error
  return [{ reason, message, remedy, severity: 'blocks' }]
}

function together(
  now: NonNullable<LedgerRecord['ingresses']>,
  before: NonNullable<LedgerRecord['ingresses']>,
): NonNullable<LedgerRecord['ingresses']> {
  const uids = new Set(now.map(({ uid }) => uid))
  return [...now, ...before.filter(({ uid }) => !uids.has(uid))]
}

function refused(record: LedgerRecord | undefined, { reason, message, remedy }: Problem): IngressOutcome {
  return {
    ingress: record ? ingressOf(record) : [],
    readiness: { ready: false, reason, message: `${message} ${remedy}` },
    members: new Map(),
    gone: false,
    again: { afterMs: againMs },
  }
}

function withoutMembers({ ingress, readiness, gone: isGone, again }: Outcome): IngressOutcome {
  return { ingress, readiness, members: new Map(), gone: isGone, again }
}

function gone(): IngressOutcome {
  const readiness = { ready: false, reason: 'Withdrawing', message: 'Nothing is left outside.' } as const
  return { ingress: [], readiness, members: new Map(), gone: true, again: 'on-change' }
}
