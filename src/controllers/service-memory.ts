// What the service loop remembers of each Service between two looks: little, in memory only, and nothing it could not do without.
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { Membership, Problem } from '../model/load-balancer.ts'
import type { Service } from '../model/kubernetes-objects.ts'

export interface Remembered {
  readonly uid: string
  /** Our part of the Service as we last wrote it; tells the echo of our own write from somebody's change. */
  readonly written?: string
  /** What the API server answered to our last write, until the store has caught up with it. */
  readonly ahead?: { readonly of: string; readonly service: Service }
  /** What of the membership the readiness was decided on. */
  readonly membership?: string
  /** Warnings that were told and still hold. */
  readonly warned?: ReadonlySet<string>
  /** What was decided last, and what the last plan that was not empty held; for who asks why. */
  readonly decided?: LastDecision
  readonly planned?: LastPlan
}

export interface LastDecision {
  /** Clock.now(). */
  readonly at: number
  readonly reason: string
  readonly durationMs: number
  /** Whether the status had to be written. */
  readonly wrote: boolean
}

export interface LastPlan {
  readonly at: number
  readonly actions: readonly string[]
}

export interface ServiceMemory {
  get(key: ObjectKey): Remembered | undefined
  /** Changes what is remembered of this very object; that of an earlier object of the same name is dropped. */
  note(key: ObjectKey, uid: string, change: Omit<Remembered, 'uid'>): void
  /** Ends the wait for the store. */
  caughtUp(key: ObjectKey): void
  forget(key: ObjectKey): void
}

export function createServiceMemory(): ServiceMemory {
  const entries = new Map<ObjectKey, Remembered>()
  return {
    get: key => entries.get(key),
    note(key, uid, change) {
      const old = entries.get(key)
      entries.set(key, { ...(old?.uid === uid ? old : {}), uid, ...change })
    },
    caughtUp(key) {
      const entry = entries.get(key)
      if (!entry?.ahead) return
      const { ahead: _, ...rest } = entry
      entries.set(key, rest)
    },
    forget: key => void entries.delete(key),
  }
}

/**
 * What of a membership can change the condition of a Service: whether anything can answer, which ports nothing
 * has, and for externalTrafficPolicy Local the nodes. The 1,000th endpoint of a Service changes neither, and so costs nothing.
 */
export function membershipMark(membership: Membership, externalTrafficPolicy: 'Cluster' | 'Local'): string {
  const usable = membership.readyEndpoints > 0 || membership.nodesWithEndpoints.length > 0
  const state = usable ? 'usable' : membership.totalEndpoints > 0 ? 'unready' : 'empty'
  const portless = (membership.portless ?? [])
    .map(({ port, protocol, unready }) => ` ${unready ? '~' : '-'}${port}/${protocol}`)
    .join('')
  return externalTrafficPolicy === 'Local'
    ? `${state}${portless} ${membership.nodesWithEndpoints.join(' ')}`
    : `${state}${portless}`
}

/** A warning as remembered: its reason and text. */
export function warningMark({ reason, message }: Problem): string {
  return `${reason} ${message}`
}
