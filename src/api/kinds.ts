// Every kind of ours, in the order documentation lists them: what people write first, what Weir writes for itself after.
import { addressBlock } from './address-block.ts'
import { addressPool } from './address-pool.ts'
import { announcement } from './announcement.ts'
import { ingressReport } from './ingress-report.ts'
import type { KindDefinition } from './kind.ts'
import { loadBalancer } from './load-balancer.ts'
import { loadBalancerClass } from './load-balancer-class.ts'
import { nodeReport } from './node-report.ts'
import { targetGroupBinding } from './target-group-binding.ts'

export const kinds: readonly KindDefinition[] = [
  loadBalancerClass,
  addressPool,
  targetGroupBinding,
  ingressReport,
  loadBalancer,
  announcement,
  addressBlock,
  nodeReport,
]
