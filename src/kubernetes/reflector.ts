// Keeps a store equal to what the API server holds: a paged list, then a watch that is resumed for ever.
import { receiving } from './arrival.ts'
import { createBackoff } from './backoff.ts'
import type { Clock, Random } from './clock.ts'
import { ApiError, isGone, messageOf } from './errors.ts'
import { listAll, watchFrom } from './list-watch.ts'
import type { Logger } from './logger.ts'
import type { KubernetesObject, Resource } from './objects.ts'
import { keyOf } from './objects.ts'
import type { WritableStore } from './store.ts'
import type { Transport } from './transport.ts'

/** For readiness and logs. Times are Clock.monotonic(). */
export interface ReflectorState {
  readonly synced: boolean
  /** When anything last arrived: a list, an event or a bookmark. */
  readonly lastActivity: number | undefined
  /** When it last asked for anything: a list or a watch begun. While this goes on, whatever is wrong is not here. */
  readonly lastAttempt: number
  /** Lists and watches begun anew after an error. */
  readonly restarts: number
  /** Full lists after the first. */
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
  /** The plural name of what it follows. */
  readonly resource: string
  readonly state: ReflectorState
  /** Resolves when everything has ended; from the call on, the store does not change any more. */
  stop(): Promise<void>
}

const firstDelayMs = 250
const longestDelayMs = 10_000

/** A watch that the server ends sooner than this without a word counts as a failure, lest we ask in a circle. */
const shortestWatchMs = 1000

/** Trouble that goes on is told again after so long. */
const repeatTroubleMs = 60_000

/** Starts at once; while the API server is away it keeps trying and says so in `state` and the log. */
export function startReflector<T extends KubernetesObject>(options: ReflectorOptions<T>): Reflector {
  const { transport, resource, store, clock, random, logger } = options
  const stopping = new AbortController()
  const signal = stopping.signal
  const receive = receiving(resource, options.prune)
  const backoff = createBackoff({ firstMs: firstDelayMs, longestMs: longestDelayMs, random })
  const state = {
    synced: false,
    lastActivity: undefined as number | undefined,
    lastAttempt: clock.monotonic(),
    restarts: 0,
    relists: 0,
    trouble: undefined as Error | undefined,
  }
  /** Where the watch goes on; undefined when a full list is needed. */
  let resourceVersion: string | undefined
  let told: { readonly message: string; readonly at: number } | undefined

  const heard = () => {
    state.lastActivity = clock.monotonic()
    if (state.trouble) logger.info({ resource: resource.plural }, 'in step with the API server again')
    state.trouble = undefined
    told = undefined
  }
  const list = async () => {
    const objects: T[] = []
    const listed = await listAll(transport, options, signal, object => objects.push(receive(object)))
    if (signal.aborted) return
    heard()
    if (state.synced) state.relists++
    store.replace(objects, signal)
    resourceVersion = listed
    state.synced ||= !signal.aborted
  }
  const watch = async (from: string) => {
    const startedAt = clock.monotonic()
    let events = 0
    try {
      for await (const event of watchFrom(transport, { ...options, resourceVersion: from, signal, onOpen: heard })) {
        if (signal.aborted) return
        events++
        heard()
        if (event.type === 'DELETED') store.remove(keyOf(event.object))
        else if (event.type !== 'BOOKMARK') store.put(receive(event.object))
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion
      }
    } finally {
      // Only a watch that lived shows that all is well: after a list that always ends in a broken watch we must slow down.
      if (events > 0 || clock.monotonic() - startedAt >= shortestWatchMs) backoff.reset()
    }
    if (events === 0 && clock.monotonic() - startedAt < shortestWatchMs) throw new Error('the watch ended at once')
  }
  const recover = async (error: unknown) => {
    state.restarts++
    // The server no longer knows what came after our resourceVersion: expected after a long absence.
    if (isGone(error)) resourceVersion = undefined
    state.trouble = error instanceof Error ? error : new Error(messageOf(error))
    const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
    const delayMs = Math.max(backoff.next(), askedMs)
    report(state.trouble.message, delayMs)
    await clock.sleep(delayMs, signal)
  }
  const report = (message: string, delayMs: number) => {
    const fields = { resource: resource.plural, restarts: state.restarts }
    const text = `${message}; trying again in ${Math.max(1, Math.round(delayMs / 1000))} s`
    const now = clock.monotonic()
    if (told?.message === message && now - told.at < repeatTroubleMs) logger.debug(fields, text)
    else {
      logger.warn(fields, text)
      told = { message, at: now }
    }
  }
  const run = async () => {
    while (!signal.aborted) {
      state.lastAttempt = clock.monotonic()
      try {
        if (resourceVersion === undefined) await list()
        else await watch(resourceVersion)
      } catch (error) {
        if (signal.aborted) return
        await recover(error).catch(() => {})
      }
    }
  }

  const stop = () => stopping.abort(new DOMException('the reflector was stopped', 'AbortError'))
  if (options.signal?.aborted) stop()
  options.signal?.addEventListener('abort', stop, { once: true })
  const ended = run().finally(() => options.signal?.removeEventListener('abort', stop))
  return {
    resource: resource.plural,
    state,
    stop() {
      stop()
      return ended
    },
  }
}
