// Waiting for a condition of another process, with a deadline and a signal.
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from './errors.ts'

export type WaitOptions = {
  /** What is waited for, as it reads after "waited N s for". */
  readonly what: string
  /** A minute unless told: longer than anything takes on a machine that is busy with other things. */
  readonly timeoutMs?: number
  readonly everyMs?: number
  readonly signal?: AbortSignal | undefined
  /** Called on a timeout; its answer is appended to the message. */
  readonly explain?: () => string | Promise<string>
}

/** Asks `probe` again and again until it answers something truthy, and gives that. Throws LabError `not-ready` after the deadline. */
export async function waitFor<T>(probe: () => T | Promise<T>, options: WaitOptions): Promise<NonNullable<T>> {
  const { timeoutMs = 60_000 } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    options.signal?.throwIfAborted()
    const answer = await probe()
    if (answer) return answer
    if (performance.now() > deadline) {
      const why = (await options.explain?.()) ?? ''
      throw new LabError('not-ready', `waited ${Math.round(timeoutMs / 1000)} s for ${options.what}${why && `: ${why}`}`)
    }
    await sleep(options.everyMs ?? 50, undefined, options.signal ? { signal: options.signal } : {})
  }
}
