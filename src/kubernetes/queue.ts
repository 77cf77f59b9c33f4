// The work queue: keys waiting to be reconciled, each at most once in the queue and once in work.
import { delayAfter } from './backoff.ts'
import type { Cancel, Clock, Random } from './clock.ts'
import { messageOf } from './errors.ts'
import type { Logger } from './logger.ts'
import { createReadyList } from './ready-list.ts'
import type { Priority } from './ready-list.ts'

export type { Priority }

/** What a finished piece of work asks for. Nothing: done. `againAfterMs`: look again then, without counting as a failure. */
export interface WorkOutcome {
  readonly againAfterMs?: number
  /** Of that later look; low unless told. */
  readonly priority?: Priority
}

/**
 * Reconciles one key. What it throws is retried with backoff, and not before `retryAfterMs` of the error if it has one; an
 * error whose `retry` is `when-changed` or `never` is not retried, and after `now` the first delay is a tenth.
 */
export type Work = (key: string, signal: AbortSignal) => Promise<WorkOutcome | void>

export interface QueueMetrics {
  depth(priority: Priority, size: number): void
  /** A key left the queue for work after waiting so long. */
  waited(priority: Priority, ms: number): void
  worked(ms: number, failed: boolean): void
  retried(): void
  /** Told once: how to ask for the age of the longest waiting ready key, in milliseconds. */
  oldest?(read: () => number): void
}

export interface QueueOptions {
  readonly name: string
  readonly work: Work
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** How many keys are in work at once; 1 unless told. */
  readonly concurrency?: number
  /**
   * Once all places are taken, new keys begin only when so many places are free, and then together, so that what they have
   * in common is done once; 1 unless told. Up to there every key begins at once.
   */
  readonly step?: number
  /** First delay after a failure, 1 s unless told; doubles up to `longestDelayMs`, 5 min unless told. Half of each is random. */
  readonly firstDelayMs?: number
  readonly longestDelayMs?: number
  /** While high keys keep coming, one of so many picks takes a low one, so that low is never starved; 10 unless told. */
  readonly lowEvery?: number
  readonly metrics?: QueueMetrics
}

export interface AddOptions {
  /** High unless told. A key that waits as low is lifted by adding it as high. */
  readonly priority?: Priority
}

export interface Queue {
  /** Asks for the key to be worked on. Added during its own work, it is worked on once more after. */
  add(key: string, options?: AddOptions): void
  /** The same after a delay. Of several delays of one key the earliest counts, with the higher priority. */
  addAfter(key: string, ms: number, options?: AddOptions): void
  /** Forgets failures and delayed adds of a key that is of no more interest. */
  forget(key: string): void
  /** Keys ready to be worked on. */
  readonly size: number
  /** Keys in work now. */
  readonly working: number
  /** Keys that wait for a time. */
  readonly delayed: number
  /** How long the longest waiting ready key has waited, in milliseconds. */
  readonly oldestMs: number
  /** Resolves when nothing is ready and nothing in work; delayed keys do not count. */
  idle(): Promise<void>
  /**
   * Takes no more keys, drops the waiting ones, lets the work under way end; resolves then.
   * When `graceMs` passes first, the signal of that work aborts.
   */
  drain(graceMs?: number): Promise<void>
}

interface Delayed {
  readonly at: number
  readonly priority: Priority
  /** Put here by a failure, so that a success makes it needless. */
  readonly isRetry: boolean
  readonly cancel: Cancel
}

