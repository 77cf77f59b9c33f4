// Whether somebody has an address before it is used for the first time: what to ask when, and who answered (RFC 5227 2.1, RFC 4862 5.4).
import type { AddressKey } from './address-key.ts'
import { parseArp } from './arp.ts'
import { holdsMac } from './mac.ts'
import type { MacAddress } from './mac.ts'
import { parseNdp } from './ndp.ts'

/** Three probes, and as long again for the answer to the last one. */
export const probeCount = 3
export const probeIntervalMs = 100

/**
 * Who probes at the same time for the same address has it no more than we do, and may be one of our own nodes: all wait for a random time,
 * longer each time, and ask again. Whoever is first has the address then, and answers. So often before it is given up.
 */
export const mostRounds = 6
const firstBackoffMs = 500

export interface ProbeResult {
  readonly address: AddressKey
  /** The MAC of the station that has the address; undefined when nobody answered. */
  readonly owner: MacAddress | undefined
  /** Somebody else asked for it as well, again and again. */
  readonly contended: boolean
}

export interface Probes {
  /** Begins to probe; nothing happens when the address is being probed. */
  start(address: AddressKey, nowMs: number): void
  /** Somebody has the address: what it is probed for is known. */
  answer(address: AddressKey, owner: MacAddress): void
  /** Somebody else asks for it too. */
  contend(address: AddressKey): void
  /** Up to `max` addresses to be asked for now, and those whose result is known; the latter are probed no more. */
  take(nowMs: number, max: number): { readonly ask: readonly AddressKey[]; readonly results: readonly ProbeResult[] }
  has(address: AddressKey): boolean
  addresses(): Iterable<AddressKey>
  readonly size: number
  readonly nextDue: number | undefined
}

interface Probe {
  asked: number
  dueAt: number
  owner: MacAddress | undefined
  isContended: boolean
  round: number
}

export function createProbes(random: () => number): Probes {
  const running = new Map<AddressKey, Probe>()
  return {
    start(address, nowMs) {
      if (!running.has(address)) running.set(address, { asked: 0, dueAt: nowMs, owner: undefined, isContended: false, round: 1 })
    },
    answer(address, owner) {
      const probe = running.get(address)
      if (!probe || probe.owner) return
      probe.owner = owner
      probe.dueAt = Number.NEGATIVE_INFINITY
    },
    contend(address) {
      const probe = running.get(address)
      // Before we ask ourselves it is no more than somebody who looked, and will answer if it stayed.
      if (probe && probe.asked > 0) probe.isContended = true
    },
    take(nowMs, max) {
      const ask: AddressKey[] = []
      const results: ProbeResult[] = []
      for (const [address, probe] of running) {
        if (probe.dueAt > nowMs) continue
        if (!probe.owner && probe.asked === probeCount && probe.isContended && probe.round < mostRounds) {
          const backoffMs = random() * firstBackoffMs * 2 ** (probe.round - 1)
          Object.assign(probe, { asked: 0, isContended: false, round: probe.round + 1, dueAt: nowMs + backoffMs })
        } else if (probe.owner || probe.asked === probeCount) {
          running.delete(address)
          results.push({ address, owner: probe.owner, contended: probe.isContended })
        } else if (ask.length < max) {
          probe.asked++
          probe.dueAt = nowMs + probeIntervalMs
          ask.push(address)
        }
      }
      return { ask, results }
    },
    has: address => running.has(address),
    addresses: () => running.keys(),
    get size() {
      return running.size
    },
    get nextDue() {
      let earliest: number | undefined
      for (const { dueAt } of running.values()) if (earliest === undefined || dueAt < earliest) earliest = dueAt
      return earliest
    },
  }
}

/** An address in use by another station, or `asks`: probed for by it. */
export interface SeenClaim {
  readonly address: AddressKey
  readonly mac: MacAddress
  readonly asks: boolean
}

/** The addresses that a frame shows to be in use by, or about to be taken by, another station than `self`. */
export function claimsOf(frame: Uint8Array, self: MacAddress): readonly SeenClaim[] {
  const arp = parseArp(frame)
  if (arp) {
    if (holdsMac(arp.senderMac, 0, self) || holdsMac(arp.source, 0, self)) return []
    const asks = arp.senderIp === 0 && arp.operation === 'request'
    return [{ address: asks ? arp.targetIp : arp.senderIp, mac: arp.senderMac, asks }]
  }
  const ndp = parseNdp(frame)
  if (!ndp || holdsMac(ndp.source, 0, self)) return []
  if (ndp.kind === 'advertisement') return [{ address: ndp.target, mac: ndp.targetMac ?? ndp.source, asks: false }]
  const asks = ndp.sourceIp === 0n
  return [{ address: asks ? ndp.target : ndp.sourceIp, mac: ndp.sourceMac ?? ndp.source, asks }]
}
