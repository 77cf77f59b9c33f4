// Arithmetic on addresses and CIDR blocks.
import { BlockList, isIPv4, isIPv6 } from 'node:net'

export type Family = 'ipv4' | 'ipv6'

/** The family of an address; undefined for anything else. */
export function familyOf(address: string): Family | undefined {
  if (isIPv4(address)) return 'ipv4'
  return isIPv6(address) ? 'ipv6' : undefined
}

/** A CIDR block in parts; undefined when `text` is none. */
export function parseCidr(
  text: string,
): { readonly family: Family; readonly address: string; readonly bits: number } | undefined {
  const [address = '', bits = ''] = text.split('/')
  const family = familyOf(address)
  if (!family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 'ipv4' ? 32 : 128)) return undefined
  return { family, address, bits: Number(bits) }
}

/** Whether an address lies in a block. */
export function inCidr(address: string, cidr: string): boolean {
  const block = parseCidr(cidr)
  const family = familyOf(address)
  if (!block || !family || family !== block.family) return false
  const list = new BlockList()
  list.addSubnet(block.address, block.bits, family)
  return list.check(address, family)
}

/** An IPv4 address as a number. */
export function ipv4Number(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}

/** A number as an IPv4 address. */
export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
}

/** The block with the bits behind its mask cleared, as EC2 stores an IPv4 range. */
export function canonicalCidr(text: string): string {
  const block = parseCidr(text)
  if (!block || block.family !== 'ipv4') return text.toLowerCase()
  const size = 2 ** (32 - block.bits)
  return `${ipv4Text(Math.floor(ipv4Number(block.address) / size) * size)}/${block.bits}`
}

/** The first address of an IPv4 block that is not taken; the first four of a subnet are AWS's ("Subnet CIDR blocks", VPC guide). */
export function firstFree(cidr: string, taken: ReadonlySet<string>): string | undefined {
  const block = parseCidr(cidr)
  if (!block) return undefined
  const base = ipv4Number(block.address)
  const size = 2 ** (32 - block.bits)
  for (let offset = 4; offset < size - 1; offset++) {
    const address = ipv4Text(base + offset)
    if (!taken.has(address)) return address
  }
  return undefined
}
