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

/** One Service at an address, and the slices of its endpoints. */
export interface ServiceAt {
  readonly address: IpAddress
  readonly service: Service
  readonly class: LoadBalancerClass
  readonly slices: readonly EndpointSlice[]
}

export interface BuiltPorts {
  readonly ports: readonly ServicePort[]
  /** The path of all ports of the address, and why it is no better one. */
  readonly choice: PathChoice
}

/**
 * The ports of one Service at one of its addresses. `choose` decides on the path from the pods of all its ports: an address has one path.
 * A Service that blocks itself (source ranges that cannot be read) has no ports: nobody is let in by mistake. SCTP is kube-proxy's.
 */
export function buildPorts(
  { address, service, class: of, slices }: ServiceAt,
  choose: (policy: 'Cluster' | 'Local', targets: readonly PodTarget[]) => PathChoice,
): BuiltPorts {
  const { desired, problems } = buildLoadBalancer(service, of)
  const found = desired.listeners.map(listener => ({ listener, targets: podTargets(listener, slices, address.family) }))
  const choice = choose(
    desired.externalTrafficPolicy,
    found.flatMap(({ targets }) => targets),
  )
  if (problems.some(({ severity }) => severity === 'blocks')) return { ports: [], choice }
  // Ranges of the other family only let nobody of this one in: a range that no packet matches stands for them.
  const ranges = desired.sourceRanges.flatMap(text => parseCidr(text)?.network ?? [])
  const own = ranges.filter(({ family }) => family === address.family)
  const nobody = parseAddress(address.family === 'IPv4' ? '0.0.0.0' : '::')
  const closed = nobody ? [{ family: nobody.family, first: nobody.value, last: nobody.value }] : []
  const sources = ranges.length > 0 && own.length === 0 ? closed : own
  const ports = found.flatMap(({ listener: { protocol, port }, targets }): readonly ServicePort[] => {
    if (protocol === 'SCTP') return []
    const affinity = desired.sessionAffinity && { affinitySeconds: desired.sessionAffinity.timeoutSeconds }
    return [{ address, protocol, port, targets, sources, path: choice.path, ...affinity }]
  })
  return { ports, choice }
}
