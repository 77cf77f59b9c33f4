// The heartbeats of one segment as a machine without time or sockets of its own: frames and plans in, frames and verdicts out.
import type { MacAddress } from '../announcer/mac.ts'
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import { createOwnClaims } from './claims.ts'
import type { AddressPlan, Contestant } from './contest.ts'
import { createContests } from './contests.ts'
import type { ContestEvent } from './contests.ts'
import { expireStrange, isEstranged, noticeStrange } from './estranged.ts'
import { decodeFrame, nodeId, sourceOf } from './frame.ts'
import type { DroppedFrame, FrameDrop } from './frame.ts'
import { admit, beatsBetween, hasten, saysOf, strangerMs } from './peer.ts'
import { peersOf } from './plan.ts'
import { createRoster } from './roster.ts'

/** What the rest of the agent is told. */
export type ElectionEvent =
  | ContestEvent
  /** `left`: it said goodbye. */
  | { readonly kind: 'peer'; readonly node: string; readonly alive: boolean; readonly left?: true }
  /** It is spoken with no more: nothing is known of its life here from now on. */
  | { readonly kind: 'peer-forgotten'; readonly node: string }
  /** This process stood still for so long; answer nothing until `listening` is over. */
  | { readonly kind: 'paused'; readonly forMs: number }

/** `lost`: beats of a living peer that did not come; `missed`: it was taken for dead. */
export type HeartbeatCount = FrameDrop | 'sent' | 'received' | 'lost' | 'missed' | 'no-key'

export interface ElectionOptions {
  readonly self: string
  readonly mac: MacAddress
  /** A random number below 2^64. */
  readonly random: () => bigint
  readonly keys: HeartbeatKeys | undefined
  readonly send: (frame: Uint8Array) => void
  readonly tell: (event: ElectionEvent) => void
  readonly count?: (what: HeartbeatCount) => void
}

/** All times are milliseconds of one clock that does not go back. What is told may come within any of the calls. */
export interface Election {
  useKeys(keys: HeartbeatKeys | undefined, nowMs: number): void
  useMac(mac: MacAddress): void
  /** Replaces what is planned for the addresses named. */
  plan(plans: Iterable<AddressPlan>, nowMs: number): void
  /** The address is none of this node's business here any more. */
  forget(address: string, nowMs: number): void
  /** Whether the Lease of a node is alive: believed of nodes that are not heard here. */
  useLease(node: string, alive: boolean, nowMs: number): void
  /** The address is announced no more: the next one may have it. */
  release(address: string, nowMs: number): void
  receive(frame: Uint8Array, nowMs: number): void
  /** Sends what is due and judges what time has changed. To be called when `nextDue` has come, and after frames. */
  work(nowMs: number): void
  readonly nextDue: number
  /** No answer may be given before: we have been paused and others may have taken over. */
  readonly listenUntil: number
  /** Says goodbye: what is not released yet is free for others now. */
  end(nowMs: number): void
}

/** Claims and releases do not wait for the beat; what changes within this time goes together. */
const newsMs = 2

