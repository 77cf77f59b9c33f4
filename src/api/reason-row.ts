// How a reason is written down: where it is used, what it means, what to do.

/** A kind that tells reasons, by a condition or an event. */
export type ReasonHolder =
  | 'Service'
  | 'IngressReport'
  | 'LoadBalancerClass'
  | 'AddressPool'
  | 'NodeReport'
  | 'TargetGroupBinding'
  | 'LoadBalancer'

export interface ReasonRow {
  /** On which kinds the reason is used. */
  readonly on: readonly ReasonHolder[]
  /** Told by an event only, never by a condition. */
  readonly event?: true
  readonly meaning: string
  readonly remedy: string
}
