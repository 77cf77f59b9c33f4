// What each node bears and stands by for, kept up to date as Announcements are written and seen.
import type { Announcement } from '../../../src/api/announcement.ts'

/** The node that carries the address, or will: who announces it, else the first candidate. */
export function bearerOf({ spec, status }: Announcement): string | undefined {
  return status?.node && spec.nodes.includes(status.node) ? status.node : spec.nodes[0]
}

/** The node that takes the address when its bearer dies. */
function heirOf({ spec }: Announcement, bearer: string): string | undefined {
  return spec.nodes.find(node => node !== bearer)
}

/** What placing an address looks at. */
export interface Load {
  /** How many addresses the node bears, the one being placed not counted. */
  of(node: string): number
  /** How many addresses of the bearer go to the heir when it dies. */
  inherited(bearer: string, heir: string): number
  /** How many nodes are candidates of an address together with this one. */
  peers(node: string): number
  arePeers(one: string, other: string): boolean
}

export interface LoadBook {
  /** Counts an Announcement as it is seen or about to be written, in place of what was known of that name. */
  set(announcement: Announcement): void
  remove(name: string): void
  /** As it is without the bearing of the one named. */
  without(name: string): Load
}

interface Entry {
  readonly bearer: string
  readonly heir: string | undefined
  readonly nodes: readonly string[]
}

export function createLoadBook(): LoadBook {
  const entries = new Map<string, Entry>()
  const borne = new Map<string, number>()
  const heirs = new Map<string, Map<string, number>>()
  const peers = new Map<string, Map<string, number>>()

  const count = (entry: Entry, by: 1 | -1) => {
    borne.set(entry.bearer, (borne.get(entry.bearer) ?? 0) + by)
    if (entry.heir !== undefined) countIn(heirs, entry.bearer, entry.heir, by)
    for (const node of entry.nodes) for (const other of entry.nodes) if (node !== other) countIn(peers, node, other, by)
  }
  const remove = (name: string) => {
    const entry = entries.get(name)
    if (!entry) return
    entries.delete(name)
    count(entry, -1)
  }
  return {
    set(announcement) {
      const { name } = announcement.metadata
      const bearer = bearerOf(announcement)
      const old = entries.get(name)
      const { nodes } = announcement.spec
      // Most changes are claims and renewals of what is known.
      if (old && old.bearer === bearer && isSame(old.nodes, nodes)) return
      remove(name)
      if (bearer === undefined) return
      const entry = { bearer, heir: heirOf(announcement, bearer), nodes }
      entries.set(name, entry)
      count(entry, 1)
    },
    remove,
    without(name) {
      const own = entries.get(name)?.bearer
      return {
        of: node => (borne.get(node) ?? 0) - (node === own ? 1 : 0),
        inherited: (bearer, heir) => heirs.get(bearer)?.get(heir) ?? 0,
        peers: node => peers.get(node)?.size ?? 0,
        arePeers: (one, other) => peers.get(one)?.has(other) === true,
      }
    },
  }
}

function countIn(counts: Map<string, Map<string, number>>, one: string, other: string, by: number): void {
  const own = counts.get(one) ?? new Map<string, number>()
  const next = (own.get(other) ?? 0) + by
  if (next > 0) own.set(other, next)
  else own.delete(other)
  if (own.size > 0) counts.set(one, own)
  else counts.delete(one)
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((node, at) => node === other[at]))
}
