// Leader election on a Lease: at most one process leads, and it stops before its lease can be taken by another.
import type { Clock, Random } from './clock.ts'
import type { Logger } from './logger.ts'
import type { Transport } from './transport.ts'

export interface ElectionOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly namespace: string
  readonly name: string
  /** Unique per process, for instance `pod-name_uuid`. */
  readonly identity: string
  /** How long others wait after the last change they saw. 15 s unless told; whole seconds. */
  readonly leaseDurationMs?: number
  /** A leader that has not renewed for so long stops leading. 10 s unless told; less than leaseDurationMs. */
  readonly renewDeadlineMs?: number
  /** Between two tries. 2 s unless told. */
  readonly retryPeriodMs?: number
  /** Works as leader until the signal aborts. When it returns or throws, the lease is released and the election ends. */
  readonly lead: (signal: AbortSignal) => Promise<void>
  /** Told who leads whenever that changes. */
  readonly onLeader?: (identity: string) => void
  readonly signal: AbortSignal
}

/**
 * Takes part until `signal` aborts or `lead` ends. A leader that loses the lease waits for `lead` to end and then
 * stands again. Resolves after the lease was released; rejects with what `lead` threw.
 */
export async function electLeader(_options: ElectionOptions): Promise<void> {
  throw new Error('in work')
}
