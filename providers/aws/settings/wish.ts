// What of a desired load balancer is read into settings, and what is known of the load balancer there is.
import type { DesiredLoadBalancer, Listener } from '../../../src/model/load-balancer.ts'
import type { Scheme } from './aws-settings.ts'

/** A port of the Service with the port of its pods; `targetPort` is `port` when absent, as in Kubernetes. */
export interface ServicePort extends Listener {
  readonly targetPort?: number | string
}

/** The part of a desired load balancer that is read here. */
export type Wish = Pick<
  DesiredLoadBalancer,
  | 'id'
  | 'class'
  | 'targetType'
  | 'families'
  | 'familyPolicy'
  | 'externalTrafficPolicy'
  | 'healthCheckNodePort'
  | 'sourceRanges'
  | 'sessionAffinity'
  | 'loadBalancerIP'
  | 'annotations'
> & { readonly listeners: readonly ServicePort[] }

/** What is known of the load balancer there is. Absent: not looked up, so nothing is refused for a scheme that is a guess. */
export type Existing = { readonly scheme: Scheme } | 'none'
