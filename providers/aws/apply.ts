// Carries out the actions for one load balancer. It decides nothing; it can be cut anywhere and run again.
import type { LoadBalancerId, ServiceId } from '../../src/model/load-balancer.ts'
import type { Outcome } from '../../src/provider.ts'
import type { AwsAction } from './actions.ts'
import { bring } from './apply/bring.ts'
import { conclude } from './apply/conclude.ts'
import { believing } from './apply/doubt.ts'
import { goneOutcome, ingressOf } from './apply/outcome.ts'
import { withdraw } from './apply/withdraw.ts'
import type { Caller } from './calls/calls.ts'
import type { AwsGoal } from './model/goal.ts'
import type { Look } from './model/seen.ts'
import type { Context } from './observe/context.ts'

export interface Work {
  readonly id: LoadBalancerId
  readonly goal: AwsGoal | undefined
  readonly observed: Look
  readonly actions: readonly AwsAction[]
  /** Who of a group looks: the outcome is that of its part. */
  readonly member?: ServiceId
}

export async function apply(context: Context, work: Work, signal: AbortSignal): Promise<Outcome> {
  const { id, goal, observed, actions } = work
  const who = work.member ? { member: work.member } : {}
  const caller: Caller = { key: id.uid, signal }
  if (observed.kind === 'absent') return goneOutcome()
  if (observed.kind === 'settled') {
    const location = context.locations.of(observed.record.place)
    return believing(context, id, location, () =>
      conclude(context, { id, goal, location, caller, record: observed.record, isUnchanged: true, warnings: [], ...who }),
    )
  }
  const [first] = actions
  if (first?.kind === 'refuse') return refusal(context, work, caller, first)
  return goal
    ? bring(context, { id, goal, seen: observed, actions, ...who }, caller)
    : withdraw(context, { id, seen: observed, actions }, caller)
}

/** Everything stays as it is and keeps serving; the condition says what was not done. */
async function refusal(
  context: Context,
  { id, goal, observed, member }: Work,
  caller: Caller,
  { problem }: Extract<AwsAction, { readonly kind: 'refuse' }>,
): Promise<Outcome> {
  const { reason, message, remedy } = problem
  const record = observed.kind === 'seen' ? observed.record : undefined
  const readiness = { ready: false, reason, message: `${message} ${remedy}` }
  if (record?.dnsName !== undefined && goal) {
    const location = context.locations.of(record.place)
    const who = member ? { member } : {}
    await conclude(context, { id, goal, location, caller, record, isUnchanged: true, warnings: [], ...who })
  }
  const ingress = record ? ingressOf(record) : []
  return { ingress, readiness, warnings: [], gone: false, again: { afterMs: 60_000 } }
}
