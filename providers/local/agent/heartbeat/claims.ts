// What nodes tell each other about their addresses: which claim wins, and how a changing set of claims is kept equal on both sides.
import { highestEpoch } from '../../../../src/api/announcement.ts'
import { entryDigest, mostEntries } from './frame.ts'
import type { ClaimEntry } from './frame.ts'

/**
 * Where a claim stands in time. Epochs begin anew when an Announcement is deleted and made again; its term is then a higher one,
 * so that who was cut off meanwhile does not win with what it held before.
 */
export interface ClaimTime {
  readonly term: number
  readonly epoch: number
}

/** A claim to announce an address. */
export interface Claim extends ClaimTime {
  readonly rank: number
  readonly node: string
}

/** Positive when `one` is later, negative when `other` is. */
export function compareTimes(one: ClaimTime, other: ClaimTime): number {
  return one.term - other.term || one.epoch - other.epoch
}

/**
 * The epoch of a takeover. An epoch that cannot grow any more was written by somebody who wants to keep the address for good: the
 * place in the list decides about it then, and frames about all the others can still be written.
 */
export function epochAfter(epoch: number): number {
  return Math.min(epoch + 1, highestEpoch)
}

/**
 * Whether `one` wins over `other`: the later one, then the better place in the list of candidates, then the name. All of it
 * travels with the claim, so that everybody judges alike whatever list of candidates they have at the moment.
 */
export function beats(one: Claim, other: Claim): boolean {
  const time = compareTimes(one, other)
  if (time !== 0) return time > 0
  if (one.rank !== other.rank) return one.rank < other.rank
  return one.node < other.node
}

/** A piece of the claims that fits into one frame; see Frame for the fields. */
export interface ClaimsPart {
  readonly base: number
  readonly upTo: number
  readonly version: number
  readonly digest: number
  readonly entries: readonly ClaimEntry[]
}

/** What a frame carries that is about nothing yet. */
export const noClaims: ClaimsPart = { base: 0, upTo: 0, version: 0, digest: 0, entries: [] }

/** The claims of this node, each change a version. */
export interface OwnClaims {
  readonly version: number
  get(address: string): ClaimEntry | undefined
  set(entry: ClaimEntry): void
  delete(address: string): void
  /** What somebody who has the claims up to `version` does not know, in at most `most` parts; never none. */
  since(version: number, most: number): readonly ClaimsPart[]
  /** Forgets what was released up to a version that everybody has, which is asked for only if there is something to forget. */
  prune(everybodyHas: () => number): void
}

export function createOwnClaims(): OwnClaims {
  /** In the order of their versions: what changes moves to the end. */
  const entries = new Map<string, { readonly entry: ClaimEntry; readonly version: number }>()
  let version = 0
  let digest = 0
  let releases = 0

  const remove = (address: string) => {
    const old = entries.get(address)
    if (!old) return
    if (old.entry.state === 'released') releases--
    digest = (digest ^ digestOf(old.entry)) >>> 0
    entries.delete(address)
  }
  const put = (entry: ClaimEntry) => {
    remove(entry.address)
    if (entry.state === 'released') releases++
    digest = (digest ^ digestOf(entry)) >>> 0
    entries.set(entry.address, { entry, version: ++version })
  }
  return {
    get version() {
      return version
    },
    get: address => entries.get(address)?.entry,
    set: put,
    delete(address) {
      const old = entries.get(address)?.entry
      // A released entry tells those who know of it to forget it.
      if (old && old.state !== 'released') put({ ...old, state: 'released' })
    },
    since(known, most) {
      const parts: ClaimsPart[] = []
      if (known >= version) return [{ base: version, upTo: version, version, digest, entries: [] }]
      let base = known
      let part: ClaimEntry[] = []
      for (const { entry, version: changed } of entries.values()) {
        if (changed <= known) continue
        if (part.length === mostEntries) {
          parts.push({ base, upTo: changed - 1, version, digest, entries: part })
          if (parts.length === most) return parts
          base = changed - 1
          part = []
        }
        part.push(entry)
      }
      parts.push({ base, upTo: version, version, digest, entries: part })
      return parts
    },
    prune(everybodyHas) {
      if (releases === 0) return
      const known = everybodyHas()
      for (const [address, { entry, version: changed }] of entries) {
        if (changed > known) return
        if (entry.state === 'released') remove(address)
      }
    },
  }
}

/** The claims of another node, as far as they have come. */
export interface HeldClaims {
  /** The version up to which they are known; what is to be acknowledged. */
  readonly version: number
  /** Whether they were complete when the last part came. */
  readonly isComplete: boolean
  get(address: string): ClaimEntry | undefined
  addresses(): Iterable<string>
  /**
   * Takes in a part and gives the entries that are news. A part that does not join what is known is left: its sender begins
   * again from what we acknowledge. When the sums differ, all is asked for anew.
   */
  take(part: ClaimsPart): readonly ClaimEntry[]
}

export function createHeldClaims(): HeldClaims {
  const entries = new Map<string, ClaimEntry>()
  let version = 0
  let digest = 0
  let newest = 0
  let beginsAnew = false

  const put = (entry: ClaimEntry) => {
    const old = entries.get(entry.address)
    if (old) digest = (digest ^ digestOf(old)) >>> 0
    digest = (digest ^ digestOf(entry)) >>> 0
    if (entry.state === 'released') entries.delete(entry.address)
    else entries.set(entry.address, entry)
  }
  return {
    get version() {
      return version
    },
    get isComplete() {
      return version === newest && !beginsAnew
    },
    get: address => entries.get(address),
    addresses: () => entries.keys(),
    take(part) {
      newest = part.version
      if (part.base > version || part.upTo < version) return []
      if (beginsAnew) {
        entries.clear()
        digest = 0
        beginsAnew = false
      }
      for (const entry of part.entries) put(entry)
      version = part.upTo
      if (version === part.version && digest !== part.digest) {
        // What is known stays until the first part of the whole has come: it is more likely right than nothing.
        version = 0
        beginsAnew = true
      }
      return part.entries
    },
  }
}

function digestOf(entry: ClaimEntry): number {
  return entry.state === 'released' ? 0 : entryDigest(entry)
}
