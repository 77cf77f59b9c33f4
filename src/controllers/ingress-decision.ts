// What is to happen with one Ingress: in which group it is served, or why not. Pure.
import { ingressFinalizer } from '../api/group.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { reasons } from '../api/reasons.ts'
import type { IngressProvider } from '../ingress-provider.ts'
import { claimIngress } from '../model/ingress-class.ts'
import type { IngressClassFacts } from '../model/ingress-class.ts'
import type { IngressGroupId } from '../model/ingress-group.ts'
import type { Ingress } from '../model/ingress-objects.ts'
import type { Problem } from '../model/load-balancer.ts'

/** Where an Ingress is served. */
export interface Place {
  readonly group: IngressGroupId
  readonly class: LoadBalancerClass
  readonly ingressClass: string
  readonly provider: IngressProvider
}

export type IngressDecision =
  /** Nobody's here: nothing is written. */
  | { readonly kind: 'none' }
  /** With a problem it cannot be claimed as it stands now, and what it has is kept. */
  | {
      readonly kind: 'served'
      readonly place: Place
      readonly warnings: readonly Problem[]
      readonly problem?: Problem
      /** Finalizers of a controller that is gone: to be taken off once what it left is ours. */
      readonly left?: readonly string[]
    }
  /** It is ours and has no place. */
  | { readonly kind: 'refused'; readonly ingressClass: string; readonly problem: Problem }
  /** It was ours: its status, report and finalizer go. */
  | { readonly kind: 'released'; readonly why: 'deleted' | 'class-changed' }

export interface DecisionFacts extends Pick<IngressClassFacts, 'ingressClasses' | 'classes' | 'activeAliases' | 'takeOvers'> {
  /** Those that serve Ingresses and run now. */
  readonly providers: ReadonlyMap<string, IngressProvider>
  /** Those that this installation is to run, whether or not they do already. */
  readonly configured: ReadonlySet<string>
}

/** Whether a report is of this very Ingress, not of one that had its name before. */
export function isReportOf(report: IngressReport | undefined, { metadata }: Pick<Ingress, 'metadata'>): report is IngressReport {
  return report?.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true
}

/** `before`: the place it has now, as far as this process knows. */
export function decideIngress(
  ingress: Ingress,
  report: IngressReport | undefined,
  facts: DecisionFacts,
  before?: Place,
): IngressDecision {
  const held = isReportOf(report, ingress) ? report : undefined
  const heldBy = held?.spec.ingressClass ?? before?.ingressClass ?? (held || hasFinalizer(ingress) ? '' : undefined)
  const { providers, configured, ...classFacts } = facts
  const isServed = before !== undefined || held?.spec.group !== undefined || hasFinalizer(ingress)
  const known = { ...(heldBy === undefined ? {} : { heldBy }), served: isServed }
  const claim = claimIngress(ingress, { ...classFacts, providers: configured, ...known })
  if (claim.kind === 'none') return claim
  if (claim.kind === 'release') return { kind: 'released', why: claim.why }
  const { ingressClass } = claim
  const keep = (problem: Problem): IngressDecision => {
    const place = before ?? placeOnRecord(ingress, held, facts)
    return place ? { kind: 'served', place, warnings: [], problem } : { kind: 'refused', ingressClass, problem }
  }
  if (claim.kind === 'blocked') return keep(claim.problem)
  const left = leftFinalizers(ingress, facts)
  const holder = isServed ? undefined : foreignFinalizer(ingress, left)
  if (holder !== undefined) return { kind: 'refused', ingressClass, problem: foreign(holder) }
  if (!isServed && claim.class.metadata.deletionTimestamp !== undefined)
    return { kind: 'refused', ingressClass, problem: leaving(claim.class) }
  const provider = providers.get(claim.class.spec.provider)
  if (!provider) return keep(notServing(claim.class))
  const group = provider.groupOf(ingress, claim.class)
  if ('reason' in group) return keep(group)
  const place = { group, class: claim.class, ingressClass, provider }
  return { kind: 'served', place, warnings: claim.warnings, ...(left.length > 0 ? { left } : {}) }
}

/** Finalizers that the controller of its IngressClass left, now that it is gone. */
function leftFinalizers({ metadata }: Ingress, { takeOvers, ingressClasses }: DecisionFacts): readonly string[] {
  const finalizers = metadata.finalizers ?? []
  if (finalizers.length === 0 || !takeOvers) return []
  const controllers = new Set(ingressClasses.map(({ spec }) => spec?.controller ?? ''))
  const marks = [...controllers].flatMap(controller => {
    const takeOver = takeOvers.get(controller)
    return takeOver?.kind === 'active' ? (takeOver.other?.finalizer ?? []) : []
  })
  return finalizers.filter(name => marks.some(mark => mark.test(name)))
}

export function hasFinalizer({ metadata }: Pick<Ingress, 'metadata'>): boolean {
  return metadata.finalizers?.includes(ingressFinalizer) === true
}

/** Where its report says that it is served, as far as that still stands. */
function placeOnRecord(ingress: Ingress, held: IngressReport | undefined, facts: DecisionFacts): Place | undefined {
  const { class: className, group: groupName, ingressClass = '' } = held?.spec ?? {}
  if (groupName === undefined) return undefined
  const lbClass = facts.classes.find(({ metadata }) => metadata.name === className)
  const provider = facts.providers.get(lbClass?.spec.provider ?? '')
  if (!lbClass || !provider) return undefined
  const group = provider.groupOf(ingress, lbClass)
  return 'reason' in group ? undefined : { group, class: lbClass, ingressClass, provider }
}

/** Finalizers of another controller that makes load balancers for Ingresses: who carries one is served by it. */
const foreignFinalizers = /^(?:group\.)?ingress\.k8s\.aws\//

function foreignFinalizer({ metadata }: Ingress, left: readonly string[]): string | undefined {
  return metadata.finalizers?.find(name => foreignFinalizers.test(name) && !left.includes(name))
}

function foreign(finalizer: string): Problem {
  return {
    reason: 'ForeignLoadBalancer',
    message: `The Ingress carries the finalizer ${finalizer} of another controller, and is left to it.`,
    remedy: 'Remove the other controller, so that it takes away what it made, or take the finalizer off.',
    severity: 'blocks',
  }
}

function leaving({ metadata }: LoadBalancerClass): Problem {
  return {
    reason: 'ClassMissing',
    message: `LoadBalancerClass ${metadata.name} is being deleted and takes no new Ingresses.`,
    remedy: 'Use another class, or make this one again when it is gone.',
    severity: 'blocks',
  }
}

function notServing({ metadata, spec }: LoadBalancerClass): Problem {
  return {
    reason: 'ProviderNotConfigured',
    message: `The provider ${spec.provider} of LoadBalancerClass ${metadata.name} serves no Ingresses here now.`,
    remedy: reasons.ProviderNotConfigured.remedy,
    severity: 'blocks',
  }
}
