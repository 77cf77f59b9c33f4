// Settings of the aws provider in a LoadBalancerClass: where to work, and what its load balancers are like unless a Service says otherwise.
import { z } from 'zod'
import { awsIngressSchema } from './aws-ingress-class.ts'

const attributes = z
  .record(z.string(), z.string().max(1024))
  .meta({ maxProperties: 32 })
  .describe('By the names AWS has for them; a key that is taken away goes back to the default of AWS.')
const ids = (max: number) => z.array(z.string().min(1).max(255)).min(1).max(max)
const cidrs = z.array(z.string().max(43)).min(1).max(64)
const addresses = z.array(z.string().max(43)).min(1).max(16)
const port = z.int().min(1).max(65_535)

/**
 * Every setting a Service can have by an annotation, with the type it has after reading. Names are those of `final`; what an
 * annotation says goes before what stands here, maps are merged key by key.
 */
const settings = {
  scheme: z
    .enum(['internal', 'internet-facing'])
    .describe('Where the load balancer is reached from. Absent: that of the load balancer there is, else internal.'),
  ipAddressType: z.enum(['ipv4', 'dualstack']).describe('Absent: ipv4.'),
  subnets: ids(16).describe('Ids or Name tags, one per availability zone. Absent: discovered (docs/aws.md).'),
  eipAllocations: ids(16).describe(
    'Elastic IP allocations of an internet-facing load balancer, one per subnet in the order of subnets.',
  ),
  privateIpv4Addresses: addresses.describe('Fixed addresses of an internal load balancer, one inside each subnet.'),
  ipv6Addresses: addresses.describe('Fixed IPv6 addresses of a dualstack load balancer, one inside each subnet.'),
  ipv6SourceNat: z
    .boolean()
    .describe('Use an IPv6 prefix of each subnet for source NAT; needed for UDP on dualstack. Absent: false.'),
  sourceNatIpv6Prefixes: z
    .array(z.string().max(43))
    .min(1)
    .max(16)
    .describe('One /80 prefix inside each subnet, or auto_assigned. Needs ipv6SourceNat.'),
  securityGroups: ids(16).describe('Ids or Name tags of the frontend security groups. Absent: one is made and managed.'),
  withoutSecurityGroups: z
    .boolean()
    .describe('Make load balancers without security groups. AWS never lets such a one have any. Absent: false.'),
  sourceRanges: cidrs.describe('CIDRs that may connect to Services that name none themselves. Absent: everyone.'),
  prefixLists: ids(16).describe('Managed prefix lists that may connect, by the managed security group.'),
  manageBackendSecurityGroupRules: z
    .boolean()
    .describe(
      'Open the security groups of targets for the load balancer. Absent: true with a managed security group, else false.',
    ),
  privateLinkInboundRules: z
    .boolean()
    .describe('Whether the security groups also judge traffic through PrivateLink. Absent: as AWS has it.'),
  pathMtuIcmp: z.boolean().describe('Let in ICMP "fragmentation needed", for path MTU discovery. Absent: false.'),
  certificates: z
    .array(z.string().min(1).max(2048))
    .min(1)
    .max(25)
    .describe('ARNs of ACM or IAM certificates; the first is the default one. Makes listeners TLS.'),
  tlsPorts: ids(50).describe('Ports (numbers or names) that are TLS. Absent: with certificates, every TCP port.'),
  tlsPolicy: z.string().min(1).max(256).describe('Security policy of TLS listeners. Absent: ELBSecurityPolicy-2016-08.'),
  alpnPolicy: z
    .enum(['None', 'HTTP1Only', 'HTTP2Only', 'HTTP2Optional', 'HTTP2Preferred'])
    .describe('Of TLS listeners. Absent: None.'),
  backendProtocol: z
    .enum(['tcp', 'ssl'])
    .describe('ssl: the load balancer speaks TLS to the targets of TLS listeners. Absent: tcp.'),
  tcpUdpListeners: z
    .boolean()
    .describe('Join a TCP and a UDP port of one number into a TCP_UDP listener where their target ports agree. Absent: true.'),
  proxyProtocol: z.boolean().describe('Proxy protocol v2 to all targets. Absent: false.'),
  proxyProtocolPorts: z.array(port).min(1).max(50).describe('Proxy protocol v2 to the targets of these ports only.'),
  targetNodeLabels: z
    .record(z.string(), z.string().max(63))
    .meta({ maxProperties: 32 })
    .describe('Labels a node must have to become a target. Only for targets: Node.'),
  nodesWithEndpointsOnly: z
    .boolean()
    .describe(
      'With externalTrafficPolicy Local, register only nodes that hold endpoints. Absent: false, the health check decides.',
    ),
  healthCheckProtocol: z
    .enum(['TCP', 'HTTP', 'HTTPS'])
    .describe('Absent: TCP; HTTP for externalTrafficPolicy Local with targets: Node.'),
  healthCheckPort: z
    .string()
    .min(1)
    .max(63)
    .describe('traffic-port, a number, or the name of a port of the Service. Absent: traffic-port.'),
  healthCheckPath: z.string().min(1).max(1024).describe('Of HTTP and HTTPS health checks. Absent: /.'),
  healthCheckIntervalSeconds: z.int().min(5).max(300).describe('Absent: 10.'),
  healthCheckTimeoutSeconds: z
    .int()
    .min(2)
    .max(120)
    .describe('Absent: 10; 6 for externalTrafficPolicy Local with targets: Node.'),
  healthyThreshold: z.int().min(2).max(10).describe('Absent: 3; 2 for externalTrafficPolicy Local with targets: Node.'),
  unhealthyThreshold: z.int().min(2).max(10).describe('Absent: 3; 2 for externalTrafficPolicy Local with targets: Node.'),
  healthCheckSuccessCodes: z.string().min(3).max(128).describe('Codes or ranges, as 200-399. Absent: 200-399.'),
  attributes: attributes.describe('Attributes of the load balancer, by the names AWS has for them.'),
  targetGroupAttributes: attributes.describe('Attributes of every target group, by the names AWS has for them.'),
  listenerAttributes: attributes.describe('Attributes of every listener, by the names AWS has for them.'),
  capacityUnits: z.int().min(1).max(100_000_000).describe('Load balancer capacity units to reserve. Absent: none.'),
  tags: z
    .record(z.string(), z.string().max(256))
    .meta({ maxProperties: 40 })
    .describe('Further tags of everything that is made. Services cannot take away or change a tag that stands here.'),
} as const

