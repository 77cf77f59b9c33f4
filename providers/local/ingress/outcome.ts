// What Ingresses are told of their gateway: its addresses, and in the words of its Service why it does not serve yet. Pure.
import { readyCondition } from '../../../src/api/reasons.ts'
import type { IngressOutcome } from '../../../src/ingress-provider.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import type { MemberOutcome } from '../../../src/ingress-provider.ts'
import type { Again, IngressPoint, Readiness } from '../../../src/provider.ts'
import type { GatewayObserved } from './plan.ts'
import { isLeaving, isOurs } from './plan.ts'
import { firstPort } from './service.ts'

/** `service`: as it is after the actions; undefined: not there. */
export function outcomeOf(
  observed: GatewayObserved,
  service: Service | undefined,
  { wanted, again = 'on-change', members = new Map() }: Telling,
): IngressOutcome {
  return {
    ingress: wanted && service && isOurs(service, observed.id) && !isLeaving(service) ? pointsOf(service) : [],
    readiness: readinessOf(observed, service),
    members,
    gone: !service || !isOurs(service, observed.id),
    again,
  }
}

export interface Telling {
  /** Somebody wants the gateway. */
  readonly wanted: boolean
  readonly again?: Again
  readonly members?: ReadonlyMap<string, MemberOutcome>
}

function pointsOf({ status }: Service): readonly IngressPoint[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [{ ip, ipMode: 'VIP' as const }]))
}

function readinessOf({ id }: GatewayObserved, service: Service | undefined): Readiness {
  const named = `Service weir-system/${id.name}`
  if (!service) {
    const message = `The gateway cannot be made: all ports from ${firstPort} on are taken by other gateways.`
    return { ready: false, reason: 'GatewayNotReady', message }
  }
  if (!isOurs(service, id)) {
    const message = `${named} is there and is no gateway of class ${id.class}. Delete it, or give it another name.`
    return { ready: false, reason: 'GatewayNotReady', message }
  }
  if (isLeaving(service)) {
    const message = `${named}, a gateway that was not needed any more, is being deleted. It is made anew then.`
    return { ready: false, reason: 'Pending', message, waiting: true }
  }
  const condition = service.status?.conditions?.find(({ type }) => type === readyCondition)
  if (!condition) return { ready: false, reason: 'Pending', message: `${named} is being given an address.`, waiting: true }
  if (condition.status === 'True') return { ready: true, reason: 'Routed', message: '' }
  if (condition.reason === 'NoReadyEndpoints') {
    const message = `No Envoy of the DaemonSet weir-gateway in weir-system is ready, so ${named} answers nobody. Look at its pods.`
    return { ready: false, reason: 'GatewayMissing', message }
  }
  return { ready: false, reason: 'GatewayNotReady', message: `${named}: ${condition.reason}. ${condition.message}` }
}
