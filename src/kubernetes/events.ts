// Events (events.k8s.io/v1) on transitions: repeats become a series, nothing is ever waited for, nothing ever throws.
import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'
import type { KubernetesObject } from './objects.ts'
import type { Transport } from './transport.ts'

export interface EventInput {
  /** The object that the event is about; apiVersion and kind must be set (list items lack them: use `about`). */
  readonly regarding: KubernetesObject
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, why. */
  readonly reason: string
  /** CamelCase, what was done or refused. */
  readonly action: string
  /** For people; cut at 1024 bytes. */
  readonly note: string
}

export interface EventRecorder {
  record(event: EventInput): void
  /** Writes what waits, for at most `graceMs`, and ends. */
  stop(graceMs?: number): Promise<void>
  /** Events dropped because too many waited or writing failed. */
  readonly dropped: number
}

export interface EventRecorderOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly logger: Logger
  /** For instance `weir.dev/controller`. */
  readonly reportingController: string
  /** The pod's name. */
  readonly reportingInstance: string
  /** Waiting events; more are dropped, the oldest first. 1000 unless told. */
  readonly capacity?: number
}

export function createEventRecorder(_options: EventRecorderOptions): EventRecorder {
  throw new Error('in work')
}
