// Takes away everything of an owner that is not wanted any more, as often as it takes.
import { reasons } from '../../../src/api/reasons.ts'
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { Outcome } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import type { Caller } from '../calls/calls.ts'
import { hasCode, namedIn } from '../calls/errors.ts'
import { freshRecord } from '../model/ledger.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import { listed } from '../model/problems.ts'
import type { Seen } from '../model/seen.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from '../provider/locations.ts'
import { keep } from './keep.ts'
import { doubt } from './doubt.ts'
import { goneOutcome, heldUp } from './outcome.ts'
import type { Run } from './run.ts'
import { carryOut } from './steps.ts'

/** The interfaces of a load balancer outlive it for some seconds as a rule; after minutes it is something else. */
const patienceMs = 5 * 60_000

interface Removal {
  readonly id: LoadBalancerOwner
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
    class: undefined,
    secrets: new Map(),
    seen,
    stack: undefined,
    ids: new Map(Object.entries(record.ids)),
    record,
    warnings: [],
    failed: new Map(),
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
    if (seen.record && !caller.signal.aborted) await keep(context, id, run.record, caller)
    const isGroup = hasCode(error, 'DependencyViolation')
    if (isGroup || hasCode(error, 'ResourceInUse')) {
      const since = context.memory.stuck.get(id.uid) ?? context.clock.now()
      context.memory.stuck.set(id.uid, since)
      const isLong = context.clock.now() - since > patienceMs
      const plain = `A ${isGroup ? 'security' : 'target'} group is still in use by AWS`
      const what = isGroup && isLong ? await userOf(location, error, caller) : plain
      return heldUp({ record: seen.record, what, reason: isGroup && isLong ? 'SecurityGroupInUse' : 'Withdrawing', isLong })
    }
    if (hasCode(error, 'OperationNotPermitted')) throw deletionProtected(error, record)
    throw error
  }
  await context.ledger.remove(id, caller.signal)
  context.memory.outside.delete(id.uid)
  context.memory.doubted.delete(id.uid)
  context.memory.stuck.delete(id.uid)
  context.memory.going.delete(id.uid)
  return goneOutcome()
}

/** What a security group cannot be deleted for, as the beginning of a sentence. */
async function userOf({ calls }: Location, error: unknown, caller: Caller): Promise<string> {
  const [group] = namedIn(error)
  if (group === undefined) return 'A security group is still in use'
  const Filters = [{ Name: 'group-id', Values: [group] }]
  const { NetworkInterfaces = [] } = await calls.ec2('DescribeNetworkInterfaces', { Filters }, caller)
  const names = NetworkInterfaces.slice(0, 3).map(({ NetworkInterfaceId, Description }) =>
    Description ? `${NetworkInterfaceId} (${Description})` : `${NetworkInterfaceId}`,
  )
  if (names.length === 0) return `The security group ${group} is still in use, as it seems by a rule of another one`
  return `The security group ${group} is still in use by ${names.length === 1 ? 'the interface' : 'the interfaces'} ${listed(names)}`
}

function deletionProtected(cause: unknown, { dnsName }: LedgerRecord): ProviderError {
  const { remedy } = reasons.DeletionProtected
  const message = `${dnsName ?? 'The load balancer'} has deletion protection, so it is kept.`
  return new ProviderError({ code: 'DeletionProtected', message, remedy, retry: 'later', cause })
}