/** Settings that only a Service can have, but a class can forbid. */
const onlyOfServices = ['targets', 'name', 'actions', 'group', 'adopt', 'deletionPolicy'] as const

/** Names that `final` takes. */
export type AwsSettingName = keyof typeof settings | (typeof onlyOfServices)[number]

const settingNames: readonly AwsSettingName[] = [...Object.keys(settings), ...onlyOfServices].filter(isSettingName)

function isSettingName(name: string): name is AwsSettingName {
  return name in settings || onlyOfServices.some(other => other === name)
}

type Optional<Shape extends Readonly<Record<string, z.ZodType>>> = {
  -readonly [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]>
}

function optional<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape): Optional<Shape> {
  const entries = Object.entries(shape).map(([name, schema]) => [name, schema.exactOptional().describe(schema.description ?? '')])
  // Object.fromEntries forgets the names; they are those of `shape`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(entries) as Optional<Shape>
}

const url = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/\S+$/)

/** What the aws provider needs to know of a class. */
export const awsClassSchema = z
  .object({
    region: z
      .string()
      .max(64)
      .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]+$/)
      .exactOptional()
      .describe('Absent: from the environment, else from instance metadata.'),
    vpcId: z
      .string()
      .max(64)
      .regex(/^vpc-[0-9a-f]+$/)
      .exactOptional()
      .describe('Absent: from the environment, else that of the instance the controller runs on.'),
    assumeRole: z
      .object({
        arn: z
          .string()
          .max(2048)
          .regex(/^arn:[^:]+:iam::[0-9]{12}:role\/.+$/),
        externalId: z.string().min(2).max(1224).exactOptional(),
        sessionName: z
          .string()
          .regex(/^[\w+=,.@-]{2,64}$/)
          .exactOptional()
          .describe('Absent: weir.'),
      })
      .exactOptional()
      .describe('Role to work as. Absent: the identity of the controller.'),
    bindingRoles: z
      .array(
        z
          .string()
          .max(2048)
          .regex(/^arn:[^:]+:iam::[0-9]{12}:role\/.+$/),
      )
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe('Roles that TargetGroupBindings of this class may name in iamRoleArnToAssume. Absent: none but assumeRole.'),
    endpoints: z
      .object({
        elasticLoadBalancingV2: url.exactOptional(),
        ec2: url.exactOptional(),
        acm: url.exactOptional(),
        wafv2: url.exactOptional(),
        sts: url.exactOptional(),
      })
      .exactOptional()
      .describe('Other addresses for services of AWS, for instance interface endpoints.'),
    clusterName: z
      .string()
      .min(1)
      .max(100)
      .exactOptional()
      .describe(
        'Name of the cluster in tags kubernetes.io/cluster/<name> of subnets and security groups. Absent: subnets of other clusters are not told apart.',
      ),
    backendSecurityGroup: z
      .string()
      .max(64)
      .regex(/^sg-[0-9a-f]+$/)
      .exactOptional()
      .describe('Security group that tells traffic of load balancers to targets. Absent: one per VPC is made and shared.'),
    targetSecurityGroupTags: z
      .record(z.string(), z.string().max(256))
      .meta({ maxProperties: 16 })
      .exactOptional()
      .describe('Tells which security group of a target is opened when its interface has several.'),
    externalManagedTags: z
      .array(z.string().min(1).max(128))
      .max(40)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe('Keys of tags that others manage: never set, never taken away.'),
    ...optional(settings),
    ingress: awsIngressSchema.exactOptional(),
    final: z
      .array(z.enum(settingNames))
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe('Settings that a Service may not change; a Service that tries is refused with a condition.'),
  })
  .describe(
    'Settings of the aws provider. Each one that an annotation can also make is a default, or the only value if it is final.',
  )

export type AwsClass = z.infer<typeof awsClassSchema>

/** The settings of a Service, read and typed; those of the class have the same names and types. */
export type AwsDefaults = Pick<AwsClass, keyof typeof settings>
