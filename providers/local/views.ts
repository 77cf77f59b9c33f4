// What the local provider is handed: views of what others watch, and narrow ways to write. Nothing here knows an API client.
import type { AddressBlock } from '../../src/api/address-block.ts'
import type { AddressPool } from '../../src/api/address-pool.ts'
import type { Announcement } from '../../src/api/announcement.ts'
import type { NodeReport } from '../../src/api/node-report.ts'
import type { Node } from '../../src/model/kubernetes-objects.ts'
import type { ClusterRange } from './pools/pools.ts'
import type { DesiredLoadBalancer, LoadBalancerId } from '../../src/model/load-balancer.ts'

/** One change of a view. */
export type Change<T> =
  | { readonly type: 'added' | 'updated'; readonly key: string; readonly object: T; readonly old?: T | undefined }
  | { readonly type: 'deleted'; readonly key: string; readonly object?: undefined; readonly old: T }

/** A local copy of cluster-scoped objects of one kind, keyed by name. The stores of the composition root fit as they are. */
export interface View<T> {
  get(name: string): T | undefined
  values(): Iterable<T>
  /** With `replay`, hears first what is there as `added`, at once. Gives the way to stop hearing. */
  subscribe(listener: (change: Change<T>) => void, options?: { readonly replay?: boolean }): () => void
}

/** Which agents live, by their Leases. */
export interface Agents {
  alive(node: string): boolean
  /** Hears the name of a node whose agent came or went. */
  subscribe(listener: (node: string) => void): () => void
}

/** Another writer was first: the object changed, exists already, or is gone. Look again. */
export type Conflict = 'conflict'

/** Writes of AddressBlocks, each a compare-and-swap. Errors other than a conflict are thrown. */
export interface BlockStore {
  read(name: string, signal?: AbortSignal): Promise<AddressBlock | undefined>
  create(block: AddressBlock, signal?: AbortSignal): Promise<AddressBlock | Conflict>
  /** Replaces the block if it still has the resourceVersion that `block` carries; a block that is gone is a conflict too. */
  update(block: AddressBlock, signal?: AbortSignal): Promise<AddressBlock | Conflict>
  /** Deletes that very block (uid and resourceVersion). */
  remove(seen: AddressBlock, signal?: AbortSignal): Promise<'done' | Conflict>
}

/** Writes of Announcements, decided on the uid and resourceVersion of the object handed in. */
export interface AnnouncementStore {
  create(announcement: Announcement, signal?: AbortSignal): Promise<Announcement | Conflict>
  /** A merge patch (RFC 7386) of `seen`. */
  patch(seen: Announcement, patch: AnnouncementPatch, signal?: AbortSignal): Promise<Announcement | Conflict>
  /** Deletes that very object (uid and resourceVersion); gone already is success. */
  remove(seen: Announcement, signal?: AbortSignal): Promise<'done' | Conflict>
}

export interface AnnouncementPatch {
  readonly metadata?: { readonly finalizers: readonly string[] }
  readonly spec?: {
    readonly pool: string
    readonly services: Announcement['spec']['services']
    readonly serviceNames?: string
    readonly nodes: readonly string[]
    /** Null takes the field away. */
    readonly interfaces: readonly string[] | null
    readonly nodeInterfaces: Announcement['spec']['nodeInterfaces'] | null
    readonly targets: Announcement['spec']['targets'] | null
    readonly hashSeed: number | null
    readonly fenced: boolean | null
  }
}

/** A Service of ours with the addresses its status holds; what the blocks do not know of them is reserved for it at start. */
export interface ExistingService {
  readonly id: LoadBalancerId
  readonly createdAt: string
  readonly addresses: readonly string[]
}

/** One structured log line, as pino takes it. */
export interface Log {
  readonly debug: (fields: object, message: string) => void
  readonly info: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
}

/** What the cluster uses for pods and Services; no pool may give addresses of it. */
export interface ClusterRanges {
  readonly current: () => readonly ClusterRange[]
  subscribe(listener: () => void): () => void
}

export interface LocalDependencies {
  readonly pools: View<AddressPool>
  readonly clusterRanges?: ClusterRanges
  readonly blocks: View<AddressBlock>
  readonly announcements: View<Announcement>
  readonly nodeReports: View<NodeReport>
  readonly nodes: View<Node>
  readonly agents: Agents
  /** Services of ours as they are now; asked once, when the first load balancer is observed (views are complete by then). */
  readonly existing: () => Iterable<ExistingService>
  /** What a Service of ours asks for now; undefined for one that is gone, leaving, or nobody's. Asked about those who share. */
  readonly desired: (id: LoadBalancerId) => DesiredLoadBalancer | undefined
  /** 32 bits that stay the same as long as the cluster lives: all nodes hash the connections of pod targets alike, for good. */
  readonly hashSeed: () => number
  readonly blockStore: BlockStore
  readonly announcementStore: AnnouncementStore
  /** Wall clock, milliseconds since the epoch; only written into objects. */
  readonly now: () => number
  readonly log: Log
  /** Ends writes that several load balancers share. */
  readonly signal: AbortSignal
}
