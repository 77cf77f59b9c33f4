// LoadBalancerClass: which provider serves the Services and Ingresses that name it, and with what defaults.
import { z } from 'zod'
import { awsClassSchema } from './aws-class.ts'
import { conditionsSchema, namespaceName, objectName, qualifiedName } from './common-schemas.ts'
import { kindNames } from './kind-names.ts'
import { longestDrainSeconds, usualDrainSeconds } from './drain.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'
import { takeOverSchema } from './take-over.ts'

/** How Ingresses of a class are served, whoever the provider is. */
export const ingressSettingsSchema = z
  .object({
    defaultBackend: z
      .object({
        namespace: namespaceName,
        service: objectName,
        port: z.int().min(1).max(65535).describe('A port of the Service.'),
      })
      .exactOptional()
      .describe('Takes what no Ingress of the class wants; without it that is answered with 404.'),
    externalNames: z
      .boolean()
      .exactOptional()
      .describe(
        'Lets Services of type ExternalName be backends. Whoever may write Services then has the proxy send requests to any name it can reach.',
      ),
  })
  .describe('Settings for Ingresses.')

/** The gateways of a class: LoadBalancer Services in weir-system with Envoy behind them. */
export const localGatewaySchema = z
  .object({
    per: z
      .enum(['Class', 'Namespace', 'Group'])
      .exactOptional()
      .describe(
        'Which Ingresses share an address. Class: all of the class (also when absent). Namespace: those of a namespace. Group: those with the same weir.dev/load-balancer-group, of all namespaces; the others share one.',
      ),
    addresses: z
      .array(z.string().max(64))
      .min(1)
      .max(2)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe('Addresses of the gateway, at most one of each family. Only where there is one gateway for the class.'),
    sourceRanges: z
      .array(z.string().max(64))
      .max(256)
      .exactOptional()
      .describe('CIDRs that may connect; empty or absent: everyone.'),
    externalTrafficPolicy: z
      .enum(['Cluster', 'Local'])
      .exactOptional()
      .describe(
        'Local, which is also meant when absent, shows the gateway the addresses of clients: X-Forwarded-For and allow lists are made of them.',
      ),
    trustedProxies: z
      .int()
      .min(0)
      .max(16)
      .exactOptional()
      .describe(
        'How many proxies in front of the gateway are believed about clients (X-Forwarded-For, X-Forwarded-Proto). Absent: none, the client is who connects.',
      ),
    minimumTls: z
      .enum(['1.2', '1.3'])
      .exactOptional()
      .describe('The oldest version of TLS that clients may speak; 1.2 when absent.'),
    idleSeconds: z
      .int()
      .min(1)
      .max(604_800)
      .exactOptional()
      .describe('How long nothing may happen in a request or a stream; 300 when absent. Ingresses may say otherwise.'),
    accessLog: z.boolean().exactOptional().describe('Every request becomes a line of JSON in the log of weir-gateway.'),
    authAcrossNamespaces: z
      .boolean()
      .exactOptional()
      .describe(
        'Lets the annotation auth-url lead to Services and Ingresses of other namespaces. Whoever may write Ingresses then has the gateway send requests to any Service.',
      ),
  })
  .describe('How Ingresses of this class get their addresses, and how their clients are met.')

/** What the local provider needs to know of a class. */
export const localClassSchema = z
  .object({
    pools: z
      .array(objectName)
      .max(64)
      .exactOptional()
      .describe(
        'Address pools that Services of this class may use, in order of preference. Empty or absent: every pool that allows the Service.',
      ),
    drainSeconds: z
      .int()
      .min(0)
      .max(longestDrainSeconds)
      .exactOptional()
      .describe(
        `With targets Pod: how long open TCP connections may go on with a pod that gets no new ones any more. Absent: ${usualDrainSeconds}.`,
      ),
    final: z
      .array(z.enum(['load-balancer-ips', 'address-pool', 'allow-shared-ip', 'drain-seconds']))
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .exactOptional()
      .describe('Settings that annotations of a Service may not change; a Service that tries is refused with a condition.'),
    gateway: localGatewaySchema.exactOptional(),
  })
  .describe('Settings of the local provider.')

