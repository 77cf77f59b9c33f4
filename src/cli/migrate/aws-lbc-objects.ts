// The parts of AWS Load Balancer Controller's objects that are read (elbv2.k8s.aws/v1beta1), loosely, as people wrote them.
import { z } from 'zod'

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})
const pairs = z.array(z.object({ key: z.string(), value: z.string() })).nullish()
const strings = z.array(z.string()).nullish()
const selector = z
  .object({
    matchLabels: z.record(z.string(), z.string()).nullish(),
    matchExpressions: z
      .array(z.object({ key: z.string(), operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']), values: strings }))
      .nullish(),
  })
  .nullish()

export const ingressClassParams = z.object({
  metadata,
  spec: z
    .object({
      loadBalancerName: z.string().nullish(),
      certificateArn: strings,
      namespaceSelector: selector,
      group: z.object({ name: z.string() }).nullish(),
      scheme: z.enum(['internal', 'internet-facing']).nullish(),
      inboundCIDRs: strings,
      sslPolicy: z.string().nullish(),
      sslRedirectPort: z.union([z.string(), z.number()]).nullish(),
      subnets: z.object({ ids: strings, tags: z.record(z.string(), z.array(z.string())).nullish() }).nullish(),
      ipAddressType: z.enum(['ipv4', 'dualstack', 'dualstack-without-public-ipv4']).nullish(),
      tags: pairs,
      targetType: z.enum(['instance', 'ip']).nullish(),
      loadBalancerAttributes: pairs,
      listeners: z
        .array(z.object({ protocol: z.enum(['HTTP', 'HTTPS']), port: z.number(), listenerAttributes: pairs }))
        .nullish(),
      minimumLoadBalancerCapacity: z.object({ capacityUnits: z.number() }).nullish(),
      ipamConfiguration: z.object({ ipv4IPAMPoolId: z.string().nullish() }).nullish(),
      prefixListsIDs: strings,
      /** As it was misspelt once, and is still taken. */
      PrefixListsIDs: strings,
      wafv2AclArn: z.string().nullish(),
      wafv2AclName: z.string().nullish(),
    })
    .nullish(),
})

export const foreignBinding = z.object({
  metadata,
  spec: z.looseObject({
    targetGroupARN: z.string().nullish(),
    targetGroupName: z.string().nullish(),
    serviceRef: z.object({ name: z.string(), port: z.union([z.string(), z.number()]) }),
    multiClusterTargetGroup: z.boolean().nullish(),
    iamRoleArnToAssume: z.string().nullish(),
  }),
})

export const ingressClass = z.object({
  metadata,
  spec: z
    .object({
      controller: z.string().nullish(),
      parameters: z.object({ apiGroup: z.string().nullish(), kind: z.string(), name: z.string() }).nullish(),
    })
    .nullish(),
})

/** A DaemonSet has the same fields. */
export const deployment = z.object({
  kind: z.string().optional(),
  metadata,
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ image: z.string().nullish(), args: strings, command: strings })) }),
    }),
  }),
})

export type IngressClassParams = z.infer<typeof ingressClassParams>
export type ForeignBinding = z.infer<typeof foreignBinding>
export type ReadIngressClass = z.infer<typeof ingressClass>
export type ReadDeployment = z.infer<typeof deployment>
