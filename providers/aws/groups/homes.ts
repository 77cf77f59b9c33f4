// Where a Service is served: by a load balancer of its own, or by that of a group. One that moves keeps the old until the new serves.
import type { LoadBalancerId, ServiceId } from '../../../src/model/load-balancer.ts'
import type { Goal, Outcome } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import { goneOutcome } from '../apply/outcome.ts'
import type { HomeLook, Shared } from '../model/seen.ts'
import type { Context } from '../observe/context.ts'
import { longestWaitMs, lookAgainMs } from '../plan/balancer.ts'
import { retirementMs } from '../plan/retirement.ts'
import { groupOf } from './members.ts'
import { workAt } from './work.ts'
import type { LookAt, Mover } from './work.ts'

export interface Homes {
  readonly wanted?: LoadBalancerId
  readonly former: readonly LoadBalancerId[]
}

/** Where a Service is to be served, and where else something of it stands. */
export function homesOf({ ledger, groups, memory }: Context, id: ServiceId, goal: Goal | undefined): Homes {
  const wanted: LoadBalancerId | undefined = goal && (groupOf(goal.desired) ?? id)
  const hasOwn = ledger.read(id) !== undefined || memory.outside.has(id.uid)
  const all: readonly LoadBalancerId[] = [...(hasOwn ? [id] : []), ...groups.of(id)]
  return { former: all.filter(({ uid }) => uid !== wanted?.uid), ...(wanted ? { wanted } : {}) }
}

/** Serves the Service where it is to be served, and takes it from where it was once that is done. */
export async function move(
  mover: Mover,
  work: {
    readonly id: ServiceId
    readonly goal: Goal | undefined
    readonly observed: Shared
    readonly actions: readonly AwsAction[]
  },
  signal: AbortSignal,
): Promise<Outcome> {
  const { id, goal, observed, actions } = work
  const { at, former, leaving } = observed
  if (!goal || !at) return leaveAll(mover, { id, former, leaving }, signal)
  const outcome = await arrive(mover, { id, goal, at, actions }, signal)
  if (former.length === 0) {
    mover.context.memory.moving.delete(id.uid)
    return outcome
  }
  return hasMoved(mover.context, id, at.home, outcome)
    ? leave(mover, { id, goal, former, outcome }, signal)
    : remain(mover, { id, goal, former, outcome }, signal)
}

async function arrive(
  mover: Mover,
  {
    id,
    goal,
    at,
    actions,
  }: { readonly id: ServiceId; readonly goal: Goal; readonly at: HomeLook; readonly actions: readonly AwsAction[] },
  signal: AbortSignal,
): Promise<Outcome> {
  const { home } = at
  try {
    await mover.turns.take(home.uid, () => stays(mover.context, id, home, signal))
    return await workAt(mover, { home, id, goal, prepared: { at, actions } }, signal)
  } finally {
    if (at.look) mover.context.memory.looking.delete(home.uid)
  }
}

/** One that came back before it was gone is not leaving any more. */
async function stays({ ledger }: Context, id: ServiceId, home: LoadBalancerId, signal: AbortSignal): Promise<void> {
  const record = ledger.read(home)
  if (!record) return
  if (home.kind === 'Service' && record.leaving !== undefined) {
    const { leaving: _back, ...rest } = record
    await ledger.write(home, rest, signal)
  }
  if (!record.members?.some(member => member.id.uid === id.uid && member.leaving !== undefined)) return
  const members = record.members.map(({ leaving, ...member }) =>
    leaving === undefined || member.id.uid === id.uid ? member : { ...member, leaving },
  )
  await ledger.write(home, { ...record, members }, signal)
}

/** Whether clients can be sent to the new home: it serves, or nobody could be served, or it has been waited for long enough. */
function hasMoved({ memory, clock, ledger }: Context, id: ServiceId, home: LoadBalancerId, { readiness }: Outcome): boolean {
  const record = ledger.read(home)
  const hasPart = home.kind === 'Service' || record?.members?.some(member => member.id.uid === id.uid) === true
  if (!hasPart || record?.dnsName === undefined) return false
  if (readiness.ready || readiness.reason === 'NoReadyEndpoints') return true
  const since = memory.moving.get(id.uid) ?? clock.now()
  memory.moving.set(id.uid, since)
  return clock.now() - since >= longestWaitMs
}

interface Moving {
  readonly id: ServiceId
  readonly goal: Goal
  readonly former: readonly LoadBalancerId[]
  /** Of the new home. */
  readonly outcome: Outcome
}

