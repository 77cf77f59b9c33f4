// Which agents live, told by their Leases as seen from here, and only while Leases provably do arrive here.
import { agentLeaseLabel } from '../api/group.ts'
import type { Clock } from '../kubernetes/clock.ts'
import type { Lease } from '../kubernetes/leases.ts'
import type { Store } from '../kubernetes/store.ts'

/** Agents by the name of their node. */
export interface AgentLiveness {
  alive(node: string): boolean
  /** Hears the name of a node whose agent came or went. Returns the way to stop hearing. */
  subscribe(listener: (node: string) => void): () => void
  stop(): void
}

/**
 * A longer time in which no Lease at all changed was deafness: the API server was away, the watch stuck, or this process
 * stopped. The Lease of the controllers changes every two seconds; with the three seconds between two renewals of an agent
 * this stays below the ten seconds of its Lease.
 */
const longestGapMs = 4000

interface Sign {
  readonly durationMs: number
  /** In listened time. */
  at: number
}

/**
 * Follows the Leases in `store`: those of the agents (each named after its node) and any others, of which at least one has to
 * be renewed all the time.
 *
 * Nobody's wall clock is compared with another's: an agent is dead when its Lease was released, is gone, or did not change for
 * its duration of *listened* time. That time passes only from one arriving change to the next, and a gap that was too long
 * counts for nothing and gives everybody a full duration again. So a controller that was deaf never takes an address from a
 * node that answers for it all the while. Only an arriving Lease makes anybody look, at whom is due only; a renewal costs the
 * same however many nodes there are.
 */
export function followAgents(store: Store<Lease>, clock: Pick<Clock, 'monotonic'>): AgentLiveness {
  const listeners = new Set<(node: string) => void>()
  /** Agents that live, in the order of their last sign of life. */
  const living = new Map<string, Sign>()
  let shortestMs = Number.POSITIVE_INFINITY
  let listenedMs = 0
  let heardAt: number | undefined

  const tell = (node: string) => {
    for (const listener of listeners) listener(node)
  }
  const hear = () => {
    const now = clock.monotonic()
    const gapMs = heardAt === undefined ? Number.POSITIVE_INFINITY : now - heardAt
    heardAt = now
    if (gapMs <= longestGapMs) listenedMs += gapMs
    else for (const sign of living.values()) sign.at = listenedMs
  }
  const revive = (node: string, durationMs: number) => {
    const isNews = !living.delete(node)
    living.set(node, { durationMs, at: listenedMs })
    shortestMs = Math.min(shortestMs, durationMs)
    if (isNews) tell(node)
  }
  const bury = (node: string) => {
    if (living.delete(node)) tell(node)
  }
  const buryTheSilent = () => {
    for (const [node, { at, durationMs }] of living) {
      if (listenedMs < at + shortestMs) return
      if (listenedMs >= at + durationMs) bury(node)
    }
  }
  const unsubscribe = store.subscribe(
    ({ object, old }) => {
      hear()
      const { metadata, spec } = object ?? old
      if (metadata.labels?.[agentLeaseLabel] === 'node') {
        const isHeld = object !== undefined && (spec?.holderIdentity ?? '') !== ''
        if (!isHeld) bury(metadata.name)
        // A change of labels or the like is no sign of life.
        else if (old === undefined || markOf(object) !== markOf(old))
          revive(metadata.name, (spec?.leaseDurationSeconds ?? 0) * 1000)
      }
      buryTheSilent()
    },
    { replay: true },
  )

  return {
    alive: node => living.has(node),
    subscribe(listener) {
      const own = (node: string) => listener(node)
      listeners.add(own)
      return () => listeners.delete(own)
    },
    stop: unsubscribe,
  }
}

/** Changes with every renewal; read as a mark, never as a time. */
function markOf({ metadata, spec }: Lease): string {
  return `${metadata.uid} ${spec?.renewTime} ${spec?.holderIdentity}`
}
