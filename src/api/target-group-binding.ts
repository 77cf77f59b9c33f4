// TargetGroupBinding: attaches the endpoints of a Service to a target group that somebody else made.
import { z } from 'zod'
import { conditionsSchema, labelSelectorSchema, namespaceName } from './common-schemas.ts'
import { kindNames } from './kind-names.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'
import { placeSchema } from './load-balancer.ts'

/** A port by number or by name. */
const portReference = z.union([z.int(), z.string().max(63)]).meta({ 'x-kubernetes-int-or-string': true })

const peer = z.object({
  ipBlock: z.object({ cidr: z.string().max(43) }).exactOptional(),
  securityGroup: z
    .object({
      groupID: z
        .string()
        .max(64)
        .regex(/^sg-[0-9a-f]+$/),
    })
    .exactOptional(),
})

const networkingPort = z.object({
  protocol: z.enum(['TCP', 'UDP']).exactOptional().describe('Absent: TCP.'),
  port: portReference.exactOptional().describe('A port of the targets, or the name of one. Absent: every port.'),
})

export const networkingSchema = z.object({
  ingress: z
    .array(z.object({ from: z.array(peer).min(1).max(32), ports: z.array(networkingPort).max(32) }))
    .max(32)
    .exactOptional()
    .describe('Who may reach the targets, by rules on their security groups.'),
})

/** A target group as it was found in AWS. */
const boundGroup = z.object({
  arn: z.string().max(2048),
  name: z.string().max(64),
  protocol: z.string().max(16),
  targetType: z.string().max(16),
  ipAddressType: z.string().max(16),
  vpcId: z.string().max(64),
})

export const targetGroupBinding = {
  ...kindNames.targetGroupBinding,
  singular: 'targetgroupbinding',
  shortNames: ['tgb'],
  description:
    'Registers the endpoints of a Service with a target group of AWS that was made elsewhere. The target group itself is never changed or deleted.',
  statusSubresource: true,
  schema: z.object({
    spec: z.object({
      class: z
        .string()
        .max(63)
        .exactOptional()
        .describe('The LoadBalancerClass that says how to reach AWS. Absent: the only one of provider aws.'),
      targetGroupARN: z
        .string()
        .max(2048)
        .exactOptional()
        .describe('As arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/web/0123456789abcdef.'),
      targetGroupName: z.string().min(1).max(32).exactOptional().describe('Instead of targetGroupARN.'),
      serviceRef: z.object({ name: namespaceName, port: portReference }).describe('A Service of this namespace and its port.'),
      targetType: z.enum(['instance', 'ip']).exactOptional().describe('Absent: as the target group has it.'),
      ipAddressType: z.enum(['ipv4', 'ipv6']).exactOptional().describe('Absent: as the target group has it.'),
      targetGroupProtocol: z
        .enum(['TCP', 'TLS', 'UDP', 'TCP_UDP', 'HTTP', 'HTTPS', 'GENEVE'])
        .exactOptional()
        .describe('Absent: as the target group has it.'),
      vpcID: z.string().max(64).exactOptional().describe('VPC of the target group. Absent: that of the class.'),
      nodeSelector: labelSelectorSchema.exactOptional().describe('Nodes that become targets, for instance targets.'),
      networking: networkingSchema.exactOptional(),
      iamRoleArnToAssume: z
        .string()
        .max(2048)
        .exactOptional()
        .describe('Role to work as, for a target group of another account: one that the class lists in spec.aws.bindingRoles.'),
      assumeRoleExternalId: z.string().max(1224).exactOptional(),
      multiClusterTargetGroup: z
        .boolean()
        .default(false)
        .describe('Not supported yet: a target group that several clusters fill.'),
    }),
    status: z
      .object({
        conditions: conditionsSchema.exactOptional(),
        observedGeneration: z.int().min(0).exactOptional(),
        targets: z.int().min(0).exactOptional().describe('How many targets are registered by this binding.'),
        targetGroup: boundGroup.exactOptional().describe('The target group that was found.'),
        place: placeSchema.exactOptional(),
        registered: z
          .array(z.string().max(64))
          .max(5000)
          .exactOptional()
          .describe(
            'Targets this binding registered, as 10.0.0.1:8080. Written before they are, and no others are ever taken away.',
          ),
        unfinished: z
          .boolean()
          .exactOptional()
          .describe('What is on record may not all be done: the work on it was begun and not ended.'),
        openings: z
          .record(z.string(), z.array(z.string().max(128)).max(256))
          .meta({ maxProperties: 64 })
          .exactOptional()
          .describe('What the networking rules opened, by security group of the targets.'),
      })
      .exactOptional(),
  }),
  columns: [
    { name: 'Service', type: 'string', jsonPath: '.spec.serviceRef.name' },
    { name: 'Port', type: 'string', jsonPath: '.spec.serviceRef.port' },
    { name: 'Targets', type: 'integer', jsonPath: '.status.targets' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'ARN', type: 'string', jsonPath: '.spec.targetGroupARN', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [
    {
      at: 'spec',
      rule: 'has(self.targetGroupARN) != has(self.targetGroupName)',
      message: 'one of targetGroupARN and targetGroupName must be set, and not both',
    },
    {
      at: 'spec',
      rule: '(has(self.targetGroupARN) ? self.targetGroupARN : self.targetGroupName) == (has(oldSelf.targetGroupARN) ? oldSelf.targetGroupARN : oldSelf.targetGroupName)',
      message: 'the target group cannot change; make another binding',
    },
    {
      at: 'spec.targetGroupARN',
      rule: "self.matches('^arn:[^:]+:elasticloadbalancing:[^:]+:[0-9]+:targetgroup/.+')",
      message:
        'must be the ARN of a target group, as arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/web/0123456789abcdef',
    },
    { at: 'spec.vpcID', rule: "self.matches('^vpc-[0-9a-f]+$')", message: 'must be the id of a VPC, as vpc-0123456789abcdef0' },
    { at: 'spec', rule: '!self.multiClusterTargetGroup', message: 'multi-cluster target groups are not supported yet' },
    {
      at: 'spec.networking.ingress[].from[]',
      rule: 'has(self.ipBlock) != has(self.securityGroup)',
      message: 'a peer is an ipBlock or a securityGroup',
    },
    {
      at: 'spec.networking.ingress[].from[].ipBlock.cidr',
      rule: 'isCIDR(self)',
      message: 'must be a CIDR, as 10.0.0.0/16',
    },
  ],
} as const satisfies KindDefinition

export type TargetGroupBinding = ObjectOf<typeof targetGroupBinding>

export type BindingSpec = TargetGroupBinding['spec']
export type BoundGroup = Readonly<z.infer<typeof boundGroup>>
