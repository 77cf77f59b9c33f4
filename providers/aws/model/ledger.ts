// What is remembered of each load balancer between looks and over restarts. The composition root keeps it in LoadBalancer objects.
import { createHash } from 'node:crypto'
import type { Reason } from '../../../src/api/reasons.ts'
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { ServiceId } from '../../../src/model/load-balancer.ts'

/** Raised whenever the planner would make something else of the same wish: then everything is looked at once. */
export const plannerVersion = 1

/** Where a load balancer stands, so that it can be found and deleted when its class is gone. */
export interface Place {
  readonly region: string
  readonly vpcId: string
  readonly assumeRole?: {
    readonly arn: string
    readonly externalId?: string | undefined
    readonly sessionName?: string | undefined
  }
  readonly endpoints?: {
    readonly elasticLoadBalancingV2?: string | undefined
    readonly ec2?: string | undefined
    readonly acm?: string | undefined
    readonly wafv2?: string | undefined
    readonly sts?: string | undefined
  }
}

/** Something that was replaced and stays until clients have moved away from it. */
export interface Retired {
  readonly kind: 'load-balancer' | 'target-group' | 'security-group'
  /** ARN, or id of a security group. */
  readonly id: string
  /** ISO 8601. */
  readonly since: string
}

/** A Service that has a part of the load balancer of a group. */
export interface LedgerMember {
  readonly id: ServiceId
  /** Listeners it has or is about to have, as `443`. */
  readonly ports: readonly string[]
  /** What it asked for when that was last good, as JSON. */
  readonly asked: string
  /** Whether one of its targets was healthy when last looked at. */
  readonly serving?: boolean
  /** Something of this member alone failed; it is tried again when the member is looked at. */
  readonly unfinished?: boolean
  /** Since when it is served elsewhere, ISO 8601. */
  readonly leaving?: string
}

/** An Ingress that has a part of the load balancer. */
export interface LedgerIngress {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** What it asked for when that was last good, as JSON (ingress/last-good.ts); it is kept while the Ingress has a mistake. */
  readonly asked: string
}

export interface LedgerRecord {
  /** Name of the class. */
  readonly class: string
  readonly place: Place
  /** Absent while nothing was applied in full. */
  readonly applied?: { readonly hash: string; readonly planner: number; readonly at: string }
  /** ARNs and ids by resource: `load-balancer`, `listener/443`, `target-group/443`, `security-group/frontend`. */
  readonly ids: Readonly<Record<string, string>>
  /** Attributes that were asked for, as `key=value`, by resource. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
  readonly scheme?: string
  /** Whether everything is to be left behind when its owner goes. */
  readonly retain?: boolean
  readonly dnsName?: string
  readonly retiring: readonly Retired[]
  /** Hash of the registered targets, by ARN of the target group. */
  readonly targets: Readonly<Record<string, string>>
  /** What is opened at security groups of targets, by their ids, as `tcp:8080`, or `tcp 8080-8080 cidr 10.0.0.0/16` for clients. */
  readonly openings: Readonly<Record<string, readonly string[]>>
  /** For a group: those that have a part in it, in the order in which they came. */
  readonly members?: readonly LedgerMember[]
  /** For Ingresses that share it: those that have a part in it. */
  readonly ingresses?: readonly LedgerIngress[]
  /** For a Service that has gone to a group: since when it is served there, ISO 8601. */
  readonly leaving?: string
  /** What the condition said last. */
  readonly readiness?: { readonly ready: boolean; readonly reason: Reason; readonly message: string }
}

/** Reads are answered from memory; writes may be put together, but are on record when their promise resolves. */
export interface Ledger {
  read(id: LoadBalancerOwner): LedgerRecord | undefined
  write(id: LoadBalancerOwner, record: LedgerRecord, signal: AbortSignal): Promise<void>
  remove(id: LoadBalancerOwner, signal: AbortSignal): Promise<void>
  entries(): Iterable<readonly [LoadBalancerOwner, LedgerRecord]>
}

/** A record of something about to be made: from its first moment on nothing can be outside that the ledger does not know of. */
export function freshRecord(className: string, place: Place): LedgerRecord {
  return { class: className, place, ids: {}, attributes: {}, retiring: [], targets: {}, openings: {} }
}

/** A short hash of plain data; the order of keys does not matter. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 32)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
  })
}
