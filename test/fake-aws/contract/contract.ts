// The whole contract: what the controller relies on, checked on the fake and on moto.
import { certificateContract } from './certificates.ts'
import { ec2Contract } from './ec2.ts'
import { listenerContract } from './listeners.ts'
import { loadBalancerContract } from './load-balancers.ts'
import { ruleContract } from './rules.ts'
import type { ContractTest } from './subject.ts'
import { targetGroupContract } from './target-groups.ts'
import { webAclContract } from './web-acls.ts'

/** The contract by kind of resource. */
export const contract: Readonly<Record<string, readonly ContractTest[]>> = {
  'load balancers': loadBalancerContract,
  'target groups': targetGroupContract,
  listeners: listenerContract,
  rules: ruleContract,
  ec2: ec2Contract,
  certificates: certificateContract,
  'web ACLs': webAclContract,
}
