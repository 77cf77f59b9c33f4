// Who is spoken with on one segment: the peers that follow from the plans, who of them lives, and what is sent to whom when.
import { broadcastMac } from '../announcer/mac.ts'
import type { MacAddress } from '../announcer/mac.ts'
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import { noClaims } from './claims.ts'
import type { ClaimsPart, OwnClaims } from './claims.ts'
import { isEstranged } from './estranged.ts'
import { encodeFrame, nodeId } from './frame.ts'
import type { FrameKind, NodeId } from './frame.ts'
import { createHellos } from './hellos.ts'
import { createPeer, deathOf, expirePending, hasten, strangerMs } from './peer.ts'
import type { Peer } from './peer.ts'
import { askEvery, beatMs, deadAfter, doubtfulAfter, intervalFor, pairInterval } from './plan.ts'
import { createUnlisted } from './unlisted.ts'

export interface RosterOptions {
  readonly self: string
  readonly mac: MacAddress
  /** Of this process. */
  readonly boot: bigint
  readonly keys: HeartbeatKeys | undefined
  /** What is told to every peer. */
  readonly claims: OwnClaims
  /** From 0 up to 1. */
  readonly random: () => number
  readonly send: (frame: Uint8Array) => void
  /** Somebody died or returned. */
  readonly onLife: (peer: Peer, lives: boolean, nowMs: number) => void
  /** It is a peer no more. */
  readonly onLeft: (node: string) => void
  /** Whether this node has an address that concerns the other one. */
  readonly ownsWith: (node: string) => boolean
  readonly count: (what: 'sent' | 'missed') => void
}

/** Times are milliseconds of one clock that does not go back. */
export interface Roster {
  get(name: string): Peer | undefined
  withId(id: NodeId): Peer | undefined
  /** It was a peer once, and may not know that it is none any more. */
  unlistedWithId(id: NodeId): Peer | undefined
  /** Tells somebody who is no peer any more, and spoke to us, what we have. */
  answer(unlisted: Peer, nowMs: number): void
  /** Somebody looked for others by broadcast. */
  noticeHello(nowMs: number): void
  readonly peers: Iterable<Peer>
  readonly size: number
  /** Between two beats to the same peer. */
  readonly intervalMs: number
  /** How long it takes to hear from everybody who lives. */
  readonly windowMs: number
  useKeys(keys: HeartbeatKeys | undefined): void
  useMac(mac: MacAddress): void
  /** Exactly these are peers from now on. */
  want(names: ReadonlySet<string>, nowMs: number): void
  isAlive(peer: Peer, nowMs: number): boolean
  /** Notices whether the peer died or returned since it was last asked. */
  judgeLife(peer: Peer, nowMs: number): void
  /** Whoever lived until now gets as much time to be heard as we came late: nobody is dead because we did not listen. */
  excuse(lateMs: number, nowMs: number): void
  /** Looks for who is missing, soon and often at first. */
  call(nowMs: number): void
  /** Sends what is due, and forgets of the claims what everybody has. */
  speak(nowMs: number): void
  /** The last word to everybody. */
  goodbye(): void
  readonly nextDue: number
}

/** Claims are repeated until they are acknowledged; to somebody who is alive so many frames at once, each with 46. */
const burst = 64
/**
 * After so long a silence a peer is spoken to less, since its place in the switches may be forgotten, so that frames to it flood
 * the segment. But an owner goes on as before, so that two who were parted know of each other within a beat when they can.
 */
const lostMs = 60_000
const lostBeatMs = 1000
/** Nobody is answered more often than this, who is no peer. */
const answerMs = 20

