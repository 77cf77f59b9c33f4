// The worker's endless loop: wait for frames, orders or the next announcement; never for another thread.
import { createPoller } from './packet-socket.ts'
import type { Poller, WakeUp } from './packet-socket.ts'
import type { NumberedOrder, Order, Report } from './protocol.ts'
import { openSegment } from './segment.ts'
import type { Segment } from './segment.ts'

export interface PacketLoopOptions {
  readonly wakeUp: WakeUp
  /** The next order that waits, if any; must not block. */
  readonly nextOrder: () => NumberedOrder | undefined
  readonly tell: (report: Report) => void
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number
}

/** The longest wait, which bounds how long the thread can be deaf to being terminated. */
const longestWaitMs = 250
/** A turn that took so much longer than it may: the process was stopped meanwhile, and the world moved on. */
const pauseMs = 2000
/**
 * After a pause: how long only to listen. Frames of a new owner are among those that queued up, and the main thread learns
 * from the API server; both come before an answer that might be wrong.
 */
const listenMs = 1000

/** Runs until the order to stop. */
export function runPacketLoop({ wakeUp, nextOrder, tell, now }: PacketLoopOptions): void {
  using resources = new DisposableStack()
  const segments = new Map<string, Segment>()
  resources.defer(() => {
    for (const segment of segments.values()) segment[Symbol.dispose]()
  })
  let polled: PolledSegments = pollFor(wakeUp, segments)
  let lastTurn = now()
  let silentUntil = lastTurn

  for (;;) {
    polled = refreshed(polled, wakeUp, segments)
    const ready = polled.poller.wait(waitFor(segments, lastTurn))
    const turn = now()
    if (turn - lastTurn > pauseMs) {
      silentUntil = turn + listenMs
      tell({ kind: 'paused', forMs: Math.round(turn - lastTurn) })
    }
    lastTurn = turn
    const listenOnly = turn < silentUntil
    for (const position of ready) polled.segments[position]?.receive(turn, listenOnly)
    if (ready.length === 0 || ready.includes(0)) {
      wakeUp.clear()
      for (let next = nextOrder(); next; next = nextOrder()) {
        if (next.order.kind === 'stop') return
        carryOut(next.order, segments, tell, turn)
        tell({ kind: 'done', number: next.number })
      }
    }
    if (!listenOnly) for (const segment of segments.values()) segment.work(turn)
  }
}

function carryOut(
  order: Exclude<Order, { kind: 'stop' }>,
  segments: Map<string, Segment>,
  tell: (report: Report) => void,
  nowMs: number,
): void {
  switch (order.kind) {
    case 'open': {
      const segment = segments.get(order.place.name)
      if (segment) segment.move(order.place, nowMs)
      else segments.set(order.place.name, openSegment(order.place, order.counters, tell, nowMs))
      break
    }
    case 'close':
      segments.get(order.name)?.[Symbol.dispose]()
      segments.delete(order.name)
      break
    case 'announce':
      segments.get(order.name)?.announce(order.addresses, nowMs)
      break
    case 'withdraw':
      segments.get(order.name)?.withdraw(order.addresses)
      break
    case 'repeat':
      segments.get(order.name)?.repeat(order.addresses, nowMs)
      break
  }
}

function waitFor(segments: ReadonlyMap<string, Segment>, nowMs: number): number {
  let wait = longestWaitMs
  for (const { nextDue } of segments.values()) if (nextDue !== undefined) wait = Math.min(wait, nextDue - nowMs)
  return Math.max(wait, 0)
}

/** A poller and what its positions stand for; position 0 is the wake-up. */
interface PolledSegments {
  readonly poller: Poller
  readonly fds: readonly number[]
  readonly segments: readonly (Segment | undefined)[]
}

function refreshed(old: PolledSegments, wakeUp: WakeUp, segments: ReadonlyMap<string, Segment>): PolledSegments {
  let position = 1
  for (const segment of segments.values()) {
    if (segment.fd === undefined) continue
    if (old.segments[position] !== segment || old.fds[position] !== segment.fd) return pollFor(wakeUp, segments)
    position++
  }
  return position === old.fds.length ? old : pollFor(wakeUp, segments)
}

function pollFor(wakeUp: WakeUp, all: ReadonlyMap<string, Segment>): PolledSegments {
  const fds = [wakeUp.fd]
  const segments: (Segment | undefined)[] = [undefined]
  for (const segment of all.values()) {
    if (segment.fd === undefined) continue
    fds.push(segment.fd)
    segments.push(segment)
  }
  return { poller: createPoller(fds), fds, segments }
}
