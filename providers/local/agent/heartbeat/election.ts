// The heartbeats of one segment as a machine without time or sockets of its own: frames and plans in, frames and verdicts out.
import { broadcastMac } from '../announcer/mac.ts'
import type { MacAddress } from '../announcer/mac.ts'
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import { beats, createOwnClaims, noClaims } from './claims.ts'
import type { Claim, ClaimsPart } from './claims.ts'
import { contest } from './contest.ts'
import type { AddressPlan, Contestant, ContestState, ElectionReason } from './contest.ts'
import { createEstranged } from './estranged.ts'
import { decodeFrame, encodeFrame, nodeId, sourceOf } from './frame.ts'
import type { ClaimEntry, DroppedFrame, FrameDrop, FrameKind, NodeId } from './frame.ts'
import { admit, createPeer, deathOf, expirePending, hasten, saysOf } from './peer.ts'
import type { Peer } from './peer.ts'
import { beatMs, deadAfter, intervalFor, peersOf } from './plan.ts'

/** What the rest of the agent is told. */
export type ElectionEvent =
  /** Announce it now. */
  | { readonly kind: 'own'; readonly address: string; readonly epoch: number; readonly reason: ElectionReason }
  /** Stop at once: `to` has a better claim. */
  | { readonly kind: 'lose'; readonly address: string; readonly to: Claim }
  /** The time to withdraw has come, for a node that is no candidate any more; `release` when that is done. */
  | { readonly kind: 'let-go'; readonly address: string }
  /** Who has it, if that is known to be somebody else, and whether heartbeats decide about it. */
  | { readonly kind: 'view'; readonly address: string; readonly elects: boolean; readonly owner: Claim | undefined }
  | { readonly kind: 'peer'; readonly node: string; readonly alive: boolean }
  /** This process stood still for so long; answer nothing until `listening` is over. */
  | { readonly kind: 'paused'; readonly forMs: number }

export type HeartbeatCount = FrameDrop | 'sent' | 'received' | 'missed' | 'no-key'

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

/** Claims are repeated until they are acknowledged; to somebody who is alive so many frames at once, each with 60. */
const burst = 64
/** Claims and releases do not wait for the beat; what changes within this time goes together. */
const newsMs = 2
/** Who is missing is looked for by broadcast, at first often, then less. */
const firstHelloMs = 100
const longestHelloMs = 1000
/** After so long a silence a peer's place in the switches is forgotten, and frames to it would flood the segment. */
const lostMs = 60_000

interface Contest extends ContestState {
  /** What was told last, so that only changes are. */
  told: string
}

