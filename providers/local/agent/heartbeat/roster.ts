// Who is spoken with on one segment: the peers that follow from the plans, who of them lives, and what is sent to whom when.
import { broadcastMac } from '../announcer/mac.ts'
import type { MacAddress } from '../announcer/mac.ts'
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import { noClaims } from './claims.ts'
import type { ClaimsPart, OwnClaims } from './claims.ts'
import { encodeFrame, nodeId } from './frame.ts'
import type { FrameKind, NodeId } from './frame.ts'
import { createPeer, deathOf, expirePending, hasten } from './peer.ts'
import type { Peer } from './peer.ts'
import { beatMs, deadAfter, intervalFor } from './plan.ts'

export interface RosterOptions {
  readonly self: string
  readonly mac: MacAddress
  /** Of this process. */
  readonly boot: bigint
  readonly keys: HeartbeatKeys | undefined
  /** What is told to every peer. */
  readonly claims: OwnClaims
  readonly send: (frame: Uint8Array) => void
  /** Somebody died or returned. */
  readonly onLife: (peer: Peer, lives: boolean, nowMs: number) => void
  readonly count: (what: 'sent' | 'missed') => void
}

/** Times are milliseconds of one clock that does not go back. */
export interface Roster {
  get(name: string): Peer | undefined
  withId(id: NodeId): Peer | undefined
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
/** Who is missing is looked for by broadcast, at first often, then less. */
const firstHelloMs = 100
const longestHelloMs = 1000
/** After so long a silence a peer's place in the switches is forgotten, and frames to it would flood the segment. */
const lostMs = 60_000

export function createRoster({ self, boot, claims, send, onLife, count, ...first }: RosterOptions): Roster {
  const ourId = nodeId(self)
  const peers = new Map<string, Peer>()
  const byId = new Map<NodeId, Peer>()
  const alive = new Set<string>()
  let { keys, mac } = first
  let sequence = 0
  let intervalMs = beatMs
  let helloDue = 0
  let helloMs = firstHelloMs

  const isAlive = (peer: Peer, nowMs: number) => keys !== undefined && nowMs < deathOf(peer, intervalMs)
  const call = (nowMs: number, afterMs = 0) => {
    helloMs = firstHelloMs
    helloDue = Math.min(helloDue, nowMs + afterMs)
  }
  const sendTo = (peer: Peer | undefined, kind: FrameKind, part: ClaimsPart, session = peer?.session) => {
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
    send(encodeFrame(frame, { destination: session?.mac ?? broadcastMac, source: mac, keys }))
  }
  const beat = (peer: Peer, nowMs: number) => {
    peer.sentAt = nowMs
    peer.dueAt = nowMs + Math.max(intervalMs, peer.intervalMs)
    expirePending(peer, nowMs)
    const isLost = !peer.session || nowMs - Math.max(peer.heardAt, peer.calledAt) > lostMs
    if (isLost && !peer.pending) peer.dueAt = Number.POSITIVE_INFINITY
    // Both get theirs, so that whoever repeats old frames cannot silence the one that is known.
    if (peer.pending) for (const part of claims.since(0, 1)) sendTo(peer, 'beat', part, peer.pending)
    if (isLost) return
    for (const part of claims.since(peer.acked, isAlive(peer, nowMs) ? burst : 1)) sendTo(peer, 'beat', part)
  }
  const hello = (nowMs: number) => {
    const isMissing = [...peers.values()].some(peer => !peer.isGone && !isAlive(peer, nowMs))
    helloDue = isMissing ? nowMs + helloMs : Number.POSITIVE_INFINITY
    helloMs = Math.min(helloMs * 2, longestHelloMs)
    if (isMissing) sendTo(undefined, 'hello', noClaims)
  }

  return {
    get: name => peers.get(name),
    withId: id => byId.get(id),
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
      }
      for (const name of names) {
        if (peers.has(name)) continue
        const peer = createPeer(name, nodeId(name), nowMs)
        peers.set(name, peer)
        byId.set(peer.id, peer)
        call(nowMs)
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
        call(nowMs, firstHelloMs)
      }
      onLife(peer, lives, nowMs)
    },
    excuse(lateMs, nowMs) {
      for (const peer of peers.values())
        if (alive.has(peer.name)) peer.heardAt = Math.max(peer.heardAt, Math.min(peer.heardAt + lateMs, nowMs))
    },
    call,
    speak(nowMs) {
      for (const peer of peers.values()) if (peer.dueAt <= nowMs) beat(peer, nowMs)
      if (helloDue <= nowMs) hello(nowMs)
      claims.prune(() => Math.min(...Array.from(alive, name => peers.get(name)?.acked ?? 0)))
    },
    goodbye() {
      for (const peer of peers.values())
        if (peer.session) for (const part of claims.since(peer.acked, burst)) sendTo(peer, 'goodbye', part)
    },
    get nextDue() {
      let due = helloDue
      for (const peer of peers.values()) due = Math.min(due, peer.dueAt, alive.has(peer.name) ? deathOf(peer, intervalMs) : due)
      return due
    },
  }
}
