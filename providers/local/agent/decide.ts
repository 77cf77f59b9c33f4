// What this node does about one address: announce it, claim it, give it up, confirm its withdrawal, or leave it alone. Pure.
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcedFinalizer } from '../../../src/api/group.ts'
import { compareTimes, epochAfter } from './heartbeat/claims.ts'
import type { ClaimTime } from './heartbeat/claims.ts'
import type { Standing } from './heartbeat/heartbeats.ts'
import type { NoInterfaceReason } from './interface-choice.ts'
import { nextInLine } from './next-in-line.ts'
import { isSamePath } from './forwarding/stated-path.ts'
import type { StatedPath } from './forwarding/stated-path.ts'

/** Where this node would announce the address. */
export interface Placement {
  readonly name: string
  readonly index: number
  readonly mac: string
}

/** Why it cannot. `Unreadable`: the address is none. */
export type NoPlacementReason = NoInterfaceReason | 'Unreadable'

/** Why the last owner took the address; in `status.reason`. */
export type ClaimReason = 'FirstClaim' | 'Vacant' | 'OwnerDead' | 'Moved'

/** Why the owner gave it up; in `status.reason` while nobody announces. */
export type YieldReason = NoPlacementReason | 'Moved' | 'Conflict' | 'AgentStopped' | 'AgentRestarted'

/** A change of the Announcement; each is valid only against the resourceVersion it was decided on. */
export type AnnouncementWrite =
  | {
      readonly kind: 'claim'
      readonly epoch: number
      /** With the first claim of an Announcement. */
      readonly term?: number
      readonly placement: Placement
      readonly reason: ClaimReason
      /** A conflict that was reported is over. */
      readonly ends?: 'conflict'
    }
  /** Empties `status.node`, after the address is answered no more. `to`: the MAC of the foreign station it is left to. */
  | { readonly kind: 'yield'; readonly reason: YieldReason; readonly to?: string }
  /** A foreign station has the address, which nobody of us announces: says so with its MAC. */
  | { readonly kind: 'report-conflict'; readonly mac: string }
  /** The owner is the same, but interface, MAC, path, who is next or a conflict are others. */
  | { readonly kind: 'restate'; readonly placement: Placement }
  /** Takes our finalizer off an Announcement being deleted, after the address is answered no more. */
  | { readonly kind: 'confirm' }

/** A station of others against which an announced address was defended, as in `status.defended`. */
export interface Defended {
  readonly mac: string
  /** RFC 3339. */
  readonly since: string
}

export interface Decision {
  /** Where the address is announced now; absent: not by this node, at once. */
  readonly announce?: Placement
  readonly write?: AnnouncementWrite
  /** Before anything else: ask the segment whether somebody has the address. */
  readonly probe?: Placement
  /** Look again after so long even if nothing changes. */
  readonly againAfterMs?: number
}

/** What this node knows beside the Announcement itself. */
export interface View {
  readonly self: string
  readonly isAlive: (node: string) => boolean
  /** By its Lease, whatever is heard on the segment. */
  readonly hasLease: (node: string) => boolean
  readonly placement: Placement | { readonly none: NoPlacementReason }
  /** The epoch in which this node gave the address up because another station used it; it is not taken up again in that epoch. */
  readonly yieldedEpoch: number | undefined
  /** The foreign station it was given up to, if it was given up by policy. */
  readonly yieldedTo?: string | undefined
  /** The station it was defended against last by this node. */
  readonly defended?: Defended | undefined
  /** In how long what `status.defended` tells is over, if the station does not come again; 0: now. */
  readonly defendedOverInMs?: number | undefined
  /** What the segment answered when it was asked; undefined when it is not to be asked. */
  readonly probed?: 'not-yet' | 'free' | { readonly owner: string } | undefined
  /**
   * The epoch in which an earlier process of this agent, ended without a farewell, owned the address. Its end is a failure of
   * the node like any other: in that epoch another candidate has it.
   */
  readonly inheritedEpoch: number | undefined
  /** Whether there is reason to believe that a candidate is there to take over; asked only about what was inherited. */
  readonly canTakeOver: (node: string) => boolean
  /** For how long nobody has rightly announced the address, as far as seen here; see `isAttended`. */
  readonly unattendedMs: number
  /** How long those who come first have their chance. At least the duration of a Lease. */
  readonly patienceMs: number
  /** This agent is about to end. */
  readonly stopping: boolean
  /** In how long it can be written down who is next in line; 0: now. */
  readonly calmInMs?: number
  /** The way of packets from this node to pods; null: there is none to be told of. Undefined: not known, so what is stated stays. */
  readonly path?: StatedPath | null | undefined
  /** Its source ranges are not kept here yet: the first use of the address waits for that. */
  readonly awaitsFence?: boolean
  /** What the heartbeats on the segment of the address say; undefined where there are none. */
  readonly standing?: Standing | undefined
}

