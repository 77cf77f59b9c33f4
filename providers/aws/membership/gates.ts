// The health of the targets of one load balancer, for pods that wait for it.
import type { LoadBalancerId, ServiceId } from '../../../src/model/load-balancer.ts'
import type { Caller } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import { partOf } from '../groups/part.ts'
import type { AwsGoal } from '../model/goal.ts'
import type { Context } from '../observe/context.ts'
import { existingOf, wishOf } from '../observe/wish.ts'
import { describeHealth } from './health.ts'
import type { TargetHealth } from './health.ts'

/** A target group of a load balancer, with the targets it has. */
export interface GroupOfTargets {
  readonly arn: string
  readonly targetType: 'instance' | 'ip'
  /** Name of the Service whose endpoints it has, where it is not the one it was made for. */
  readonly service?: string
  /** By id and port of the target, as `10.0.0.1 8080`. */
  readonly health: ReadonlyMap<string, TargetHealth>
}

/** Undefined while not every group that is wanted is there. `member`: of the load balancer of a group, only its part. */
export async function healthOfTargets(
  { ledger, locations }: Context,
  { id, goal, member }: { readonly id: LoadBalancerId; readonly goal: AwsGoal; readonly member?: ServiceId },
  signal: AbortSignal,
): Promise<readonly GroupOfTargets[] | undefined> {
  const record = ledger.read(id)
  if (!record) return undefined
  const { calls, place } = locations.of(record.place)
  const caller: Caller = { key: id.uid, signal }
  const groups: GroupOfTargets[] = []
  const { targetGroups, isLeftOut } = partOf({ goal, wish: wishOf(goal, existingOf(record), place), record }, member)
  if (member && targetGroups.length === 0 && !isLeftOut) return undefined
  for (const { key, targetType, service } of targetGroups) {
    const arn = record.ids[`target-group/${key}`]
    if (arn === undefined) return undefined
    try {
      const whose = service === undefined ? {} : { service: service.name }
      groups.push({ arn, targetType, ...whose, health: await describeHealth(calls, arn, caller) })
    } catch (error) {
      if (!isGone(error)) throw error
      return undefined
    }
  }
  return groups
}
