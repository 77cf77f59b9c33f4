// The worker's endless loop: wait for frames, orders or the next announcement; never for another thread.
import { createMemoryRelease } from './memory.ts'
import { openNetlinkSocket } from './netlink-socket.ts'
import { watchNetwork } from './network-watch.ts'
import type { ExtensionContext, MakeExtension, PacketExtension, PacketSource, PacketTask } from './packet-task.ts'
import { createPauses } from './pauses.ts'
import { createPoller } from './poller.ts'
import type { Poller, WakeUp } from './poller.ts'
import type { NumberedOrder, Order, Report, SegmentPlace, WorkerSettings } from './protocol.ts'
import { openSegment } from './segment.ts'
import type { Segment } from './segment.ts'
import { SocketError } from './socket-error.ts'
import { createUnclaimedDrop } from './unclaimed-drop.ts'
import type { UnclaimedDrop } from './unclaimed-drop.ts'

export interface PacketLoopOptions {
  readonly wakeUp: WakeUp
  readonly settings: WorkerSettings
  /** The next order that waits, if any; must not block. */
  readonly nextOrder: () => NumberedOrder | undefined
  readonly tell: (report: Report) => void
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number
  readonly random: () => number
  /** By the name that orders and reports carry; made when the first message comes for one. */
  readonly extensions?: Readonly<Record<string, MakeExtension>>
}

/** The longest wait, which bounds how long the thread can be deaf to being terminated. */
const longestWaitMs = 250
/** Orders that take longer let requests be answered before the next one. */
const orderBudgetMs = 5
/** What is due while only listening is looked at so often. */
const listenStepMs = 20

/** Runs until the order to stop. */
export function runPacketLoop(options: PacketLoopOptions): void {
  const { wakeUp, nextOrder, tell, now } = options
  using resources = new DisposableStack()
  const segments = new Map<string, Segment>()
  const extensions = new Map<string, PacketExtension>()
  const network = watchNetwork(({ lost }, nowMs) => {
    tell({ kind: 'network', lost })
    for (const segment of segments.values()) segment.retry(nowMs)
  })
  const drop = options.settings.dropUnclaimed ? openUnclaimedDrop(tell) : undefined
  if (drop) resources.use(drop)
  const tasks = (): readonly PacketTask[] => [...segments.values(), ...extensions.values(), network]
  resources.defer(() => {
    for (const task of tasks()) task[Symbol.dispose]()
  })
  let all = tasks()
  let polled: PolledSources = { poller: createPoller([wakeUp.fd]), fds: [wakeUp.fd], sources: [undefined] }
  let lastTurn = now()
  const pauses = createPauses(lastTurn)
  const maySpeak = () => pauses.maySpeak(now())
  const carryOut = createExecutor({ ...options, maySpeak }, segments, extensions, drop)
  let ordersWait = false
  tell({ kind: 'ready', wakeFd: wakeUp.fd, hearsNetwork: network.listens })

  for (;;) {
    polled = refreshed(polled, all)
    const waitMs = ordersWait ? 0 : waitFor(all, lastTurn, pauses.isListening(lastTurn))
    const ready = polled.poller.wait(waitMs)
    const turn = now()
    const pausedMs = pauses.turn(turn, lastTurn + waitMs)
    if (pausedMs !== undefined) {
      const forMs = Math.round(pausedMs)
      tell({ kind: 'paused', forMs })
      for (const extension of extensions.values()) extension.paused?.(forMs, turn)
    }
    lastTurn = turn
    for (const position of ready) polled.sources[position]?.receive(turn)
    if (ordersWait || ready.length === 0 || ready.includes(0)) {
      wakeUp.clear()
      ordersWait = false
      for (let next = nextOrder(); next; next = ordersWait ? undefined : nextOrder()) {
        if (next.order.kind === 'stop') return
        carryOut(next.order, turn)
        tell({ kind: 'done', number: next.number })
        ordersWait = now() - turn > orderBudgetMs
      }
      all = tasks()
    }
    for (const task of all) task.work(turn)
  }
}