/**
 * The rules:
 *
 * - The owner is who `status.node` names. It announces from the moment its claim was accepted, and stops as soon as it sees
 *   another owner, or is not a candidate any more, or has no interface for the address; it then empties `status.node`.
 * - A vacant address (no owner, or a dead one) is claimed by the first candidate alive, with the next epoch. So a node that
 *   returns takes nothing back.
 * - An agent that starts anew after a crash does not go on with what it had: it passes it on, as the last in the list, so that the
 *   address is back as soon as the next candidate claims it and not at the mercy of what made the agent crash. Only when
 *   nobody else can take over does it go on at once.
 * - A planned move: an owner that is alive but not a candidate any more withdraws first. It is passed over only when it has
 *   not done so within `patienceMs`. In the same way a candidate that is alive but does not claim is passed over.
 * - Before its first use ever the segment is asked whether somebody has the address, and so while a conflict is reported; never
 *   at a takeover, which must not wait. A foreign owner is reported, asked for again now and then, and nothing is claimed.
 * - Where the owner or all other candidates were heard by heartbeat, these decide about everything but the first use: what they
 *   say of owner and epoch counts as if it stood in the status, which is written afterwards. An owner that is no candidate any more stays until its
 *   successor is there.
 * - Deletion: the owner withdraws, then takes the finalizer off. Without an owner, or with a dead one, the controller does. An
 *   owner by heartbeat that died unwritten is unknown to it: then whom the status names does.
 */
export function decide(announcement: Announcement, view: View): Decision {
  const { owner, epoch, term } = ownership(announcement, view)
  const ours = owner === view.self
  if (announcement.metadata.deletionTimestamp !== undefined) {
    const confirms = ours || isLeftBehind(announcement, view, owner)
    return confirms && announcement.metadata.finalizers?.includes(announcedFinalizer) ? { write: { kind: 'confirm' } } : {}
  }
  if (ours) return decideAsOwner(announcement, view, { term, epoch })
  if (view.stopping || 'none' in view.placement) return {}
  if (view.standing?.elects && mayElect(announcement, view)) return {}
  const waitMs = untilOurTurn(announcement, view)
  if (waitMs === undefined) return {}
  if (waitMs > 0) return { againAfterMs: waitMs }
  if (epoch === 0 && view.awaitsFence) return { againAfterMs: fenceAgainMs }
  const reported = announcement.status?.conflict
  const { probed, placement } = view
  if ((epoch === 0 || reported) && probed !== undefined && probed !== 'free') {
    if (probed === 'not-yet') return { probe: placement }
    // Who sees another MAC than was reported does not write it over: two that see different ones would do so for ever.
    return { ...(!reported && { write: { kind: 'report-conflict', mac: probed.owner } }), againAfterMs: probeAgainMs }
  }
  const reason = claimReason(owner, epoch, view.isAlive)
  const begins = firstTerm(announcement, term)
  return {
    write: { kind: 'claim', epoch: epochAfter(epoch), ...begins, placement, reason, ...(reported && { ends: 'conflict' }) },
  }
}

/** Who has the address in which epoch: as the status says, unless the heartbeats know better. */
export function ownership(
  announcement: Announcement,
  { self, standing }: Pick<View, 'self' | 'standing'>,
): ClaimTime & { readonly owner: string } {
  const { status } = announcement
  const stated = { term: termOf(announcement), epoch: status?.epoch ?? 0 }
  const { own, owner: other } = standing ?? {}
  if (own && (standing?.elects ? own.term >= stated.term : compareTimes(own, stated) >= 0))
    return { owner: self, term: own.term, epoch: own.epoch }
  const owner = status?.node ?? ''
  const later = other ? compareTimes(other, stated) : -1
  // Of two claims of one time the better one was told by heartbeat.
  if (other && (later > 0 || (later === 0 && owner === self))) return { owner: other.node, term: other.term, epoch: other.epoch }
  return { owner: owner, ...stated }
}

