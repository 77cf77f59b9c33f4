// What all loops are handed, and what they give back: started when leading begins, stopped when it ends.
import type { Reason } from '../api/reasons.ts'
import type { Clock, Random } from '../kubernetes/clock.ts'
import type { EventInput } from '../kubernetes/events.ts'
import type { Writer } from '../kubernetes/writes.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Stores } from './stores.ts'

/** Events of the loops. A reason that docs/conditions.md does not explain does not compile. */
export interface Events {
  record(event: EventInput & { readonly reason: Reason }): void
}

/** Collaborators of every loop. */
export interface Surroundings {
  readonly stores: Stores
  readonly writer: Writer
  readonly events: Events
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
