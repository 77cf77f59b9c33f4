// How many addresses each node bears, kept up to date as Announcements are written and seen.
import type { Announcement } from '../../src/api/announcement.ts'
import { bearerOf } from './placement.ts'

export interface LoadBook {
  /** Counts an Announcement as it is seen or about to be written, in place of what was known of that name. */
  set(announcement: Announcement): void
  remove(name: string): void
  /** Addresses per node, without the one named. */
  without(name: string): ReadonlyMap<string, number>
}

export function createLoadBook(): LoadBook {
  const bearers = new Map<string, string>()
  const counts = new Map<string, number>()
  const add = (node: string, by: number) => counts.set(node, (counts.get(node) ?? 0) + by)
  const remove = (name: string) => {
    const bearer = bearers.get(name)
    if (bearer === undefined) return
    bearers.delete(name)
    add(bearer, -1)
  }
  return {
    set(announcement) {
      remove(announcement.metadata.name)
      const bearer = bearerOf(announcement)
      if (bearer === undefined) return
      bearers.set(announcement.metadata.name, bearer)
      add(bearer, 1)
    },
    remove,
    without(name) {
      const own = bearers.get(name)
      return own === undefined ? counts : new Map(counts).set(own, (counts.get(own) ?? 1) - 1)
    },
  }
}
