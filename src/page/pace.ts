// Keeps those who look from taking the time that the controller needs for its work, however many they are.
import type { Clock } from '../kubernetes/clock.ts'

/** What is made at the moment, for all who ask for the same; undefined when already so many different ones are asked for. */
export type Sharing<T> = (key: string, make: () => Promise<T>) => Promise<T> | undefined

export function createSharing<T>(most: number): Sharing<T> {
  const underWay = new Map<string, Promise<T>>()
  return (key, make) => {
    const known = underWay.get(key)
    if (known) return known
    if (underWay.size >= most) return undefined
    const made = make().finally(() => underWay.delete(key))
    underWay.set(key, made)
    return made
  }
}

/** Of the time of the only thread, what is made in turns takes one part, and leaves so many others between two of them. */
const partsLeft = 4

/** Who looks does not wait longer than this for a turn to begin, however slow the machine is at the moment. */
const longestRestMs = 1000

/** Runs what takes long one after the other; rejects when `signal` aborts. */
export function createTurns(clock: Pick<Clock, 'monotonic' | 'sleep'>, signal: AbortSignal): <T>(make: () => T) => Promise<T> {
  let freeAt = 0
  let last: Promise<unknown> = Promise.resolve()
  const turn = async <T>(before: Promise<unknown>, make: () => T): Promise<T> => {
    await before
    const waitMs = freeAt - clock.monotonic()
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    signal.throwIfAborted()
    const begun = clock.monotonic()
    try {
      return make()
    } finally {
      const ended = clock.monotonic()
      freeAt = ended + Math.min((ended - begun) * partsLeft, longestRestMs)
    }
  }
  return make => {
    const mine = turn(last, make)
    last = mine.catch(() => {})
    return mine
  }
}
