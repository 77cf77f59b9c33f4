// The Lease object (coordination.k8s.io/v1) and who is alive by it, judged without comparing clocks of two machines.
import { defineResource } from './objects.ts'
import type { KubernetesObject } from './objects.ts'

export interface Lease extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    /** MicroTime, by the holder's clock. */
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

export const leases = defineResource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
})

/** When a lease was last seen to change, by our own monotonic clock. Keyed as stores are. */
export type LeaseObservations = ReadonlyMap<string, LeaseObservation>

export interface LeaseObservation {
  readonly holder: string
  /** The renewTime and holder as one opaque mark: only whether it changes is of interest. */
  readonly mark: string
  readonly seenChangingAt: number
  readonly durationMs: number
}

/**
 * The observations after looking at `all` leases at `monotonicMs`. A lease that is seen for the first time counts as
 * renewed now: its holder gets one full duration to show that it lives.
 */
export function observeLeases(previous: LeaseObservations, all: Iterable<Lease>, monotonicMs: number): LeaseObservations {
  const next = new Map<string, LeaseObservation>()
  for (const lease of all) {
    const key = `${lease.metadata.namespace}/${lease.metadata.name}`
    const holder = lease.spec?.holderIdentity ?? ''
    const mark = `${lease.metadata.uid} ${lease.spec?.renewTime} ${holder}`
    const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000
    const old = previous.get(key)
    next.set(key, { holder, mark, durationMs, seenChangingAt: old?.mark === mark ? old.seenChangingAt : monotonicMs })
  }
  return next
}

/** The holders whose lease changed within its duration. A released lease (no holder) gives nobody. */
export function aliveHolders(observations: LeaseObservations, monotonicMs: number): ReadonlySet<string> {
  const alive = new Set<string>()
  for (const lease of observations.values()) {
    if (lease.holder !== '' && monotonicMs < lease.seenChangingAt + lease.durationMs) alive.add(lease.holder)
  }
  return alive
}

/** When the next of the living would be counted as dead if nothing changes: the moment to look again. */
export function nextExpiry(observations: LeaseObservations, monotonicMs: number): number | undefined {
  let next: number | undefined
  for (const lease of observations.values()) {
    const end = lease.seenChangingAt + lease.durationMs
    if (lease.holder !== '' && end > monotonicMs && (next === undefined || end < next)) next = end
  }
  return next
}
