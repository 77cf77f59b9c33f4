// Why a Service or an Ingress is none of ours.
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import { defaultIngressClass, isOurs, legacyClassAnnotation } from '../../model/ingress-class.ts'
import type { Ingress, IngressClass } from '../../model/ingress-objects.ts'
import type { Service } from '../../model/kubernetes-objects.ts'

/** Words that follow a colon. Pure. */
export function whyNotOurs({ spec }: Service, { classes }: { readonly classes: readonly LoadBalancerClass[] }): string {
  if (spec.type !== 'LoadBalancer') return `its type is ${spec.type ?? 'ClusterIP'}, not LoadBalancer`
  const known = classes.map(({ metadata }) => `weir.dev/${metadata.name}`).toSorted()
  const have = known.length === 0 ? 'there is no LoadBalancerClass' : `Weir's classes are ${known.join(', ')}`
  return spec.loadBalancerClass === undefined
    ? `it has no loadBalancerClass, and no LoadBalancerClass is marked default; ${have}`
    : `its loadBalancerClass ${spec.loadBalancerClass} is another's; ${have}`
}

/** The same of an Ingress. Pure. */
export function whyIngressNotOurs(
  ingress: Ingress,
  { ingressClasses }: { readonly ingressClasses: readonly IngressClass[] },
): string {
  const name = ingress.metadata.annotations?.[legacyClassAnnotation] ?? ingress.spec?.ingressClassName
  if (name === undefined) {
    const fallback = defaultIngressClass(ingressClasses)?.metadata.name
    const since =
      fallback === undefined ? 'no IngressClass is marked default' : `IngressClass ${fallback} is given only to new Ingresses`
    return `it names no IngressClass, and ${since}`
  }
  const found = ingressClasses.find(({ metadata }) => metadata.name === name)
  if (!found) return `there is no IngressClass ${name}`
  if (isOurs(found, {})) return 'the controller has not decided about it yet'
  return `its IngressClass ${name} has the controller ${found.spec?.controller ?? ''}, not weir.dev/ingress`
}
