// Keeps one Lease renewed as a sign of life, for instance one per node.
import type { Clock, Random } from './clock.ts'
import type { Logger } from './logger.ts'
import type { OwnerReference } from './objects.ts'
import type { Transport } from './transport.ts'

export interface LeaseKeeperOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly namespace: string
  readonly name: string
  readonly identity: string
  readonly durationMs: number
  readonly intervalMs: number
  readonly labels?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface LeaseKeeper {
  /** Clock.monotonic() from before the last renewal that succeeded; undefined before the first. */
  readonly lastSuccess: number | undefined
  /** Ends renewing. With `release`, clears the holder so that others need not wait. */
  stop(options?: { readonly release?: boolean }): Promise<void>
}

/** Creates or renews the lease now and every `intervalMs`, whatever fails in between. */
export function keepLease(_options: LeaseKeeperOptions): LeaseKeeper {
  throw new Error('in work')
}