export function createElection(options: ElectionOptions): Election {
  const { self, random, tell, count = () => {} } = options
  const ourId = nodeId(self)
  const boot = random()
  const claims = createOwnClaims()
  const leases = new Map<string, boolean>()
  let { keys } = options
  let lastTurn: number | undefined
  /** When the next turn was due at the end of the last one. */
  let expectedAt = Number.POSITIVE_INFINITY
  let listenUntil = Number.POSITIVE_INFINITY

  const roster = createRoster({
    self,
    mac: options.mac,
    boot,
    keys,
    claims,
    random: () => Number(BigInt.asUintN(52, random())) / 2 ** 52,
    send: options.send,
    count,
    ownsWith: node => contests.ownsWith(node),
    onLeft: node => tell({ kind: 'peer-forgotten', node }),
    onLife(peer, alive, nowMs) {
      tell({ kind: 'peer', node: peer.name, alive, ...(!alive && peer.isGone && { left: true }) })
      if (keys) contests.judgeAllOf(peer.name, nowMs)
    },
  })
  const contestant = (address: string, node: string, nowMs: number): Contestant => {
    const hasLease = leases.get(node) ?? false
    if (node === self) return { isKnown: true, isAlive: true, hasLease, says: undefined }
    const peer = roster.get(node)
    const lives = peer !== undefined && roster.isAlive(peer, nowMs)
    // While it is heard with our keys too, the others are those of a namesake in another cluster on this segment.
    const isStrange = !lives && peer !== undefined && isEstranged(peer, nowMs)
    if (!peer?.session) return { isKnown: false, isAlive: hasLease, hasLease, isEstranged: isStrange, says: undefined }
    const { heardAt, session } = peer
    return {
      isKnown: true,
      isAlive: lives,
      hasLease,
      isEstranged: isStrange,
      heardAt,
      joinedAt: session.since,
      says: saysOf(peer, address),
    }
  }
  const contests = createContests({
    self,
    claims,
    tell,
    contestant,
    silence(node, nowMs) {
      const heardAt = roster.get(node)?.heardAt ?? Number.NEGATIVE_INFINITY
      return Number.isFinite(heardAt) ? nowMs - heardAt : undefined
    },
    listenUntil: () => listenUntil,
    windowMs: () => roster.windowMs,
    onNews(nodes, nowMs) {
      for (const node of nodes) {
        const peer = roster.get(node)
        if (peer) hasten(peer, nowMs, newsMs)
      }
    },
  })
  /** With other keys than ours it may go on announcing, and we cannot hear it: whoever reaches the API server decides there. */
  const noticeEstranged = ({ sender = '' }: DroppedFrame, mac: MacAddress, nowMs: number) => {
    const peer = roster.withId(sender)
    if (!peer) return
    const isNew = noticeStrange(peer, mac, nowMs)
    if (!peer.session) hasten(peer, nowMs, strangerMs)
    if (isNew) contests.judgeAllOf(peer.name, nowMs)
  }
  const replan = (nowMs: number) => {
    roster.want(peersOf(self, contests.contestants()), nowMs)
    contests.reindex(node => roster.get(node) !== undefined)
  }
  /** Whether we come late. A little is time in which others could not be heard; much is a pause, in which they may have acted. */
  const noticeTime = (nowMs: number) => {
    const lateMs = nowMs - expectedAt
    expectedAt = Number.POSITIVE_INFINITY
    if (contests.size === 0) {
      lastTurn = undefined
      return
    }
    const passed = nowMs - (lastTurn ?? nowMs)
    if (lastTurn === undefined) listenUntil = nowMs + roster.windowMs
    lastTurn = nowMs
    if (passed <= 2 * roster.intervalMs) {
      if (lateMs > 0 && Number.isFinite(lateMs)) roster.excuse(lateMs, nowMs)
      return
    }
    listenUntil = nowMs + roster.windowMs
    roster.excuse(Number.POSITIVE_INFINITY, nowMs)
    tell({ kind: 'paused', forMs: Math.round(passed) })
  }

  const nextDue = () => {
    if (!keys) return Number.POSITIVE_INFINITY
    if (contests.size === 0) return contests.isStale ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    // Also without anything to do, so that a pause is noticed.
    return Math.min(contests.nextDue, roster.nextDue, (lastTurn ?? Number.NEGATIVE_INFINITY) + roster.intervalMs)
  }

  return {
    useKeys(next, nowMs) {
      const begins = !keys && next
      keys = next
      roster.useKeys(next)
      if (begins) lastTurn = undefined
      for (const peer of roster.peers) roster.judgeLife(peer, nowMs)
      if (keys) contests.judgeAll(nowMs)
    },
    useMac: next => roster.useMac(next),
    plan(plans, nowMs) {
      for (const each of plans) {
        // A link may have come up: whoever has the address must have the chance to say so within the window.
        if (contests.enter(each, nowMs).becameAble) roster.call(nowMs)
      }
    },
    forget: (address, nowMs) => contests.forget(address, nowMs),
    useLease(node, lives, nowMs) {
      if (leases.get(node) === lives) return
      leases.set(node, lives)
      if (keys) contests.judgeAllOf(node, nowMs)
    },
    release: (address, nowMs) => contests.release(address, nowMs),
    receive(bytes, nowMs) {
      if (!keys) {
        count('no-key')
        return
      }
      noticeTime(nowMs)
      const frame = decodeFrame(bytes, keys)
      const drop = 'drop' in frame ? frame.drop : frame.sender === ourId ? 'own-frame' : undefined
      if (drop || 'drop' in frame) {
        count(drop ?? 'malformed')
        if ('drop' in frame) noticeEstranged(frame, sourceOf(bytes), nowMs)
        return
      }
      if (frame.kind === 'hello') roster.noticeHello(nowMs)
      const listed = roster.withId(frame.sender)
      const peer = listed ?? (frame.kind === 'hello' ? undefined : roster.unlistedWithId(frame.sender))
      if (!peer || (frame.kind !== 'hello' && frame.target !== ourId)) {
        count(peer ? 'not-to-us' : 'stranger')
        return
      }
      const { heardAt } = peer
      const admission = admit(peer, frame, { mac: sourceOf(bytes), boot, nowMs, random })
      if (!listed && !('drop' in admission && admission.drop === 'replayed')) roster.answer(peer, nowMs)
      if ('drop' in admission) {
        count(admission.drop)
        return
      }
      count('received')
      if (!admission.isNewProcess)
        for (let lost = beatsBetween(heardAt, nowMs, peer, roster.intervalMs); lost > 0; lost--) count('lost')
      const news = peer.held.take(frame)
      if (listed) roster.judgeLife(peer, nowMs)
      for (const entry of news) if (contests.learn(peer.name, entry, nowMs).isBehind) hasten(peer, nowMs)
      // What it does not say any more, or says now for the first time in full, may decide.
      if (admission.isNewProcess) contests.judgeAllOf(peer.name, nowMs)
    },
    work(nowMs) {
      if (!keys) return
      noticeTime(nowMs)
      if (contests.isStale) replan(nowMs)
      for (const peer of roster.peers) roster.judgeLife(peer, nowMs)
      for (const peer of roster.peers) if (expireStrange(peer, nowMs)) contests.judgeAllOf(peer.name, nowMs)
      contests.judgeDue(nowMs)
      roster.speak(nowMs)
      expectedAt = nextDue()
    },
    get nextDue() {
      return nextDue()
    },
    get listenUntil() {
      return listenUntil
    },
    end(nowMs) {
      contests.releaseAll(nowMs)
      roster.goodbye()
    },
  }
}
