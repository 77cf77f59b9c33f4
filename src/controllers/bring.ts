// One load balancer taken through a provider: observe, plan, apply; for one that goes, through every provider.
import type { DesiredLoadBalancer, LoadBalancerId } from '../model/load-balancer.ts'
import type { Action, Goal, Outcome, Provider } from '../provider.ts'

export interface Bringing {
  /** What was asked for until now, of one that goes. */
  readonly leaving?: DesiredLoadBalancer | undefined
  /** Hears of a plan before it is carried out. */
  readonly onPlan?: (actions: readonly Action[]) => void
}

/** Without a goal it is planned for nothing. */
export async function bring(
  provider: Provider,
  id: LoadBalancerId,
  goal: Goal | undefined,
  signal: AbortSignal,
  { leaving, onPlan }: Bringing = {},
): Promise<Outcome> {
  const observed = await provider.observe(id, signal, goal, leaving)
  const actions = provider.plan(goal, observed)
  onPlan?.(actions)
  return provider.apply({ id, goal, observed, actions }, signal)
}

/** Which provider served it can no longer be told once the class is gone from the Service, so each plans for nothing. */
export async function releaseEverywhere(
  providers: ReadonlyMap<string, Provider>,
  id: LoadBalancerId,
  signal: AbortSignal,
  leaving?: DesiredLoadBalancer,
): Promise<Outcome> {
  let last: Outcome | undefined
  for (const provider of providers.values()) {
    const outcome = await bring(provider, id, undefined, signal, { leaving })
    if (!last || last.gone) last = outcome
  }
  if (!last) throw new TypeError('no provider is configured')
  return last
}

/** Without its class nobody can tell which provider it waits at. */
export function refuseEverywhere(providers: ReadonlyMap<string, Provider>, id: LoadBalancerId): void {
  for (const provider of providers.values()) provider.refuse?.(id, undefined)
}
