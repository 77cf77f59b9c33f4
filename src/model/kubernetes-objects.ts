// The parts of Services, EndpointSlices and Nodes that are read here, in the JSON form of the API.
import type { Condition } from '../api/common-schemas.ts'
import type { ObjectMeta } from '../api/kind.ts'
import type { IpFamily, Protocol } from './load-balancer.ts'

export interface ServicePort {
  /** Absent or empty only for a single port. */
  readonly name?: string
  /** TCP when absent. */
  readonly protocol?: Protocol
  readonly port: number
  readonly targetPort?: number | string
  /** Absent or 0 when none is allocated. */
  readonly nodePort?: number
  readonly appProtocol?: string
}

export interface ServiceSpec {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  /** Kept only where pods matter, and with externalTrafficPolicy Local. */
  readonly selector?: Readonly<Record<string, string>>
  readonly loadBalancerClass?: string
  readonly loadBalancerIP?: string
  readonly loadBalancerSourceRanges?: readonly string[]
  readonly ports?: readonly ServicePort[]
  readonly clusterIP?: string
  /** The name that a Service of type ExternalName stands for. */
  readonly externalName?: string
  readonly ipFamilies?: readonly IpFamily[]
  readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
  readonly externalTrafficPolicy?: 'Cluster' | 'Local'
  readonly healthCheckNodePort?: number
  readonly allocateLoadBalancerNodePorts?: boolean
  readonly sessionAffinity?: 'None' | 'ClientIP'
  readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
}

export interface LoadBalancerIngress {
  readonly ip?: string
  readonly hostname?: string
  readonly ipMode?: 'VIP' | 'Proxy'
  readonly ports?: readonly { readonly port: number; readonly protocol: Protocol; readonly error?: string }[]
}

export interface ServiceStatus {
  readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] }
  readonly conditions?: readonly Condition[]
}

export interface Service {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec: ServiceSpec
  readonly status?: ServiceStatus
}

/** Absent conditions have a meaning of their own: ready and serving count as true, terminating as false. */
export interface EndpointConditions {
  readonly ready?: boolean | null
  readonly serving?: boolean | null
  readonly terminating?: boolean | null
}

export interface Endpoint {
  /** Only the first one has a meaning. */
  readonly addresses: readonly string[]
  readonly conditions?: EndpointConditions
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly uid?: string }
}

export interface EndpointPort {
  readonly name?: string | null
  readonly protocol?: Protocol
  readonly port?: number | null
  readonly appProtocol?: string
}

/** The API server writes null for an empty list of endpoints or ports. */
export interface EndpointSlice {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly addressType: IpFamily | 'FQDN'
  readonly endpoints?: readonly Endpoint[] | null
  readonly ports?: readonly EndpointPort[] | null
}

/** Label of an EndpointSlice that names its Service. */
export const serviceNameLabel = 'kubernetes.io/service-name'

export interface Node {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect?: string }[]
    readonly providerID?: string
    /** The ranges its pods have addresses of, at most one per family. */
    readonly podCIDRs?: readonly string[]
  }
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

/** A namespace, of which only its labels count. */
export interface Namespace {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** A range that cluster IPs come from (networking.k8s.io/v1, KEP-1880). */
export interface ServiceCIDR {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec?: { readonly cidrs?: readonly string[] }
}

/** A pod as far as waiting for its load balancers goes. */
export interface Pod {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec?: { readonly readinessGates?: readonly { readonly conditionType: string }[] }
  readonly status?: { readonly conditions?: readonly PodCondition[] }
}

/** `ContainersReady`, `Ready`, or a readiness gate (KEP-580). */
export interface PodCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}
