// The announcer as the rest of the agent sees it: say what is announced where, and hear of conflicts.
import { closeSync, writeSync } from 'node:fs'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { AddressKey } from './address-key.ts'
import { openCounters } from './counters.ts'
import type { Counters, Counts } from './counters.ts'
import { formatMac, parseMac } from './mac.ts'
import type { NumberedOrder, Order, Report, SegmentPlace, WorkerStart } from './protocol.ts'

/** Where addresses are announced: an interface as it is now. */
export interface AnnouncingInterface {
  readonly name: string
  readonly index: number
  /** As `02:00:5e:10:00:01`. */
  readonly mac: string
}

/** Another station uses an address that we announce. */
export interface Conflict {
  readonly interface: string
  readonly address: AddressKey
  readonly mac: string
}

/** Whether an address may be used for the first time: `owner` is the MAC of the station that has it. */
export type ProbeOutcome = { readonly free: true } | { readonly owner: string }

/** Another end of an extension of the worker. */
export interface ExtensionChannel {
  tell(message: unknown): Promise<void>
}

export interface AnnouncerOptions {
  /** The worker's program: worker.ts, or what the bundler made of it. */
  readonly workerUrl: URL
  readonly onConflict: (conflict: Conflict) => void
  /** An interface cannot be listened on (and is tried again), or works again. */
  readonly onTrouble?: (
    trouble:
      | { readonly interface: string; readonly code: string; readonly message: string }
      | { readonly interface: string; readonly recovered: true },
  ) => void
  /** Links or addresses of the node changed; `lost`: indexes of interfaces that lost their carrier, even if it is back by now. */
  readonly onNetwork?: (change: { readonly lost: readonly number[] }) => void
  /** Whether echo requests to announced addresses are answered; they are unless told. */
  readonly ping?: boolean
  /** How often an address at rest is told to the segment again, 60 s unless told, give or take a quarter; 0 for never. */
  readonly refreshMs?: number
  /** Packets for announced addresses that no rule claims are dropped; they are not unless told, for it needs NET_ADMIN. */
  readonly dropUnclaimed?: boolean
  /** That is refused by the kernel. */
  readonly onDropRefused?: (code: string) => void
  /** The process had been stopped for so long; answers are held back for a moment. */
  readonly onPause?: (forMs: number) => void
  /** The worker died: nothing is announced any more. The announcer is of no more use; end the process. */
  readonly onFailure: (error: Error) => void
}

export interface Announcer extends AsyncDisposable {
  /**
   * From now on exactly these addresses are announced on the interface; none closes it.
   * What is new is announced to the segment at once and repeated; when index or MAC changed, so is everything else.
   * Resolves when it is so: an address left out is answered no more.
   */
  set(on: AnnouncingInterface, addresses: ReadonlySet<AddressKey>): Promise<void>
  /** Tells the segment again about those of the addresses that are announced there, all rounds: after a link came up. */
  repeat(interfaceName: string, addresses: Iterable<AddressKey>): Promise<void>
  /** Tells it a single time: to defend an address (RFC 5227 section 2.4). How often is up to the caller. */
  defend(interfaceName: string, addresses: Iterable<AddressKey>): Promise<void>
  /**
   * Asks the segment whether somebody has the address: three times 100 ms apart, for 300 ms in all. Meant for the first use
   * ever of an address, never for a takeover, which must not wait. Rejects when the interface cannot be listened on.
   */
  probe(on: AnnouncingInterface, address: AddressKey): Promise<ProbeOutcome>
  /** Whether `onNetwork` tells of changes; otherwise somebody has to look. */
  readonly hearsNetwork: boolean
  /** Opens the channel to an extension of the worker (see PacketExtension); `hear` gets what it tells. */
  extend(name: string, hear: (message: unknown) => void): ExtensionChannel
  /** Gives memory that only start-up needed back to the kernel; for a quiet moment. */
  releaseMemory(): Promise<void>
  /** By interface, since the first time something was announced there. */
  counts(): ReadonlyMap<string, Counts>
}

interface Segment {
  readonly index: number
  readonly mac: string
  readonly addresses: ReadonlySet<AddressKey>
}

const stopMs = 1000
/** The worker answers requests between two orders, so that thousands of addresses do not make it deaf for long. */
const addressesPerOrder = 256
const defaultRefreshMs = 60_000
const wakeValue = Buffer.from(new BigUint64Array([1n]).buffer)