function openUnclaimedDrop(tell: (report: Report) => void): UnclaimedDrop | undefined {
  const onRefused = (errno: number) => tell({ kind: 'drop-refused', code: new SocketError('netlink', errno).code })
  using unlessMade = new DisposableStack()
  try {
    const drop = createUnclaimedDrop({ socket: unlessMade.use(openNetlinkSocket({ groups: 0 })), onRefused })
    unlessMade.move()
    return drop
  } catch (error) {
    if (!(error instanceof SocketError)) throw error
    tell({ kind: 'drop-refused', code: error.code })
    return undefined
  }
}

function createExecutor(
  options: PacketLoopOptions & { readonly maySpeak: () => boolean },
  segments: Map<string, Segment>,
  extensions: Map<string, PacketExtension>,
  drop: UnclaimedDrop | undefined,
): (order: Exclude<Order, { kind: 'stop' }>, nowMs: number) => void {
  const { settings, tell, random, maySpeak } = options
  const release = createMemoryRelease()
  const open = (place: SegmentPlace, memory: SharedArrayBuffer): Segment => {
    const segment = openSegment({ place, memory, settings, tell, drop, random, maySpeak })
    segments.set(place.name, segment)
    return segment
  }
  const extensionOf = (name: string): PacketExtension | undefined => {
    const known = extensions.get(name)
    const make = options.extensions?.[name]
    if (known || !make) return known
    const context: ExtensionContext = {
      tell: message => tell({ kind: 'extension', name, message }),
      maySpeak,
      announce: (on, addresses, nowMs) => {
        segments.get(on)?.announce(addresses, nowMs)
        return segments.has(on)
      },
      withdraw: (on, addresses) => segments.get(on)?.withdraw(addresses),
    }
    const made = make(context)
    extensions.set(name, made)
    return made
  }
  return (order, nowMs) => {
    switch (order.kind) {
      case 'open': {
        const segment = segments.get(order.place.name)
        if (segment) segment.move(order.place, nowMs)
        else open(order.place, order.counters)
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
      case 'defend':
        segments.get(order.name)?.defend(order.addresses)
        break
      case 'probe': {
        const { place, counters, address } = order
        const segment = segments.get(place.name) ?? open(place, counters)
        segment.probe(address, nowMs)
        break
      }
      case 'release-memory':
        release()
        break
      case 'extension':
        extensionOf(order.name)?.obey(order.message, nowMs)
        break
    }
  }
}

function waitFor(tasks: readonly PacketTask[], nowMs: number, listenOnly: boolean): number {
  let wait = longestWaitMs
  for (const { nextDue } of tasks) if (nextDue !== undefined) wait = Math.min(wait, nextDue - nowMs)
  return Math.max(wait, listenOnly ? listenStepMs : 0)
}

/** A poller and what its positions stand for; position 0 is the wake-up. */
interface PolledSources {
  readonly poller: Poller
  readonly fds: readonly number[]
  readonly sources: readonly (PacketSource | undefined)[]
}

/** The same while sources and descriptors are the same, else a new one. */
function refreshed(old: PolledSources, tasks: readonly PacketTask[]): PolledSources {
  let position = 1
  let same = true
  for (const task of tasks) {
    for (const source of task.sources) {
      if (source.fd === undefined) continue
      if (old.sources[position] !== source || old.fds[position] !== source.fd) same = false
      position++
    }
  }
  if (same && position === old.fds.length) return old
  const open = tasks.flatMap(task => task.sources.filter(({ fd }) => fd !== undefined))
  const fds = [old.fds[0] ?? -1, ...open.flatMap(({ fd }) => fd ?? [])]
  return { poller: createPoller(fds), fds, sources: [undefined, ...open] }
}
