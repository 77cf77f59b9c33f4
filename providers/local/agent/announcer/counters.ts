// Counters of one interface that the worker writes and any thread reads, without a message.

/**
 * What is counted. ARP: requests that were for us, replies sent, frames that announced an address, conflicts seen (of both
 * families), drops by reason. The same for NDP, with `ndp-` before the name, and for echo requests with `ping-`. Probes sent
 * before a first use; failures; `stale`: frames that waited while the process was stopped and were not answered.
 */
export const counterNames = [
  'requests',
  'replies',
  'announcements',
  'conflicts',
  'defences',
  'probes',
  'send-failed',
  'receive-failed',
  'stale',
  'malformed',
  'not-a-request',
  'not-to-us',
  'not-announced',
  'own-frame',
  'ndp-requests',
  'ndp-replies',
  'ndp-announcements',
  'ndp-malformed',
  'ndp-hop-limit',
  'ndp-bad-checksum',
  'ndp-not-a-solicitation',
  'ndp-not-to-us',
  'ndp-not-announced',
  'ndp-own-frame',
  'ping-requests',
  'ping-replies',
  'ping-malformed',
  'ping-bad-checksum',
  'ping-not-to-us',
  'ping-not-announced',
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
