// Which load balancer uses a target group, and since when: health is checked only for groups in use.
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call } from '../call.ts'
import type { View } from '../world.ts'

/** The target groups that actions forward to. */
export function targetGroupsOf(actions: readonly Action[]): readonly string[] {
  const groups = actions.flatMap(action => [
    ...(action.TargetGroupArn === undefined ? [] : [action.TargetGroupArn]),
    ...(action.ForwardConfig?.TargetGroups ?? []).map(group => group.TargetGroupArn ?? ''),
  ])
  return [...new Set(groups)]
}

/** The load balancers whose listeners and rules use each target group. */
export function usersOf(view: Pick<View, 'listeners' | 'rules'>): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>()
  for (const { actions, loadBalancer } of [...view.listeners.values(), ...view.rules.values()]) {
    for (const group of targetGroupsOf(actions)) {
      const known = users.get(group) ?? new Set()
      users.set(group, known.add(loadBalancer))
    }
  }
  return users
}

/** Brings `usedBy` of every target group up to date after listeners or rules changed. */
export function refreshUse(call: Call): void {
  const users = usersOf(call.world)
  for (const group of call.world.targetGroups.values()) {
    const [loadBalancer] = users.get(group.arn) ?? []
    if (loadBalancer === group.usedBy?.loadBalancer) continue
    const usedBy = loadBalancer === undefined ? undefined : { loadBalancer, since: call.now() }
    const leftAt = usedBy ? undefined : call.now()
    call.world.targetGroups.put(group.arn, { ...group, usedBy, leftAt })
  }
}
