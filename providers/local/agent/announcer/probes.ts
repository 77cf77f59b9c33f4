// Whether somebody has an address before it is used for the first time: what to ask when, and who answered (RFC 5227 2.1, RFC 4862 5.4).
import type { AddressKey } from './address-key.ts'
import { parseArp } from './arp.ts'
import { holdsMac } from './mac.ts'
import type { MacAddress } from './mac.ts'
import { parseNdp } from './ndp.ts'

/** Three probes, and as long again for the answer to the last one. */
export const probeCount = 3
export const probeIntervalMs = 100

export interface ProbeResult {
  readonly address: AddressKey
  /** The MAC of the station that has the address or is about to take it; undefined when nobody answered. */
  readonly owner: MacAddress | undefined
}

export interface Probes {
  /** Begins to probe; nothing happens when the address is being probed. */
  start(address: AddressKey, nowMs: number): void
  /** Somebody has the address: what it is probed for is known. */
  answer(address: AddressKey, owner: MacAddress): void
  /** Up to `max` addresses to be asked for now, and those whose result is known; the latter are probed no more. */
  take(nowMs: number, max: number): { readonly ask: readonly AddressKey[]; readonly results: readonly ProbeResult[] }
  has(address: AddressKey): boolean
  addresses(): Iterable<AddressKey>
  readonly size: number
  readonly nextDue: number | undefined
}

export function createProbes(): Probes {
  const running = new Map<AddressKey, { asked: number; dueAt: number; owner: MacAddress | undefined }>()
  return {
    start(address, nowMs) {
      if (!running.has(address)) running.set(address, { asked: 0, dueAt: nowMs, owner: undefined })
    },
    answer(address, owner) {
      const probe = running.get(address)
      if (!probe || probe.owner) return
      probe.owner = owner
      probe.dueAt = Number.NEGATIVE_INFINITY
    },
    take(nowMs, max) {
      const ask: AddressKey[] = []
      const results: ProbeResult[] = []
      for (const [address, probe] of running) {
        if (probe.dueAt > nowMs) continue
        if (probe.owner || probe.asked === probeCount) {
          running.delete(address)
          results.push({ address, owner: probe.owner })
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

/** The addresses that a frame shows to be in use by, or about to be taken by, another station than `self`. */
export function claimsOf(
  frame: Uint8Array,
  self: MacAddress,
): readonly { readonly address: AddressKey; readonly mac: MacAddress }[] {
  const arp = parseArp(frame)
  if (arp) {
    if (holdsMac(arp.senderMac, 0, self) || holdsMac(arp.source, 0, self)) return []
    // A probe of another station for the same address is as good as its use (RFC 5227 section 2.1.1).
    const probed = arp.senderIp === 0 && arp.operation === 'request'
    return [{ address: probed ? arp.targetIp : arp.senderIp, mac: arp.senderMac }]
  }
  const ndp = parseNdp(frame)
  if (!ndp || holdsMac(ndp.source, 0, self)) return []
  if (ndp.kind === 'advertisement') return [{ address: ndp.target, mac: ndp.targetMac ?? ndp.source }]
  return [{ address: ndp.sourceIp === 0n ? ndp.target : ndp.sourceIp, mac: ndp.sourceMac ?? ndp.source }]
}
