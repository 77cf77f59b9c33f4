// What there is for one load balancer. An unchanged one is known from the ledger; of others, everything is looked at once.
import type { DesiredLoadBalancer, LoadBalancerId, ServiceId } from '../../src/model/load-balancer.ts'
import type { Caller } from './calls/calls.ts'
import type { AwsGoal } from './model/goal.ts'
import { plannerVersion } from './model/ledger.ts'
import type { LedgerRecord } from './model/ledger.ts'
import type { Look as Looked, Seen } from './model/seen.ts'
import { checkCertificates } from './observe/certificates.ts'
import type { Context } from './observe/context.ts'
import { comparedOf } from './observe/compared.ts'
import { clusterNameOf } from './observe/context.ts'
import { isRetirementDue } from './observe/due.ts'
import { leftOf, withLeft } from './observe/left.ts'
import { listenersOf } from './observe/listeners.ts'
import type { Look } from './observe/look.ts'
import { partingOf } from './observe/parting.ts'
import { stackOf } from './observe/stack.ts'
import { seenAround, seenOfNothing, standingOf } from './observe/standing.ts'
import { existingOf, isApplied, wishOf } from './observe/wish.ts'

/** `member`: the one of a group who looks; what failed of its own part is not taken for applied. */
export async function observe(
  context: Context,
  id: LoadBalancerId,
  { goal, leaving }: { readonly goal: AwsGoal | undefined; readonly leaving?: DesiredLoadBalancer | undefined },
  signal: AbortSignal,
  member?: ServiceId,
): Promise<Looked> {
  signal.throwIfAborted()
  const { ledger, locations, memory } = context
  const record = ledger.read(id)
  const caller: Caller = { key: id.uid, signal }
  if (!goal) {
    const place = record?.place ?? memory.outside.get(id.uid)
    if (!place) return { kind: 'absent' }
    const seen = await look({ context, id, record, location: locations.of(place), caller })
    return leaving ? { ...seen, parting: partingOf(leaving) } : seen
  }
  const location = record ? locations.of(record.place) : locations.ofClass(goal.desired.class)
  const wish = wishOf(goal, existingOf(record), location.place)
  if (
    record &&
    isApplied(record, wish, plannerVersion) &&
    !memory.doubted.has(id.uid) &&
    !memory.strict.has(id.uid) &&
    !isUnfinished(record, member) &&
    !isRetirementDue(record, context)
  )
    return { kind: 'settled', record }
  return look({ context, id, record, location, caller, goal, wish })
}

function isUnfinished({ members = [] }: LedgerRecord, member: ServiceId | undefined): boolean {
  return members.some(({ id, unfinished }) => id.uid === member?.uid && unfinished === true)
}

async function look(input: Look): Promise<Seen> {
  const { context, id, record, location, caller, goal } = input
  const { clock } = context
  if (goal?.desired.takesOver === true) await location.pictures.listLeft(caller.signal)
  const standing = await standingOf(input)
  const { balancers: own, groups } = standing
  if (!goal) return seenOfNothing(input, standing)
  const { settings, stack, adoption } = await stackOf(input, goal, own)
  const adopting = adoption?.isNew ? adoption.balancer : undefined
  const balancers = adopting ? [...own, adopting] : own
  const listeners = await listenersOf(location, balancers, caller)
  // In a group a certificate spoils only the listener of its member.
  if (id.kind === 'Service') await checkCertificates(location, { stack, listeners, record, now: clock.monotonic() }, caller)
  const left =
    adoption && goal.desired.takesOver === true
      ? await leftOf(input, standing, clusterNameOf(context, goal.desired.class))
      : undefined
  return {
    kind: 'seen',
    ...withLeft(seenAround(input, standing, { stack, adopting: adopting?.arn }), left),
    ...(left && left.changes.length > 0 ? { left } : {}),
    ...(await comparedOf(input, { stack, settings, balancers, groups, listeners })),
    ...(adopting ? { adopting } : {}),
  }
}
