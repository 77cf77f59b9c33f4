// Agents that ended in order, as for an upgrade: their nodes go on serving by the table they left, for as long as it may be taken for true.
import type { AgentClock } from '../ports.ts'

/** `left`: its agent ended in order; `dead`: nobody knows why it is silent. */
export type Presence = 'alive' | 'left' | 'dead'

export interface DeparturesOptions {
  readonly presenceOf: (node: string) => Presence
  readonly clock: AgentClock
  /** Some node counts as dead from now on. */
  readonly onOver: () => void
}

/** Longer than it takes to start the next agent; shorter than Kubernetes takes to miss a node that was switched off. */
export const departureMs = 30_000

/** Whether new connections may go to a node. */
export function createDepartures({ presenceOf, clock, onOver }: DeparturesOptions): (node: string) => boolean {
  const leftAt = new Map<string, number>()
  return node => {
    const presence = presenceOf(node)
    if (presence !== 'left') {
      leftAt.delete(node)
      return presence === 'alive'
    }
    const since = leftAt.get(node)
    if (since !== undefined) return clock.monotonic() - since < departureMs
    leftAt.set(node, clock.monotonic())
    clock.schedule(departureMs, onOver)
    return true
  }
}
