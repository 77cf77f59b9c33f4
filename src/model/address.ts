// IP addresses as values: parsed once at the door, compared and counted as numbers, named after in AddressBlocks and Announcements.
import { isIP } from 'node:net'
import { Address6 } from 'ip-address'
import type { IpFamily } from './load-balancer.ts'

/** One address. Two addresses are the same exactly when family and value are; `text` is canonical (RFC 5952 for IPv6). */
export interface IpAddress {
  readonly family: IpFamily
  readonly value: bigint
  readonly text: string
}

/** Addresses from `first` to `last`, both included. `first <= last` always holds. */
export interface IpRange {
  readonly family: IpFamily
  readonly first: bigint
  readonly last: bigint
}

/** An address with its prefix length, as an interface carries it, and the network around it. */
export interface Cidr {
  readonly address: IpAddress
  readonly prefixLength: number
  readonly network: IpRange
}

const bitsOf: Readonly<Record<IpFamily, number>> = { IPv4: 32, IPv6: 128 }

/** ::ffff:0:0/96 without the last 32 bits. */
const mappedPrefix = 0xffffn

/**
 * The address that `text` means, or undefined. As strict as Kubernetes is with new values: no leading zeros, no missing parts,
 * no zone, no surrounding spaces, and no IPv4-mapped IPv6 address (`::ffff:10.0.0.1`), which would be a second spelling of an
 * IPv4 address and never stands on a wire. Upper case and uncompressed IPv6 are read and come out canonical.
 */
export function parseAddress(text: string): IpAddress | undefined {
  const version = isIP(text)
  if (version === 4) return { family: 'IPv4', value: parseIpv4(text), text }
  if (version !== 6 || text.includes('%')) return undefined
  const value = new Address6(text).bigInt()
  return value >> 32n === mappedPrefix ? undefined : { family: 'IPv6', value, text: formatAddress('IPv6', value) }
}

