// A clock that moves only when a test says so. Production code never imports this file.
import { sleepWith } from './clock.ts'
import type { Cancel, Clock } from './clock.ts'

export interface SimulatedClock extends Clock {
  /** Moves time forward, running what falls due in order and letting promises settle after each step. */
  advance(ms: number): Promise<void>
  /** Jumps to the next due call and runs it; false when nothing is scheduled. */
  step(): Promise<boolean>
  /** Lets everything that is ready run, without moving time. */
  settle(): Promise<void>
  /** How many calls are scheduled. */
  readonly pending: number
}

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** A clock at `startMs` (wall) whose monotonic side starts at zero. */
export function simulatedClock(startMs = Date.UTC(2026, 0, 1)): SimulatedClock {
  let elapsed = 0
  let order = 0
  const due = new Set<Due>()

  const schedule = (ms: number, run: () => void): Cancel => {
    const entry: Due = { at: elapsed + Math.max(ms, 0), order: order++, run }
    due.add(entry)
    return () => due.delete(entry)
  }
  const earliest = (): Due | undefined => {
    let first: Due | undefined
    for (const entry of due) {
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry
    }
    return first
  }
  const runNext = async (limit: number): Promise<boolean> => {
    const next = earliest()
    if (!next || next.at > limit) return false
    due.delete(next)
    elapsed = Math.max(elapsed, next.at)
    next.run()
    await settle()
    return true
  }
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    schedule,
    sleep: (ms, signal) => sleepWith(schedule, ms, signal),
    async advance(ms) {
      const target = elapsed + ms
      await settle()
      while (await runNext(target)) {
        // each turn runs one due call
      }
      elapsed = target
    },
    async step() {
      await settle()
      return runNext(Number.POSITIVE_INFINITY)
    },
    settle,
    get pending() {
      return due.size
    },
  }
}

/** Two turns of the event loop empty the microtask queue, also of chains that pass through setImmediate once. */
async function settle(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
  await new Promise<void>(resolve => setImmediate(resolve))
}
