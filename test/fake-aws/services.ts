// The services of the fake: their models, protocols and operations.
import * as acm from '@aws-sdk/client-acm'
import * as ec2 from '@aws-sdk/client-ec2'
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
import * as wafv2 from '@aws-sdk/client-wafv2'
import type { Handler, Operations } from './call.ts'
import { acmOperations } from './acm/certificates.ts'
import { instanceOperations } from './ec2/instances.ts'
import { networkOperations } from './ec2/networks.ts'
import { securityGroupRuleOperations } from './ec2/security-group-rules.ts'
import { securityGroupOperations as ec2SecurityGroupOperations } from './ec2/security-groups.ts'
import { ec2TagOperations } from './ec2/tags.ts'
import { accountLimitOperations } from './elbv2/account-limits.ts'
import { capacityOperations } from './elbv2/capacity.ts'
import { listenerAttributeOperations } from './elbv2/listener-attributes.ts'
import { listenerCertificateOperations } from './elbv2/listener-certificates.ts'
import { listenerOperations } from './elbv2/listeners.ts'
import { loadBalancerAttributeOperations } from './elbv2/load-balancer-attributes.ts'
import { securityGroupOperations } from './elbv2/load-balancer-security-groups.ts'
import { zoneOperations } from './elbv2/load-balancer-zones.ts'
import { loadBalancerOperations } from './elbv2/load-balancers.ts'
import { ruleOperations } from './elbv2/rules.ts'
import { sslPolicyOperations } from './elbv2/ssl-policies.ts'
import { tagOperations } from './elbv2/tags.ts'
import { targetGroupAttributeOperations } from './elbv2/target-group-attributes.ts'
import { targetGroupOperations } from './elbv2/target-groups.ts'
import { targetHealthOperations } from './elbv2/target-health.ts'
import { targetOperations } from './elbv2/targets.ts'
import { ec2Protocol } from './protocols/ec2.ts'
import { jsonProtocol } from './protocols/json.ts'
import type { Protocol } from './protocols/protocol.ts'
import { queryProtocol } from './protocols/query.ts'
import type { Operation } from './protocols/shapes.ts'
import { operationIn } from './protocols/shapes.ts'
import * as stsModel from './protocols/sts-shapes.ts'
import { stsOperations } from './sts.ts'
import { webAclOperations } from './wafv2/web-acls.ts'

/** A service by the name that stands in the scope of a signature. */
export type Service = {
  readonly name: string
  readonly protocol: Protocol
  readonly operations: ReadonlyMap<string, { readonly shape: Operation; readonly handler: Handler }>
}

function service(name: string, protocol: Protocol, model: object, operations: Operations): Service {
  const known = Object.entries(operations).map(([operation, handler]) => {
    const shape = operationIn(model, operation)
    if (!shape) throw new Error(`the model of ${name} has no operation ${operation}`)
    return [operation, { shape, handler }] as const
  })
  return { name, protocol, operations: new Map(known) }
}

export const services: readonly Service[] = [
  service('elasticloadbalancing', queryProtocol('http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'), elbv2, {
    ...accountLimitOperations,
    ...capacityOperations,
    ...listenerAttributeOperations,
    ...listenerCertificateOperations,
    ...listenerOperations,
    ...loadBalancerAttributeOperations,
    ...loadBalancerOperations,
    ...ruleOperations,
    ...securityGroupOperations,
    ...sslPolicyOperations,
    ...tagOperations,
    ...targetGroupAttributeOperations,
    ...targetGroupOperations,
    ...targetHealthOperations,
    ...targetOperations,
    ...zoneOperations,
  }),
  service('ec2', ec2Protocol('http://ec2.amazonaws.com/doc/2016-11-15/'), ec2, {
    ...ec2SecurityGroupOperations,
    ...ec2TagOperations,
    ...instanceOperations,
    ...networkOperations,
    ...securityGroupRuleOperations,
  }),
  service('acm', jsonProtocol('CertificateManager'), acm, acmOperations),
  service('wafv2', jsonProtocol('AWSWAF_20190729'), wafv2, webAclOperations),
  service('sts', queryProtocol('https://sts.amazonaws.com/doc/2011-06-15/'), stsModel, stsOperations),
]

/** The names of the operations, by service. */
export const operationNames: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  services.map(({ name, operations }) => [name, new Set(operations.keys())]),
)
