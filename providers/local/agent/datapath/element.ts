// One element of a set or map of ours, as the kernel compares it: words of 32 bits.
import type { IpAddress } from '../../../../src/model/address.ts'

/**
 * A key or value as the kernel holds it: every field begins a new word. Words are little endian, as the machines we run on; fields in network
 * order have been turned for it by the functions below.
 */
export type Words = readonly number[]

/** One element of a set, or with a value of a map. */
export interface Element {
  readonly set: string
  readonly key: Words
  /** The key is not whole words, but so many bytes. */
  readonly keyBytes?: number
  /** In sets of ranges: the last key of the range. */
  readonly last?: Words
  /** Words, or the name of the chain that packets go to. */
  readonly value?: Words | string
}

/** The same exactly for elements with the same key in the same set. */
export function elementId({ set, key, last }: Element): string {
  return `${set} ${key.join()}${last ? ` ${last.join()}` : ''}`
}

export function sameValue(one: Element, other: Element): boolean {
  return one.value === other.value || (typeof one.value === 'object' && String(one.value) === String(other.value))
}

/** Address in network order: one word, or four. */
export function addressWords({ family, value }: Pick<IpAddress, 'family' | 'value'>): Words {
  if (family === 'IPv4') return [turned(Number(value))]
  return [96n, 64n, 32n, 0n].map(shift => turned(Number((value >> shift) & 0xffff_ffffn)))
}

/** Port in network order. */
export function portWord(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8)
}

/** Six bytes in two words. */
export function macWords(mac: string): Words {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map(byte => Number.parseInt(byte, 16))
  return [(a | (b << 8) | (c << 16) | (d << 24)) >>> 0, e | (f << 8)]
}

/** Whether the name of an interface is as people give them; the kernel would allow more. */
export function hasPlainName(name: string): boolean {
  return /^[A-Za-z0-9_.@-]{1,15}$/.test(name)
}

/** Name of an interface: 16 bytes, filled up with zeros. */
export function interfaceWords(name: string): Words {
  const bytes = Buffer.alloc(16)
  bytes.write(name, 'latin1')
  return [0, 4, 8, 12].map(at => bytes.readUInt32LE(at))
}

function turned(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}
