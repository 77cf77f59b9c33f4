// Keeps the agent small on every node: what start-up and bursts of claims needed for a moment is given back.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface MemoryCareOptions {
  /** Gives back what is outside of the heap. */
  readonly release: () => Promise<void>
  readonly collect: () => void
  /** Bytes of the process in memory. */
  readonly residentBytes: () => number
  readonly schedule: (ms: number, run: () => void) => () => void
  readonly onError: (error: unknown) => void
}

const lookEveryMs = 15_000
const firstLookMs = 5000
/** The process may grow by so much before it is worth some milliseconds of a pause. */
const worthwhileBytes = 16 * 1024 * 1024

/** Looks now and then, and does something only when the process grew since the last time. */
export function takeCareOfMemory({ release, collect, residentBytes, schedule, onError }: MemoryCareOptions): Disposable {
  let small = 0
  let cancel: () => void
  const look = async () => {
    if (residentBytes() - small > worthwhileBytes) {
      try {
        collect()
        await release()
      } catch (error) {
        onError(error)
      }
      small = residentBytes()
    }
  }
  const repeat = (ms: number) => {
    cancel = schedule(ms, () => {
      void look()
      repeat(lookEveryMs)
    })
  }
  repeat(firstLookMs)
  return { [Symbol.dispose]: () => cancel() }
}

/**
 * Makes V8 collect everything and return what is free, as it does by itself only when memory is short. V8 keeps the function
 * for this behind a flag that counts for contexts made after it was set.
 */
export function createCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  return () => {
    if (typeof gc === 'function') gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  }
}
