// Waiting longer after each failure in a row, with half of every delay random.
import type { Random } from './clock.ts'
import { jittered } from './retry.ts'

export interface Backoff {
  /** The delay before the next try, in milliseconds. Each call doubles the following one, up to the longest. */
  next(): number
  /** It works again: the next delay is the first one. */
  reset(): void
}

export interface BackoffOptions {
  readonly firstMs: number
  readonly longestMs: number
  readonly random: Random
}

export function createBackoff({ firstMs, longestMs, random }: BackoffOptions): Backoff {
  let failures = 0
  return {
    next: () => delayAfter(++failures, { firstMs, longestMs, random }),
    reset() {
      failures = 0
    },
  }
}

/** The delay after so many failures in a row (1, 2, …). */
export function delayAfter(failures: number, { firstMs, longestMs, random }: BackoffOptions): number {
  // 2 ** 40 exceeds every limit in use; without a bound the power would become infinite.
  return jittered(Math.min(firstMs * 2 ** Math.min(failures - 1, 40), longestMs), random)
}
