// The settings of one Network Load Balancer with its security groups, listeners and target groups, as everything after them takes them.
import type { AwsDefaults } from '../../../src/api/aws-class.ts'
import type { Protocol, ServiceId, TargetType } from '../../../src/model/load-balancer.ts'
import type { Forward } from '../annotations/forward.ts'

export type Scheme = NonNullable<AwsDefaults['scheme']>
/** The last one is of Application Load Balancers only. */
export type IpAddressType = NonNullable<AwsDefaults['ipAddressType']> | 'dualstack-without-public-ipv4'
export type AlpnPolicy = NonNullable<AwsDefaults['alpnPolicy']>

/** Protocols of listeners and target groups of Network Load Balancers. */
export type ListenerProtocol = 'TCP' | 'UDP' | 'TLS' | 'TCP_UDP'

/** Protocols of target groups of either kind of load balancer. */
export type TargetGroupProtocol = ListenerProtocol | 'HTTP' | 'HTTPS'

/** Which subnets, and which addresses in them; lists of addresses go with the subnets in their order. */
export interface SubnetSettings {
  /** Ids or Name tags; absent: to be discovered. */
  readonly named?: readonly string[]
  readonly eipAllocations?: readonly string[]
  readonly privateIpv4Addresses?: readonly string[]
  readonly ipv6Addresses?: readonly string[]
  readonly sourceNatIpv6Prefixes?: readonly string[]
}

export type Attributes = Readonly<Record<string, string>>

export interface AttributeSettings {
  /** What somebody asked for. */
  readonly asked: Attributes
  /** What AWS gives a fresh resource of this form; keys AWS does not list here have no default we know. */
  readonly defaults: Attributes
}

export interface LoadBalancerSettings {
  /** Chosen by the user; absent: ours (model/names.ts). */
  readonly name?: string
  readonly scheme: Scheme
  /** False when nobody asked for a scheme: then an existing load balancer keeps its own. */
  readonly schemeAsked: boolean
  readonly ipAddressType: IpAddressType
  readonly subnets: SubnetSettings
  readonly ipv6SourceNat: boolean
  readonly attributes: AttributeSettings
  /** Reserved capacity units; absent: none. */
  readonly capacityUnits?: number
  /** Whether security groups judge traffic through PrivateLink; absent: as AWS has it. */
  readonly privateLinkInboundRules?: boolean
  /** Pools of IPv4 addresses of an Application Load Balancer: of an Outpost, and of IPAM. */
  readonly customerOwnedIpv4Pool?: string
  readonly ipamIpv4Pool?: string
}

/** The security groups at the front, and whether those of targets are opened for the load balancer. */
export type SecurityGroupSettings =
  | {
      readonly kind: 'managed'
      /** CIDRs that may connect, both families as the load balancer has them. */
      readonly sources: readonly string[]
      /** Nobody named who may connect, so everyone may. */
      readonly isOpen: boolean
      readonly prefixLists: readonly string[]
      /** Lets in ICMP for path MTU discovery. */
      readonly pathMtuIcmp: boolean
      readonly manageBackendRules: boolean
    }
  | { readonly kind: 'given'; readonly named: readonly string[]; readonly manageBackendRules: boolean }
  /** None for the life of the load balancer; then `sources` are let in at the targets. */
  | {
      readonly kind: 'none'
      readonly sources: readonly string[]
      /** False when nobody named a source: then an internal load balancer is for its VPC. */
      readonly sourcesAsked: boolean
      readonly manageBackendRules: boolean
    }

export interface ListenerSettings {
  readonly port: number
  readonly protocol: ListenerProtocol
  /** ARNs, the default one first; empty unless the protocol is TLS. */
  readonly certificates: readonly string[]
  readonly tlsPolicy?: string
  readonly alpnPolicy?: AlpnPolicy
  readonly attributes: AttributeSettings
  /** Where connections go; the Service's own target group is among them. */
  readonly forward: Forward
  /** Ports of the Service it serves: two for TCP_UDP. */
  readonly serves: readonly { readonly port: number; readonly protocol: Protocol }[]
}

export interface HealthCheckSettings {
  readonly protocol: 'TCP' | 'HTTP' | 'HTTPS'
  /** A number, or `traffic-port`: the port of each target. */
  readonly port: number | 'traffic-port'
  /** Only for HTTP and HTTPS. */
  readonly path?: string
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  /** Only for HTTP and HTTPS, as `200-399`; with protocol version GRPC, codes of gRPC. */
  readonly successCodes?: string
}

export interface TargetGroupSettings {
  /**
   * The port of the listener, `443`: what the group is for, whatever its protocol becomes. There is one listener per port.
   * For another Service that it leads to as well: `443/canary:80`. At an Application Load Balancer the port of a Service,
   * `shop/web:80`, which all rules that lead there share.
   */
  readonly key: string
  readonly protocol: TargetGroupProtocol
  /** Only of Application Load Balancers: what is spoken to the targets. */
  readonly protocolVersion?: 'HTTP1' | 'HTTP2' | 'GRPC'
  readonly targetType: 'instance' | 'ip'
  readonly ipAddressType: 'ipv4' | 'ipv6'
  /** Only for CreateTargetGroup: every target is registered with a port of its own. */
  readonly port: number
  /** The port of the Service whose endpoints are its targets; for TCP_UDP the first of the two. */
  readonly servicePort: { readonly port: number; readonly protocol: Protocol; readonly name: string }
  /** The port of nodes, for instance targets. */
  readonly nodePort?: number
  /**
   * Another Service, whose endpoints are the targets instead; `port` by number or name. Of the namespace of the owner, unless
   * the group says another one.
   */
  readonly service?: { readonly namespace?: string; readonly name: string; readonly port: number | string }
  readonly healthCheck: HealthCheckSettings
  readonly attributes: AttributeSettings
  /** Labels a node must have; empty: any node. */
  readonly nodeLabels: Readonly<Record<string, string>>
  /** Register only nodes that hold endpoints. */
  readonly nodesWithEndpointsOnly: boolean
  /** Tags beside those of the load balancer, which they go before. */
  readonly tags?: Readonly<Record<string, string>>
  /** On the load balancer of a group: whose it is, and the tags that one asks for. */
  readonly member?: { readonly id: ServiceId; readonly tags: Readonly<Record<string, string>> }
}

/** A port that is not served, for `status.loadBalancer.ingress[].ports[].error`. */
export interface PortError {
  readonly port: number
  readonly protocol: Protocol
  /** A name as Kubernetes asks for: `weir.dev/…`, no spaces. */
  readonly error: string
}

export interface AwsSettings {
  readonly targetType: TargetType
  readonly loadBalancer: LoadBalancerSettings
  readonly securityGroups: SecurityGroupSettings
  /** By port, each port once. */
  readonly listeners: readonly ListenerSettings[]
  readonly targetGroups: readonly TargetGroupSettings[]
  readonly portErrors: readonly PortError[]
  /** What users and administrators ask for, without the marks of ownership. */
  readonly tags: Readonly<Record<string, string>>
  /** Services with the same value share a load balancer. */
  readonly group?: string
  /** Name or ARN of a load balancer to take over. */
  readonly adopt?: string
  readonly deletionPolicy: 'delete' | 'retain'
  readonly allowInterruption: boolean
}
