// Brings what is wanted about, and keeps on record how far that came.
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { Goal, Outcome } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import { freshRecord, plannerVersion } from '../ledger.ts'
import type { LedgerRecord } from '../ledger.ts'
import type { Seen } from '../model/seen.ts'
import type { Context } from '../observe/context.ts'
import { existingOf, wishOf } from '../observe/wish.ts'
import { recordLines } from '../plan/believed.ts'
import type { Caller } from '../provider/calls.ts'
import { conclude, keep } from './conclude.ts'
import { doubt } from './doubt.ts'
import { idsOf } from './run.ts'
import type { Run } from './run.ts'
import { carryOut } from './steps.ts'

interface Bring {
  readonly id: LoadBalancerId
  readonly goal: Goal
  readonly seen: Seen
  readonly actions: readonly AwsAction[]
}

export async function bring(context: Context, { id, goal, seen, actions }: Bring, caller: Caller): Promise<Outcome> {
  const className = goal.desired.class.metadata.name
  const location = seen.record ? context.locations.of(seen.record.place) : context.locations.ofClass(goal.desired.class)
  const record = seen.record ?? freshRecord(className, location.place)
  const { applied: _applied, ...unfinished } = record
  // On record before anything is made: without a record, nothing can be outside, and a run that is cut is not taken for a whole.
  if (!seen.record || (record.applied && actions.length > 0)) await context.ledger.write(id, unfinished, caller.signal)
  const run: Run = {
    context,
    id,
    location,
    caller,
    goal,
    seen,
    stack: seen.stack,
    ids: idsOf(seen),
    record: { ...unfinished, class: className },
    warnings: [],
  }
  context.memory.doubted.delete(id.uid)
  context.memory.going.delete(id.uid)
  try {
    const wait = await carryOut(run, actions)
    run.record = { ...run.record, ids: Object.fromEntries(run.ids) }
    if (wait)
      return await conclude(context, {
        id,
        goal,
        location,
        caller,
        record: run.record,
        isUnchanged: false,
        warnings: run.warnings,
        wait,
      })
    // A taken-over thing is compared once more before everything counts as applied.
    if (!context.memory.doubted.has(id.uid)) run.record = completed(run, goal)
    return await conclude(context, { id, goal, location, caller, record: run.record, isUnchanged: false, warnings: run.warnings })
  } catch (error) {
    if (!caller.signal.aborted) {
      await keep(context, id, { ...run.record, ids: Object.fromEntries(run.ids) }, caller)
      doubt(context, id, location, error)
    }
    throw error
  }
}

/** The record after everything was applied. */
function completed({ record, context, stack, location }: Run, goal: Goal): LedgerRecord {
  const { hash, settings } = wishOf(goal.desired, existingOf(record), location.place)
  const attributes: Record<string, readonly string[]> = {}
  if (stack) {
    attributes['load-balancer'] = recordLines(stack.balancer.attributes.asked)
    if (stack.balancer.isAdopted) attributes['tags'] = recordLines(stack.balancer.tags)
    attributes['capacity'] = stack.balancer.capacityUnits === undefined ? [] : [`units=${stack.balancer.capacityUnits}`]
    for (const { key, attributes: own } of stack.targetGroups) attributes[`target-group/${key}`] = recordLines(own.asked)
    for (const { port, attributes: own, certificates } of stack.listeners) {
      attributes[`listener/${port}`] = recordLines(own.asked)
      // Keys of a map in the ledger; certificates have no values.
      attributes[`certificates/${port}`] = certificates.slice(1).map(arn => `${arn}=`)
    }
  }
  const at = new Date(context.clock.now()).toISOString()
  return { ...record, attributes, retain: settings.deletionPolicy === 'retain', applied: { hash, planner: plannerVersion, at } }
}
