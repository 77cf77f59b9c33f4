// What Application Load Balancers of a class are like unless an Ingress says otherwise, and what it may not say.
import { z } from 'zod'
import { namespaceName } from './common-schemas.ts'

const attributes = z
  .record(z.string(), z.string().max(1024))
  .meta({ maxProperties: 32 })
  .describe('By the names AWS has for them; a key that is taken away goes back to the default of AWS.')
const port = z.int().min(1).max(65_535)

/** Every setting that is of Ingresses alone, with the type it has after reading. */
const settings = {
  group: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/)
    .describe('Ingresses that name no group share a load balancer by this name. Absent: each has its own.'),
  loadBalancerName: z
    .string()
    .max(32)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/)
    .describe('Name of the load balancer. Only useful where the class has one for all.'),
  ipAddressType: z.enum(['ipv4', 'dualstack', 'dualstack-without-public-ipv4']).describe('Absent: ipv4.'),
  customerOwnedIpv4Pool: z.string().min(1).max(256).describe('Pool of addresses of an Outpost. Absent: none.'),
  ipamIpv4Pool: z.string().min(1).max(256).describe('IPAM pool that public addresses are taken from. Absent: none.'),
  inboundCidrs: z
    .array(z.string().max(43))
    .min(1)
    .max(64)
    .describe('CIDRs that may connect. Absent: sourceRanges, else everyone.'),
  attributes: attributes.describe('Attributes of the load balancer, by the names AWS has for them.'),
  capacityUnits: z.int().min(1).max(100_000_000).describe('Load balancer capacity units to reserve. Absent: none.'),
  webAcl: z
    .string()
    .max(2048)
    .regex(/^(none|arn:[^:]+:wafv2:.+)$/)
    .describe('ARN of the web ACL (WAFv2), or none. Absent: whatever is associated stays.'),
  webAclName: z.string().min(1).max(128).describe('The same by its name; goes before the ARN.'),
  listeners: z
    .array(z.object({ protocol: z.enum(['HTTP', 'HTTPS']), port }))
    .min(1)
    .max(50)
    .describe('Ports at which rules stand. Absent: HTTP 80, or HTTPS 443 where there is a certificate.'),
  listenerAttributes: attributes.describe('Attributes of every listener, by the names AWS has for them.'),
  sslRedirectPort: port.describe('Port of an HTTPS listener that every HTTP listener redirects to. Absent: none does.'),
  certificates: z
    .array(z.string().min(1).max(2048))
    .min(1)
    .max(25)
    .describe('ARNs of ACM or IAM certificates; the first is the default one.'),
  tlsPolicy: z.string().min(1).max(256).describe('Security policy of HTTPS listeners. Absent: ELBSecurityPolicy-2016-08.'),
  backendProtocol: z.enum(['HTTP', 'HTTPS']).describe('How targets are spoken to. Absent: HTTP.'),
  backendProtocolVersion: z.enum(['HTTP1', 'HTTP2', 'GRPC']).describe('What is spoken to targets. Absent: HTTP1.'),
  targetGroupAttributes: attributes.describe('Attributes of every target group, by the names AWS has for them.'),
  healthCheckProtocol: z.enum(['HTTP', 'HTTPS']).describe('Absent: that of the backend.'),
  healthCheckPort: z
    .string()
    .min(1)
    .max(63)
    .describe('traffic-port, a number, or the name of a port of the Service. Absent: traffic-port.'),
  healthCheckPath: z.string().min(1).max(1024).describe('Absent: /; with GRPC /AWS.ALB/healthcheck.'),
  healthCheckIntervalSeconds: z.int().min(5).max(300).describe('Absent: 15.'),
  healthCheckTimeoutSeconds: z.int().min(2).max(120).describe('Absent: 5.'),
  healthyThreshold: z.int().min(2).max(10).describe('Absent: 2.'),
  unhealthyThreshold: z.int().min(2).max(10).describe('Absent: 2.'),
  healthCheckSuccessCodes: z.string().min(1).max(128).describe('Codes or ranges, as 200-399. Absent: 200; with GRPC 12.'),
} as const

/** Settings that Ingresses have from `spec.aws` and `spec.targets`, as Services have. */
export const sharedSettings = [
  'targets',
  'scheme',
  'subnets',
  'securityGroups',
  'manageBackendSecurityGroupRules',
  'prefixLists',
  'targetNodeLabels',
  'tags',
  'deletionPolicy',
] as const

export type SharedSettingName = (typeof sharedSettings)[number]

/** Names that make a setting final: those of Ingresses alone in `spec.aws.ingress.final`, the shared ones in `spec.aws.final`. */
export type IngressSettingName = keyof typeof settings | 'actions' | SharedSettingName

const settingNames: readonly Exclude<IngressSettingName, SharedSettingName>[] = [
  ...Object.keys(settings).filter((name): name is keyof typeof settings => name in settings),
  'actions',
]

type Optional<Shape extends Readonly<Record<string, z.ZodType>>> = {
  -readonly [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]>
}

function optional<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape): Optional<Shape> {
  const entries = Object.entries(shape).map(([name, schema]) => [name, schema.exactOptional().describe(schema.description ?? '')])
  // Object.fromEntries forgets the names; they are those of `shape`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(entries) as Optional<Shape>
}

export const awsIngressSchema = z
  .object({
    ...optional(settings),
    namespaces: z
      .array(namespaceName)
      .min(1)
      .max(256)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe('Namespaces whose Ingresses may use this class. Absent: all.'),
    groupNamespaces: z
      .array(namespaceName)
      .min(1)
      .max(256)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe(
        'Namespaces whose Ingresses may be in a group: whoever is in one can take requests from the others. Absent: all that may use the class.',
      ),
    final: z
      .array(z.enum(settingNames))
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe('Settings that an Ingress may not change; one that tries is refused with a condition.'),
  })
  .describe(
    'Application Load Balancers of Ingresses. What they share with those of Services (scheme, subnets, securityGroups, prefixLists, manageBackendSecurityGroupRules, targetNodeLabels, tags) stands beside.',
  )

export type AwsIngressClass = z.infer<typeof awsIngressSchema>

/** The settings of Ingresses alone. */
export type AwsIngressDefaults = Pick<AwsIngressClass, keyof typeof settings>
