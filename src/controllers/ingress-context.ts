// What every look at an Ingress or a group of them is handed.
import type { IngressReport } from '../api/ingress-report.ts'
import type { IngressProvider } from '../ingress-provider.ts'
import type { Limiter } from '../kubernetes/limiter.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { Ingress } from '../model/ingress-objects.ts'
import type { Surroundings } from './controller.ts'
import type { GoalSources } from './ingress-goal.ts'
import type { IngressEntry, IngressRegistry } from './ingress-registry.ts'

export interface IngressContext {
  readonly surroundings: Surroundings
  readonly registry: IngressRegistry
  readonly sources: GoalSources
  /** Those that serve Ingresses and run now, by name. */
  readonly providers: () => ReadonlyMap<string, IngressProvider>
  /** What the API server answered to our last write of a report, until the store has caught up. */
  readonly aheadReports: Map<ObjectKey, { readonly of: string; readonly report: IngressReport }>
  /** What was last told of each group, as `readinessMark` has it. */
  readonly readiness: Map<string, string>
  /** Keeps the writes of a large group from standing in everybody's way. */
  readonly limit: Limiter
  readonly lookAtGroup: (key: string) => void
  readonly lookAtIngress: (key: ObjectKey) => void
}

/** The report as we know it: what our last write answered, while the store has not got that far. */
export function latestReport(
  { surroundings: { stores }, aheadReports }: Pick<IngressContext, 'surroundings' | 'aheadReports'>,
  key: ObjectKey,
): IngressReport | undefined {
  const stored = stores.ingressReports.get(key)
  const ahead = aheadReports.get(key)
  return ahead && ahead.of === (stored?.metadata.resourceVersion ?? '') ? ahead.report : stored
}

/** The same of an Ingress. */
export function latestIngress({ ingress, ahead }: Pick<IngressEntry, 'ingress' | 'ahead'>): Ingress {
  return ahead && ahead.of === ingress.metadata.resourceVersion ? ahead.ingress : ingress
}
