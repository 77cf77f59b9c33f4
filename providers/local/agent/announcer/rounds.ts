// When the frames that announce an address are sent: at once, then again a few times (some receivers ignore the first).
import type { AddressKey } from './address-key.ts'

export interface RoundsOptions {
  /** How often an address is announced after it was claimed. */
  readonly count: number
  /** Between two times. Above 1 s: Linux keeps a neighbour entry against changes for that long after one (locktime). */
  readonly intervalMs: number
}

export const claimRounds: RoundsOptions = { count: 5, intervalMs: 1100 }

/** Times are milliseconds of any clock that does not go back. */
export interface Rounds {
  /** Begins all rounds of an address, the first one due now. A later start replaces an earlier one. */
  start(address: AddressKey, nowMs: number): void
  /** Ends the rounds of an address. */
  stop(address: AddressKey): void
  /** Takes up to `max` addresses that are due. */
  take(nowMs: number, max: number): readonly AddressKey[]
  /** When `take` gives something again. */
  readonly nextDue: number | undefined
}

interface Entry {
  readonly address: AddressKey
  readonly dueAt: number
  next?: Entry
}

/** Every operation costs the same however many addresses there are: each round has its own queue, ordered by time by itself. */
export function createRounds({ count, intervalMs }: RoundsOptions): Rounds {
  const queues = Array.from({ length: count }, () => createFifo())
  /** The entry that counts for an address; others of it in the queues are left over from before and are passed by. */
  const current = new Map<AddressKey, Entry>()

  const head = (queue: Fifo): Entry | undefined => {
    for (let entry = queue.peek(); entry; entry = queue.peek()) {
      if (current.get(entry.address) === entry) return entry
      queue.shift()
    }
    return undefined
  }
  const enqueue = (queue: Fifo | undefined, address: AddressKey, dueAt: number) => {
    if (!queue) {
      current.delete(address)
      return
    }
    const entry: Entry = { address, dueAt }
    current.set(address, entry)
    queue.push(entry)
  }

  return {
    start: (address, nowMs) => enqueue(queues[0], address, nowMs),
    stop: address => void current.delete(address),
    take(nowMs, max) {
      const due: AddressKey[] = []
      for (const [round, queue] of queues.entries()) {
        for (let entry = head(queue); entry && entry.dueAt <= nowMs && due.length < max; entry = head(queue)) {
          queue.shift()
          due.push(entry.address)
          enqueue(queues[round + 1], entry.address, nowMs + intervalMs)
        }
      }
      return due
    },
    get nextDue() {
      let earliest: number | undefined
      for (const queue of queues) {
        const dueAt = head(queue)?.dueAt
        if (dueAt !== undefined && (earliest === undefined || dueAt < earliest)) earliest = dueAt
      }
      return earliest
    },
  }
}

interface Fifo {
  peek(): Entry | undefined
  shift(): void
  push(entry: Entry): void
}

function createFifo(): Fifo {
  let first: Entry | undefined
  let last: Entry | undefined
  return {
    peek: () => first,
    shift: () => void (first = first?.next),
    push(entry) {
      if (first && last) last.next = entry
      else first = entry
      last = entry
    },
  }
}