export function createRoster({ self, boot, claims, send, onLife, count, ...options }: RosterOptions): Roster {
  const ourId = nodeId(self)
  const peers = new Map<string, Peer>()
  const byId = new Map<NodeId, Peer>()
  const alive = new Set<string>()
  const unlisted = createUnlisted()
  const hellos = createHellos(options.random)
  let { keys, mac } = options
  let sequence = 0
  let intervalMs = beatMs

  const isAlive = (peer: Peer, nowMs: number) => keys !== undefined && nowMs < deathOf(peer, intervalMs)
  const sendTo = (
    peer: Peer | undefined,
    kind: FrameKind,
    part: ClaimsPart,
    session = peer?.session,
    destination = session?.mac ?? broadcastMac,
  ) => {
    if (!keys) return
    count('sent')
    const frame = {
      kind,
      sender: ourId,
      target: peer?.id ?? ourId,
      intervalMs,
      boot,
      sequence: ++sequence,
      challengeFor: session?.boot ?? 0n,
      challenge: session?.challenge ?? 0n,
      echo: session?.theirs ?? 0n,
      ack: session && session === peer?.session ? peer.held.version : 0,
      ...part,
    }
    send(encodeFrame(frame, { destination, source: mac, keys }))
  }
  const isLost = (peer: Peer, nowMs: number) => !peer.session || nowMs - Math.max(peer.heardAt, peer.calledAt) > lostMs
  /** When it is spoken to next, if nothing happens. */
  const nextBeat = (peer: Peer, nowMs: number) => {
    const ordinary = nowMs + Math.max(intervalMs, peer.intervalMs)
    if (isAlive(peer, nowMs)) {
      const pairMs = pairInterval(intervalMs, peer.intervalMs)
      // A little after a beat that is only late has come.
      const askAt = Math.max(nowMs, peer.heardAt + doubtfulAfter(pairMs) - askEvery(pairMs) / 2) + askEvery(pairMs)
      return Math.min(ordinary, askAt)
    }
    if (peer.pending || !isLost(peer, nowMs)) return ordinary
    if (peer.session && !peer.isGone) return options.ownsWith(peer.name) ? ordinary : nowMs + lostBeatMs
    return isEstranged(peer, nowMs) ? nowMs + strangerMs : Number.POSITIVE_INFINITY
  }
  const beat = (peer: Peer, nowMs: number) => {
    peer.sentAt = nowMs
    expirePending(peer, nowMs)
    peer.dueAt = nextBeat(peer, nowMs)
    // Both get theirs, so that whoever repeats old frames cannot silence the one that is known.
    if (peer.pending) for (const part of claims.since(0, 1)) sendTo(peer, 'beat', part, peer.pending)
    if (!peer.session && isEstranged(peer, nowMs)) sendTo(undefined, 'hello', noClaims, undefined, peer.strange?.mac)
    if (!peer.session || (peer.isGone && isLost(peer, nowMs))) return
    const lives = isAlive(peer, nowMs)
    const isDoubtful = lives && nowMs - peer.heardAt >= doubtfulAfter(pairInterval(intervalMs, peer.intervalMs))
    for (const part of claims.since(peer.acked, lives ? burst : 1)) sendTo(peer, isDoubtful ? 'ask' : 'beat', part)
  }
  const hello = (nowMs: number) => {
    const missing = [...peers.values()].filter(peer => !peer.isGone && !isAlive(peer, nowMs))
    const isUnheard = missing.some(({ session }) => !session)
    const who = isUnheard ? 'unheard' : missing.length > 0 ? 'known' : 'nobody'
    if (hellos.turn(who, nowMs)) sendTo(undefined, 'hello', noClaims)
  }

  return {
    get: name => peers.get(name),
    withId: id => byId.get(id),
    unlistedWithId: id => unlisted.get(id),
    answer(peer, nowMs) {
      if (nowMs - peer.sentAt >= answerMs) beat(peer, nowMs)
    },
    noticeHello: nowMs => hellos.heard(nowMs),
    get peers() {
      return peers.values()
    },
    get size() {
      return peers.size
    },
    get intervalMs() {
      return intervalMs
    },
    get windowMs() {
      return deadAfter(intervalMs)
    },
    useKeys: next => void (keys = next),
    useMac: next => void (mac = next),
    want(names, nowMs) {
      for (const [name, peer] of peers) {
        if (names.has(name)) continue
        peers.delete(name)
        byId.delete(peer.id)
        alive.delete(name)
        unlisted.keep(peer)
        options.onLeft(name)
      }
      for (const name of names) {
        if (peers.has(name)) continue
        const peer = createPeer(name, nodeId(name), nowMs)
        peers.set(name, peer)
        byId.set(peer.id, peer)
        unlisted.remove(peer.id)
        hellos.soon(nowMs)
      }
      intervalMs = intervalFor(peers.size)
    },
    isAlive,
    judgeLife(peer, nowMs) {
      const lives = isAlive(peer, nowMs)
      if (lives === alive.has(peer.name)) return
      if (lives) {
        alive.add(peer.name)
        // It may know nothing of what happened meanwhile.
        hasten(peer, nowMs)
      } else {
        alive.delete(peer.name)
        if (!peer.isGone) count('missed')
        hellos.rarely(nowMs)
      }
      onLife(peer, lives, nowMs)
    },
    excuse(lateMs, nowMs) {
      for (const peer of peers.values())
        if (alive.has(peer.name)) peer.heardAt = Math.max(peer.heardAt, Math.min(peer.heardAt + lateMs, nowMs))
    },
    call(nowMs) {
      for (const peer of peers.values()) if (peer.session && !isAlive(peer, nowMs)) hasten(peer, nowMs)
      hellos.soon(nowMs)
    },
    speak(nowMs) {
      for (const peer of peers.values()) if (peer.dueAt <= nowMs) beat(peer, nowMs)
      if (hellos.dueAt <= nowMs) hello(nowMs)
      claims.prune(() => Math.min(...Array.from(alive, name => peers.get(name)?.acked ?? 0)))
    },
    goodbye() {
      for (const peer of peers.values())
        if (peer.session) for (const part of claims.since(peer.acked, burst)) sendTo(peer, 'goodbye', part)
    },
    get nextDue() {
      let due = hellos.dueAt
      for (const peer of peers.values()) due = Math.min(due, peer.dueAt, alive.has(peer.name) ? deathOf(peer, intervalMs) : due)
      return due
    },
  }
}
