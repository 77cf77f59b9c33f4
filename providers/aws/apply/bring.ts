// Brings what is wanted about, and keeps on record how far that came.
import type { LoadBalancerId, ServiceId } from '../../../src/model/load-balancer.ts'
import type { Outcome } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import type { Caller } from '../calls/calls.ts'
import { membersAfter, membersDone, membersOnRecord } from '../groups/part.ts'
import type { CertificateRef } from '../model/application.ts'
import type { AwsGoal } from '../model/goal.ts'
import { freshRecord, hashOf, plannerVersion } from '../model/ledger.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import { ownerUidTag } from '../model/ownership.ts'
import type { Seen } from '../model/seen.ts'
import type { Context } from '../observe/context.ts'
import { existingOf, wishOf } from '../observe/wish.ts'
import { recordLines } from '../plan/believed.ts'
import { conclude } from './conclude.ts'
import { onRecord } from './on-record.ts'
import { idsOf } from './run.ts'
import type { Run } from './run.ts'

interface Bring {
  readonly id: LoadBalancerId
  readonly goal: AwsGoal
  readonly seen: Seen
  readonly actions: readonly AwsAction[]
  readonly member?: ServiceId
}

export async function bring(context: Context, { id, goal, seen, actions, member }: Bring, caller: Caller): Promise<Outcome> {
  const className = goal.desired.class.metadata.name
  const location = seen.record ? context.locations.of(seen.record.place) : context.locations.ofClass(goal.desired.class)
  const record = seen.record ?? freshRecord(className, location.place)
  const { applied: _applied, ...rest } = record
  const members = membersOnRecord(goal, wishOf(goal, existingOf(record), location.place), seen.record)
  const ids = idsOf(seen)
  // Of a group, a port leads to whom the record says, so both change together.
  const unfinished = members ? { ...rest, members, ids: Object.fromEntries(ids) } : rest
  const isOther = members !== undefined && hashOf(members) !== hashOf(record.members ?? [])
  // On record before anything is made: without a record, nothing can be outside, and a run that is cut is not taken for a whole.
  if (!seen.record || ((record.applied || isOther) && actions.length > 0))
    await context.ledger.write(id, unfinished, caller.signal)
  const run: Run = {
    context,
    id,
    location,
    caller,
    goal,
    class: goal.desired.class,
    secrets: new Map(),
    seen,
    stack: seen.stack,
    ids,
    record: { ...unfinished, class: className },
    warnings: [],
    failed: new Map(),
  }
  const outcome = await onRecord(run, actions, wait => {
    run.record = { ...run.record, ...membersOf(run) }
    // A taken-over thing is compared once more before everything counts as applied.
    if (!wait && !context.memory.doubted.has(id.uid)) run.record = completed(run, goal)
    return conclude(context, {
      id,
      goal,
      location,
      caller,
      record: run.record,
      isUnchanged: false,
      warnings: run.warnings,
      ...(wait ? { wait } : {}),
      ...(member ? { member } : {}),
    })
  })
  const failure = run.failed.get(member?.uid ?? '')
  if (failure !== undefined) throw failure
  return outcome
}

function membersOf({ record: { members }, seen, location, failed }: Run): Pick<LedgerRecord, 'members'> {
  if (!members) return {}
  const standing = seen.groups.filter(({ arn }) => location.pictures.targetGroups.known(arn) !== undefined)
  const isLeft = (uid: string) => standing.some(({ tags }) => tags[ownerUidTag] === uid)
  return { members: membersAfter(members, { isLeft, failed }) }
}

/** The record after everything was applied. */
function completed({ record, context, stack, location, failed }: Run, goal: AwsGoal): LedgerRecord {
  const { hash, settings } = wishOf(goal, existingOf(record), location.place)
  // What a failed part has is asked of AWS next time.
  const lacking = new Set(settings.targetGroups.flatMap(({ key, member }) => (failed.has(member?.id.uid ?? '') ? [key] : [])))
  const attributes: Record<string, readonly string[]> = {}
  if (stack) {
    attributes['load-balancer'] = recordLines(stack.balancer.attributes.asked)
    if (stack.balancer.isAdopted) attributes['tags'] = recordLines(stack.balancer.tags)
    attributes['capacity'] = stack.balancer.capacityUnits === undefined ? [] : [`units=${stack.balancer.capacityUnits}`]
    for (const { key, attributes: own } of stack.targetGroups)
      if (!lacking.has(key)) attributes[`target-group/${key}`] = recordLines(own.asked)
    for (const { port, attributes: own, certificates } of stack.listeners) {
      if (lacking.has(String(port))) continue
      attributes[`listener/${port}`] = recordLines(own.asked)
      // Keys of a map in the ledger; certificates have no values.
      attributes[`certificates/${port}`] = certificates.slice(1).map(each => `${certificateName(each)}=`)
    }
  }
  const at = new Date(context.clock.now()).toISOString()
  return {
    ...record,
    attributes,
    ...(record.members ? { members: membersDone(record.members, { goal, failed }) } : {}),
    retain: settings.deletionPolicy === 'retain',
    applied: { hash, planner: plannerVersion, at },
  }
}

/** As the ledger has it: the ARN, or the Secret that it was imported from. */
function certificateName(certificate: string | CertificateRef): string {
  if (typeof certificate === 'string') return certificate
  return 'arn' in certificate ? certificate.arn : certificate.imported
}
