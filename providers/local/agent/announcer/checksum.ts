// The checksum of IPv4, ICMP and ICMPv6 (RFC 1071; for ICMPv6 with the pseudo header of RFC 8200 section 8.1).

/** Sum of 16-bit words, an odd byte at the end padded with zero, added to `start`; not folded. Lengths up to 64 KiB. */
export function sumWords(bytes: Uint8Array, offset: number, length: number, start = 0): number {
  let sum = start
  const end = offset + length
  for (let i = offset; i + 1 < end; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  if (length % 2 === 1) sum += (bytes[end - 1] ?? 0) << 8
  return sum
}

/** What belongs into the field, which was zero in the sum; over data that contains a right checksum it gives 0. */
export function foldChecksum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}

const icmpv6 = 58

/**
 * The checksum of an ICMPv6 message in an IPv6 packet without extension headers. `header` is where the IPv6 header begins;
 * the message follows it with `length` bytes. 0 when the message carries a right checksum.
 */
export function icmpv6Checksum(frame: Uint8Array, header: number, length: number): number {
  const addresses = sumWords(frame, header + 8, 32)
  return foldChecksum(sumWords(frame, header + 40, length, addresses + length + icmpv6))
}
