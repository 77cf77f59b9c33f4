// The announcer as the rest of the agent sees it: say what is announced where, and hear of conflicts.
import { closeSync, writeSync } from 'node:fs'
import { MessageChannel, Worker } from 'node:worker_threads'
import { openCounters } from './counters.ts'
import type { Counters, Counts } from './counters.ts'
import { formatMac, parseMac } from './mac.ts'
import type { NumberedOrder, Order, Report, WorkerStart } from './protocol.ts'

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
  /** IPv4 as an unsigned 32-bit number. */
  readonly address: number
  readonly mac: string
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
  /** The process had been stopped for so long; answers are held back for a moment. */
  readonly onPause?: (forMs: number) => void
  /** The worker died: nothing is announced any more. The announcer is of no more use; end the process. */
  readonly onFailure: (error: Error) => void
}

export interface Announcer extends AsyncDisposable {
  /**
   * From now on exactly these addresses (IPv4 as unsigned 32-bit numbers) are announced on the interface; none closes it.
   * What is new is announced to the segment at once and repeated; when index or MAC changed, so is everything else.
   * Resolves when it is so: an address left out is answered no more.
   */
  set(on: AnnouncingInterface, addresses: ReadonlySet<number>): Promise<void>
  /** Tells the segment again about those of the addresses that are announced there: after a link came up, to defend them. */
  repeat(interfaceName: string, addresses: Iterable<number>): Promise<void>
  /** By interface, since the first time something was announced there. */
  counts(): ReadonlyMap<string, Counts>
}

interface Segment {
  readonly index: number
  readonly mac: string
  readonly addresses: ReadonlySet<number>
}

const stopMs = 1000
const wakeValue = Buffer.from(new BigUint64Array([1n]).buffer)

/** Starts the worker; rejects when it cannot run (no native library for this machine). Sockets are opened by `set`. */
export async function createAnnouncer(options: AnnouncerOptions): Promise<Announcer> {
  const { port1: port, port2 } = new MessageChannel()
  const start: WorkerStart = { port: port2 }
  const worker = new Worker(options.workerUrl, {
    workerData: start,
    transferList: [port2],
    // Frames and numbers only: small heaps, so that the thread does not cost what a second process would.
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 },
  })
  const segments = new Map<string, Segment>()
  const counters = new Map<string, Counters>()
  const waiting = new Map<number, PromiseWithResolvers<void>>()
  const ready = Promise.withResolvers<number>()
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
    if (wakeFd !== undefined && !stopping) options.onFailure(error)
  }
  const hear = (report: Report) => {
    switch (report.kind) {
      case 'ready':
        ready.resolve(report.wakeFd)
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

  wakeFd = await ready.promise
  return {
    async set({ name, index, mac }, addresses) {
      const old = segments.get(name)
      if (addresses.size === 0) {
        if (!old) return
        segments.delete(name)
        await give({ kind: 'close', name })
        return
      }
      const bytes = parseMac(mac)
      if (!bytes) throw new TypeError(`${name} has no usable MAC address: ${JSON.stringify(mac)}`)
      const gone = [...(old?.addresses ?? [])].filter(address => !addresses.has(address))
      const fresh = [...addresses].filter(address => !old?.addresses.has(address))
      segments.set(name, { index, mac, addresses: new Set(addresses) })
      const orders: Promise<void>[] = []
      if (gone.length > 0) orders.push(give({ kind: 'withdraw', name, addresses: gone }))
      if (old?.index !== index || old.mac !== mac) {
        orders.push(give({ kind: 'open', place: { name, index, mac: bytes }, counters: countersOf(name).memory }))
      }
      if (fresh.length > 0) orders.push(give({ kind: 'announce', name, addresses: fresh }))
      await Promise.all(orders)
    },
    async repeat(name, addresses) {
      if (segments.has(name)) await give({ kind: 'repeat', name, addresses: [...addresses] })
    },
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
