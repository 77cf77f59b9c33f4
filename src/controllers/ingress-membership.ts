// Targets of groups, for providers that register them: endpoints and nodes change often, and change nothing else.
import type { ObjectKey } from '../kubernetes/objects.ts'
import { createQueue } from '../kubernetes/queue.ts'
import { ProviderError } from '../provider.ts'
import type { Readiness } from '../provider.ts'
import { again } from './again.ts'
import type { Controller, Surroundings } from './controller.ts'
import type { GoalSources } from './ingress-goal.ts'
import { buildGoal } from './ingress-goal.ts'
import type { IngressRegistry } from './ingress-registry.ts'
import { targetMark } from './membership.ts'

export interface IngressMembershipOptions {
  readonly surroundings: Surroundings
  readonly registry: IngressRegistry
  readonly sources: GoalSources
  /** What was last told of each group, as `readinessMark` has it. */
  readonly readiness: ReadonlyMap<string, string>
  /** Looks at a group whole: its reports are written there. */
  readonly look: (group: string) => void
}

export interface IngressMembership extends Controller {
  endpointsChanged(service: ObjectKey): void
  /** Brings the targets of a group (by key) up to date soon. */
  syncTargets(group: string): void
}

/** Endpoints of a rollout change together, and nodes of a scale-up: each burst is one call. */
const endpointDelayMs = 100
const nodeDelayMs = 1000

/** Calls to a provider wait much and work little. */
const concurrency = 32

export function startIngressMembership({
  surroundings,
  registry,
  sources,
  readiness,
  look,
}: IngressMembershipOptions): IngressMembership {
  const { stores, clock, random, log, metrics } = surroundings
  const queue = createQueue({
    name: 'ingress-membership',
    async work(key, signal) {
      const group = registry.group(key)
      const goal = group && buildGoal(sources, group)
      if (!goal) return undefined
      try {
        const outcome = await group.provider.syncTargets?.(group.id, goal, signal)
        if (!outcome) return undefined
        if (readinessMark(outcome.readiness) !== readiness.get(key)) look(key)
        return again(outcome)
      } catch (error) {
        // Told in the reports, which the look at the whole writes.
        if (error instanceof ProviderError) look(key)
        throw error
      }
    },
    clock,
    random,
    logger: log,
    concurrency,
    metrics: metrics.queue('ingress-membership'),
  })
  const sync = (key: string, delayMs: number) => {
    if (registry.group(key)?.provider.syncTargets) queue.addAfter(key, delayMs)
  }
  const unsubscribe = stores.nodes.subscribe(({ object, old }) => {
    if (targetMark(object) === targetMark(old)) return
    for (const { key } of registry.groups()) sync(key, nodeDelayMs)
  })
  return {
    name: 'ingress-membership',
    endpointsChanged(service) {
      for (const key of registry.groupsNaming(service)) sync(key, endpointDelayMs)
    },
    syncTargets: group => sync(group, endpointDelayMs),
    stop: async graceMs => {
      unsubscribe()
      await queue.drain(graceMs)
    },
  }
}

/** What of a readiness is told to the members of a group. */
export function readinessMark({ ready, reason, message }: Readiness): string {
  return `${ready} ${reason} ${message}`
}
