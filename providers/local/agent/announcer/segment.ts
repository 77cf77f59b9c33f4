// One interface in the worker: its packet socket, the addresses announced there, and the answers given.
import { announcementFrames, answerArp } from './arp.ts'
import { openCounters } from './counters.ts'
import { arpFilter, snapLength } from './filter.ts'
import { etherTypeArp, openPacketSocket, PacketSocketError } from './packet-socket.ts'
import type { PacketSocket } from './packet-socket.ts'
import type { AddressList, Report, SegmentPlace } from './protocol.ts'
import { claimRounds, createRounds } from './rounds.ts'

export interface Segment extends Disposable {
  /** Of the socket; undefined while there is none. */
  readonly fd: number | undefined
  /** Follows the interface to another index or MAC. */
  move(place: SegmentPlace, nowMs: number): void
  announce(addresses: AddressList, nowMs: number): void
  withdraw(addresses: AddressList): void
  repeat(addresses: AddressList, nowMs: number): void
  /** Reads what has come and answers it; `listenOnly` looks for conflicts but answers nothing. */
  receive(nowMs: number, listenOnly: boolean): void
  /** Opens the socket anew when that is due, and sends announcements that are due. */
  work(nowMs: number): void
  /** When `work` has something to do. */
  readonly nextDue: number | undefined
}

/** Frames handled before other sockets get their turn. */
const receiveBatch = 64
/** Addresses announced before requests are looked at again: a claim of thousands must not keep anybody waiting. */
const announceBatch = 32
const reopenMs = 1000
const conflictReportMs = 1000

export function openSegment(
  first: SegmentPlace,
  memory: SharedArrayBuffer,
  tell: (report: Report) => void,
  nowMs: number,
): Segment {
  const counters = openCounters(memory)
  const announced = new Set<number>()
  const rounds = createRounds(claimRounds)
  const conflictsTold = new Map<number, number>()
  const buffer = new Uint8Array(snapLength)
  let place = first
  let socket: PacketSocket | undefined
  let reopenAt: number | undefined
  let inTrouble = false

  const close = () => {
    socket?.[Symbol.dispose]()
    socket = undefined
  }
  const fail = (error: unknown, now: number) => {
    if (!(error instanceof PacketSocketError)) throw error
    close()
    reopenAt = now + reopenMs
    if (!inTrouble) tell({ kind: 'trouble', name: place.name, code: error.code, message: error.message })
    inTrouble = true
  }
  const open = (now: number) => {
    close()
    reopenAt = undefined
    try {
      socket = openPacketSocket({ interfaceIndex: place.index, etherType: etherTypeArp, filter: arpFilter })
    } catch (error) {
      fail(error, now)
      return
    }
    if (inTrouble) tell({ kind: 'recovered', name: place.name })
    inTrouble = false
  }
  /** A frame that cannot be sent is lost, as on any wire: who asks asks again, and announcements are repeated. */
  const send = (frame: Uint8Array): boolean => {
    try {
      socket?.send(frame)
      return socket !== undefined
    } catch {
      counters.add('send-failed')
      return false
    }
  }
  const tellConflict = (address: number, mac: Uint8Array, now: number) => {
    counters.add('conflicts')
    if (now < (conflictsTold.get(address) ?? Number.NEGATIVE_INFINITY) + conflictReportMs) return
    conflictsTold.set(address, now)
    tell({ kind: 'conflict', name: place.name, address, mac })
  }
  const handle = (frame: Uint8Array, now: number, listenOnly: boolean) => {
    const verdict = answerArp(frame, place.mac, announced)
    if ('conflict' in verdict) tellConflict(verdict.conflict.address, verdict.conflict.mac, now)
    else if ('drop' in verdict) counters.add(verdict.drop)
    else if (listenOnly) counters.add('stale')
    else {
      counters.add('requests')
      if (send(verdict.reply)) counters.add('replies')
    }
  }
  /** The next frame's length; 0 when there is none or the socket failed. */
  const read = (now: number): number => {
    try {
      return socket?.receive(buffer) ?? 0
    } catch (error) {
      counters.add('receive-failed')
      // The link went down: told once by the kernel. The same socket works again when it comes up.
      if (!(error instanceof PacketSocketError && error.code === 'ENETDOWN')) fail(error, now)
      return 0
    }
  }

  open(nowMs)
  return {
    get fd() {
      return socket?.fd
    },
    move(next, now) {
      const moved = next.index !== place.index
      place = next
      if (moved) open(now)
      for (const address of announced) rounds.start(address, now)
    },
    announce(addresses, now) {
      for (const address of addresses) {
        announced.add(address)
        rounds.start(address, now)
      }
    },
    withdraw(addresses) {
      for (const address of addresses) {
        announced.delete(address)
        rounds.stop(address)
        conflictsTold.delete(address)
      }
    },
    repeat(addresses, now) {
      for (const address of addresses) if (announced.has(address)) rounds.start(address, now)
    },
    receive(now, listenOnly) {
      // Old frames are told from new ones by their being there already, so all of them are read at once.
      const most = listenOnly ? Number.POSITIVE_INFINITY : receiveBatch
      for (let count = 0; count < most; count++) {
        const length = read(now)
        if (length === 0) return
        handle(buffer.subarray(0, length), now, listenOnly)
      }
    },
    work(now) {
      if (reopenAt !== undefined && reopenAt <= now) open(now)
      if (!socket) return
      for (const address of rounds.take(now, announceBatch)) {
        for (const frame of announcementFrames(place.mac, address)) if (send(frame)) counters.add('announcements')
      }
    },
    get nextDue() {
      const due = socket ? rounds.nextDue : undefined
      return reopenAt === undefined ? due : Math.min(reopenAt, due ?? reopenAt)
    },
    [Symbol.dispose]: close,
  }
}
