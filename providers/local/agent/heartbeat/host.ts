// The heartbeats of all segments of a node, as the packet worker hosts them: orders in, frames and events out; no socket here.
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import type { SegmentPlace } from '../announcer/protocol.ts'
import type { AddressPlan } from './contest.ts'
import { createElection } from './election.ts'
import type { Election, ElectionEvent, HeartbeatCount } from './election.ts'

/** The name of the extension, for worker.ts and for `announcer.extend`. */
export const heartbeatExtension = 'heartbeat'

/** What the main thread tells the worker. */
export type HeartbeatOrder =
  | { readonly kind: 'keys'; readonly keys: HeartbeatKeys | undefined }
  /** Opens a segment, or follows it to another index or MAC. */
  | { readonly kind: 'open'; readonly self: string; readonly place: SegmentPlace }
  | { readonly kind: 'close'; readonly interface: string }
  | { readonly kind: 'plan'; readonly interface: string; readonly plans: readonly AddressPlan[] }
  | { readonly kind: 'forget'; readonly interface: string; readonly addresses: readonly string[] }
  /** Whose Lease lives, as far as it changed. */
  | { readonly kind: 'leases'; readonly alive: readonly (readonly [node: string, alive: boolean])[] }
  /** They are given up: the worker withdraws them first. */
  | { readonly kind: 'release'; readonly interface: string; readonly addresses: readonly string[] }
  | { readonly kind: 'end' }

export type HeartbeatCounts = ReadonlyMap<HeartbeatCount, number>

/** What the worker tells the main thread. */
export type HeartbeatReport =
  | { readonly kind: 'events'; readonly interface: string; readonly events: readonly ElectionEvent[] }
  | { readonly kind: 'counts'; readonly interface: string; readonly counts: HeartbeatCounts }
  | { readonly kind: 'trouble'; readonly interface: string; readonly code: string; readonly message: string }
  | { readonly kind: 'recovered'; readonly interface: string }

export interface HostOptions {
  readonly random: () => bigint
  readonly send: (interfaceName: string, frame: Uint8Array) => void
  readonly tell: (report: HeartbeatReport) => void
  /** Hears each event at once, before the main thread does. */
  readonly act?: (interfaceName: string, event: ElectionEvent, nowMs: number) => void
}

export interface HeartbeatHost {
  obey(order: HeartbeatOrder, nowMs: number): void
  receive(interfaceName: string, frame: Uint8Array, nowMs: number): void
  work(nowMs: number): void
  readonly nextDue: number
}

const countsEveryMs = 5000

interface Hosted {
  readonly election: Election
  readonly events: ElectionEvent[]
  readonly counts: Map<HeartbeatCount, number>
}

export function createHeartbeatHost({ random, send, tell, act }: HostOptions): HeartbeatHost {
  const segments = new Map<string, Hosted>()
  const leases = new Map<string, boolean>()
  let keys: HeartbeatKeys | undefined
  let countsDue = 0
  let now = 0

  const open = (self: string, { name, mac }: SegmentPlace) => {
    const known = segments.get(name)
    if (known) {
      known.election.useMac(mac)
      return
    }
    const events: ElectionEvent[] = []
    const counts = new Map<HeartbeatCount, number>()
    const election = createElection({
      self,
      mac,
      random,
      keys,
      send: frame => send(name, frame),
      tell(event) {
        events.push(event)
        act?.(name, event, now)
      },
      count: what => void counts.set(what, (counts.get(what) ?? 0) + 1),
    })
    for (const [node, alive] of leases) election.useLease(node, alive, now)
    segments.set(name, { election, events, counts })
  }
  const report = () => {
    for (const [name, { events, counts }] of segments) {
      if (events.length > 0) tell({ kind: 'events', interface: name, events: events.splice(0) })
      if (now >= countsDue) tell({ kind: 'counts', interface: name, counts: new Map(counts) })
    }
    if (now >= countsDue) countsDue = now + countsEveryMs
  }
  const carryOut = (order: HeartbeatOrder) => {
    switch (order.kind) {
      case 'keys':
        ;({ keys } = order)
        for (const { election } of segments.values()) election.useKeys(keys, now)
        break
      case 'open':
        open(order.self, order.place)
        break
      case 'close':
        segments.get(order.interface)?.election.end(now)
        segments.delete(order.interface)
        break
      case 'plan':
        segments.get(order.interface)?.election.plan(order.plans, now)
        break
      case 'forget':
        for (const address of order.addresses) segments.get(order.interface)?.election.forget(address, now)
        break
      case 'leases':
        for (const [node, alive] of order.alive) {
          leases.set(node, alive)
          for (const { election } of segments.values()) election.useLease(node, alive, now)
        }
        break
      case 'release':
        for (const address of order.addresses) segments.get(order.interface)?.election.release(address, now)
        break
      case 'end':
        for (const { election } of segments.values()) election.end(now)
        segments.clear()
        break
    }
  }
  return {
    obey(order, nowMs) {
      now = nowMs
      carryOut(order)
    },
    receive(name, frame, nowMs) {
      now = nowMs
      segments.get(name)?.election.receive(frame, nowMs)
    },
    work(nowMs) {
      now = nowMs
      for (const { election } of segments.values()) if (election.nextDue <= nowMs) election.work(nowMs)
      report()
    },
    get nextDue() {
      let due = Number.POSITIVE_INFINITY
      for (const { election } of segments.values()) due = Math.min(due, election.nextDue)
      return due
    },
  }
}
