// The health of the targets that a Service has at the load balancer of Ingresses, for pods that wait for it.
import type { TargetGroupHealth } from '../../../src/ingress-provider.ts'
import type { IngressGroupId } from '../../../src/model/ingress-group.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import type { Caller } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import { wishFor } from '../observe/application/wish.ts'
import type { IngressGoal } from '../observe/application/wish.ts'
import type { Context } from '../observe/context.ts'
import { describeHealth } from './health.ts'
import type { TargetHealth } from './health.ts'
import { appliedGroups } from './standing.ts'

/**
 * Of the target groups on record those that are wanted: these alone get new targets. Without a load balancer, and while one is
 * taken away, there are none, so that no pod waits for what may never come.
 */
export async function healthOfIngressTargets(
  context: Context,
  { id, goal, service: { metadata } }: { readonly id: IngressGroupId; readonly goal: IngressGoal; readonly service: Service },
  signal: AbortSignal,
): Promise<readonly TargetGroupHealth[]> {
  const record = context.ledger.read(id)
  if (!record || record.dnsName === undefined) return []
  const location = context.locations.of(record.place)
  const caller: Caller = { key: id.uid, signal }
  const { settings } = await wishFor(context, goal, { record, location, caller })
  const own = settings.targetGroups.filter(
    ({ targetType, service }) =>
      targetType === 'ip' && service?.namespace === metadata.namespace && service?.name === metadata.name,
  )
  const found = appliedGroups(own, record).map(async ({ arn, group: { targetType } }) => {
    try {
      const health = await describeHealth(location.calls, arn, caller)
      return [{ targetType, health: new Map([...health].map(([target, state]) => [target, forgiving(state)])) }]
    } catch (error) {
      // It is made anew, or was taken away meanwhile.
      if (!isGone(error)) throw error
      return []
    }
  })
  return (await Promise.all(found)).flat()
}

/** Nobody checks the targets of a group that no listener leads to: waiting for that could last for ever. */
function forgiving(health: TargetHealth): { readonly state: string; readonly reason: string } {
  return health.state === 'unused' ? { state: 'healthy', reason: '' } : health
}
