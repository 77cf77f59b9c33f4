// What the aws provider is handed by the composition root.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { EndpointSlice, Node, Service } from '../../../src/model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { BindingRecord } from '../../../src/provider.ts'
import type { Transports } from '../calls/calls.ts'
import type { Rates } from '../calls/limiter.ts'
import type { CallMeter } from '../calls/meter.ts'
import type { Neighbours } from '../groups/members.ts'
import type { Ledger, Place } from '../model/ledger.ts'
import type { Clock, Context, Log } from '../observe/context.ts'
import type { Whereabouts } from './locations.ts'

export interface AwsDependencies {
  /** UID of the namespace kube-system: the cluster's identity in names and tags. */
  readonly cluster: string
  /** Name of the cluster in tags `kubernetes.io/cluster/<name>` of subnets and security groups, when it is known. */
  readonly clusterName?: string
  readonly ledger: Ledger
  /** Classes of this provider. */
  readonly classes: () => Iterable<LoadBalancerClass>
  /** The client secret that a Secret holds for logging in (keys as AWS Load Balancer Controller has them). */
  readonly oidcClient?: Context['oidcClient']
  readonly slicesOf: (id: LoadBalancerId) => Iterable<EndpointSlice>
  /** A Service that another one forwards to. */
  readonly serviceOf: (namespace: string, name: string) => Service | undefined
  readonly nodes: () => Iterable<Node>
  /** Services of ours beside the one that is looked at: they may share its load balancer. */
  readonly neighbours: Neighbours
  /** Whether a Service is in the cluster and may have a load balancer. Absent: only what is remembered is owned. */
  readonly isOwned?: (id: LoadBalancerId) => boolean
  /** How far apart two listings must be that show an orphan. Ten minutes when absent. */
  readonly orphanApartMs?: number
  /** Region and VPC for classes that name none, as far as they are known by now. */
  readonly whereabouts: () => Whereabouts
  /** What is on record of TargetGroupBindings, by uid. */
  readonly bindingRecords?: () => Iterable<readonly [string, BindingRecord]>
  readonly clock: Clock
  readonly log: Log
  /** Ends shared work. */
  readonly signal: AbortSignal
  /** Rejects when this process leads no more; asked before anything is deleted. Absent: it leads. */
  readonly confirmLeading?: (signal: AbortSignal) => Promise<void>
  /** Ways to AWS for a place. Absent: the SDK, with its own chain of credentials. */
  readonly transports?: (place: Place) => Transports
  readonly rates?: Rates
  /** False: every look asks AWS for everything, whatever is on record. For whoever wants to know what is there. */
  readonly believesRecords?: boolean
  /** Hears of every call to AWS. */
  readonly meter?: CallMeter
}
