// Keeps a store equal to what the API server holds: a paged list, then a watch that is resumed for ever.
import type { Clock, Random } from './clock.ts'
import type { Logger } from './logger.ts'
import type { KubernetesObject, Resource } from './objects.ts'
import type { WritableStore } from './store.ts'
import type { Transport } from './transport.ts'

/** For readiness and logs. Times are Clock.monotonic(). */
export interface ReflectorState {
  readonly synced: boolean
  /** When anything last arrived: a list, an event or a bookmark. */
  readonly lastActivity: number | undefined
  /** Watches begun anew after an error, and full lists after the first. */
  readonly restarts: number
  readonly relists: number
  /** What went wrong last, until something works again. */
  readonly trouble: Error | undefined
}

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly transport: Transport
  readonly resource: Resource<T>
  readonly store: WritableStore<T>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Ends the reflector, as stop() does. */
  readonly signal?: AbortSignal
  /** Only this namespace. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Drops what nobody reads, as objects arrive. managedFields are dropped always. */
  readonly prune?: (object: T) => T
}

export interface Reflector {
  readonly state: ReflectorState
  /** Resolves when everything has ended; from the call on, the store does not change any more. */
  stop(): Promise<void>
}

/** Starts at once; while the API server is away it keeps trying and says so in `state` and the log. */
export function startReflector<T extends KubernetesObject>(_options: ReflectorOptions<T>): Reflector {
  throw new Error('in work')
}
