// The seam between the neutral model and the places where load balancers are made.
import type { Reason } from './api/reasons.ts'
import type { BoundGroup, TargetGroupBinding } from './api/target-group-binding.ts'
import type { BindingGoal, BindingId } from './model/binding.ts'
import type {
  DesiredLoadBalancer,
  IpFamily,
  LoadBalancerId,
  Membership,
  Problem,
  Protocol,
  TargetType,
} from './model/load-balancer.ts'

/** What a provider can do. Checked before planning: what is missing becomes a condition, never a half-made load balancer. */
export interface Capabilities {
  readonly protocols: ReadonlySet<Protocol>
  readonly targetTypes: ReadonlySet<TargetType>
  readonly families: ReadonlySet<IpFamily>
  /** TCP and UDP in one Service. */
  readonly mixedProtocols: boolean
  /** Several Services at one address. */
  readonly sharedAddresses: boolean
  /** Works without node ports (`allocateLoadBalancerNodePorts: false`). */
  readonly withoutNodePorts: boolean
}

/** One step outside. Plain data that prints as one line; `weir plan` shows exactly these. */
export interface Action {
  readonly kind: string
}

/** An entry of `status.loadBalancer.ingress`. */
export type IngressPoint =
  | { readonly ip: string; readonly ipMode: 'VIP' | 'Proxy'; readonly ports?: readonly PortStatus[] }
  | { readonly hostname: string; readonly ports?: readonly PortStatus[] }

export interface PortStatus {
  readonly port: number
  readonly protocol: Protocol
  readonly error?: string
}

/** What the condition `weir.dev/Ready` of the owner shall say. */
export interface Readiness {
  readonly ready: boolean
  readonly reason: Reason
  readonly message: string
  /** Pods are there and starting: a Service that never served waits for them, and nothing is wrong yet. */
  readonly waiting?: boolean
}

/** When to look again: never by itself, after some time, or when the provider calls `wake` (DESIGN: every change has an event). */
export type Again = 'on-change' | { readonly afterMs: number }

/** What came of applying a plan. */
export interface Outcome {
  /** The addresses clients can use now; empty while there are none. */
  readonly ingress: readonly IngressPoint[]
  readonly readiness: Readiness
  /** Told once per transition as Warning events, besides the condition. */
  readonly warnings: readonly Problem[]
  /** True when nothing of the load balancer is left outside (only meaningful after planning for nothing). */
  readonly gone: boolean
  readonly again: Again
}

/** How an error of a provider is to be met. */
export type Retry = 'now' | 'later' | 'when-changed' | 'never'

/** An error that tells the user what to do. `code` becomes the reason of the condition. */
export class ProviderError extends Error {
  readonly code: Reason
  readonly remedy: string
  readonly retry: Retry

  constructor(options: {
    readonly code: Reason
    readonly message: string
    readonly remedy: string
    readonly retry: Retry
    readonly cause?: unknown
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ProviderError'
    this.code = options.code
    this.remedy = options.remedy
    this.retry = options.retry
  }
}

/** What one load balancer is to become: undefined stands for nothing, so deleting is planning for nothing. */
export interface Goal {
  readonly desired: DesiredLoadBalancer
  readonly membership: Membership
}

/**
 * A place where load balancers are made.
 *
 * `observe` and `plan` change nothing. `plan` is pure: same goal and observation, same actions. `apply` may be cut anywhere
 * and run again: each action finds what an earlier, cut run made. Calls for one id never overlap; calls for different ids do.
 */
export interface Provider<Observed = unknown, A extends Action = Action> {
  readonly name: 'local' | 'aws'
  readonly capabilities: Capabilities
  /** Mistakes in annotations and fields only this provider knows; pure, and asked before planning. */
  check(desired: DesiredLoadBalancer): readonly Problem[]
  /**
   * With the goal, what planning it needs is looked up as well; a provider whose stores hold all of that does not read it.
   * Without one, `leaving` is what the owner asks for while it goes, if that can be told: how to part with what there is.
   */
  observe(id: LoadBalancerId, signal: AbortSignal, goal?: Goal, leaving?: DesiredLoadBalancer): Promise<Observed>
  plan(goal: Goal | undefined, observed: Observed): readonly A[]
  /** Carries out `actions` for `id`. `goal` and `observed` are those of the plan; they serve to word the outcome. */
  apply(
    work: {
      readonly id: LoadBalancerId
      readonly goal: Goal | undefined
      readonly observed: Observed
      readonly actions: readonly A[]
    },
    signal: AbortSignal,
  ): Promise<Outcome>
  /**
   * Tells that the load balancer is refused for now, for a mistake in its Service or for want of a class: nothing of it is
   * planned. What it has stays and is kept working; what it only waited for, or was held for it, goes to whoever is next in
   * line. `goal` is undefined when not even its class is known. Writes nothing itself. A provider nobody waits at needs none.
   */
  refuse?(id: LoadBalancerId, goal: Goal | undefined): void
  /**
   * Every load balancer outside that is remembered, whether or not its owner still exists. For sweeps, which give up at once
   * what has no owner; what only carries our mark is a matter of the provider's own.
   */
  list(signal: AbortSignal): Promise<readonly LoadBalancerId[]>
  /**
   * Calls `wake` with the id of a load balancer that something outside concerns: an address became free, an announcement went
   * away. Returns the function that ends the subscription.
   */
  watch(wake: (id: LoadBalancerId) => void): () => void
}

/** What is on record of one TargetGroupBinding: enough to take away what it registered when nothing else is known any more. */
export type BindingRecord = Readonly<
  Pick<NonNullable<TargetGroupBinding['status']>, 'place' | 'targetGroup' | 'registered' | 'openings' | 'unfinished'>
>

/** A target group that was found, and where. */
export interface FoundGroup {
  readonly group: BoundGroup
  readonly place: NonNullable<BindingRecord['place']>
}

export interface BindingOutcome {
  readonly record: BindingRecord
  readonly readiness: Readiness
  readonly warnings: readonly Problem[]
}

/**
 * Fills target groups that somebody else made; offered by providers that have such a thing. Like `apply`, each of these may be
 * cut anywhere and run again; calls for one binding never overlap.
 */
export interface TargetBinder {
  /**
   * The target group that a binding names. Rejects with a ProviderError when there is none or it does not fit. One on record
   * is believed for a while.
   */
  find(goal: BindingGoal, record: BindingRecord, signal: AbortSignal): Promise<FoundGroup>
  /**
   * Registers what is new, then takes away what is on record and not wanted any more. `note` puts a record where it lasts,
   * and is called before anything is registered that is not on record. `strict`: not even what was seen before is believed.
   */
  bind(
    work: {
      readonly goal: BindingGoal
      readonly found: FoundGroup
      readonly record: BindingRecord
      readonly strict: boolean
      readonly note: (record: BindingRecord) => Promise<void>
    },
    signal: AbortSignal,
  ): Promise<BindingOutcome>
  /** Takes away what is on record, targets and rules. */
  unbind(id: BindingId, record: BindingRecord, signal: AbortSignal): Promise<void>
  /** Health by address and port of the target, as `10.0.0.1 8080`; undefined when the group is not there. */
  health(
    id: BindingId,
    record: BindingRecord,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, { readonly state: string; readonly reason: string }> | undefined>
}
