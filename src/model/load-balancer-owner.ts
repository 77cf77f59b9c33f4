// Everything that a load balancer can be for: Services, or Ingresses.
import type { IngressGroupId } from './ingress-group.ts'
import type { LoadBalancerId } from './load-balancer.ts'

export type LoadBalancerOwner = LoadBalancerId | IngressGroupId