/** Starts the worker; rejects when it cannot run (no native library for this machine). Sockets are opened by `set`. */
export async function createAnnouncer(options: AnnouncerOptions): Promise<Announcer> {
  const { port1: port, port2 } = new MessageChannel()
  const { ping = true, refreshMs = defaultRefreshMs, dropUnclaimed = false } = options
  const start: WorkerStart = { port: port2, settings: { ping, refreshMs, dropUnclaimed } }
  const worker = new Worker(options.workerUrl, {
    workerData: start,
    transferList: [port2],
    // Frames and numbers only: small heaps, so that the thread does not cost what a second process would.
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 1 },
  })
  const segments = new Map<string, Segment>()
  const counters = new Map<string, Counters>()
  const waiting = new Map<number, PromiseWithResolvers<void>>()
  const probing = new Map<string, Map<AddressKey, PromiseWithResolvers<ProbeOutcome>>>()
  const extensions = new Map<string, (message: unknown) => void>()
  const ready = Promise.withResolvers<{ readonly wakeFd: number; readonly hearsNetwork: boolean }>()
  let wakeFd: number | undefined
  let lastNumber = 0
  let failure: Error | undefined
  let stopping = false

  const fail = (error: Error) => {
    if (failure) return
    failure = error
    port.close()
    ready.reject(error)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    for (const probes of probing.values()) for (const { reject } of probes.values()) reject(error)
    probing.clear()
    if (wakeFd !== undefined && !stopping) options.onFailure(error)
  }
  const hear = (report: Report) => {
    switch (report.kind) {
      case 'ready':
        ready.resolve(report)
        break
      case 'done':
        waiting.get(report.number)?.resolve()
        waiting.delete(report.number)
        break
      case 'conflict':
        options.onConflict({ interface: report.name, address: report.address, mac: formatMac(report.mac) })
        break
      case 'trouble':
        options.onTrouble?.({ interface: report.name, code: report.code, message: report.message })
        break
      case 'recovered':
        options.onTrouble?.({ interface: report.name, recovered: true })
        break
      case 'probed': {
        const probe = probing.get(report.name)?.get(report.address)
        probing.get(report.name)?.delete(report.address)
        if ('unknown' in report.result) probe?.reject(new Error(`cannot be probed: ${report.result.unknown}`))
        else probe?.resolve(report.result.owner ? { owner: formatMac(report.result.owner) } : { free: true })
        break
      }
      case 'network':
        options.onNetwork?.({ lost: report.lost })
        break
      case 'drop-refused':
        options.onDropRefused?.(report.code)
        break
      case 'extension':
        extensions.get(report.name)?.(report.message)
        break
      case 'paused':
        options.onPause?.(report.forMs)
        break
    }
  }
  const exited = new Promise<void>(resolve => {
    worker.once('exit', code => {
      fail(new Error(`the packet worker ended (exit code ${code})`))
      resolve()
    })
  })
  worker.on('error', error => fail(error instanceof Error ? error : new Error(String(error))))
  port.on('message', hear)

  const give = (order: Order): Promise<void> => {
    if (failure) return Promise.reject(failure)
    const done = Promise.withResolvers<void>()
    const numbered: NumberedOrder = { number: ++lastNumber, order }
    waiting.set(numbered.number, done)
    port.postMessage(numbered)
    if (wakeFd !== undefined) writeSync(wakeFd, wakeValue)
    return done.promise
  }
  const countersOf = (name: string): Counters => {
    const known = counters.get(name) ?? openCounters()
    counters.set(name, known)
    return known
  }

  const placeOf = ({ name, index, mac }: AnnouncingInterface): SegmentPlace => {
    const bytes = parseMac(mac)
    if (!bytes) throw new TypeError(`${name} has no usable MAC address: ${JSON.stringify(mac)}`)
    return { name, index, mac: bytes }
  }

  const { hearsNetwork, ...told } = await ready.promise
  wakeFd = told.wakeFd
  return {
    hearsNetwork,
    async set(on, addresses) {
      const { name, index, mac } = on
      const old = segments.get(name)
      if (addresses.size === 0) {
        if (!old) return
        segments.delete(name)
        await give({ kind: 'close', name })
        return
      }
      const place = placeOf(on)
      const gone = [...(old?.addresses ?? [])].filter(address => !addresses.has(address))
      const fresh = [...addresses].filter(address => !old?.addresses.has(address))
      segments.set(name, { index, mac, addresses: new Set(addresses) })
      const orders: Promise<void>[] = []
      for (const part of portions(gone)) orders.push(give({ kind: 'withdraw', name, addresses: part }))
      if (old?.index !== index || old.mac !== mac) {
        orders.push(give({ kind: 'open', place, counters: countersOf(name).memory }))
      }
      for (const part of portions(fresh)) orders.push(give({ kind: 'announce', name, addresses: part }))
      await Promise.all(orders)
    },
    async repeat(name, addresses) {
      if (segments.has(name)) await give({ kind: 'repeat', name, addresses: [...addresses] })
    },
    async defend(name, addresses) {
      if (segments.has(name)) await give({ kind: 'defend', name, addresses: [...addresses] })
    },
    async probe(on, address) {
      const place = placeOf(on)
      const probes = probing.get(on.name) ?? new Map<AddressKey, PromiseWithResolvers<ProbeOutcome>>()
      probing.set(on.name, probes)
      const known = probes.get(address)
      if (known) return known.promise
      const outcome = Promise.withResolvers<ProbeOutcome>()
      probes.set(address, outcome)
      outcome.promise.catch(() => {})
      await give({ kind: 'probe', place, counters: countersOf(on.name).memory, address })
      return outcome.promise
    },
    extend(name, hear) {
      extensions.set(name, hear)
      return { tell: message => give({ kind: 'extension', name, message }) }
    },
    releaseMemory: () => give({ kind: 'release-memory' }),
    counts: () => new Map(Array.from(counters, ([name, counter]) => [name, counter.read()])),
    async [Symbol.asyncDispose]() {
      if (stopping) return exited
      stopping = true
      // Not confirmed by `done`: the end of the thread is the confirmation.
      if (!failure) give({ kind: 'stop' }).catch(() => {})
      const timer = setTimeout(() => void worker.terminate(), stopMs)
      await exited
      clearTimeout(timer)
      port.close()
      if (wakeFd !== undefined) closeSync(wakeFd)
      wakeFd = undefined
    },
  }
}

function* portions(addresses: readonly AddressKey[]): Iterable<readonly AddressKey[]> {
  for (let i = 0; i < addresses.length; i += addressesPerOrder) yield addresses.slice(i, i + addressesPerOrder)
}
