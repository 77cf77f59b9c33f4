// The multicast groups of neighbour discovery and the Ethernet addresses that they are sent to.
import type { MacAddress } from './mac.ts'

/** ff02::1, every host of the segment. */
export const allNodes = (0xff02n << 112n) | 1n

const solicitedPrefix = (0xff02n << 112n) | 0x1_ff00_0000n

/** The last 24 bits of an address: all that its group depends on. Addresses with the same ones share a group. */
export function groupSuffix(address: bigint): number {
  return Number(address & 0xff_ffffn)
}

/** ff02::1:ffXX:XXXX, where solicitations for an address are sent (RFC 4291 section 2.7.1). */
export function solicitedNode(address: bigint): bigint {
  return solicitedPrefix | (address & 0xff_ffffn)
}

/** 33:33 and the last 32 bits of the group (RFC 2464 section 7). */
export function multicastMac(group: bigint): MacAddress {
  const low = Number(group & 0xffff_ffffn)
  return Uint8Array.of(0x33, 0x33, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255)
}
