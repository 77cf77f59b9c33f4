// Sending a request again: what may be repeated, when, and after how long.
import pRetry from 'p-retry'
import type { Clock, Random } from './clock.ts'
import { ApiError, UnreachableError } from './errors.ts'

/**
 * When a failed request is sent again.
 *
 * - `idempotent`: after everything transient (reset, timeout, 429, 5xx), also when the server may have acted already. For
 *   reads, and for writes that carry uid and resourceVersion: if the first attempt did arrive, the second one meets another
 *   resourceVersion and fails with a Conflict, which sends the caller back to read. It cannot act twice.
 * - `unsent`: only when the server surely did not act: no connection was made, or it turned the request away (429).
 * - `never`: whoever has a deadline of its own, such as a lease.
 */
export type RetryPolicy = 'idempotent' | 'unsent' | 'never'

export interface RetryOptions {
  readonly policy: RetryPolicy
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal | undefined
  readonly onRetry: (error: Error) => void
}

/** Four repetitions within some three seconds; what lasts longer is the caller's queue's business. */
const repetitions = 4
const firstDelayMs = 200
const longestDelayMs = 5000

/** A server that asks for a longer pause is obeyed by giving up: the error carries the time to whoever schedules. */
const longestObeyedMs = 10_000

/** Runs `attempt` until it succeeds or must not be repeated. */
export function retrying<T>(attempt: () => Promise<T>, { policy, clock, random, signal, onRetry }: RetryOptions): Promise<T> {
  if (policy === 'never') return attempt()
  return pRetry(attempt, {
    retries: repetitions,
    // The waiting is done below, by our clock and by what the server asks for.
    minTimeout: 0,
    ...(signal && { signal }),
    shouldRetry: async ({ error, retriesConsumed }) => {
      if (!mayRepeat(error, policy)) return false
      const delayMs = delayBefore(error, retriesConsumed, random)
      if (delayMs > longestObeyedMs) return false
      onRetry(error)
      await clock.sleep(delayMs, signal)
      return true
    },
  })
}

export function mayRepeat(error: unknown, policy: RetryPolicy): boolean {
  if (policy === 'never') return false
  if (error instanceof UnreachableError) return policy === 'idempotent' || error.unsent
  if (!(error instanceof ApiError)) return false
  // Turned away before it was looked at (API priority and fairness).
  if (error.code === 429) return true
  return policy === 'idempotent' && error.code >= 500 && error.code !== 501 && error.code !== 505
}

function delayBefore(error: unknown, retriesConsumed: number, random: Random): number {
  const backoffMs = jittered(Math.min(firstDelayMs * 2 ** retriesConsumed, longestDelayMs), random)
  const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
  return askedMs > 0 ? askedMs + random() * firstDelayMs : backoffMs
}

/** Between half of `ms` and all of it, so that many who failed together do not come back together. */
export function jittered(ms: number, random: Random): number {
  return ms * (0.5 + 0.5 * random())
}
