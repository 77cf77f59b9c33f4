// One interface in the worker: its sockets, the addresses announced there, and the answers given.
import { isIpv6 } from './address-key.ts'
import type { AddressKey } from './address-key.ts'
import { announcementFrames, answerArp, requestFrame } from './arp.ts'
import { openCounters } from './counters.ts'
import type { CounterName } from './counters.ts'
import { arpFilter, ipv6Filter, packetLength, pingFilter } from './filter.ts'
import { openGroupSocket } from './group-socket.ts'
import { keepSocket } from './kept-socket.ts'
import type { KeptSocket } from './kept-socket.ts'
import type { SocketError } from './socket-error.ts'
import type { MacAddress } from './mac.ts'
import { advertisementFrame, answerNdp, solicitationFrame } from './ndp.ts'
import { etherTypeArp, etherTypeIpv4, etherTypeIpv6, openPacketSocket } from './packet-socket.ts'
import type { PacketTask } from './packet-task.ts'
import { answerPing4, answerPing6 } from './ping.ts'
import type { PingVerdict } from './ping.ts'
import { claimsOf, createProbes } from './probes.ts'
import type { AddressList, Report, SegmentPlace, WorkerSettings } from './protocol.ts'
import { createRefresh } from './refresh.ts'
import { claimRounds, createRounds } from './rounds.ts'
import { createSolicitedGroups } from './solicited-groups.ts'
import type { UnclaimedDrop } from './unclaimed-drop.ts'

export interface Segment extends PacketTask {
  /** Follows the interface to another index or MAC. */
  move(place: SegmentPlace, nowMs: number): void
  announce(addresses: AddressList, nowMs: number): void
  withdraw(addresses: AddressList): void
  /** All rounds again, of what is announced. */
  repeat(addresses: AddressList, nowMs: number): void
  /** One announcement, of what is announced. */
  defend(addresses: AddressList): void
  /** Asks whether somebody has an address that is not announced; the answer is a report. */
  probe(address: AddressKey, nowMs: number): void
  /** Something about the network changed: what could not be opened is tried now. */
  retry(nowMs: number): void
}

export interface SegmentOptions {
  readonly place: SegmentPlace
  readonly memory: SharedArrayBuffer
  readonly settings: WorkerSettings
  readonly tell: (report: Report) => void
  readonly drop: UnclaimedDrop | undefined
  readonly random: () => number
  /**
   * Asked right before each frame that says who has an address. When it says no the process stood still, in the middle of a turn
   * perhaps: what waits is old, others may have acted meanwhile, and nothing is answered.
   */
  readonly maySpeak: () => boolean
}

/** Addresses announced before requests are looked at again: a claim of thousands must not keep anybody waiting. */
const announceBatch = 32
const conflictReportMs = 1000
const rejoinMs = 1000

type Socket = 'arp' | 'ipv6' | 'ping'

