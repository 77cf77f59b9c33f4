// What one load balancer is to become: for the one of a group, with all who share it.
import type { DesiredLoadBalancer, GroupId, ServiceId } from '../../../src/model/load-balancer.ts'
import type { Goal } from '../../../src/provider.ts'

/** A member as planning takes it. */
export interface Sharer {
  readonly id: ServiceId
  readonly desired: DesiredLoadBalancer
  readonly createdAt: string
  /** Its place among those that are on the load balancer already. */
  readonly place?: number
  readonly ports?: readonly string[]
}

export interface Sharing {
  readonly group: GroupId
  readonly members: readonly Sharer[]
}

/** What one load balancer is to become: for a group, with all who share it, as they were when the look began. */
export type AwsGoal = Goal & { readonly sharing?: Sharing }
