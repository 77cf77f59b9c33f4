// What is known of one peer on one segment: its process, proven by an echo, when it was last heard, and what it claims.
import type { MacAddress } from '../announcer/mac.ts'
import { createHeldClaims } from './claims.ts'
import type { HeldClaims } from './claims.ts'
import type { Contestant } from './contest.ts'
import type { Frame, FrameDrop, NodeId } from './frame.ts'
import { beatMs, deadAfter, pairInterval } from './plan.ts'

/** A process of the peer. It counts once it has echoed our challenge; then only frames of growing sequence do. */
interface Session {
  readonly boot: bigint
  /** What it has to echo. */
  readonly challenge: bigint
  /** What we have to echo to it; 0 while it is not known. */
  theirs: bigint
  sequence: number
  mac: MacAddress
  readonly since: number
}

/** Times are milliseconds of one clock that does not go back. */
export interface Peer {
  readonly name: string
  readonly id: NodeId
  /** Proven. */
  session: Session | undefined
  /** Another process that says to be this peer and has not proven it: after a restart, or somebody who repeats old frames. */
  pending: Session | undefined
  /** Frames in its name with a key that we do not have: since when they come without one that we can read, and the last one. */
  strange: { readonly since: number; readonly at: number; readonly frames: number; readonly mac: MacAddress } | undefined
  /** It said goodbye. */
  isGone: boolean
  heardAt: number
  /** When it looked for us last without knowing what to echo: no sign of life, but reason to speak to it. */
  calledAt: number
  intervalMs: number
  held: HeldClaims
  /** What it has of our claims. */
  acked: number
  sentAt: number
  /** When the next frame is due to it. */
  dueAt: number
}

/** A pending process has so long to prove itself before another one gets the chance. */
const pendingMs = 300
/** Frames beside the beat, to hasten a handshake, are sent no more often than this: anybody can provoke them. */
const hasteMs = 20
/** A frame to somebody whose keys are others than ours, so that each side goes on noticing the other. */
export const strangerMs = 1000

export function createPeer(name: string, id: NodeId, nowMs: number): Peer {
  return {
    name,
    id,
    session: undefined,
    pending: undefined,
    strange: undefined,
    isGone: false,
    heardAt: Number.NEGATIVE_INFINITY,
    calledAt: Number.NEGATIVE_INFINITY,
    intervalMs: beatMs,
    held: createHeldClaims(),
    acked: 0,
    sentAt: Number.NEGATIVE_INFINITY,
    dueAt: nowMs,
  }
}

/** When it is dead unless it is heard before. */
export function deathOf(peer: Peer, ownIntervalMs: number): number {
  if (!peer.session || peer.isGone) return Number.NEGATIVE_INFINITY
  return peer.heardAt + deadAfter(pairInterval(ownIntervalMs, peer.intervalMs))
}

/** How many beats of a living peer should have come between two that did; what is longer than its death is none of them. */
export function beatsBetween(earlierMs: number, laterMs: number, peer: Peer, ownIntervalMs: number): number {
  const intervalMs = pairInterval(ownIntervalMs, peer.intervalMs)
  const passedMs = laterMs - earlierMs
  return passedMs > deadAfter(intervalMs) ? 0 : Math.max(Math.round(passedMs / intervalMs) - 1, 0)
}

/** What it says of an address; `incomplete`: not all it says has come yet. */
export function saysOf({ name, held }: Peer, address: string): Contestant['says'] {
  const entry = held.get(address)
  if (!entry || entry.state === 'released') return held.isComplete ? undefined : 'incomplete'
  return { state: entry.state, claim: { term: entry.term, epoch: entry.epoch, rank: entry.rank, node: name } }
}

/** Has a frame sent to the peer soon, before its beat is due. */
export function hasten(peer: Peer, nowMs: number, afterMs = hasteMs): void {
  peer.dueAt = Math.min(peer.dueAt, Math.max(nowMs, peer.sentAt + afterMs))
}

export type Admission = { readonly drop: FrameDrop } | { readonly alive: true; readonly isNewProcess: boolean }

/**
 * Whether an authentic frame of the peer is a sign of life. A process that is not known proves that it is there now, and not
 * long ago, by echoing a number made for it; until then the process known before keeps its place.
 */
export function admit(
  peer: Peer,
  frame: Frame,
  from: { readonly mac: MacAddress; readonly boot: bigint; readonly nowMs: number; readonly random: () => bigint },
): Admission {
  const { nowMs, boot } = from
  const theirs = frame.challengeFor === boot ? frame.challenge : 0n
  const { session } = peer
  if (session?.boot === frame.boot) {
    if (frame.sequence <= session.sequence) return { drop: 'replayed' }
    if (frame.echo !== session.challenge) {
      // It lost sight of us, or answers what it heard before our challenge reached it; what it asks is new all the same.
      peer.calledAt = nowMs
      hasten(peer, nowMs)
      return { drop: 'unproven' }
    }
    session.sequence = frame.sequence
    if (theirs !== 0n) session.theirs = theirs
    session.mac = from.mac
    heard(peer, frame, nowMs)
    if (frame.kind === 'ask') hasten(peer, nowMs)
    return { alive: true, isNewProcess: false }
  }
  if (!peer.pending || (peer.pending.boot !== frame.boot && nowMs - peer.pending.since > pendingMs)) {
    peer.pending = { boot: frame.boot, challenge: from.random(), theirs: 0n, sequence: -1, mac: from.mac, since: nowMs }
  }
  const { pending } = peer
  if (pending.boot !== frame.boot || frame.sequence <= pending.sequence) return { drop: 'replayed' }
  if (theirs !== 0n) pending.theirs = theirs
  hasten(peer, nowMs)
  if (frame.echo !== pending.challenge) return { drop: 'unproven' }
  pending.sequence = frame.sequence
  pending.mac = from.mac
  peer.session = pending
  peer.pending = undefined
  peer.held = createHeldClaims()
  peer.acked = 0
  heard(peer, frame, nowMs)
  return { alive: true, isNewProcess: true }
}

/** Forgets a process that did not prove itself in time. */
export function expirePending(peer: Peer, nowMs: number): void {
  if (peer.pending && nowMs - peer.pending.since > 4 * pendingMs) peer.pending = undefined
}

function heard(peer: Peer, frame: Frame, nowMs: number): void {
  peer.heardAt = nowMs
  peer.isGone = frame.kind === 'goodbye'
  peer.intervalMs = frame.intervalMs
  peer.acked = frame.ack
}
