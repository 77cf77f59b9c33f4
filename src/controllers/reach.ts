// Waits for the API server at start, and tells a person why it takes so long.
import type { Clock } from '../kubernetes/clock.ts'
import { ApiError, isAbort } from '../kubernetes/errors.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { Log } from '../observability/log.ts'

export interface ReachOptions {
  readonly transport: Pick<Transport, 'request'>
  readonly clock: Clock
  readonly log: Log
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

const firstDelayMs = 2000
const longestDelayMs = 15_000

/**
 * Resolves with true once the API server answers, whatever it answers (rights may come later, and every request is tried
 * again); with false when `signal` aborts first.
 */
export async function awaitApiServer({ transport, clock, log, say, signal }: ReachOptions): Promise<boolean> {
  for (let delayMs = firstDelayMs; !signal.aborted; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    try {
      await transport.request({ path: '/version', retry: 'never', timeoutMs: 5000, signal })
      return true
    } catch (error) {
      if (isAbort(error, signal)) return false
      if (error instanceof ApiError && error.code < 500) return true
      const message = error instanceof Error ? error.message : String(error)
      say(`weir: ${message}; trying again in ${delayMs / 1000} s.`)
      log.warn({ error, delayMs }, 'the API server cannot be reached')
    }
    await clock.sleep(delayMs, signal).catch(() => {})
  }
  return false
}