/**
 * Tells an Announcement from those of the same address that were before it: the resourceVersion on which its first claim was
 * decided. That is later than the deletion of the one before, and so than everything claimed there (resourceVersions of a
 * kind are numbers that grow, KEP-5504). Until the first claim is seen, what it will be at least. 0 for one claimed by an agent
 * that knew no terms.
 */
export function termOf({ metadata, status }: Pick<Announcement, 'metadata' | 'status'>): number {
  if (status && status.epoch > 0) return status.term ?? 0
  const version = Number(metadata.resourceVersion)
  return Number.isSafeInteger(version) ? version : 0
}

/** To be written with the first claim only: it never changes. */
function firstTerm({ status }: Announcement, term: number): { readonly term?: number } {
  return (status && status.epoch > 0) || term === 0 ? {} : { term }
}

/** Whether heartbeats may give the address to this node; not its first use, which begins with a question to the segment. */
export function mayElect(announcement: Announcement, view: View): boolean {
  const { epoch } = ownership(announcement, view)
  return (
    (announcement.status?.epoch ?? 0) > 0 &&
    announcement.status?.conflict === undefined &&
    announcement.metadata.deletionTimestamp === undefined &&
    !isYielded(view, epoch) &&
    !view.stopping &&
    !('none' in view.placement)
  )
}

/**
 * Whether the status names us, because whoever took the address from us by heartbeat died before writing it. For the controller
 * this node has it, so nobody else would confirm. Dead by both, for a mere silence on the segment ends.
 */
function isLeftBehind({ status }: Announcement, { self, isAlive, hasLease }: View, owner: string): boolean {
  return status?.node === self && owner !== self && !isAlive(owner) && !hasLease(owner)
}

/** A fence is up within milliseconds, once the Services are read. */
const fenceAgainMs = 50

/** For how long the answer of the segment holds, free or not. */
export const probeAgainMs = 30_000

/** Whether somebody announces the address by right: a candidate that is alive. */
export function isAttended(announcement: Announcement, view: Pick<View, 'self' | 'standing' | 'isAlive'>): boolean {
  const { owner } = ownership(announcement, view)
  return owner !== '' && announcement.spec.nodes.includes(owner) && view.isAlive(owner)
}

/** The status may lag behind the epoch it was given up in. */
function isYielded({ yieldedEpoch }: View, epoch: number): boolean {
  return yieldedEpoch !== undefined && epoch <= yieldedEpoch
}

function decideAsOwner(announcement: Announcement, view: View, { term, epoch }: ClaimTime): Decision {
  const giveUp = (reason: YieldReason): Decision => ({ write: { kind: 'yield', reason } })
  if (view.stopping) return giveUp('AgentStopped')
  if (isYielded(view, epoch)) {
    return { write: { kind: 'yield', reason: 'Conflict', ...(view.yieldedTo !== undefined && { to: view.yieldedTo }) } }
  }
  // Somebody may have it by now. A list of candidates that names us again is no reason to go on with what was let go of.
  const { own, released } = view.standing ?? {}
  if (!own && released && compareTimes({ term, epoch }, released) <= 0) return giveUp('Moved')
  if (view.inheritedEpoch === epoch && announcement.spec.nodes.some(node => node !== view.self && view.canTakeOver(node)))
    return giveUp('AgentRestarted')
  if ('none' in view.placement) return giveUp(view.placement.none)
  const isCandidate = announcement.spec.nodes.includes(view.self)
  const { standing, placement } = view
  if (!isCandidate && !(standing?.own && standing.elects)) return giveUp('Moved')
  const { name, mac } = placement
  if (announcement.status?.node !== view.self || announcement.status.epoch !== epoch) {
    const reason = standing?.own?.reason ?? 'Vacant'
    // Who is cut off from the segment may have written a later one; the epoch never goes back.
    const stated = { term: termOf(announcement), epoch: announcement.status?.epoch ?? 0 }
    const lead = compareTimes({ term, epoch }, stated)
    const mayWrite = isCandidate && (lead > 0 || (lead === 0 && winsTie(announcement, view)))
    const begins = firstTerm(announcement, term)
    return { announce: placement, ...(mayWrite && { write: { kind: 'claim', epoch, ...begins, placement, reason } }) }
  }
  const samePath = view.path === undefined || isSamePath(view.path ?? undefined, announcement.status.path)
  const stated = announcement.status?.interface === name && announcement.status.mac === mac && samePath
  const next = nextInLine(announcement.spec.nodes, view.self, view.isAlive)
  const waitMs = next === announcement.status.next ? undefined : view.calmInMs
  const isTold = view.defended === undefined || view.defended.since === announcement.status.defended?.since
  const overMs = announcement.status.defended && view.defended === undefined ? view.defendedOverInMs : undefined
  const restates = !stated || !isTold || waitMs === 0 || overMs === 0
  if (restates) return { announce: placement, write: { kind: 'restate', placement } }
  const waits = [waitMs, announcement.status.defended && view.defendedOverInMs].filter(ms => ms !== undefined)
  return { announce: placement, ...(waits.length > 0 && { againAfterMs: Math.min(...waits) }) }
}

