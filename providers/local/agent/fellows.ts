// With which nodes this one shares addresses, and so exchanges heartbeats.
import type { Announcement } from '../../../src/api/announcement.ts'

export interface Fellows {
  has(node: string): boolean
  /** Undefined: there is no such Announcement any more. */
  take(name: string, candidates: Announcement['spec']['nodes'] | undefined): void
}

export function createFellows(self: string): Fellows {
  const lists = new Map<string, readonly string[]>()
  /** How many addresses are shared with a node. */
  const shared = new Map<string, number>()
  const count = (nodes: readonly string[], by: 1 | -1) => {
    for (const node of nodes) {
      const sum = (shared.get(node) ?? 0) + by
      if (sum > 0) shared.set(node, sum)
      else shared.delete(node)
    }
  }
  return {
    has: node => shared.has(node),
    take(name, candidates) {
      count(lists.get(name) ?? [], -1)
      lists.delete(name)
      if (!candidates?.includes(self)) return
      lists.set(name, candidates)
      count(candidates, 1)
    },
  }
}
