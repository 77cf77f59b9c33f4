// What was found for one load balancer: plain data, all that planning needs.
import type { DesiredLoadBalancer, LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { Target } from '../membership/targets.ts'
import type { Parting } from '../observe/parting.ts'
import type { Attributes } from '../settings/aws-settings.ts'
import type { FoundListener, FoundLoadBalancer, FoundSecurityGroup, FoundTargetGroup } from '../snapshots/shapes.ts'
import type { SeenApplication } from './application.ts'
import type { AwsGoal } from './goal.ts'
import type { LedgerRecord } from './ledger.ts'
import type { Tags } from './ownership.ts'
import type { Stack } from './stack.ts'

/** Nothing has changed since everything was applied; nobody was asked. */
export interface Settled {
  readonly kind: 'settled'
  readonly record: LedgerRecord
}

/** Nothing is outside, and the ledger is enough to know it. */
export interface Absent {
  readonly kind: 'absent'
}

export interface LeftBehind {
  /** An ARN, or the id of a security group. */
  readonly id: string
  readonly tags: Tags
  readonly remove: readonly string[]
}

export interface Seen {
  readonly kind: 'seen'
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number
  readonly record: LedgerRecord | undefined
  /** Absent without a goal. */
  readonly stack?: Stack
  /** Without a goal: how its owner wants to part with it, if that is known. */
  readonly parting?: Parting
  /** Ours for this owner, by their tags. */
  readonly balancers: readonly FoundLoadBalancer[]
  /** One of them that does not carry our marks yet: it is being taken over. */
  readonly adopting?: FoundLoadBalancer
  /** What the controller before us left beside it, with the marks that it is to get. It is among `groups` and `frontends` too. */
  readonly left?: {
    readonly groups: readonly FoundTargetGroup[]
    readonly frontends: readonly FoundSecurityGroup[]
    readonly changes: readonly LeftBehind[]
  }
  /** Of all those load balancers. */
  readonly listeners: readonly FoundListener[]
  /** Of an Application Load Balancer: what Network Load Balancers do not have. */
  readonly application?: SeenApplication
  /** Ours for this owner, by their tags. */
  readonly groups: readonly FoundTargetGroup[]
  /** Managed front groups of this owner, by their tags. */
  readonly frontends: readonly FoundSecurityGroup[]
  /** The shared group of the VPC. */
  readonly backend?: FoundSecurityGroup
  /** Something else has the name of the load balancer; says what. */
  readonly nameTakenBy?: string
  /** Attributes by ARN, read from AWS where the ledger does not tell what was set. */
  readonly attributes: ReadonlyMap<string, Attributes>
  /** Further certificates by ARN of the listener, read from AWS where the ledger does not tell. */
  readonly certificates: ReadonlyMap<string, readonly string[]>
  /** What shall be registered, by key of the target group. */
  readonly targets: ReadonlyMap<string, readonly Target[]>
  /** Target groups that have a healthy target, by ARN; only of those somebody waits for. */
  readonly healthy: ReadonlySet<string>
  /** Since when somebody waits for the health of a target group or a load balancer, by ARN; milliseconds since the epoch. */
  readonly waitingSince: ReadonlyMap<string, number>
}

/** What there is for one load balancer. */
export type Look = Settled | Absent | Seen

export interface HomeLook {
  readonly home: LoadBalancerId
  readonly goal: AwsGoal | undefined
  /** Absent while another member looks: the load balancer is looked at when that is done. */
  readonly look?: Look
}

/** A Service that is, was or is to be a member of a group: more than one load balancer may be for it. */
export interface Shared {
  readonly kind: 'shared'
  /** Where it is to be served; absent when it goes. */
  readonly at?: HomeLook
  /** Where it was before, and has something left. */
  readonly former: readonly LoadBalancerId[]
  /** What it asks for while it goes. */
  readonly leaving?: DesiredLoadBalancer | undefined
}

export type AwsObserved = Look | Shared