export function createElection(options: ElectionOptions): Election {
  const { self, random, send, tell, count = () => {} } = options
  const ourId = nodeId(self)
  const boot = random()
  const claims = createOwnClaims()
  const peers = new Map<string, Peer>()
  const byId = new Map<NodeId, Peer>()
  const contests = new Map<string, Contest>()
  const interest = new Map<string, Set<string>>()
  const leases = new Map<string, boolean>()
  const alive = new Set<string>()
  const estranged = createEstranged()
  const timers = new Map<string, number>()
  const unjudged = new Set<string>()
  let { keys, mac } = options
  let sequence = 0
  let intervalMs = beatMs
  let lastTurn: number | undefined
  let listenUntil = Number.POSITIVE_INFINITY
  let helloDue = 0
  let helloMs = firstHelloMs
  let isStale = true

  const windowMs = () => deadAfter(intervalMs)
  const isAlive = (peer: Peer, nowMs: number) => keys !== undefined && nowMs < deathOf(peer, intervalMs)

  const contestantOf =
    (address: string, nowMs: number) =>
    (node: string): Contestant => {
      const hasLease = leases.get(node) ?? false
      if (node === self) return { isKnown: true, isAlive: true, hasLease, says: undefined }
      const peer = peers.get(node)
      const lives = peer !== undefined && isAlive(peer, nowMs)
      // While it is heard with our keys too, the others are those of a namesake in another cluster on this segment.
      const isEstranged = !lives && estranged.has(node, nowMs)
      if (!peer?.session) return { isKnown: false, isAlive: hasLease, hasLease, isEstranged, says: undefined }
      return { isKnown: true, isAlive: lives, hasLease, isEstranged, says: saysOf(peer, address) }
    }
  const publish = (entry: ClaimEntry, nowMs: number) => {
    const old = claims.get(entry.address)
    if (old?.epoch === entry.epoch && old.rank === entry.rank && old.state === entry.state) return
    claims.set(entry)
    for (const peer of peers.values()) if (interest.get(peer.name)?.has(entry.address)) hasten(peer, nowMs, newsMs)
  }
  const change = (known: Contest, to: Partial<Contest>): Contest => {
    const next = { ...known, ...to }
    contests.set(known.plan.address, next)
    return next
  }
  const withLast = (known: Contest, claim: Claim, released: boolean): Contest => {
    const { last } = known
    const isSame = last?.node === claim.node && last.epoch === claim.epoch && last.rank === claim.rank
    if (isSame ? last.released === released : last && beats(last, claim)) return known
    return change(known, { last: { ...claim, released } })
  }

  const judge = (address: string, nowMs: number) => {
    const known = contests.get(address)
    if (!known || !keys) return
    const contestant = contestantOf(address, nowMs)
    const outcome = contest(known, { self, nowMs, listenUntil, windowMs: windowMs(), contestant })
    const vacantSince = outcome.attended ? undefined : (known.vacantSince ?? nowMs)
    const electsSince = outcome.elects ? (known.electsSince ?? nowMs) : undefined
    const next = change(known, { vacantSince, electsSince })
    if (outcome.againAt === undefined) timers.delete(address)
    else timers.set(address, outcome.againAt)
    if (outcome.move?.kind !== 'ready' && claims.get(address)?.state === 'ready') claims.delete(address)
    switch (outcome.move?.kind) {
      case undefined:
        break
      case 'claim': {
        const { epoch, rank, reason } = outcome.move
        const own = { epoch, rank, node: self }
        change(next, { own, last: { ...own, released: false }, vacantSince: undefined })
        publish({ address, epoch, rank, state: 'owned' }, nowMs)
        tell({ kind: 'own', address, epoch, reason })
        break
      }
      case 'lose':
        withLast(change(next, { own: undefined, leavingSince: undefined }), outcome.move.to, false)
        claims.delete(address)
        tell({ kind: 'lose', address, to: outcome.move.to })
        break
      case 'let-go':
        tell({ kind: 'let-go', address })
        break
      case 'ready':
        publish({ address, epoch: outcome.move.epoch, rank: 0, state: 'ready' }, nowMs)
        break
    }
    tellView(address, outcome.elects)
  }
  const tellView = (address: string, elects: boolean) => {
    const known = contests.get(address)
    if (!known) return
    const { last } = known
    const owner =
      last && last.node !== self && !last.released ? { epoch: last.epoch, rank: last.rank, node: last.node } : undefined
    const mark = `${elects} ${owner?.epoch} ${owner?.node}`
    if (known.told === mark) return
    known.told = mark
    tell({ kind: 'view', address, elects, owner })
  }
  const judgeAllOf = (node: string, nowMs: number) => {
    for (const address of interest.get(node) ?? []) judge(address, nowMs)
  }
  const judgeAll = (nowMs: number) => {
    for (const address of contests.keys()) judge(address, nowMs)
  }
  /** Notices who died or returned since it was last asked. */
  const judgeLife = (peer: Peer, nowMs: number) => {
    const lives = isAlive(peer, nowMs)
    if (lives === alive.has(peer.name)) return
    if (lives) {
      alive.add(peer.name)
      // It may know nothing of what happened meanwhile.
      hasten(peer, nowMs)
    } else {
      alive.delete(peer.name)
      if (!peer.isGone) count('missed')
      helloMs = firstHelloMs
      helloDue = Math.min(helloDue, nowMs + firstHelloMs)
    }
    tell({ kind: 'peer', node: peer.name, alive: lives })
    judgeAllOf(peer.name, nowMs)
  }

  /** With other keys than ours it may go on announcing, and we cannot hear it: whoever reaches the API server decides there. */
  const noticeEstranged = ({ sender = '' }: DroppedFrame, nowMs: number) => {
    const peer = byId.get(sender)
    if (peer && estranged.notice(peer.name, nowMs)) judgeAllOf(peer.name, nowMs)
  }
  /** Who is spoken with follows from the plans. */
  const replan = (nowMs: number) => {
    isStale = false
    const wanted = peersOf(
      self,
      Array.from(contests.values(), ({ plan, own, last }) => ({
        candidates: plan.candidates,
        owner: own ? self : (plan.known?.node ?? last?.node),
      })),
    )
    for (const [name, peer] of peers) {
      if (wanted.has(name)) continue
      peers.delete(name)
      byId.delete(peer.id)
      alive.delete(name)
    }
    for (const name of wanted) {
      if (peers.has(name)) continue
      const peer = createPeer(name, nodeId(name), nowMs)
      peers.set(name, peer)
      byId.set(peer.id, peer)
      helloMs = firstHelloMs
      helloDue = Math.min(helloDue, nowMs)
    }
    interest.clear()
    for (const { plan } of contests.values()) {
      for (const node of [...plan.candidates, plan.known?.node ?? '']) {
        if (!peers.has(node)) continue
        const addresses = interest.get(node) ?? new Set()
        interest.set(node, addresses.add(plan.address))
      }
    }
    intervalMs = intervalFor(peers.size)
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
  const noticePause = (nowMs: number) => {
    if (contests.size === 0) {
      lastTurn = undefined
      return
    }
    const passed = nowMs - (lastTurn ?? nowMs)
    if (lastTurn === undefined) listenUntil = nowMs + windowMs()
    lastTurn = nowMs
    if (passed <= 2 * intervalMs) return
    listenUntil = nowMs + windowMs()
    // Nobody is dead because we did not listen.
    for (const peer of peers.values()) if (alive.has(peer.name)) peer.heardAt = nowMs
    tell({ kind: 'paused', forMs: Math.round(passed) })
  }
  const learn = (peer: Peer, entry: ClaimEntry, nowMs: number) => {
    const known = contests.get(entry.address)
    if (!known) return
    if (entry.state !== 'ready') {
      const claim = { epoch: entry.epoch, rank: entry.rank, node: peer.name }
      withLast(known, claim, entry.state === 'released')
      // It does not know yet that somebody is before it.
      if (known.own && entry.state === 'owned' && beats(known.own, claim)) hasten(peer, nowMs)
    }
    judge(entry.address, nowMs)
  }
  const disown = (known: Contest, nowMs: number) => {
    if (!known.own) return
    const { epoch, rank } = known.own
    change(known, { own: undefined, leavingSince: undefined, last: { ...known.own, released: true } })
    publish({ address: known.plan.address, epoch, rank, state: 'released' }, nowMs)
  }
  const enter = (plan: AddressPlan, nowMs: number) => {
    const old = contests.get(plan.address)
    const sameCandidates = old?.plan.candidates.join(' ') === plan.candidates.join(' ')
    const sameKnown = old?.plan.known?.epoch === plan.known?.epoch && old?.plan.known?.node === plan.known?.node
    if (!sameCandidates || !sameKnown) isStale = true
    let next: Contest = {
      own: undefined,
      last: undefined,
      vacantSince: undefined,
      electsSince: undefined,
      told: '',
      ...old,
      plan,
      since: old && sameCandidates && old.plan.able === plan.able ? old.since : nowMs,
      knownSince: old && sameKnown ? old.knownSince : nowMs,
      leavingSince: old?.own && !plan.candidates.includes(self) ? (old.leavingSince ?? nowMs) : undefined,
    }
    contests.set(plan.address, next)
    if (plan.able && !old?.plan.able) {
      // A link may have come up: whoever has the address must have the chance to say so within the window.
      helloMs = firstHelloMs
      helloDue = Math.min(helloDue, nowMs)
    }
    const { known, holds } = plan
    // What we had before this process began: we come last now.
    if (known?.node === self && holds === undefined && !next.own) next = withLast(next, { ...known, rank: 0 }, false)
    if (holds === undefined || next.own) return
    const { last } = next
    if (last && !last.released && last.node !== self && last.epoch >= holds) {
      tell({ kind: 'lose', address: plan.address, to: last })
      return
    }
    const own = { epoch: holds, rank: Math.max(plan.candidates.indexOf(self), 0), node: self }
    isStale = true
    change(next, { own, last: { ...own, released: false }, vacantSince: undefined })
    publish({ address: plan.address, epoch: own.epoch, rank: own.rank, state: 'owned' }, nowMs)
  }

  return {
    useKeys(next, nowMs) {
      const begins = !keys && next
      keys = next
      if (begins) lastTurn = undefined
      for (const peer of peers.values()) judgeLife(peer, nowMs)
      judgeAll(nowMs)
    },
    useMac: next => void (mac = next),
    plan(plans, nowMs) {
      for (const each of plans) {
        enter(each, nowMs)
        unjudged.add(each.address)
      }
    },
    forget(address, nowMs) {
      const known = contests.get(address)
      if (!known) return
      disown(known, nowMs)
      claims.delete(address)
      contests.delete(address)
      timers.delete(address)
      isStale = true
    },
    useLease(node, lives, nowMs) {
      if (leases.get(node) === lives) return
      leases.set(node, lives)
      judgeAllOf(node, nowMs)
    },
    release(address, nowMs) {
      const known = contests.get(address)
      if (known) disown(known, nowMs)
    },
    receive(bytes, nowMs) {
      if (!keys) {
        count('no-key')
        return
      }
      noticePause(nowMs)
      const frame = decodeFrame(bytes, keys)
      const drop = 'drop' in frame ? frame.drop : frame.sender === ourId ? 'own-frame' : undefined
      if (drop || 'drop' in frame) {
        count(drop ?? 'malformed')
        if ('drop' in frame) noticeEstranged(frame, nowMs)
        return
      }
      const peer = byId.get(frame.sender)
      if (!peer || (frame.kind !== 'hello' && frame.target !== ourId)) {
        count(peer ? 'not-to-us' : 'stranger')
        return
      }
      const admission = admit(peer, frame, { mac: sourceOf(bytes), boot, nowMs, random })
      if ('drop' in admission) {
        count(admission.drop)
        return
      }
      count('received')
      const news = peer.held.take(frame)
      judgeLife(peer, nowMs)
      for (const entry of news) learn(peer, entry, nowMs)
      // What it does not say any more, or says now for the first time in full, may decide.
      if (admission.isNewProcess) judgeAllOf(peer.name, nowMs)
    },
    work(nowMs) {
      if (!keys) return
      noticePause(nowMs)
      if (isStale) replan(nowMs)
      for (const peer of peers.values()) judgeLife(peer, nowMs)
      for (const node of estranged.expire(nowMs)) judgeAllOf(node, nowMs)
      for (const address of unjudged) judge(address, nowMs)
      unjudged.clear()
      for (const [address, at] of timers) if (at <= nowMs) judge(address, nowMs)
      for (const peer of peers.values()) if (peer.dueAt <= nowMs) beat(peer, nowMs)
      if (helloDue <= nowMs) hello(nowMs)
      claims.prune(() => Math.min(...Array.from(alive, name => peers.get(name)?.acked ?? 0)))
    },
    get nextDue() {
      if (!keys) return Number.POSITIVE_INFINITY
      if (isStale || unjudged.size > 0) return Number.NEGATIVE_INFINITY
      if (contests.size === 0) return Number.POSITIVE_INFINITY
      // Also without anything to do, so that a pause is noticed.
      let due = Math.min(helloDue, (lastTurn ?? Number.NEGATIVE_INFINITY) + intervalMs)
      for (const peer of peers.values()) due = Math.min(due, peer.dueAt, alive.has(peer.name) ? deathOf(peer, intervalMs) : due)
      for (const at of timers.values()) due = Math.min(due, at)
      return due
    },
    get listenUntil() {
      return listenUntil
    },
    end(nowMs) {
      for (const known of contests.values()) disown(known, nowMs)
      for (const peer of peers.values())
        if (peer.session) for (const part of claims.since(peer.acked, burst)) sendTo(peer, 'goodbye', part)
    },
  }
}
