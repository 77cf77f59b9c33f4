// Counters of one interface that the worker writes and any thread reads, without a message.

/**
 * What is counted: requests that were for us, replies sent, frames that announced an address, conflicts seen, failures,
 * drops by reason, and `stale`: frames that waited while the process was stopped and were not answered.
 */
export const counterNames = [
  'requests',
  'replies',
  'announcements',
  'conflicts',
  'send-failed',
  'receive-failed',
  'stale',
  'malformed',
  'not-a-request',
  'not-to-us',
  'not-announced',
  'own-frame',
] as const

export type CounterName = (typeof counterNames)[number]
export type Counts = ReadonlyMap<CounterName, number>

/** Numbers in shared memory. Doubles: exact to 2^53, and one writer needs no atomic addition. */
export interface Counters {
  readonly memory: SharedArrayBuffer
  add(name: CounterName): void
  read(): Counts
}

const position = new Map(counterNames.map((name, index) => [name, index]))

export function openCounters(memory = new SharedArrayBuffer(counterNames.length * 8)): Counters {
  const values = new Float64Array(memory)
  return {
    memory,
    add(name) {
      const index = position.get(name) ?? 0
      values[index] = (values[index] ?? 0) + 1
    },
    read: () => new Map(counterNames.map((name, index) => [name, values[index] ?? 0])),
  }
}
