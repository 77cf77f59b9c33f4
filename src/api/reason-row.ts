// How a reason is written down: where it is used, what it means, what to do.

export interface ReasonRow {
  /** On which kinds the reason is used. */
  readonly on: readonly ('Service' | 'LoadBalancerClass' | 'AddressPool' | 'NodeReport' | 'TargetGroupBinding' | 'LoadBalancer')[]
  /** Told by an event only, never by a condition. */
  readonly event?: true
  readonly meaning: string
  readonly remedy: string
}
