// An abort signal that follows others and also fires after some time, and leaves nothing behind when it is over.
import type { Clock } from './clock.ts'

export interface AbortLimit extends Disposable {
  readonly signal: AbortSignal
  /** The time ran out, and not one of the other signals. */
  readonly timedOut: boolean
  /** Counts the time from now on. */
  readonly restart: () => void
}

/** AbortSignal.any would do, but keeps something alive on long-lived signals for every request ever made. */
export function abortAfter(clock: Clock, ms: number, signals: readonly (AbortSignal | undefined)[]): AbortLimit {
  const controller = new AbortController()
  let timedOut = false
  const followed = signals.map(signal => {
    const follow = () => controller.abort(signal?.reason)
    if (signal?.aborted) follow()
    else signal?.addEventListener('abort', follow, { once: true })
    return () => signal?.removeEventListener('abort', follow)
  })
  const start = () =>
    clock.schedule(ms, () => {
      timedOut = true
      controller.abort(new DOMException('timed out', 'TimeoutError'))
    })
  let cancel = start()
  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut
    },
    restart() {
      cancel()
      cancel = start()
    },
    [Symbol.dispose]() {
      cancel()
      for (const unfollow of followed) unfollow()
    },
  }
}