/**
 * Whether to write our claim over another of the same epoch. Who cannot hear each other may both have made one, for instance
 * behind a switch that died: then the better place in the list has the status, or they would write it over and over.
 */
function winsTie({ spec, status }: Announcement, { self, standing, isAlive, hasLease }: View): boolean {
  const other = status?.node ?? ''
  if (other === '' || other === self || !hasLease(other)) return true
  // It is heard, so that it would have the address if its claim were the better one.
  if (standing?.elects && isAlive(other)) return true
  const place = spec.nodes.indexOf(other)
  return place < 0 || spec.nodes.indexOf(self) < place
}

/** Milliseconds until this node may claim the address if nothing changes, 0 for now, undefined for not at all. */
function untilOurTurn(announcement: Announcement, view: View): number | undefined {
  const { nodes } = announcement.spec
  const position = nodes.indexOf(view.self)
  if (position < 0 || isAttended(announcement, view)) return undefined
  const { owner, epoch } = ownership(announcement, view)
  const reason = announcement.status?.reason
  const isInherited = view.inheritedEpoch === epoch
  const first = nodes.filter((node, index) => node !== view.self && (isInherited || index < position) && view.isAlive(node))
  // Whoever passed it on is alive and may be among those before us, but does not claim it.
  const passing: YieldReason = 'AgentRestarted'
  const before = owner === '' && reason === passing && !isInherited ? Math.max(first.length - 1, 0) : first.length
  const lingering = owner !== '' && view.isAlive(owner) ? 1 : 0
  return Math.max((before + lingering) * view.patienceMs - view.unattendedMs, 0)
}

function claimReason(owner: string, epoch: number, isAlive: (node: string) => boolean): ClaimReason {
  if (owner === '') return epoch === 0 ? 'FirstClaim' : 'Vacant'
  return isAlive(owner) ? 'Moved' : 'OwnerDead'
}

/** The merge patch of `status` that a write means (RFC 7386: null removes a field). */
export function statusPatch(
  write: Exclude<AnnouncementWrite, { kind: 'confirm' }>,
  at: Pick<View, 'self' | 'path' | 'defended' | 'defendedOverInMs'> & {
    readonly since: string
    readonly epoch: number
    readonly next?: string | undefined
  },
): Readonly<Record<string, unknown>> {
  if (write.kind === 'report-conflict') return { epoch: at.epoch, node: '', conflict: { mac: write.mac, since: at.since } }
  if (write.kind === 'yield') {
    const conflict = write.to === undefined ? {} : { conflict: { mac: write.to, since: at.since } }
    return { node: '', interface: null, mac: null, since: null, next: null, reason: write.reason, ...conflict }
  }
  const { name, mac } = write.placement
  const next = at.next ?? null
  const path = at.path === undefined ? {} : { path: at.path && { reason: null, node: null, message: null, ...at.path } }
  if (write.kind === 'restate') {
    const defended = at.defended ?? (at.defendedOverInMs === 0 ? null : undefined)
    return { interface: name, mac, next, ...path, ...(defended !== undefined && { defended }) }
  }
  const ended = write.ends === undefined ? {} : { conflict: null }
  const begun = write.term === undefined ? {} : { term: write.term }
  return {
    epoch: write.epoch,
    ...begun,
    node: at.self,
    interface: name,
    mac,
    next,
    since: at.since,
    reason: write.reason,
    ...path,
    ...ended,
  }
}
