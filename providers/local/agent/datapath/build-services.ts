// What an Announcement with pod targets asks of this node's data path, from the objects of the cluster. Pure.
import type { LoadBalancerClass } from '../../../../src/api/load-balancer-class.ts'
import { parseAddress, parseCidr } from '../../../../src/model/address.ts'
import type { IpAddress } from '../../../../src/model/address.ts'
import { buildLoadBalancer } from '../../../../src/model/build.ts'
import { podTargets } from '../../../../src/model/endpoints.ts'
import type { EndpointSlice, Service } from '../../../../src/model/kubernetes-objects.ts'
import type { PodTarget } from '../../../../src/model/load-balancer.ts'
import type { ServicePort } from './desired-service.ts'
import type { PathChoice } from './network-paths.ts'

/** One Service at an address, and the slices of its endpoints. Replaced, never changed in place: the same object means the same ports. */
export interface ServiceAt {
  readonly address: IpAddress
  readonly service: Service
  readonly class: LoadBalancerClass
  readonly slices: readonly EndpointSlice[]
  /** How long open connections may go on with a pod that gets no new ones. */
  readonly drainSeconds?: number
}

/** `on`: only these interfaces, by rule of the pool. */
export type PlacedService = ServiceAt & { readonly on?: readonly string[] }

export interface BuiltPorts {
  readonly ports: readonly ServicePort[]
  /** The path of all ports of the address, and why it is no better one. */
  readonly choice: PathChoice
}

/** The ports of a Service before it is known which way its packets can go: what does not depend on other nodes. */
export interface AskedPorts {
  readonly policy: 'Cluster' | 'Local'
  /** Of all ports. */
  readonly targets: readonly PodTarget[]
  readonly ports: readonly Omit<ServicePort, 'path'>[]
  /** Carried by kube-proxy: only its source ranges are looked at. */
  readonly elsewhere: boolean
}

/**
 * The ports of one Service at one of its addresses. Source ranges that cannot be read let nobody in: not by mistake, and not by kube-proxy
 * either, which would carry what has no port here. SCTP is kube-proxy's.
 */
export function askedPorts({ address, service, class: of, slices, drainSeconds }: ServiceAt): AskedPorts {
  const { desired, problems } = buildLoadBalancer(service, of)
  const found = desired.listeners.map(listener => ({ listener, targets: podTargets(listener, slices, address.family) }))
  const common = {
    policy: desired.externalTrafficPolicy,
    targets: found.flatMap(({ targets }) => targets),
    elsewhere: desired.targetType === 'Node',
  }
  // Ranges of the other family only let nobody of this one in: a range that no packet matches stands for them.
  const ranges = desired.sourceRanges.flatMap(text => parseCidr(text)?.network ?? [])
  const own = ranges.filter(({ family }) => family === address.family)
  const nobody = parseAddress(address.family === 'IPv4' ? '0.0.0.0' : '::')
  const closed = nobody ? [{ family: nobody.family, first: nobody.value, last: nobody.value }] : []
  const isUnreadable = problems.some(({ reason }) => reason === 'InvalidSourceRanges')
  const sources = isUnreadable || (ranges.length > 0 && own.length === 0) ? closed : own
  const affinity = desired.sessionAffinity && { affinitySeconds: desired.sessionAffinity.timeoutSeconds }
  const drain = drainSeconds !== undefined && { drainSeconds }
  const ports = found.flatMap(({ listener: { protocol, port }, targets }) =>
    protocol === 'SCTP' ? [] : [{ address, protocol, port, targets, sources, ...affinity, ...drain }],
  )
  return { ...common, ports }
}

/** `choose` decides on the path from the pods of all ports: a Service has one path at an address. */
export function choosePaths(
  { policy, targets, ports, elsewhere }: AskedPorts,
  choose: (policy: AskedPorts['policy'], targets: readonly PodTarget[]) => PathChoice,
): BuiltPorts {
  const choice = choose(policy, targets)
  const path = elsewhere ? 'elsewhere' : choice.path
  return { ports: ports.map(port => ({ ...port, path })), choice }
}

/** Both at once. */
export function buildPorts(at: ServiceAt, choose: Parameters<typeof choosePaths>[1]): BuiltPorts {
  return choosePaths(askedPorts(at), choose)
}
