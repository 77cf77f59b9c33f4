// From a group of Ingresses to what has to happen with the Service of its gateway. Pure.
import { classPrefix, gatewayLabel, systemNamespace } from '../../../src/api/group.ts'
import type { IngressGroupGoal, IngressGroupId } from '../../../src/model/ingress-group.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import { freePair, gatewayService, pairOf, servicePatch } from './service.ts'

export type GatewayAction =
  | { readonly kind: 'create-gateway'; readonly service: Service }
  | { readonly kind: 'change-gateway'; readonly seen: Service; readonly patch: object }
  | { readonly kind: 'delete-gateway'; readonly seen: Service }

/** The action as a person reads it. */
export function printGatewayAction(action: GatewayAction): string {
  const { metadata } = action.kind === 'create-gateway' ? action.service : action.seen
  const name = `${metadata.namespace ?? ''}/${metadata.name}`
  if (action.kind === 'create-gateway') return `+ gateway       Service ${name}`
  if (action.kind === 'delete-gateway') return `- gateway       Service ${name}`
  return `~ gateway       Service ${name}: ${JSON.stringify(action.patch)}`
}

export interface GatewayObserved {
  readonly id: IngressGroupId
  /** The Service of that name, whoever made it. */
  readonly service?: Service
  /** The Services of all gateways. */
  readonly gateways: readonly Service[]
}

export function plan(
  goal: Pick<IngressGroupGoal, 'id' | 'class'> | undefined,
  { id, service, gateways }: GatewayObserved,
): readonly GatewayAction[] {
  if (!goal) return service && isOurs(service, id) && !isLeaving(service) ? [{ kind: 'delete-gateway', seen: service }] : []
  if (!service) {
    const pair = freePair(gateways)
    return pair === undefined ? [] : [{ kind: 'create-gateway', service: gatewayService(id.name, goal.class, pair) }]
  }
  if (!isOurs(service, id) || isLeaving(service)) return []
  const pair = ownPair(service, gateways) ?? freePair(gateways)
  const patch = pair === undefined ? undefined : servicePatch(service, gatewayService(id.name, goal.class, pair))
  return patch ? [{ kind: 'change-gateway', seen: service, patch }] : []
}

/**
 * The pair that a gateway keeps: its own, unless an older gateway has it too. Two gateways of one port would be one to Envoy, and
 * clients of the one would be served by the other.
 */
function ownPair(service: Service, gateways: readonly Service[]): number | undefined {
  const pair = pairOf(service)
  const isShared = gateways.some(other => portsOverlap(other, service) && ageOf(other) < ageOf(service))
  return isShared ? undefined : pair
}

/** Whether two gateways have a port of Envoy in common. */
export function portsOverlap(one: Service, other: Service): boolean {
  if (one.metadata.name === other.metadata.name) return false
  const taken = new Set(one.spec.ports?.map(({ targetPort }) => targetPort))
  return other.spec.ports?.some(({ targetPort }) => typeof targetPort === 'number' && taken.has(targetPort)) === true
}

function ageOf({ metadata }: Service): string {
  return `${metadata.creationTimestamp ?? '~'} ${metadata.name}`
}

/** A Service that somebody else made under the name is left alone; so is one of another class. */
export function isOurs({ metadata, spec }: Service, id: IngressGroupId): boolean {
  return (
    metadata.namespace === systemNamespace &&
    metadata.labels?.[gatewayLabel] === id.class &&
    (spec.type !== 'LoadBalancer' || spec.loadBalancerClass === `${classPrefix}${id.class}`)
  )
}

export function isLeaving({ metadata }: Service): boolean {
  return metadata.deletionTimestamp !== undefined
}
