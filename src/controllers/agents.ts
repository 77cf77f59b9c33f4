// Which agents live, told by their Leases as seen from here: a Lease that has not changed for its duration is that of a dead one.
import type { Cancel, Clock } from '../kubernetes/clock.ts'
import { aliveHolders, observeLeases } from '../kubernetes/leases.ts'
import type { Lease, LeaseObservations } from '../kubernetes/leases.ts'
import type { Store } from '../kubernetes/store.ts'

/** Agents by the name of their node. */
export interface AgentLiveness {
  alive(node: string): boolean
  /** Hears the name of a node whose agent came or went. Returns the way to stop hearing. */
  subscribe(listener: (node: string) => void): () => void
  stop(): void
}

/** A little more than the duration itself, so that a timer that fires early does not find the agent just alive. */
const marginMs = 50

/**
 * Follows the Leases in `store` (each named after its node). Nobody's wall clock is compared with another's: only whether
 * a Lease changes counts, by our own monotonic clock. Each Lease is looked at by itself, so a renewal costs the same
 * however many nodes there are.
 */
export function followAgents(store: Store<Lease>, clock: Clock): AgentLiveness {
  const listeners = new Set<(node: string) => void>()
  const living = new Set<string>()
  const seen = new Map<string, { readonly observations: LeaseObservations; readonly cancel: Cancel }>()

  const judge = (node: string, lease: Lease | undefined) => {
    const last = seen.get(node)
    last?.cancel()
    const now = clock.monotonic()
    const observations = observeLeases(last?.observations ?? new Map(), lease ? [lease] : [], now)
    const [observation] = observations.values()
    const lives = aliveHolders(observations, now).size > 0
    if (observation) {
      const wait = observation.seenChangingAt + observation.durationMs - now + marginMs
      const cancel = lives ? clock.schedule(wait, () => judge(node, lease)) : () => {}
      seen.set(node, { observations, cancel })
    } else {
      seen.delete(node)
    }
    if (lives === living.has(node)) return
    if (lives) living.add(node)
    else living.delete(node)
    for (const listener of listeners) listener(node)
  }
  const unsubscribe = store.subscribe(({ object, old }) => judge((object ?? old).metadata.name, object), { replay: true })

  return {
    alive: node => living.has(node),
    subscribe(listener) {
      const own = (node: string) => listener(node)
      listeners.add(own)
      return () => listeners.delete(own)
    },
    stop() {
      unsubscribe()
      for (const { cancel } of seen.values()) cancel()
    },
  }
}
