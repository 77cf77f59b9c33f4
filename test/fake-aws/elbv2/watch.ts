// Watches a listener for a moment without healthy targets: time alone only adds health, so looking after each change is enough.
import type { Account } from '../call.ts'
import { healthAt } from './target-health.ts'
import { presentTargets } from './targets.ts'
import type { View } from '../world.ts'

export type Watch = {
  /** The fewest healthy targets since the watch began, and when that was. */
  readonly lowest: { readonly healthy: number; readonly at: number }
  /** The healthy targets now. */
  readonly healthy: number
}

/** The healthy targets that a listener sends traffic to: those of its groups with a weight above zero. Draining targets do not count. */
function healthyTargets(account: Account, listenerArn: string): number {
  const view: View = account.world
  const time = account.now()
  const actions = view.listeners.get(listenerArn)?.actions ?? []
  const groups = actions.flatMap(action => action.ForwardConfig?.TargetGroups ?? []).filter(group => (group.Weight ?? 1) > 0)
  const healthy = groups.map(({ TargetGroupArn }) => {
    const group = view.targetGroups.get(TargetGroupArn ?? '')
    if (!group) return 0
    const targets = presentTargets(group, time)
    return targets.filter(target => healthAt(view, account.settings.timings, group, target, time).State === 'healthy').length
  })
  return healthy.reduce((sum, count) => sum + count, 0)
}

/** The watches of an account; `sample` looks at all of them. */
export function watches(account: Account): {
  readonly watch: (listenerArn: string) => Watch
  readonly sample: () => void
} {
  const active: { readonly listener: string; lowest: Watch['lowest'] }[] = []
  return {
    watch(listener) {
      const entry = { listener, lowest: { healthy: healthyTargets(account, listener), at: account.now() } }
      active.push(entry)
      return {
        get lowest() {
          return entry.lowest
        },
        get healthy() {
          return healthyTargets(account, listener)
        },
      }
    },
    sample() {
      for (const entry of active) {
        const healthy = healthyTargets(account, entry.listener)
        if (healthy < entry.lowest.healthy) entry.lowest = { healthy, at: account.now() }
      }
    },
  }
}
