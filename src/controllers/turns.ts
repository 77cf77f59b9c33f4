// Something that is done again and again while the controller leads, with a pause between; a failure waits for the next turn.
import type { Clock, Random } from '../kubernetes/clock.ts'
import { isAbort } from '../kubernetes/errors.ts'
import type { Log } from '../observability/log.ts'
import type { Controller } from './controller.ts'

export interface TurnsOptions {
  readonly name: string
  /** Mean pause before each turn; each is between half and one and a half of it. */
  readonly intervalMs: () => number
  readonly turn: (signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export function startTurns({ name, intervalMs, turn, clock, random, log }: TurnsOptions): Controller {
  const ending = new AbortController()
  const { signal } = ending
  const run = async () => {
    while (!signal.aborted) {
      // Ended by the signal alone, which the loop looks at.
      await clock.sleep(intervalMs() * (0.5 + random()), signal).catch(() => {})
      if (signal.aborted) return
      try {
        await turn(signal)
      } catch (error) {
        if (!isAbort(error, signal)) log.warn({ turn: name, error }, 'a turn failed')
      }
    }
  }
  const running = run()
  return {
    name,
    stop: async () => {
      ending.abort(new Error(`${name} was stopped`))
      await running
    },
  }
}
