// LoadBalancer: what Weir remembers of one load balancer outside, so that a restart costs no call and a change is told from none.
import { z } from 'zod'
import { conditionsSchema, namespaceName, objectName } from './common-schemas.ts'
import { kindNames } from './kind-names.ts'
import type { KindDefinition, ObjectOf } from './kind.ts'

const uid = z.string().max(128)
const time = z.string().meta({ format: 'date-time' })
const resourceId = z.string().min(1).max(2048)

/** An object that asked for the load balancer: one Service, or every Service or Ingress of a group. */
export const memberSchema = z.object({
  kind: z.enum(['Service', 'TargetGroupBinding', 'Ingress']),
  namespace: namespaceName,
  name: objectName,
  uid,
  ports: z.array(z.string().max(16)).max(100).describe('The ports the member has on it, as 443/TCP.'),
  hash: z.string().max(64).exactOptional().describe('Of what the member asked for when it was last applied.'),
  asked: z
    .string()
    .max(65_536)
    .exactOptional()
    .describe('What a member of a group asked for when it was last applied, as JSON: kept while it has a mistake, or leaves.'),
  serving: z.boolean().exactOptional().describe('Whether a target of the member was healthy when last looked at.'),
  unfinished: z.boolean().exactOptional().describe('Something of the member alone failed and is tried again.'),
  leaving: time.exactOptional().describe('Since when the member is served elsewhere; its part goes some minutes later.'),
})

export type LoadBalancerMember = z.infer<typeof memberSchema>

/** Something that was replaced and stays until clients have moved away from it. */
export const retiringSchema = z.object({
  kind: z.enum(['load-balancer', 'target-group', 'security-group']),
  id: resourceId,
  since: time,
})

export type Retiring = z.infer<typeof retiringSchema>

/** Where it stands, so that it can be found and deleted when its class is gone. */
export const placeSchema = z
  .object({
    region: z.string().max(64),
    vpcId: z.string().max(64),
    assumeRole: z
      .object({
        arn: resourceId,
        externalId: z.string().max(1224).exactOptional(),
        sessionName: z.string().max(64).exactOptional(),
      })
      .exactOptional(),
    endpoints: z
      .object({
        elasticLoadBalancingV2: resourceId.exactOptional(),
        ec2: resourceId.exactOptional(),
        acm: resourceId.exactOptional(),
        wafv2: resourceId.exactOptional(),
        sts: resourceId.exactOptional(),
      })
      .exactOptional(),
  })
  .describe('Where it stands, so that it can be found and deleted when its class is gone.')

export const loadBalancer = {
  ...kindNames.loadBalancer,
  singular: 'loadbalancer',
  shortNames: ['lb'],
  description:
    'Internal: what was made outside for a Service, an Ingress, or a group of them. In weir-system, written by the controller only.',
  statusSubresource: false,
  schema: z.object({
    spec: z.object({
      provider: z.enum(['aws']),
      class: objectName.describe('The LoadBalancerClass it was made by.'),
      group: z.string().max(63).exactOptional().describe('The group its members share; absent for a single Service.'),
      ingressGroup: z
        .object({ namespace: namespaceName.exactOptional(), name: objectName })
        .exactOptional()
        .describe('Whose it is if its members are Ingresses: a named group, or one Ingress with its namespace.'),
      members: z.array(memberSchema).max(256),
      memberNames: z.string().max(1024).exactOptional().describe('The same for people, as default/web, default/shop.'),
    }),
    status: z
      .object({
        applied: z
          .object({
            hash: z.string().max(64).describe('Of everything that was asked for, settings of the class included.'),
            planner: z.int().min(1).describe('Version of the planner; another one plans anew.'),
            at: time,
          })
          .exactOptional()
          .describe('What was last applied in full. Absent while it never was.'),
        ids: z
          .record(z.string(), resourceId)
          .meta({ maxProperties: 256 })
          .exactOptional()
          .describe('ARNs and ids by resource: load-balancer, listener/443, target-group/443, security-group/frontend.'),
        attributes: z
          .record(z.string(), z.array(z.string().max(256)).max(64))
          .meta({ maxProperties: 256 })
          .exactOptional()
          .describe('Attributes that were asked for, by resource: what is asked for no more goes back to its default.'),
        place: placeSchema.exactOptional(),
        targets: z
          .record(z.string(), z.string().max(64))
          .meta({ maxProperties: 256 })
          .exactOptional()
          .describe('Hash of the registered targets, by ARN of the target group.'),
        openings: z
          .record(z.string(), z.array(z.string().max(80)).max(256))
          .meta({ maxProperties: 64 })
          .exactOptional()
          .describe(
            'What is opened at security groups of targets, by their ids, as tcp:8080, or tcp 8080-8080 cidr 10.0.0.0/16 for clients.',
          ),
        leaving: time
          .exactOptional()
          .describe('Since when its Service is served by the load balancer of a group; it goes some minutes later.'),
        retain: z.boolean().exactOptional().describe('Everything stays behind when the owner goes.'),
        scheme: z.string().max(32).exactOptional(),
        dnsName: z.string().max(255).exactOptional(),
        retiring: z.array(retiringSchema).max(32).exactOptional().describe('Replaced resources that are not removed yet.'),
        conditions: conditionsSchema.exactOptional(),
      })
      .exactOptional(),
  }),
  columns: [
    { name: 'Class', type: 'string', jsonPath: '.spec.class' },
    // A column shows one value, and of several the first only.
    { name: 'Members', type: 'string', jsonPath: '.spec.memberNames' },
    { name: 'DNS name', type: 'string', jsonPath: '.status.dnsName' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Applied', type: 'date', jsonPath: '.status.applied.at', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  rules: [],
} as const satisfies KindDefinition

export type LoadBalancer = ObjectOf<typeof loadBalancer>
