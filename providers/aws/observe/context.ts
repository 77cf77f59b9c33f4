// What the provider is handed, and what it keeps in memory between looks.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { EndpointSlice, Node, Service } from '../../../src/model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { TargetRules } from '../apply/target-rules.ts'
import type { BindingRules } from '../binding/rules.ts'
import type { GroupIndex } from '../groups/known.ts'
import type { Neighbours } from '../groups/members.ts'
import type { Registered } from '../membership/register.ts'
import type { Ledger, Place } from '../model/ledger.ts'
import type { Location, Locations } from '../provider/locations.ts'

/** One structured log line, as pino takes it. */
export interface Log {
  readonly debug: (fields: object, message: string) => void
  readonly info: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number
  monotonic(): number
  schedule(ms: number, run: () => void): () => void
}

export interface Context {
  /** UID of the namespace kube-system. */
  readonly cluster: string
  /** Name of the cluster in tags `kubernetes.io/cluster/<name>` of subnets and security groups. */
  readonly clusterName?: string
  readonly ledger: Ledger
  readonly groups: GroupIndex
  readonly neighbours: Neighbours
  readonly locations: Locations
  readonly slicesOf: (id: LoadBalancerId) => Iterable<EndpointSlice>
  /** A Service that another one forwards to. */
  readonly serviceOf: (namespace: string, name: string) => Service | undefined
  readonly nodes: () => Iterable<Node>
  readonly clock: Clock
  readonly log: Log
  /** Rejects when this process is not the active controller any more; asked before anything is deleted. */
  readonly confirmLeading: (signal: AbortSignal) => Promise<void>
  /** The client that a Secret holds for logging in; undefined when it holds none. */
  readonly oidcClient: (
    secret: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ) => Promise<OidcClient | undefined>
  readonly memory: Memory
  readonly rulesOf: (location: Location) => TargetRules
  /** Rules that let clients in at the targets, for load balancers without security groups. */
  readonly directRulesOf: (location: Location) => BindingRules
  /** Rules that bindings ask for. */
  readonly bindingRulesOf: (location: Location) => BindingRules
}

/** Who the load balancer is to a provider of identities. */
export interface OidcClient {
  readonly id: string
  readonly secret: string
}

/** Lost with the process; everything in it can be found out again. */
export interface Memory {
  /** Found outside by a listing, by uid of the owner, with where that was. */
  readonly outside: Map<string, Place>
  /** Uids whose picture or record is not to be believed: they are looked at whole. */
  readonly doubted: Set<string>
  /** Uids of which also attributes and targets are to be asked of AWS. */
  readonly strict: Set<string>
  /** What is unclear of the security groups of targets, by uid of the load balancer: it stands in the condition. */
  readonly unclear: Map<string, string>
  /** Uids of those that served and were found not to: asked about at the next look. */
  readonly unwell: Set<string>
  /** Since when a target group or load balancer is waited for, by ARN; milliseconds since the epoch. */
  readonly waiting: Map<string, number>
  /** What is registered, by ARN of the target group. */
  readonly registered: Map<string, Registered>
  /** Since when a target is not wanted any more, by ARN of the group and key; for late removal. */
  readonly leaving: Map<string, Map<string, number>>
  /** Since when deletion is held up, by uid. */
  readonly stuck: Map<string, number>
  /** Uids of those whose shared things are being given up: of two that go at once, the later one finds nobody else. */
  readonly going: Set<string>
  /** When a fresh look last showed that something is the owner's, by ARN or id; monotonic. */
  readonly confirmed: Map<string, number>
  /** When the state of a load balancer was last seen, by ARN; monotonic. */
  readonly stateSeen: Map<string, number>
  /** Since when a Service waits to be served elsewhere, by uid; milliseconds since the epoch. */
  readonly moving: Map<string, number>
  /** Uids of groups that a member is looking at, from its look until everything is done. */
  readonly looking: Set<string>
  /** What members of groups were last told, by uid: who is told something else now is woken. */
  readonly told: Map<string, string>
}

/** The name of the cluster in tags of others: that of the class, else that of the controller. */
export function clusterNameOf({ clusterName }: Context, { spec }: LoadBalancerClass): string | undefined {
  return spec.aws?.clusterName ?? clusterName
}

export function emptyMemory(): Memory {
  return {
    outside: new Map(),
    doubted: new Set(),
    strict: new Set(),
    unclear: new Map(),
    unwell: new Set(),
    waiting: new Map(),
    registered: new Map(),
    leaving: new Map(),
    stuck: new Map(),
    going: new Set(),
    confirmed: new Map(),
    stateSeen: new Map(),
    moving: new Map(),
    looking: new Set(),
    told: new Map(),
  }
}