export function openSegment({ place: first, memory, settings, tell, drop, random, maySpeak }: SegmentOptions): Segment {
  const counters = openCounters(memory)
  const announced = new Set<AddressKey>()
  const rounds = createRounds(claimRounds)
  const refresh = createRefresh({ everyMs: settings.refreshMs, random })
  const probes = createProbes(random)
  const groups = createSolicitedGroups({ open: openGroupSocket }, first.index)
  const conflictsTold = new Map<AddressKey, number>()
  const sockets = new Map<Socket, KeptSocket>()
  let sources: readonly KeptSocket[] = []
  const failing = new Map<Socket | 'groups', { readonly code: string; readonly message: string }>()
  const buffer = new Uint8Array(packetLength)
  let place = first
  let rejoinAt: number | undefined
  let troubled = false

  /** Trouble is told once per interface, whatever of it fails. */
  const tellTrouble = () => {
    const [trouble] = failing.values()
    if (trouble && !troubled) tell({ kind: 'trouble', name: place.name, ...trouble })
    else if (!trouble && troubled) tell({ kind: 'recovered', name: place.name })
    troubled = trouble !== undefined
  }
  const noteTrouble = (what: Socket | 'groups', error: SocketError | undefined) => {
    if (error) failing.set(what, { code: error.code, message: error.message })
    else failing.delete(what)
    tellTrouble()
  }
  const open = (which: Socket, handle: (frame: Uint8Array, nowMs: number) => void, nowMs: number) => {
    if (sockets.has(which)) return
    const kept = keepSocket(
      {
        open: () => openPacketSocket({ interfaceIndex: place.index, ...socketOptions(which, settings.ping) }),
        handle,
        maySpeak,
        onReceiveError: () => counters.add('receive-failed'),
        onChange: error => noteTrouble(which, error),
        buffer,
      },
      nowMs,
    )
    sockets.set(which, kept)
    sources = [...sockets.values()]
  }
  const openFor = (address: AddressKey, nowMs: number) => {
    if (isIpv6(address)) {
      open('ipv6', handleIpv6, nowMs)
      return
    }
    open('arp', handleArp, nowMs)
    if (settings.ping) open('ping', handlePing4, nowMs)
  }
  const join = (address: AddressKey, nowMs: number) => {
    if (!isIpv6(address)) return
    groups.add(address)
    noteGroups(nowMs)
  }
  const noteGroups = (nowMs: number) => {
    const { trouble } = groups
    rejoinAt = trouble && nowMs + rejoinMs
    if (trouble || failing.has('groups')) noteTrouble('groups', trouble)
  }
  const leave = (address: AddressKey) => {
    if (isIpv6(address)) groups.remove(address)
  }

  /** A frame that cannot be sent is lost, as on any wire: who asks asks again, and announcements are repeated. */
  const send = (which: Socket, frame: Uint8Array, counted: CounterName) => {
    if (sockets.get(which)?.send(frame)) counters.add(counted)
    else counters.add('send-failed')
  }
  const sendAnnouncement = (address: AddressKey) => {
    if (isIpv6(address)) send('ipv6', advertisementFrame({ self: place.mac, address }), 'ndp-announcements')
    else for (const frame of announcementFrames(place.mac, address)) send('arp', frame, 'announcements')
  }
  const sendProbe = (address: AddressKey) => {
    if (isIpv6(address)) send('ipv6', solicitationFrame({ from: place.mac, senderIp: 0n, target: address }), 'probes')
    else send('arp', requestFrame({ from: place.mac, senderIp: 0, targetIp: address }), 'probes')
  }
  const tellConflict = (address: AddressKey, mac: MacAddress, nowMs: number) => {
    counters.add('conflicts')
    if (nowMs < (conflictsTold.get(address) ?? Number.NEGATIVE_INFINITY) + conflictReportMs) return
    conflictsTold.set(address, nowMs)
    tell({ kind: 'conflict', name: place.name, address, mac })
  }
  const heedProbes = (frame: Uint8Array) => {
    if (probes.size === 0) return
    for (const { address, mac, asks } of claimsOf(frame, place.mac)) {
      if (asks) probes.contend(address)
      else probes.answer(address, mac.slice())
    }
  }
  const handleArp = (frame: Uint8Array, nowMs: number) => {
    heedProbes(frame)
    const verdict = answerArp(frame, place.mac, announced)
    if ('conflict' in verdict) tellConflict(verdict.conflict.address, verdict.conflict.mac, nowMs)
    else if ('drop' in verdict) counters.add(verdict.drop)
    else if (!maySpeak()) counters.add('stale')
    else {
      counters.add('requests')
      send('arp', verdict.reply, 'replies')
    }
  }
  const handleIpv6 = (frame: Uint8Array, nowMs: number) => {
    if (frame[54] === 128) {
      finishPing('ipv6', answerPing6(frame, place.mac, announced))
      return
    }
    heedProbes(frame)
    const verdict = answerNdp(frame, place.mac, announced)
    if ('conflict' in verdict) tellConflict(verdict.conflict.address, verdict.conflict.mac, nowMs)
    else if ('drop' in verdict) counters.add(`ndp-${verdict.drop}`)
    else if (!maySpeak()) counters.add('stale')
    else {
      counters.add('ndp-requests')
      send('ipv6', verdict.reply, 'ndp-replies')
    }
  }
  const handlePing4 = (frame: Uint8Array) => finishPing('ping', answerPing4(frame, place.mac, announced))
  const finishPing = (which: Socket, verdict: PingVerdict) => {
    if ('drop' in verdict) counters.add(`ping-${verdict.drop}`)
    else if (!maySpeak()) counters.add('stale')
    else {
      counters.add('ping-requests')
      send(which, verdict.reply, 'ping-replies')
    }
  }
  const tellProbed = (address: AddressKey, result: Extract<Report, { kind: 'probed' }>['result']) =>
    tell({ kind: 'probed', name: place.name, address, result })
  const workProbes = (nowMs: number) => {
    if (probes.size === 0) return
    const { ask, results } = probes.take(nowMs, announceBatch)
    for (const address of ask) sendProbe(address)
    for (const { address, owner, contended } of results) {
      if (!announced.has(address)) leave(address)
      const trouble = failing.get(isIpv6(address) ? 'ipv6' : 'arp')
      const unknown = trouble?.message ?? (contended ? 'another station asks for it as well' : undefined)
      tellProbed(address, unknown !== undefined && !owner ? { unknown } : { owner })
    }
  }

  return {
    get sources() {
      return sources
    },
    move(next, nowMs) {
      const moved = next.index !== place.index
      place = next
      if (moved) {
        for (const socket of sockets.values()) socket.reopen(nowMs)
        groups.reopen(next.index)
        noteGroups(nowMs)
      }
      for (const address of announced) rounds.start(address, nowMs)
    },
    announce(addresses, nowMs) {
      for (const address of addresses) {
        openFor(address, nowMs)
        if (!announced.has(address) && !probes.has(address)) join(address, nowMs)
        announced.add(address)
        drop?.add(place.name, address)
        rounds.start(address, nowMs)
        refresh.restart(address, nowMs + claimRounds.count * claimRounds.intervalMs)
      }
    },
    withdraw(addresses) {
      for (const address of addresses) {
        if (announced.delete(address) && !probes.has(address)) leave(address)
        drop?.remove(place.name, address)
        rounds.stop(address)
        refresh.stop(address)
        conflictsTold.delete(address)
      }
    },
    repeat(addresses, nowMs) {
      for (const address of addresses) if (announced.has(address)) rounds.start(address, nowMs)
    },
    defend(addresses) {
      for (const address of addresses) {
        if (!announced.has(address) || !maySpeak()) continue
        counters.add('defences')
        sendAnnouncement(address)
      }
    },
    probe(address, nowMs) {
      openFor(address, nowMs)
      if (!announced.has(address) && !probes.has(address)) join(address, nowMs)
      probes.start(address, nowMs)
    },
    retry(nowMs) {
      for (const socket of sockets.values()) socket.retry(nowMs)
      if (rejoinAt !== undefined) rejoinAt = nowMs
    },
    work(nowMs) {
      for (const socket of sockets.values()) socket.work(nowMs)
      if (rejoinAt !== undefined && rejoinAt <= nowMs) {
        groups.retry()
        noteGroups(nowMs)
      }
      if (!maySpeak()) return
      workProbes(nowMs)
      const due = rounds.take(nowMs, announceBatch)
      for (const address of [...due, ...refresh.take(nowMs, announceBatch - due.length)]) {
        if (maySpeak()) sendAnnouncement(address)
        else rounds.start(address, nowMs)
      }
    },
    get nextDue() {
      const moments = [rounds.nextDue, refresh.nextDue, probes.nextDue, rejoinAt]
      for (const socket of sockets.values()) moments.push(socket.nextDue)
      let earliest: number | undefined
      for (const at of moments) if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at
      return earliest
    },
    [Symbol.dispose]() {
      for (const address of announced) drop?.remove(place.name, address)
      for (const address of probes.addresses()) tellProbed(address, { unknown: 'the interface was closed' })
      for (const socket of sockets.values()) socket[Symbol.dispose]()
      groups[Symbol.dispose]()
    },
  }
}

function socketOptions(which: Socket, ping: boolean) {
  if (which === 'arp') return { etherType: etherTypeArp, filter: arpFilter }
  if (which === 'ping') return { etherType: etherTypeIpv4, filter: pingFilter }
  return { etherType: etherTypeIpv6, filter: ipv6Filter({ ping }) }
}
