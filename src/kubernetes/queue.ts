// The work queue: keys waiting to be reconciled, each at most once in the queue and once in work.
import type { Cancel, Clock, Random } from './clock.ts'
import type { Logger } from './logger.ts'

export type Priority = 'high' | 'low'

/** What a finished piece of work asks for. Nothing: done. `againAfterMs`: look again then, without counting as a failure. */
export interface WorkOutcome {
  readonly againAfterMs?: number
  /** Of that later look; low unless told. */
  readonly priority?: Priority
}

/** Reconciles one key. What it throws is retried with backoff, unless the error's `retry` is `when-changed` or `never`. */
export type Work = (key: string, signal: AbortSignal) => Promise<WorkOutcome | void>

export interface QueueMetrics {
  depth(priority: Priority, size: number): void
  /** A key left the queue for work after waiting so long. */
  waited(priority: Priority, ms: number): void
  worked(ms: number, failed: boolean): void
  retried(): void
}

export interface QueueOptions {
  readonly name: string
  readonly work: Work
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** How many keys are in work at once; 1 unless told. */
  readonly concurrency?: number
  /** First delay after a failure; doubles up to `longestDelayMs`. Half of each delay is random. */
  readonly firstDelayMs?: number
  readonly longestDelayMs?: number
  /** One of so many picks takes a low key first, so that low is never starved; 10 unless told. */
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
  /** The same after a delay. Of several delays of one key the earliest counts. */
  addAfter(key: string, ms: number, options?: AddOptions): void
  /** Forgets failures and delayed adds of a key that is of no more interest. */
  forget(key: string): void
  /** Keys ready to be worked on. */
  readonly size: number
  /** Keys in work now. */
  readonly working: number
  /** Resolves when nothing is ready and nothing in work; delayed keys do not count. */
  idle(): Promise<void>
  /**
   * Takes no more keys, drops the waiting ones, lets the work under way end; resolves then.
   * When `graceMs` passes first, the signal of that work aborts.
   */
  drain(graceMs?: number): Promise<void>
}

export type { Cancel }

/** An empty queue that works as soon as something is added. */
export function createQueue(_options: QueueOptions): Queue {
  throw new Error('in work')
}
