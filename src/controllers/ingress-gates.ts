// What pods behind Ingresses wait for: the target groups of every group that leads to their Service.
import type { TargetGroupHealth } from '../ingress-provider.ts'
import { makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { buildGoal } from './ingress-goal.ts'
import type { GoalSources } from './ingress-goal.ts'
import type { IngressGroup, IngressRegistry } from './ingress-registry.ts'

export interface IngressGates {
  /** Whether a group leads to a Service whose provider knows the health of targets. */
  leadsTo(service: ObjectKey): boolean
  /** The target groups of a Service at all load balancers of Ingresses that lead to it, as far as they are there. */
  groupsOf(service: ObjectKey, signal: AbortSignal): Promise<readonly TargetGroupHealth[]>
  /** Has the targets of a Service looked at. */
  lookAtTargets(service: ObjectKey): void
}

export function createIngressGates(
  registry: IngressRegistry,
  sources: GoalSources,
  syncTargets: (group: string) => void,
): IngressGates {
  const groupsAt = (service: ObjectKey): readonly IngressGroup[] =>
    groupsLeadingTo(registry, service).flatMap(name => {
      const group = registry.group(name)
      return group?.provider.healthOfTargets ? [group] : []
    })
  return {
    leadsTo: service => groupsAt(service).length > 0,
    async groupsOf(service, signal) {
      const lists = groupsAt(service).map(async group => {
        const goal = buildGoal(sources, group)
        const found = goal?.services.get(service)?.service
        return goal && found ? ((await group.provider.healthOfTargets?.(group.id, { goal, service: found }, signal)) ?? []) : []
      })
      return (await Promise.all(lists)).flat()
    },
    lookAtTargets(service) {
      for (const { key } of groupsAt(service)) syncTargets(key)
    },
  }
}

/** The groups (by key) that name a Service, or whose class sends there what nobody else takes. */
export function groupsLeadingTo(registry: IngressRegistry, service: ObjectKey): readonly string[] {
  const byClass = [...registry.groups()].flatMap(({ key, members }) =>
    isDefaultBackend(registry, members, service) ? [key] : [],
  )
  return [...new Set([...registry.groupsNaming(service), ...byClass])]
}

export function isDefaultBackend(registry: IngressRegistry, members: ReadonlySet<ObjectKey>, service: ObjectKey): boolean {
  const [first = ''] = members
  const decision = registry.get(first)?.decision
  const wanted = decision?.kind === 'served' ? decision.place.class.spec.ingress?.defaultBackend : undefined
  return wanted !== undefined && makeKey(wanted.namespace, wanted.service) === service
}
