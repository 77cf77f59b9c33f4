// The model of one Service as its loop sees it now, for who asks why: whose it is, what it asks for, its targets, the last decision.
import type { ObjectKey } from '../kubernetes/objects.ts'
import { buildLoadBalancer } from '../model/build.ts'
import { buildMembership } from '../model/endpoints.ts'
import type { DesiredLoadBalancer, Membership, Problem } from '../model/load-balancer.ts'
import { missingCapabilities } from './capabilities.ts'
import { claimOf } from './service-context.ts'
import type { ServiceContext } from './service-context.ts'
import type { LastDecision, LastPlan } from './service-memory.ts'
import { namespaceLabels } from './stores.ts'

export interface ServiceModel {
  /** Whose it is and why; the class by name. Undefined when there is no such Service. */
  readonly claim?: { readonly kind: string; readonly class?: string; readonly problem?: Problem }
  readonly desired?: DesiredLoadBalancer
  readonly membership?: Membership
  readonly problems?: readonly Problem[]
  readonly lastPlan: LastPlan | undefined
  readonly lastDecision: LastDecision | undefined
}

/** Pure but for reading the stores. */
export function modelOfService(context: ServiceContext, key: ObjectKey): ServiceModel {
  const { surroundings, memory, providers } = context
  const { stores } = surroundings
  const service = stores.services.get(key)
  const remembered = memory.get(key)
  const last = { lastPlan: remembered?.planned, lastDecision: remembered?.decided }
  if (!service) return last
  const verdict = claimOf(context, service)
  const claim = {
    kind: verdict.kind,
    ...('class' in verdict ? { class: verdict.class.metadata.name } : {}),
    ...('problem' in verdict ? { problem: verdict.problem } : {}),
  }
  if (verdict.kind !== 'ours') return { claim, ...last }
  const { desired, problems } = buildLoadBalancer(service, verdict.class, namespaceLabels(stores, service))
  const provider = providers.get(verdict.class.spec.provider)
  return {
    claim,
    desired,
    membership: buildMembership(stores.slices.byIndex('service', key), desired.families, desired.listeners),
    problems: [...problems, ...(provider ? [...missingCapabilities(desired, provider), ...provider.check(desired)] : [])],
    ...last,
  }
}
