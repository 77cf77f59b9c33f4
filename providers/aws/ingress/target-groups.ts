// The target groups of a group of Ingresses: one per port of a Service, unless two Ingresses want it otherwise. Pure.
import type { Service, ServicePort } from '../../../src/model/kubernetes-objects.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { TargetGroupSettings } from '../settings/aws-settings.ts'
import { backedBy } from './target-group.ts'
import type { AskedValues, Served } from './asked.ts'

export interface TargetGroups {
  /** The key of the target group for a port as a member wants it; without key it cannot be had. */
  take(
    owner: Pick<Served, 'key'> | undefined,
    values: AskedValues,
    service: Service,
    port: ServicePort,
  ): { readonly key?: string; readonly problems: readonly Problem[] }
  /** Those that somebody took, by key. */
  all(): ReadonlyMap<string, { readonly settings: TargetGroupSettings; readonly tags: Readonly<Record<string, string>> }>
  /** By key, the members that lead there. */
  leading(): ReadonlyMap<string, readonly string[]>
}

/** Who asks first gets the plain key; who wants the same port otherwise gets a target group of its own. */
export function createTargetGroups(dualstack: boolean): TargetGroups {
  const groups = new Map<string, { readonly settings: TargetGroupSettings; readonly tags: Readonly<Record<string, string>> }>()
  const leading = new Map<string, Set<string>>()
  return {
    take(owner, values, service, port) {
      const { settings, tags, problems } = backedBy(values, { service, port, dualstack })
      if (problems.some(({ severity }) => severity === 'blocks')) return { problems }
      const present = groups.get(settings.key)
      const isSame = !present || JSON.stringify(present.settings) === JSON.stringify(settings)
      const key = isSame ? settings.key : `${settings.key}@${owner?.key ?? ''}`
      if (!groups.has(key)) groups.set(key, { settings: { ...settings, key }, tags })
      const members = leading.get(key) ?? new Set()
      leading.set(key, members)
      if (owner) members.add(owner.key)
      return { key, problems }
    },
    all: () => groups,
    leading: () => new Map([...leading].map(([key, members]) => [key, [...members]])),
  }
}
