// What is kept of each resource: the settings that were asked for, and the moments from which its state follows.
import type {
  Action,
  Matcher,
  IpAddressType,
  ProtocolEnum,
  RuleCondition,
  RuleTransform,
  TargetHealthReasonEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { KeyAlgorithm } from '@aws-sdk/client-acm'

export type Tags = Readonly<Record<string, string>>

export type LoadBalancerType = 'network' | 'application'

/** A load balancer in one zone. */
export type Zone = {
  readonly subnetId: string
  readonly zone: string
  readonly allocationId?: string | undefined
  readonly privateIp?: string | undefined
  readonly ipv6?: string | undefined
  readonly sourceNatPrefix?: string | undefined
}

export type LoadBalancer = {
  readonly arn: string
  readonly name: string
  readonly id: string
  readonly dnsName: string
  readonly type: LoadBalancerType
  readonly scheme: 'internal' | 'internet-facing'
  readonly ipAddressType: IpAddressType
  readonly vpcId: string
  readonly zones: readonly Zone[]
  readonly securityGroups: readonly string[]
  /** The default security group was not asked for, so an equal create does not name it. */
  readonly securityGroupsByDefault: boolean
  readonly enforcePrivateLink?: 'on' | 'off' | undefined
  readonly sourceNat?: 'on' | 'off' | undefined
  readonly attributes: Tags
  readonly tags: Tags
  readonly createdAt: number
  /** A state other than that of its age, with its reason (API_LoadBalancerState). */
  readonly state?: { readonly code: 'active_impaired' | 'failed'; readonly reason: string }
  readonly capacity?: { readonly units: number; readonly since: number; readonly decreases: readonly number[] }
}

/** A regional web ACL of WAFv2. */
export type WebAcl = { readonly arn: string; readonly name: string; readonly id: string }

export type HealthCheck = {
  readonly enabled: boolean
  readonly protocol: ProtocolEnum
  readonly port: string
  readonly path?: string | undefined
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  readonly matcher?: Matcher | undefined
}

export type Target = {
  readonly id: string
  readonly port?: number | undefined
  readonly zone?: string | undefined
  readonly registeredAt: number
  /** When deregistration began; the target leaves after the delay. */
  readonly drainingUntil?: number | undefined
}

export type TargetGroup = {
  readonly arn: string
  readonly name: string
  readonly targetType: 'instance' | 'ip' | 'alb' | 'lambda'
  readonly protocol?: ProtocolEnum | undefined
  readonly protocolVersion?: string | undefined
  readonly port?: number | undefined
  readonly vpcId?: string | undefined
  readonly ipAddressType: 'ipv4' | 'ipv6'
  readonly healthCheck: HealthCheck
  readonly attributes: Tags
  readonly tags: Tags
  /** By `id:port`. */
  readonly targets: ReadonlyMap<string, Target>
  /** The load balancer that uses it, and since when; a group in no listener has no health. */
  readonly usedBy?: { readonly loadBalancer: string; readonly since: number } | undefined
  /** When it stopped being used; AWS notices that a little later. */
  readonly leftAt?: number | undefined
}

export type Listener = {
  readonly arn: string
  readonly loadBalancer: string
  readonly protocol: ProtocolEnum
  readonly port: number
  readonly sslPolicy?: string | undefined
  readonly alpn?: readonly string[] | undefined
  readonly certificate?: string | undefined
  /** The certificate list beside the default one. */
  readonly certificates: readonly string[]
  readonly actions: readonly Action[]
  readonly mutualAuthentication?: object | undefined
  readonly attributes: Tags
  readonly tags: Tags
}

export type Rule = {
  readonly arn: string
  readonly listener: string
  readonly loadBalancer: string
  readonly priority: number
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly Action[]
  readonly transforms: readonly RuleTransform[]
  readonly tags: Tags
}

export type Vpc = {
  readonly id: string
  readonly cidrs: readonly string[]
  readonly ipv6Cidrs: readonly string[]
  readonly tags: Tags
}

export type Subnet = {
  readonly id: string
  readonly vpcId: string
  readonly zone: string
  readonly cidr: string
  readonly ipv6Cidr?: string | undefined
  /** Free addresses before load balancers and interfaces take theirs. */
  readonly free: number
  readonly public: boolean
  readonly tags: Tags
}

export type RouteTable = {
  readonly id: string
  readonly vpcId: string
  readonly main: boolean
  readonly subnets: readonly string[]
  readonly gateway?: string | undefined
  readonly tags: Tags
}

export type SecurityGroupRule = {
  readonly id: string
  readonly egress: boolean
  readonly protocol: string
  readonly from: number
  readonly to: number
  readonly cidr?: string | undefined
  readonly ipv6Cidr?: string | undefined
  readonly prefixList?: string | undefined
  readonly group?: string | undefined
  readonly description?: string | undefined
  readonly tags: Tags
}

export type SecurityGroup = {
  readonly id: string
  readonly arn: string
  readonly name: string
  readonly description: string
  readonly vpcId: string
  readonly rules: readonly SecurityGroupRule[]
  readonly tags: Tags
}

export type NetworkInterface = {
  readonly id: string
  readonly subnetId: string
  readonly vpcId: string
  readonly zone: string
  readonly privateIps: readonly string[]
  readonly ipv6s: readonly string[]
  readonly groups: readonly string[]
  readonly description: string
  readonly type: 'interface' | 'network_load_balancer'
  readonly instanceId?: string | undefined
  readonly loadBalancer?: string | undefined
  readonly allocationId?: string | undefined
  /** Set when its load balancer is gone: it stays until then. */
  readonly goneAt?: number | undefined
  readonly tags: Tags
}

export type Instance = {
  readonly id: string
  readonly vpcId: string
  readonly subnetId: string
  readonly zone: string
  readonly privateIp: string
  readonly ipv6?: string | undefined
  readonly groups: readonly string[]
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated'
  readonly tags: Tags
}

export type ElasticIp = { readonly allocationId: string; readonly publicIp: string; readonly tags: Tags }

export type PrefixList = {
  readonly id: string
  readonly name: string
  readonly maxEntries: number
  readonly family: 'IPv4' | 'IPv6'
}

export type AcmCertificate = {
  readonly arn: string
  readonly domain: string
  readonly names: readonly string[]
  readonly status: 'PENDING_VALIDATION' | 'ISSUED' | 'INACTIVE' | 'EXPIRED' | 'VALIDATION_TIMED_OUT' | 'REVOKED' | 'FAILED'
  readonly type: 'IMPORTED' | 'AMAZON_ISSUED'
  readonly keyAlgorithm: KeyAlgorithm
  readonly createdAt: number
  readonly notBefore?: number | undefined
  readonly notAfter?: number | undefined
  readonly tags: Tags
}

/** What a test says of a target's health, instead of the passing of time. */
export type HealthOverride = {
  readonly state: 'healthy' | 'unhealthy' | 'unhealthy.draining' | 'unavailable'
  readonly reason?: TargetHealthReasonEnum
}
