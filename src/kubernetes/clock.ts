// Time as a collaborator: everything here that waits or measures is handed a Clock, so that tests can own time.

/** Undoes a scheduled call; harmless when it already ran. */
export type Cancel = () => void

export interface Clock {
  /** Wall clock in milliseconds since the epoch. For what is written into objects; never for measuring or comparing. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. For measuring, deadlines and liveness. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `run` once after `ms`. Does not keep the process alive. */
  schedule(ms: number, run: () => void): Cancel
}

/** A number in [0, 1), as Math.random gives it. */
export type Random = () => number

/** Node clamps longer delays to 1 ms, so they are cut here; whoever waits weeks looks again earlier, which is harmless. */
const longestDelayMs = 2 ** 31 - 1

/** The machine's own clock. */
export function systemClock(): Clock {
  const schedule = (ms: number, run: () => void): Cancel => {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), longestDelayMs))
    timer.unref()
    return () => clearTimeout(timer)
  }
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule,
    sleep: (ms, signal) => sleepWith(schedule, ms, signal),
  }
}

/** Builds `sleep` from `schedule`; both clocks share it. */
export function sleepWith(schedule: Clock['schedule'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = schedule(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