/** An empty queue that works as soon as something is added. */
export function createQueue(options: QueueOptions): Queue {
  const { name, work, clock, random, logger, metrics } = options
  const { concurrency = 1, step = 1, firstDelayMs = 1000, longestDelayMs = 300_000, lowEvery = 10 } = options
  const ready = createReadyList({ clock, lowEvery, onDepth: (priority, size) => metrics?.depth(priority, size) })
  metrics?.oldest?.(() => ready.oldestMs)
  /** Keys in work, with the priority they were added with again meanwhile. */
  const working = new Map<string, Priority | undefined>()
  const delayed = new Map<string, Delayed>()
  const failures = new Map<string, number>()
  const aborting = new AbortController()
  let waiters: (() => void)[] = []
  let draining = false
  let pumping = false
  let isFull = false

  const add = (key: string, priority: Priority) => {
    if (draining) return
    if (working.has(key)) {
      working.set(key, higher(working.get(key), priority))
      return
    }
    ready.add(key, priority)
    // Not within the caller: stores call listeners in the middle of a change, and a burst should be sorted by priority first.
    if (!pumping) {
      pumping = true
      queueMicrotask(pump)
    }
  }
  const delay = (key: string, ms: number, priority: Priority, isRetry: boolean) => {
    if (draining) return
    const old = delayed.get(key)
    const at = clock.monotonic() + ms
    if (old && old.at <= at && old.priority === higher(old.priority, priority) && (isRetry || !old.isRetry)) return
    old?.cancel()
    const entry = {
      at: Math.min(at, old?.at ?? at),
      priority: higher(old?.priority, priority),
      isRetry: isRetry && old?.isRetry !== false,
    }
    const cancel = clock.schedule(entry.at - clock.monotonic(), () => {
      delayed.delete(key)
      add(key, entry.priority)
    })
    delayed.set(key, { ...entry, cancel })
  }
  const undelay = (key: string) => {
    delayed.get(key)?.cancel()
    delayed.delete(key)
  }
  const pump = () => {
    pumping = false
    if (working.size <= concurrency - step) isFull = false
    while (!isFull) {
      const next = ready.take()
      if (!next) break
      metrics?.waited(next.priority, next.waitedMs)
      working.set(next.key, undefined)
      isFull = working.size >= concurrency
      void run(next.key, next.priority)
    }
    if (working.size > 0 || ready.size > 0) return
    for (const resolve of waiters.splice(0)) resolve()
  }
  const run = async (key: string, priority: Priority) => {
    const startedAt = clock.monotonic()
    let failed = false
    try {
      const outcome = await work(key, aborting.signal)
      failures.delete(key)
      if (delayed.get(key)?.isRetry) undelay(key)
      if (outcome?.againAfterMs !== undefined) delay(key, outcome.againAfterMs, outcome.priority ?? 'low', false)
    } catch (error) {
      failed = true
      retry(key, priority, error)
    }
    metrics?.worked(clock.monotonic() - startedAt, failed)
    const again = working.get(key)
    working.delete(key)
    if (again) add(key, again)
    pump()
  }
  const retry = (key: string, priority: Priority, error: unknown) => {
    const { retry = 'later', retryAfterMs = 0 } = hintsOf(error)
    const fields = { queue: name, key, error: messageOf(error) }
    if (draining) return
    if (retry === 'never' || retry === 'when-changed') {
      failures.delete(key)
      logger.warn(fields, 'work failed; waiting for a change')
      return
    }
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    const firstMs = retry === 'now' ? firstDelayMs / 10 : firstDelayMs
    const ms = Math.max(delayAfter(count, { firstMs, longestMs: longestDelayMs, random }), retryAfterMs)
    metrics?.retried()
    logger[retry === 'now' ? 'debug' : 'warn'](
      { ...fields, failures: count, afterMs: Math.round(ms) },
      'work failed; trying again',
    )
    delay(key, ms, priority, true)
  }

  return {
    add: (key, { priority = 'high' } = {}) => add(key, priority),
    addAfter: (key, ms, { priority = 'high' } = {}) => delay(key, ms, priority, false),
    forget(key) {
      failures.delete(key)
      undelay(key)
    },
    get size() {
      return ready.size
    },
    get working() {
      return working.size
    },
    get delayed() {
      return delayed.size
    },
    get oldestMs() {
      return ready.oldestMs
    },
    idle() {
      if (ready.size === 0 && working.size === 0) return Promise.resolve()
      return new Promise(resolve => waiters.push(resolve))
    },
    async drain(graceMs = 30_000) {
      draining = true
      for (const { cancel } of delayed.values()) cancel()
      delayed.clear()
      ready.clear()
      const cancel = clock.schedule(graceMs, () => aborting.abort(new DOMException('shutting down', 'AbortError')))
      await this.idle()
      cancel()
      for (const resolve of waiters.splice(0)) resolve()
    },
  }
}

function higher(one: Priority | undefined, other: Priority): Priority {
  return one === 'high' ? 'high' : other
}

/** Errors say how to go on by two fields; whatever has none is tried again later. */
function hintsOf(error: unknown): { readonly retry?: unknown; readonly retryAfterMs?: number } {
  if (!(error instanceof Error)) return {}
  const retryAfterMs = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0
  return 'retry' in error ? { retry: error.retry, retryAfterMs } : { retryAfterMs }
}
