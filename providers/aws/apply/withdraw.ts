// Takes away everything of an owner that is not wanted any more, as often as it takes.
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import { reasons } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { Outcome } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import { hasCode } from '../errors.ts'
import { freshRecord } from '../ledger.ts'
import type { LedgerRecord } from '../ledger.ts'
import type { Seen } from '../model/seen.ts'
import type { Context } from '../observe/context.ts'
import type { Caller } from '../provider/calls.ts'
import { keep } from './conclude.ts'
import { doubt } from './doubt.ts'
import { goneOutcome, heldUp } from './outcome.ts'
import type { Run } from './run.ts'
import { carryOut } from './steps.ts'

interface Removal {
  readonly id: LoadBalancerId
  readonly seen: Seen
  readonly actions: readonly AwsAction[]
}

export async function withdraw(context: Context, { id, seen, actions }: Removal, caller: Caller): Promise<Outcome> {
  const place = seen.record?.place ?? context.memory.outside.get(id.uid)
  if (!place) return goneOutcome()
  const location = context.locations.of(place)
  const record = seen.record ?? freshRecord('', place)
  const run: Run = {
    context,
    id,
    location,
    caller,
    goal: undefined,
    seen,
    stack: undefined,
    ids: new Map(Object.entries(record.ids)),
    record,
    warnings: [],
  }
  // Should it be wanted again before everything is gone, it must not be taken for a whole.
  if (record.applied) {
    const { applied: _applied, ...unfinished } = record
    run.record = unfinished
    await context.ledger.write(id, unfinished, caller.signal)
  }
  context.memory.doubted.delete(id.uid)
  try {
    await carryOut(run, actions)
  } catch (error) {
    doubt(context, id, location, error)
    const isGroup = hasCode(error, 'DependencyViolation')
    if (isGroup || hasCode(error, 'ResourceInUse')) {
      if (seen.record) await keep(context, id, run.record, caller)
      return heldUp(context, id, { record: seen.record, what: isGroup ? 'A security group' : 'A target group', isGroup })
    }
    if (hasCode(error, 'OperationNotPermitted')) throw deletionProtected(error, record)
    throw error
  }
  await context.ledger.remove(id, caller.signal)
  context.memory.outside.delete(id.uid)
  context.memory.doubted.delete(id.uid)
  context.memory.stuck.delete(id.uid)
  return goneOutcome()
}

function deletionProtected(cause: unknown, { dnsName }: LedgerRecord): ProviderError {
  const { remedy } = reasons.DeletionProtected
  const message = `${dnsName ?? 'The load balancer'} has deletion protection, so it is kept.`
  return new ProviderError({ code: 'DeletionProtected', message, remedy, retry: 'later', cause })
}