export const loadBalancerClass = {
  ...kindNames.loadBalancerClass,
  singular: 'loadbalancerclass',
  shortNames: ['lbc'],
  description:
    'A class of load balancers. Services choose it with spec.loadBalancerClass: weir.dev/<name>, or one of its aliases; Ingresses through an IngressClass.',
  statusSubresource: true,
  schema: z.object({
    spec: z.object({
      provider: z
        .enum(['local', 'aws'])
        .describe('Who makes the load balancers: local announces addresses from pools, aws makes NLBs and ALBs.'),
      targets: z
        .enum(['Node', 'Pod'])
        .default('Node')
        .describe('Node: traffic enters through nodes and kube-proxy. Pod: traffic goes straight to pod addresses.'),
      default: z
        .boolean()
        .default(false)
        .describe('Serve Services without a loadBalancerClass. Only one class may be the default; with two, neither is.'),
      aliases: z
        .array(qualifiedName)
        .max(16)
        .meta({ 'x-kubernetes-list-type': 'set' })
        .exactOptional()
        .describe(
          'Further values of spec.loadBalancerClass, and of spec.controller of IngressClasses, that this class answers once the controller that had them is gone.',
        ),
      takeOver: takeOverSchema.exactOptional(),
      ingress: ingressSettingsSchema.exactOptional(),
      local: localClassSchema.exactOptional(),
      aws: awsClassSchema.exactOptional(),
    }),
    status: z
      .object({
        conditions: conditionsSchema.exactOptional(),
        observedGeneration: z.int().min(0).exactOptional(),
        services: z.int().min(0).exactOptional().describe('How many Services use this class.'),
        ingresses: z.int().min(0).exactOptional().describe('How many Ingresses use this class.'),
      })
      .exactOptional(),
  }),
  columns: [
    { name: 'Provider', type: 'string', jsonPath: '.spec.provider' },
    { name: 'Targets', type: 'string', jsonPath: '.spec.targets' },
    { name: 'Default', type: 'boolean', jsonPath: '.spec.default' },
    { name: 'Services', type: 'integer', jsonPath: '.status.services' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [
    {
      at: 'spec',
      rule: 'self.provider == oldSelf.provider',
      message: 'provider cannot change; make another class and move Services to it',
    },
    {
      at: '',
      rule: "self.metadata.name.matches('^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$')",
      message: 'the name must have at most 63 characters: Services name the class as weir.dev/<name>',
    },
    {
      at: 'spec.aliases[]',
      rule: "!self.startsWith('weir.dev/')",
      message: 'an alias cannot begin with weir.dev/, under which every class has its own name',
    },
    {
      at: 'spec',
      rule: '!has(self.takeOver) || self.takeOver.all(entry, !has(entry.alias) || (has(self.aliases) && entry.alias in self.aliases))',
      message: 'takeOver may name only what stands in aliases',
    },
    {
      at: 'spec',
      rule: '!has(self.takeOver) || self.takeOver.all(entry, has(entry.alias) || self.default)',
      message: 'takeOver without an alias is about Services without a class, and needs default: true',
    },
    { at: 'spec', rule: "!has(self.local) || self.provider == 'local'", message: 'spec.local needs provider: local' },
    { at: 'spec', rule: "!has(self.aws) || self.provider == 'aws'", message: 'spec.aws needs provider: aws' },
    {
      at: 'spec.local.gateway',
      rule: "!has(self.addresses) || !has(self.per) || self.per == 'Class'",
      message: 'addresses need per: Class; several gateways cannot have the same address',
    },
    {
      at: 'spec.local',
      rule: "!has(self.final) || !('load-balancer-ips' in self.final) || !has(self.gateway) || !has(self.gateway.addresses)",
      message: 'a gateway cannot ask for addresses in a class that makes load-balancer-ips final',
    },
    {
      at: 'spec.local.gateway.addresses[]',
      rule: 'isIP(self)',
      message: 'an address must be an IPv4 or IPv6 address',
    },
    {
      at: 'spec.local.gateway.sourceRanges[]',
      rule: 'isCIDR(self)',
      message: 'a source range must be a CIDR, as 192.0.2.0/24 or 2001:db8::/32',
    },
    {
      at: 'spec.aws',
      rule: '!(has(self.securityGroups) && has(self.withoutSecurityGroups) && self.withoutSecurityGroups)',
      message: 'securityGroups and withoutSecurityGroups exclude each other',
    },
    {
      at: 'spec.aws.sourceRanges[]',
      rule: 'isCIDR(self)',
      message: 'a source range must be a CIDR, as 192.0.2.0/24 or 2001:db8::/32',
    },
  ],
} as const satisfies KindDefinition

export type LoadBalancerClass = ObjectOf<typeof loadBalancerClass>
