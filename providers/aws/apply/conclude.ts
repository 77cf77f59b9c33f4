// The end of every look at something that is wanted: its targets, whether it serves, and the ledger.
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { Goal, Outcome } from '../../../src/provider.ts'
import { hashOf } from '../ledger.ts'
import type { LedgerRecord } from '../ledger.ts'
import { syncMembership } from '../membership.ts'
import type { Context } from '../observe/context.ts'
import { existingOf, wishOf } from '../observe/wish.ts'
import { nextRetirement } from '../plan/clean.ts'
import type { Caller } from '../provider/calls.ts'
import type { Location } from '../provider/locations.ts'
import { openFor } from './open.ts'
import { distinct, goneOutcome, ingressOf, readinessOf } from './outcome.ts'
import type { Run } from './run.ts'
import type { Wait } from './steps.ts'

export interface Conclusion {
  readonly id: LoadBalancerId
  readonly goal: Goal | undefined
  readonly location: Location
  readonly caller: Caller
  readonly record: LedgerRecord
  /** Whether nothing of the shape was touched. */
  readonly isUnchanged: boolean
  readonly warnings: Run['warnings']
  readonly wait?: Wait
}

/** Targets, readiness, and the ledger: the end of every look at something that is wanted. */
export async function conclude(context: Context, input: Conclusion): Promise<Outcome> {
  const { id, goal, location, caller, isUnchanged, warnings, wait } = input
  if (!goal) return goneOutcome()
  const { settings } = wishOf(goal.desired, existingOf(input.record), location.place)
  const membership = await syncMembership(context, { id, settings, location, record: input.record, caller })
  const opened = membership.registeredAny ? await openFor(context, { ...input, record: membership.record }, settings) : undefined
  const told = await readinessOf(
    context,
    location,
    { record: membership.record, targets: membership.targets, isUnchanged },
    caller,
  )
  const openings = opened?.openings ?? membership.record.openings
  const record = { ...membership.record, openings, readiness: told.readiness }
  await keep(context, id, record, caller)
  const waits = [
    told.afterMs,
    membership.againAfterMs,
    wait?.afterMs,
    nextRetirement(record.retiring, context.clock.now()),
    // Taken over or found gone: compared again at once.
    context.memory.doubted.has(id.uid) ? 100 : undefined,
  ].flatMap(ms => ms ?? [])
  return {
    ingress: ingressOf(record, settings, goal),
    readiness: told.readiness,
    warnings: distinct([...warnings, ...membership.warnings, ...(opened?.problems ?? [])]),
    gone: false,
    again: waits.length === 0 ? 'on-change' : { afterMs: Math.min(...waits) },
  }
}

/** Writes the ledger unless it says the same already. */
export async function keep({ ledger }: Context, id: LoadBalancerId, record: LedgerRecord, { signal }: Caller): Promise<void> {
  const before = ledger.read(id)
  if (before && hashOf(before) === hashOf(record)) return
  await ledger.write(id, record, signal)
}
