// Keeps one Lease renewed as a sign of life, for instance one per node.
import type { Clock, Random } from './clock.ts'
import { formatMicroTime } from './conditions.ts'
import { isNotFound, messageOf } from './errors.ts'
import { createLease, patchLease, renewed } from './lease-writes.ts'
import type { Logger } from './logger.ts'
import type { OwnerReference } from './objects.ts'
import { jittered } from './retry.ts'
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
  /** Of a lease that is created. */
  readonly labels?: Readonly<Record<string, string>>
  /**
   * The owners as they are now, asked for at each renewal: an owner that was deleted and made anew has another uid, and the
   * garbage collector deletes a lease that names the old one. Undefined changes nothing.
   */
  readonly ownerReferences?: () => readonly OwnerReference[] | undefined
}

export interface LeaseKeeper {
  /** Clock.monotonic() from before the last renewal that succeeded; undefined before the first. */
  readonly lastSuccess: number | undefined
  /** Ends renewing. With `release`, clears the holder so that others need not wait. */
  stop(options?: { readonly release?: boolean }): Promise<void>
}

/** Creates or renews the lease now and every `intervalMs`, whatever fails in between. */
export function keepLease(options: LeaseKeeperOptions): LeaseKeeper {
  const { transport, clock, random, logger, namespace, name, identity, durationMs, intervalMs, labels } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const place = { namespace, name }
  const timeoutMs = Math.min(intervalMs, durationMs / 3)
  let lastSuccess: number | undefined

  const renew = async () => {
    const since = clock.monotonic()
    const spec = renewed(identity, durationMs, clock.now())
    const ownerReferences = options.ownerReferences?.()
    const owned = { ...place, ...(ownerReferences && { ownerReferences }) }
    try {
      await patchLease(transport, owned, spec, { timeoutMs, signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
      const metadata = { ...owned, ...(labels && { labels }) }
      await createLease(transport, metadata, { ...spec, acquireTime: formatMicroTime(clock.now()) }, { timeoutMs, signal })
    }
    lastSuccess = since
  }
  const run = async () => {
    while (!signal.aborted) {
      const startedAt = clock.monotonic()
      let pauseMs = intervalMs
      try {
        await renew()
      } catch (error) {
        if (signal.aborted) return
        // Sooner than the next turn, and not in step with other nodes that met the same failure.
        pauseMs = jittered(intervalMs / 2, random)
        logger.warn({ lease: name, error: messageOf(error) }, 'could not renew the lease; trying again')
      }
      await clock.sleep(Math.max(0, pauseMs - (clock.monotonic() - startedAt)), signal).catch(() => {})
    }
  }
  const ended = run()
  return {
    get lastSuccess() {
      return lastSuccess
    },
    async stop({ release = false } = {}) {
      stopping.abort(new DOMException('the lease is no longer kept', 'AbortError'))
      await ended
      if (!release) return
      const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: formatMicroTime(clock.now()) }
      await patchLease(transport, place, spec, { timeoutMs }).catch((error: unknown) => {
        logger.debug({ lease: name, error: messageOf(error) }, 'could not release the lease')
      })
    },
  }
}
