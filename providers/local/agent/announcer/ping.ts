// Echo requests to an announced address (RFC 792, RFC 4443 section 4): the address is on no interface, so no kernel answers them.
import { readIpv4, readIpv6, writeIpv4, writeIpv6 } from './address-key.ts'
import type { AddressKey } from './address-key.ts'
import { foldChecksum, icmpv6Checksum, sumWords } from './checksum.ts'
import { holdsMac, isStation, macLength } from './mac.ts'
import type { MacAddress } from './mac.ts'

export type PingDrop = 'malformed' | 'bad-checksum' | 'not-to-us' | 'not-announced'
export type PingVerdict = { readonly reply: Uint8Array } | { readonly drop: PingDrop }

const hopLimit = 64
const ethernetLength = 14
const ipv6Length = 40
const ipv4Length = 20
const icmpLength = 8

/** Decides one frame with an IPv4 packet: an echo request to an announced address is answered to where it came from. */
export function answerPing4(frame: Uint8Array, self: MacAddress, announced: Pick<ReadonlySet<AddressKey>, 'has'>): PingVerdict {
  const at = ethernetLength
  const headerLength = ((frame[at] ?? 0) & 15) * 4
  const totalLength = word(frame, at + 2)
  const message = at + headerLength
  const length = totalLength - headerLength
  if (!hasEtherType(frame, 0x0800) || (frame[at] ?? 0) >> 4 !== 4 || headerLength < ipv4Length) return { drop: 'malformed' }
  if (length < icmpLength || at + totalLength > frame.length || frame[at + 9] !== 1) return { drop: 'malformed' }
  // Fragments are left alone: nobody pings an address with more than a frame holds but to harm it.
  if ((word(frame, at + 6) & 0x3fff) !== 0 || frame[message] !== 8 || frame[message + 1] !== 0) return { drop: 'malformed' }
  const asked = readIpv4(frame, at + 16)
  if (!announced.has(asked)) return { drop: 'not-announced' }
  const sender = frame.subarray(macLength, 2 * macLength)
  if (!holdsMac(frame, 0, self)) return { drop: 'not-to-us' }
  const source = readIpv4(frame, at + 12)
  if (!isStation(sender) || isNoHost4(source) || announced.has(source)) return { drop: 'malformed' }
  if (foldChecksum(sumWords(frame, at, headerLength)) !== 0) return { drop: 'bad-checksum' }
  if (foldChecksum(sumWords(frame, message, length)) !== 0) return { drop: 'bad-checksum' }

  const reply = new Uint8Array(ethernetLength + ipv4Length + length)
  const to = ethernetLength + ipv4Length
  startFrame(reply, sender, self, 0x0800)
  reply.set([0x45, 0, (ipv4Length + length) >> 8, (ipv4Length + length) & 255], at)
  reply.set([0, 0, frame[at + 6] ?? 0, 0, hopLimit, 1], at + 4)
  writeIpv4(reply, at + 12, asked)
  writeIpv4(reply, at + 16, source)
  setWord(reply, at + 10, foldChecksum(sumWords(reply, at, ipv4Length)))
  reply.set(frame.subarray(message + 4, message + length), to + 4)
  setWord(reply, to + 2, foldChecksum(sumWords(reply, to, length)))
  return { reply }
}

/** The same for IPv6, without extension headers. */
export function answerPing6(frame: Uint8Array, self: MacAddress, announced: Pick<ReadonlySet<AddressKey>, 'has'>): PingVerdict {
  const at = ethernetLength
  const message = at + ipv6Length
  const length = word(frame, at + 4)
  if (!hasEtherType(frame, 0x86dd) || (frame[at] ?? 0) >> 4 !== 6 || frame[at + 6] !== 58) return { drop: 'malformed' }
  if (length < icmpLength || message + length > frame.length) return { drop: 'malformed' }
  if (frame[message] !== 128 || frame[message + 1] !== 0) return { drop: 'malformed' }
  const asked = readIpv6(frame, at + 24)
  if (!announced.has(asked)) return { drop: 'not-announced' }
  if (!holdsMac(frame, 0, self)) return { drop: 'not-to-us' }
  const sender = frame.subarray(macLength, 2 * macLength)
  const source = readIpv6(frame, at + 8)
  const isNoHost = source === 0n || source === 1n || source >> 120n === 0xffn
  if (!isStation(sender) || isNoHost || announced.has(source)) return { drop: 'malformed' }
  if (icmpv6Checksum(frame, at, length) !== 0) return { drop: 'bad-checksum' }

  const reply = frame.slice(0, message + length)
  startFrame(reply, sender, self, 0x86dd)
  reply[at + 7] = hopLimit
  writeIpv6(reply, at + 8, asked)
  writeIpv6(reply, at + 24, source)
  reply[message] = 129
  setWord(reply, message + 2, 0)
  setWord(reply, message + 2, icmpv6Checksum(reply, at, length))
  return { reply }
}

/** 0.0.0.0/8, 127.0.0.0/8, and from 224.0.0.0 on groups and broadcast: no station has such an address. */
function isNoHost4(address: number): boolean {
  const first = address >>> 24
  return first === 0 || first === 127 || first >= 224
}

function hasEtherType(frame: Uint8Array, etherType: number): boolean {
  return frame.length >= ethernetLength + ipv4Length + icmpLength && word(frame, 12) === etherType
}

function startFrame(frame: Uint8Array, to: MacAddress, from: MacAddress, etherType: number): void {
  frame.set(to, 0)
  frame.set(from, macLength)
  setWord(frame, 12, etherType)
}

function word(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)
}

function setWord(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >> 8
  bytes[offset + 1] = value & 255
}
