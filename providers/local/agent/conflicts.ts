// What this node knows of foreign stations with addresses of ours: what was asked, defended and given up.
import type { AddressKey } from './announcer/address-key.ts'
import type { ProbeOutcome } from './announcer/announcer.ts'
import { probeAgainMs } from './decide.ts'
import type { Defended } from './decide.ts'

/**
 * `defend`: the address is announced once against a conflict, at most every 10 s, and kept (RFC 5227 section 2.4 (c)).
 * `yield`: the same, but a second conflict within 10 s means to give it up (section 2.4 (b)).
 */
export type ConflictPolicy = 'defend' | 'yield'

/** RFC 5227 section 2.4 (DEFEND_INTERVAL): an address is defended at most so often, or two defenders would never end. */
const defendMs = 10_000

/** An address that was given up in an epoch, and the foreign station it was given up to by policy. */
export interface Yielded {
  readonly epoch: number
  readonly to?: string
}

/** A station that goes on and on is news so often. */
const tellAgainMs = 600_000

/** Without a further conflict for so long, it is over. */
export const overAfterMs = 3_600_000

export interface Conflicts {
  /** Another station uses an announced address now. */
  meet(address: AddressKey, nowMs: number): 'defend' | 'give-up' | 'leave'
  /** To be called when it was defended: kept for the status, at most every ten minutes, however many stations there are. */
  defend(announcement: string, station: { readonly mac: string; readonly nowMs: number; readonly since: string }): void
  /** The station it was defended against, and when (RFC 3339); undefined when that is over. */
  defended(announcement: string, nowMs: number): Defended | undefined
  /** In how long a conflict that is told is over if the station does not come again; 0 when none is known. */
  overInMs(announcement: string, nowMs: number): number
  giveUp(announcement: string, yielded: Yielded): void
  yielded(announcement: string): Yielded | undefined
  /** What the segment answered, as long as that holds. */
  probed(announcement: string, nowMs: number): 'not-yet' | 'free' | { readonly owner: string }
  /** False when it is being asked already. */
  beginProbe(announcement: string): boolean
  endProbe(announcement: string, outcome: ProbeOutcome | undefined, nowMs: number): void
  /** The Announcement is gone. */
  forget(announcement: string, address: AddressKey | undefined): void
}

export function createConflicts(policy: ConflictPolicy): Conflicts {
  const defendedAt = new Map<AddressKey, number>()
  const yielded = new Map<string, Yielded>()
  const defended = new Map<string, Defended & { readonly atMs: number; readonly metMs: number }>()
  const asking = new Set<string>()
  const answers = new Map<string, { readonly outcome: ProbeOutcome; readonly until: number }>()
  return {
    meet(address, nowMs) {
      const last = defendedAt.get(address)
      if (last !== undefined && nowMs < last + defendMs) return policy === 'yield' ? 'give-up' : 'leave'
      defendedAt.set(address, nowMs)
      return 'defend'
    },
    defend(name, { mac, nowMs, since }) {
      const last = defended.get(name)
      const isNews = !last || nowMs >= last.atMs + tellAgainMs
      defended.set(name, { ...(isNews ? { mac, since, atMs: nowMs } : last), metMs: nowMs })
    },
    defended(name, nowMs) {
      const last = defended.get(name)
      return last && nowMs < last.metMs + overAfterMs ? { mac: last.mac, since: last.since } : undefined
    },
    overInMs(name, nowMs) {
      const last = defended.get(name)
      return last ? Math.max(last.metMs + overAfterMs - nowMs, 0) : 0
    },
    giveUp: (name, what) => void yielded.set(name, what),
    yielded: name => yielded.get(name),
    probed(name, nowMs) {
      const answer = answers.get(name)
      if (!answer || answer.until <= nowMs) return 'not-yet'
      return 'owner' in answer.outcome ? answer.outcome : 'free'
    },
    beginProbe(name) {
      if (asking.has(name)) return false
      asking.add(name)
      return true
    },
    endProbe(name, outcome, nowMs) {
      asking.delete(name)
      if (outcome) answers.set(name, { outcome, until: nowMs + probeAgainMs })
    },
    forget(name, address) {
      yielded.delete(name)
      defended.delete(name)
      answers.delete(name)
      if (address !== undefined) defendedAt.delete(address)
    },
  }
}
