// The provider-neutral load balancer: what the objects of the cluster ask for, before any provider is asked.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { Reason } from '../api/reasons.ts'

export type IpFamily = 'IPv4' | 'IPv6'
export type Protocol = 'TCP' | 'UDP' | 'SCTP'
export type TargetType = 'Node' | 'Pod'

/** Which Service, or Services, a load balancer is for. */
export type LoadBalancerId = ServiceId | GroupId

/** One Service. The uid makes an object that was deleted and made again another owner. */
export interface ServiceId {
  readonly kind: 'Service'
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** Services of one namespace and class that share a load balancer. No object stands for a group, so its uid says all of it. */
export interface GroupId {
  readonly kind: 'Group'
  readonly namespace: string
  readonly name: string
  readonly class: string
  readonly uid: string
}

/** One port the outside world can reach. */
export interface Listener {
  readonly port: number
  readonly protocol: Protocol
  /** Name of the Service port; empty for a single unnamed one. Endpoints are matched by it. */
  readonly portName: string
  readonly appProtocol?: string
  /** The port on every node; absent when `allocateLoadBalancerNodePorts` is false. */
  readonly nodePort?: number
  /** The port of the pods as the Service writes it: a number, or a name that each pod resolves for itself. Absent: `port`. */
  readonly targetPort?: number | string
}

/** A place traffic can go to for one listener. */
export interface PodTarget {
  readonly address: string
  readonly port: number
  readonly node?: string
  /** Still serving while it shuts down: used only while no ready target is left (KEP-1669). */
  readonly terminating: boolean
}

/** Everything but targets. Changes slowly; a change of it is planned and applied by the provider. */
export interface DesiredLoadBalancer {
  readonly id: ServiceId
  readonly class: LoadBalancerClass
  readonly targetType: TargetType
  /** Families of the Service in its own order, and how strongly a second one is wanted. */
  readonly families: readonly IpFamily[]
  readonly familyPolicy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
  readonly listeners: readonly Listener[]
  readonly externalTrafficPolicy: 'Cluster' | 'Local'
  /** Labels of the pods; kept where it matters whether two Services have the same ones. */
  readonly selector?: Readonly<Record<string, string>>
  readonly healthCheckNodePort?: number
  /** CIDRs that may connect; empty means everyone. */
  readonly sourceRanges: readonly string[]
  readonly sessionAffinity?: { readonly timeoutSeconds: number }
  /** `spec.loadBalancerIP`, unparsed. */
  readonly loadBalancerIP?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Labels of its namespace. */
  readonly namespaceLabels?: Readonly<Record<string, string>>
  /** What the status of the Service says now; an address in it is kept if it can be. */
  readonly statusAddresses: readonly string[]
  readonly createdAt: string
  /** It was another controller's, which is gone: what that one made for it is to be taken over. */
  readonly takesOver?: true
}

/** What of a listener finds its port in EndpointSlices, and names it to people. */
export type SoughtPort = Pick<Listener, 'port' | 'protocol' | 'portName' | 'targetPort'>

/** `unready`: endpoints have it, but none that is usable, while others are. */
export type PortlessPort = SoughtPort & { readonly unready?: true }

/** Where traffic can go now. Changes fast; has its own loop. */
export interface Membership {
  /** Nodes that hold a usable endpoint (ready, or serving while terminating when none is ready there), sorted. */
  readonly nodesWithEndpoints: readonly string[]
  /** Ready endpoints over all slices that have the port of a listener, each once, and all endpoints that exist. For messages. */
  readonly readyEndpoints: number
  readonly totalEndpoints: number
  /** Listeners whose port no endpoint has, or no usable one although there are such; absent when there is none. */
  readonly portless?: readonly PortlessPort[]
}

/** Something wrong or noteworthy in what the user wrote, found while building or planning. */
export interface Problem {
  readonly reason: Reason
  readonly message: string
  /** What the user should do; appended to the condition's message. */
  readonly remedy: string
  /** `blocks`: nothing is made or changed because of it. `warns`: served all the same, told by an event. */
  readonly severity: 'blocks' | 'warns'
}
