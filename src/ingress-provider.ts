// The seam between the loop of Ingresses and the places where they are served; that of Services is in provider.ts.
import type { LoadBalancerClass } from './api/load-balancer-class.ts'
import type { IngressGroupGoal, IngressGroupId, SecretRef, SecretState, SecretUse } from './model/ingress-group.ts'
import type { Ingress, IngressBackend } from './model/ingress-objects.ts'
import type { Service } from './model/kubernetes-objects.ts'
import type { Problem } from './model/load-balancer.ts'
import type { Backend } from './model/routing/backend.ts'
import type { IngressId } from './model/routing/model.ts'
import type { IngressRouting, RoutingWays } from './model/routing/read.ts'
import type { Action, Again, IngressPoint, Provider, Readiness } from './provider.ts'

/** What a provider makes of one Ingress, beside its routes: from its annotations and its class. */
export interface IngressReading<Settings = unknown> {
  readonly settings: Settings
  /** How its paths and hosts are to be read. */
  readonly ways?: RoutingWays
  /** `blocks`: told by the condition. Whether the rest is served is up to the provider. `warns`: told by an event. */
  readonly problems: readonly Problem[]
  /** Secrets that its annotations name; those of `spec.tls` are known without. */
  readonly secrets: readonly SecretUse[]
  /** Services of its namespace that its annotations name; those of its backends are known without. */
  readonly services: readonly string[]
}

/** A target group with what the load balancer thinks of its targets. */
export interface TargetGroupHealth {
  readonly targetType: 'instance' | 'ip'
  /** By address and port of the target, as `10.0.0.1 8080`. `reason` is the provider's word for why it is not healthy. */
  readonly health: ReadonlyMap<string, { readonly state: string; readonly reason: string }>
}

/** What came of one member. */
export interface MemberOutcome {
  /** Beyond those it came with. The first that blocks gives the condition of its report; those that warn become events. */
  readonly problems: readonly Problem[]
  /** By `origin.at`: routes of the model that the provider does not serve as asked, and why. */
  readonly routes?: ReadonlyMap<string, Problem>
  /** What it has is kept as it was, so its status is not changed either. */
  readonly kept?: boolean
}

/** What came of applying a plan for a group. */
export interface IngressOutcome {
  /** For the status of every member: where clients find them. */
  readonly ingress: readonly IngressPoint[]
  /** Of the group as a whole. While it is not ready, no member is. */
  readonly readiness: Readiness
  /** By `namespace/name`; a member that is not here has nothing to add. */
  readonly members: ReadonlyMap<string, MemberOutcome>
  /** Nothing of the group is left outside (only meaningful after planning for nothing). */
  readonly gone: boolean
  readonly again: Again
}

/**
 * A place where Ingresses are served.
 *
 * The loop decides which Ingresses are served, reads each of them alone, and hands over groups. As with Services, `observe` and
 * `plan` change nothing, `plan` is pure, `apply` may be cut anywhere and run again, and deleting is planning for nothing.
 * Calls for one group never overlap. What is wrong with one member is told of that member, and the others go on.
 */
export interface IngressProvider<Observed = unknown, A extends Action = Action, Settings = unknown> {
  readonly name: Provider['name']
  /**
   * The groups outside that something of an Ingress is in, known without asking anybody. With it, an Ingress gets a finalizer
   * before anything is made for it, which stays until no group is left. Absent where all that is made goes with objects of the
   * cluster.
   */
  holding?(ingress: IngressId): readonly IngressGroupId[]
  /** The group that an Ingress is to be in. Asked at every change of the Ingress, of its class and of its namespace. */
  groupOf(ingress: Ingress, lbClass: LoadBalancerClass): IngressGroupId | Problem
  /** Reads an Ingress alone. Pure; what it gives is kept until the Ingress or the class changes. Never throws. */
  read(ingress: Ingress, lbClass: LoadBalancerClass): IngressReading<Settings>
  /**
   * The routes as this provider understands what only it can: conditions in annotations, patterns in paths. Pure; asked after
   * every reading of the routes, and what it gives stands in the goal and in the report. Absent: they are as they were read.
   */
  refine?(routing: IngressRouting, ingress: Ingress): IngressRouting
  /** Secrets that a Service of an Ingress names by its annotations, with what was read of that Ingress. Absent: none ever. Pure. */
  secretsOfService?(service: Service, settings: Settings): readonly SecretUse[]
  /** A backend that only this provider knows, as `use-annotation`; undefined: it is a Service like any other. Pure. */
  resolve?(backend: IngressBackend | undefined, ingress: Ingress): Backend | undefined
  observe(id: IngressGroupId, signal: AbortSignal, goal?: IngressGroupGoal<Settings>): Promise<Observed>
  plan(goal: IngressGroupGoal<Settings> | undefined, observed: Observed): readonly A[]
  apply(
    work: {
      readonly id: IngressGroupId
      readonly goal: IngressGroupGoal<Settings> | undefined
      readonly observed: Observed
      readonly actions: readonly A[]
    },
    signal: AbortSignal,
  ): Promise<IngressOutcome>
  /**
   * Brings targets up to date and nothing else, after endpoints or nodes changed; undefined when there is nothing yet that could
   * have targets. Its outcome is compared with the last one: a difference brings a look at the whole group. Absent where
   * endpoints are none of the controller's business.
   */
  syncTargets?(
    id: IngressGroupId,
    goal: IngressGroupGoal<Settings>,
    signal: AbortSignal,
  ): Promise<Pick<IngressOutcome, 'readiness' | 'again'> | undefined>
  /**
   * The health of the targets of a Service in every target group of the group whose targets are kept up, for pods that wait for
   * it. One that is not there yet is left out, and one that nobody checks tells of healthy targets: nobody may wait for those.
   */
  healthOfTargets?(
    id: IngressGroupId,
    at: { readonly goal: IngressGroupGoal<Settings>; readonly service: Service },
    signal: AbortSignal,
  ): Promise<readonly TargetGroupHealth[]>
  /**
   * The Secrets that Ingresses of this provider name, and what is known of each (by `secretKey`; of one that could not be looked
   * at yet, nothing). Called whenever any of it has changed, and from time to time: what is good goes where it is needed, what
   * nobody names any more is taken away in time. Absent: they are used from the goal alone.
   */
  keepSecrets?(named: readonly SecretRef[], states: ReadonlyMap<string, SecretState>, signal: AbortSignal): Promise<void>
  /** Every group outside that is remembered, whether or not it still has members. For sweeps. */
  list(signal: AbortSignal): Promise<readonly IngressGroupId[]>
  /** Calls `wake` with a group that something outside concerns. Returns the function that ends the subscription. */
  watch(wake: (id: IngressGroupId) => void): () => void
}
