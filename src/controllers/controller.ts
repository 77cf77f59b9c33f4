// What all loops are handed, and what they give back: started when leading begins, stopped when it ends.
import type { Clock, Random } from '../kubernetes/clock.ts'
import type { EventRecorder } from '../kubernetes/events.ts'
import type { Writer } from '../kubernetes/writes.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Stores } from './stores.ts'

/** Collaborators of every loop. */
export interface Surroundings {
  readonly stores: Stores
  readonly writer: Writer
  readonly events: EventRecorder
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
}

/** A loop at work. It writes only between its start and the end of `stop`. */
export interface Controller {
  readonly name: string
  /** Takes no new work and lets the work under way end, at most for `graceMs`. */
  stop(graceMs: number): Promise<void>
}