/** Until the new home serves, clients are told the old one, which is kept up to date. */
async function remain(mover: Mover, { id, goal, former, outcome }: Moving, signal: AbortSignal): Promise<Outcome> {
  let ingress = outcome.ingress
  for (const home of former) {
    const before = await keepUp(mover, { home, id, goal }, signal)
    if (before && before.ingress.length > 0) ingress = before.ingress
  }
  return { ...outcome, ingress, again: sooner(outcome.again, lookAgainMs) }
}

/** The old home stays some minutes: clients hold on to names they have looked up. */
async function leave(mover: Mover, { id, goal, former, outcome }: Moving, signal: AbortSignal): Promise<Outcome> {
  const { clock, ledger, log, memory } = mover.context
  memory.moving.delete(id.uid)
  let result = outcome
  for (const home of former) {
    const since = leavingSince(mover.context, id, home)
    const leftMs = retirementMs - (clock.now() - (since ?? clock.now()))
    if (since === undefined) await mover.turns.take(home.uid, () => noteLeaving(mover.context, id, home, signal))
    if (leftMs > 0 && ledger.read(home)?.dnsName !== undefined) {
      await keepUp(mover, { home, id, goal }, signal)
      result = { ...result, again: sooner(result.again, Math.max(1000, leftMs)) }
      continue
    }
    try {
      const last = await leaveOne(mover, { home, id }, signal)
      if (!last.gone)
        result = { ...result, again: sooner(result.again, last.again === 'on-change' ? lookAgainMs : last.again.afterMs) }
    } catch (error) {
      signal.throwIfAborted()
      log.warn({ service: `${id.namespace}/${id.name}`, error }, 'what served the Service before cannot be taken away yet')
      result = { ...result, again: sooner(result.again, 30_000) }
    }
  }
  return result
}

/** What becomes of the old home must not keep the Service from its new one. */
async function keepUp(
  mover: Mover,
  at: { readonly home: LoadBalancerId; readonly id: ServiceId; readonly goal: Goal },
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  try {
    return await workAt(mover, at, signal)
  } catch (error) {
    signal.throwIfAborted()
    mover.context.log.warn(
      { service: `${at.id.namespace}/${at.id.name}`, error },
      'what served the Service before is not kept up',
    )
    const dnsName = mover.context.ledger.read(at.home)?.dnsName
    return dnsName === undefined ? undefined : { ...goneOutcome(), ingress: [{ hostname: dnsName }] }
  }
}

function leavingSince({ ledger }: Context, id: ServiceId, home: LoadBalancerId): number | undefined {
  const record = ledger.read(home)
  const text = home.kind === 'Service' ? record?.leaving : record?.members?.find(member => member.id.uid === id.uid)?.leaving
  return text === undefined ? undefined : Date.parse(text)
}

async function noteLeaving({ ledger, clock }: Context, id: ServiceId, home: LoadBalancerId, signal: AbortSignal): Promise<void> {
  const record = ledger.read(home)
  if (!record) return
  const leaving = new Date(clock.now()).toISOString()
  const members = record.members?.map(member => (member.id.uid === id.uid ? { ...member, leaving } : member))
  await ledger.write(
    home,
    home.kind === 'Service' ? { ...record, leaving } : { ...record, ...(members ? { members } : {}) },
    signal,
  )
}

/** The Service goes: from everywhere, and it is gone when it is gone from everywhere. */
async function leaveAll(
  mover: Mover,
  { id, former, leaving }: Pick<Moving, 'id' | 'former'> & Pick<Shared, 'leaving'>,
  signal: AbortSignal,
): Promise<Outcome> {
  mover.context.memory.moving.delete(id.uid)
  mover.context.memory.told.delete(id.uid)
  let last = goneOutcome()
  for (const home of former) {
    const outcome = await leaveOne(mover, { home, id, leaving }, signal)
    if (!outcome.gone) last = outcome
  }
  return last
}

async function leaveOne(
  mover: Mover,
  { home, id, leaving }: Pick<LookAt, 'home' | 'id' | 'leaving'>,
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome = await workAt(mover, { home, id, goal: undefined, without: true, leaving }, signal)
  if (home.kind === 'Service') return outcome
  const isGone = !mover.context.groups.of(id).some(({ uid }) => uid === home.uid)
  if (isGone) return goneOutcome()
  const message = `The part that the Service has of the group ${home.name} is being taken away.`
  const readiness =
    outcome.gone || outcome.readiness.ready ? { ready: false, reason: 'Withdrawing' as const, message } : outcome.readiness
  return { ...outcome, gone: false, readiness, again: sooner(outcome.again, lookAgainMs) }
}

function sooner(again: Outcome['again'], afterMs: number): Outcome['again'] {
  return { afterMs: again === 'on-change' ? afterMs : Math.min(again.afterMs, afterMs) }
}
