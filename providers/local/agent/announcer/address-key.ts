// An announced address as the packet path knows it: the number its frames carry, of a type that tells the family.

/** IPv4 as an unsigned 32-bit number, IPv6 as a bigint of 128 bits. Both are looked up by value in a Set or Map. */
export type AddressKey = number | bigint

export function isIpv6(address: AddressKey): address is bigint {
  return typeof address === 'bigint'
}

/** The key of a parsed address; a parsed address carries its value as a bigint in both families. */
export function addressKey(address: { readonly family: 'IPv4' | 'IPv6'; readonly value: bigint }): AddressKey {
  return address.family === 'IPv4' ? Number(address.value) : address.value
}

/** Reads 16 bytes of the wire. */
export function readIpv6(bytes: Uint8Array, offset: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16)
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8)
}

export function writeIpv6(bytes: Uint8Array, offset: number, address: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16)
  view.setBigUint64(0, address >> 64n)
  view.setBigUint64(8, address & 0xffff_ffff_ffff_ffffn)
}

/** Reads four bytes of the wire. */
export function readIpv4(bytes: Uint8Array, offset: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

export function writeIpv4(bytes: Uint8Array, offset: number, address: number): void {
  bytes[offset] = address >>> 24
  bytes[offset + 1] = (address >>> 16) & 255
  bytes[offset + 2] = (address >>> 8) & 255
  bytes[offset + 3] = address & 255
}