/** The canonical text of an address. Throws a RangeError when the value does not fit the family. */
export function formatAddress(family: IpFamily, value: bigint): string {
  checkFits(family, value)
  if (family === 'IPv6') return Address6.fromBigInt(value).correctForm()
  const bits = Number(value)
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`
}

/** The address with that value. Throws a RangeError when the value does not fit the family. */
export function makeAddress(family: IpFamily, value: bigint): IpAddress {
  return { family, value, text: formatAddress(family, value) }
}

/**
 * The addresses that an entry of a pool means: a CIDR whose host bits are zero, `first-last` (spaces around the dash are
 * fine) or a single address. A CIDR with host bits is refused, because it is as often meant as one address as it is as a network.
 */
export function parseRange(text: string): IpRange | { readonly error: string } {
  const entry = text.trim()
  if (entry.includes('/')) return parseNetwork(entry)
  const dash = entry.indexOf('-')
  if (dash < 0) {
    const single = parseAddress(entry)
    return single
      ? { family: single.family, first: single.value, last: single.value }
      : { error: `${quote(entry)} is not an address` }
  }
  const [first, last] = [entry.slice(0, dash).trim(), entry.slice(dash + 1).trim()]
  return rangeBetween(entry, first, last)
}

/** Reads `address/prefix length`; host bits may be set. Undefined when it is not that. */
export function parseCidr(text: string): Cidr | undefined {
  const [host = '', length = '', ...rest] = text.split('/')
  const address = parseAddress(host)
  if (!address || rest.length > 0 || !/^(0|[1-9][0-9]{0,2})$/.test(length)) return undefined
  const prefixLength = Number(length)
  if (prefixLength > bitsOf[address.family]) return undefined
  const hostMask = (1n << BigInt(bitsOf[address.family] - prefixLength)) - 1n
  const first = address.value & ~hostMask
  return { address, prefixLength, network: { family: address.family, first, last: first | hostMask } }
}

/** Whether the network of `cidr` (host bits do not matter: `10.201.0.11/16`) holds the address. False for what is no CIDR. */
export function cidrContains(cidr: string, address: IpAddress): boolean {
  const parsed = parseCidr(cidr)
  return parsed !== undefined && rangeContains(parsed.network, address)
}

export function rangeContains(range: IpRange, address: Pick<IpAddress, 'family' | 'value'>): boolean {
  return range.family === address.family && range.first <= address.value && address.value <= range.last
}

export function rangesOverlap(one: IpRange, other: IpRange): boolean {
  return one.family === other.family && one.first <= other.last && other.first <= one.last
}

/** How many addresses the range holds. */
export function rangeSize(range: IpRange): bigint {
  return range.last - range.first + 1n
}

/** The value of the first address of the block of 256 that holds the address. */
export function blockBase(address: Pick<IpAddress, 'value'>): bigint {
  return (address.value >> 8n) << 8n
}

/** Where in its block the address stands, 0 to 255. */
export function blockOffset(address: Pick<IpAddress, 'value'>): number {
  return Number(address.value & 255n)
}

/** Name of the AddressBlock that holds the address: `ipv4-10-201-200-0`, `ipv6-` and 32 hexadecimal digits. */
export function blockName(address: Pick<IpAddress, 'family' | 'value'>): string {
  const base = blockBase(address)
  return address.family === 'IPv6' ? `ipv6-${hexadecimal(base)}` : `ipv4-${dashed(base)}`
}

/** The inverse of blockName: the first address of the block, or undefined for a name that blockName never makes. */
export function parseBlockName(name: string): IpAddress | undefined {
  const value = /^ipv6-[0-9a-f]{32}$/.test(name) ? BigInt(`0x${name.slice(5)}`) : parseDashed(name, 'ipv4-')
  if (value === undefined) return undefined
  const base = makeAddress(name.startsWith('ipv6-') ? 'IPv6' : 'IPv4', value)
  return blockName(base) === name ? base : undefined
}

/** Name of the Announcement of the address: `ip-10-201-200-1`; for IPv6 all eight groups of four digits, between dashes. */
export function announcementName(address: Pick<IpAddress, 'family' | 'value'>): string {
  if (address.family === 'IPv4') return `ip-${dashed(address.value)}`
  return `ip-${hexadecimal(address.value).match(/.{4}/g)?.join('-')}`
}

/** The inverse of announcementName; undefined for a name that announcementName never makes. */
export function parseAnnouncementName(name: string): IpAddress | undefined {
  if (/^ip(-[0-9a-f]{4}){8}$/.test(name)) return makeAddress('IPv6', BigInt(`0x${name.slice(3).replaceAll('-', '')}`))
  const value = parseDashed(name, 'ip-')
  return value === undefined ? undefined : makeAddress('IPv4', value)
}

function parseNetwork(entry: string): IpRange | { readonly error: string } {
  const cidr = parseCidr(entry)
  if (!cidr) return { error: `${quote(entry)} is not a CIDR` }
  const { address, prefixLength, network } = cidr
  if (address.value === network.first) return network
  const start = formatAddress(network.family, network.first)
  const single = `${address.text}/${bitsOf[address.family]}`
  return { error: `${quote(entry)} is not the start of its network: write ${start}/${prefixLength} or ${single}` }
}

function rangeBetween(entry: string, firstText: string, lastText: string): IpRange | { readonly error: string } {
  const first = parseAddress(firstText)
  const last = parseAddress(lastText)
  if (!first || !last)
    return { error: `${quote(entry)} is not a range: ${quote(first ? lastText : firstText)} is not an address` }
  if (first.family !== last.family) return { error: `${quote(entry)} mixes ${first.family} and ${last.family}` }
  if (last.value < first.value) return { error: `${quote(entry)} ends before it starts` }
  return { family: first.family, first: first.value, last: last.value }
}

/** Only for text that isIP called IPv4. Plain numbers: this runs for every address of every event. */
function parseIpv4(text: string): bigint {
  let value = 0
  for (const part of text.split('.')) value = value * 256 + Number(part)
  return BigInt(value)
}

function dashed(value: bigint): string {
  return formatAddress('IPv4', value).replaceAll('.', '-')
}

function parseDashed(name: string, prefix: string): bigint | undefined {
  if (!name.startsWith(prefix) || name.includes('.')) return undefined
  const dotted = name.slice(prefix.length).replaceAll('-', '.')
  return isIP(dotted) === 4 ? parseIpv4(dotted) : undefined
}

function hexadecimal(value: bigint): string {
  return value.toString(16).padStart(32, '0')
}

function checkFits(family: IpFamily, value: bigint): void {
  if (value < 0n || value >> BigInt(bitsOf[family]) !== 0n) throw new RangeError(`${value} is not an ${family} address`)
}

function quote(text: string): string {
  return JSON.stringify(text)
}
