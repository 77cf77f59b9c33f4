// Addresses, ranges and the names made from them: what is read, what is refused, and that nothing is lost on the way.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  announcementName,
  blockBase,
  blockName,
  blockOffset,
  cidrContains,
  formatAddress,
  type IpAddress,
  makeAddress,
  parseAddress,
  parseAnnouncementName,
  parseBlockName,
  parseCidr,
  parseRange,
  rangeContains,
  rangeSize,
  rangesOverlap,
} from './address.ts'

const ipv4Value = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n })
const isMapped = (value: bigint) => value >> 32n === 0xffffn
const ipv6Value = fc
  .oneof(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.bigInt({ min: 0n, max: 1n << 40n }), ipv4Value)
  .filter(value => !isMapped(value))
const anyAddress: fc.Arbitrary<IpAddress> = fc.oneof(
  ipv4Value.map(value => makeAddress('IPv4', value)),
  ipv6Value.map(value => makeAddress('IPv6', value)),
)

function address(text: string): IpAddress {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

function range(text: string) {
  const parsed = parseRange(text)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed
}

describe('an address', () => {
  test.each([
    ['10.201.200.1', 'IPv4', '10.201.200.1'],
    ['0.0.0.0', 'IPv4', '0.0.0.0'],
    ['255.255.255.255', 'IPv4', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', 'IPv6', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', 'IPv6', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', 'IPv6', '2001:db8:0:1:1:1:1:1'],
    ['::', 'IPv6', '::'],
    ['::10.0.0.1', 'IPv6', '::a00:1'],
  ])('%s is %s and is written %s', (text, family, canonical) => {
    expect(parseAddress(text)).toMatchObject({ family, text: canonical })
  })

  test.each([
    ['010.0.0.1', 'leading zero'],
    ['1.2.3', 'three parts'],
    ['1.2.3.4.5', 'five parts'],
    ['1.2.3.256', 'too large'],
    ['1.2.3.-4', 'negative'],
    ['0x0a.0.0.1', 'hexadecimal'],
    [' 10.0.0.1', 'space before'],
    ['10.0.0.1 ', 'space behind'],
    ['10.0.0.1/32', 'a CIDR'],
    ['::1%eth0', 'zone'],
    ['fe80::1%25eth0', 'escaped zone'],
    ['[::1]', 'brackets'],
    ['1::2::3', 'two gaps'],
    ['12345::', 'five digits'],
    ['::ffff:10.0.0.1', 'IPv4-mapped'],
    ['::ffff:a00:1', 'IPv4-mapped in hexadecimal'],
    ['', 'empty'],
    ['localhost', 'a name'],
  ])('%s is refused: %s', text => {
    expect(parseAddress(text)).toBeUndefined()
  })

  test('comes back from its text, whatever it is', () => {
    fc.assert(
      fc.property(anyAddress, one => {
        expect(parseAddress(one.text)).toEqual(one)
      }),
    )
  })

  test('no text at all makes the parser throw', () => {
    const nearly = fc.stringMatching(/^[0-9a-fx:./%-]{0,45}$/)
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), text => {
        parseAddress(text)
        parseRange(text)
        parseCidr(text)
        parseBlockName(text)
        parseAnnouncementName(text)
      }),
    )
  })

  test('a value that does not fit its family is an error of the caller', () => {
    expect(() => formatAddress('IPv4', 1n << 32n)).toThrow(RangeError)
    expect(() => formatAddress('IPv6', -1n)).toThrow(RangeError)
  })
})

describe('an entry of a pool', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.0', '192.0.2.255', 256n],
    ['192.0.2.7/32', '192.0.2.7', '192.0.2.7', 1n],
    ['0.0.0.0/0', '0.0.0.0', '255.255.255.255', 1n << 32n],
    ['192.0.2.10-192.0.2.20', '192.0.2.10', '192.0.2.20', 11n],
    [' 192.0.2.10 - 192.0.2.20 ', '192.0.2.10', '192.0.2.20', 11n],
    ['192.0.2.9', '192.0.2.9', '192.0.2.9', 1n],
    ['2001:db8::/64', '2001:db8::', '2001:db8::ffff:ffff:ffff:ffff', 1n << 64n],
    ['2001:db8::1-2001:db8::ff', '2001:db8::1', '2001:db8::ff', 255n],
  ])('%s goes from %s to %s: %d addresses', (text, first, last, size) => {
    const parsed = range(text)
    expect(formatAddress(parsed.family, parsed.first)).toBe(first)
    expect(formatAddress(parsed.family, parsed.last)).toBe(last)
    expect(rangeSize(parsed)).toBe(size)
  })

  test.each([
    ['192.0.2.20-192.0.2.10', '"192.0.2.20-192.0.2.10" ends before it starts'],
    ['192.0.2.1-2001:db8::1', '"192.0.2.1-2001:db8::1" mixes IPv4 and IPv6'],
    ['192.0.2.1-20', '"192.0.2.1-20" is not a range: "20" is not an address'],
    ['-192.0.2.1', '"-192.0.2.1" is not a range: "" is not an address'],
    ['192.0.2.1/33', '"192.0.2.1/33" is not a CIDR'],
    ['192.0.2.0/', '"192.0.2.0/" is not a CIDR'],
    ['192.0.2.0/024', '"192.0.2.0/024" is not a CIDR'],
    ['192.0.2.0/24/25', '"192.0.2.0/24/25" is not a CIDR'],
    ['192.0.2.5/24', '"192.0.2.5/24" is not the start of its network: write 192.0.2.0/24 or 192.0.2.5/32'],
    ['office', '"office" is not an address'],
  ])('%s is refused: %s', (text, error) => {
    expect(parseRange(text)).toEqual({ error })
  })

  test('a range written out is the range read', () => {
    fc.assert(
      fc.property(ipv6Value, ipv6Value, (one, other) => {
        const [first, last] = one <= other ? [one, other] : [other, one]
        const text = `${formatAddress('IPv6', first)}-${formatAddress('IPv6', last)}`
        expect(parseRange(text)).toEqual({ family: 'IPv6', first, last })
      }),
    )
  })

  test('a network holds an address exactly when their leading bits agree', () => {
    fc.assert(
      fc.property(ipv4Value, ipv4Value, fc.integer({ min: 0, max: 32 }), (host, other, length) => {
        const cidr = `${formatAddress('IPv4', host)}/${length}`
        const agree = host >> BigInt(32 - length) === other >> BigInt(32 - length)
        expect(cidrContains(cidr, makeAddress('IPv4', other))).toBe(agree)
        expect(cidrContains(cidr, makeAddress('IPv4', host))).toBe(true)
      }),
    )
  })

  test('an interface address names its network with host bits set', () => {
    expect(cidrContains('10.201.0.11/16', address('10.201.200.1'))).toBe(true)
    expect(cidrContains('10.201.0.11/16', address('10.202.0.1'))).toBe(false)
    expect(cidrContains('10.201.0.11/16', address('2001:db8::1'))).toBe(false)
    expect(cidrContains('10.201.0.11', address('10.201.0.11'))).toBe(false)
  })

  test('overlap is found at the edges, both ways round, and never between families', () => {
    const [low, high, far] = [range('192.0.2.0-192.0.2.10'), range('192.0.2.10-192.0.2.20'), range('192.0.2.11')]
    expect(rangesOverlap(low, high) && rangesOverlap(high, low)).toBe(true)
    expect(rangesOverlap(low, far) || rangesOverlap(far, low)).toBe(false)
    expect(rangesOverlap(range('::/0'), range('0.0.0.0/0'))).toBe(false)
    expect(rangeContains(high, address('192.0.2.20')) && !rangeContains(high, address('192.0.2.21'))).toBe(true)
  })
})

describe('names', () => {
  test.each([
    ['10.201.200.1', 'ipv4-10-201-200-0', 'ip-10-201-200-1'],
    ['2001:db8::1ff', 'ipv6-20010db8000000000000000000000100', 'ip-2001-0db8-0000-0000-0000-0000-0000-01ff'],
  ])('%s stands in block %s and is announced as %s', (text, block, announcement) => {
    expect(blockName(address(text))).toBe(block)
    expect(announcementName(address(text))).toBe(announcement)
  })

  test('lead back to the address, are names Kubernetes accepts, and block and offset give the address again', () => {
    fc.assert(
      fc.property(anyAddress, one => {
        const base = parseBlockName(blockName(one))
        expect(base).toEqual(makeAddress(one.family, blockBase(one)))
        expect(blockBase(one) + BigInt(blockOffset(one))).toBe(one.value)
        expect(parseAnnouncementName(announcementName(one))).toEqual(one)
        for (const name of [blockName(one), announcementName(one)]) expect(name).toMatch(/^[a-z0-9-]{1,63}$/)
      }),
    )
  })

  test.each(['ipv4-10-201-200-1', 'ipv4-10-201-200', 'ipv4-010-1-1-0', 'ipv6-1', 'ipv5-10-0-0-0', '', 'ip-1-2-3-4'])(
    '%j is no block',
    name => {
      expect(parseBlockName(name)).toBeUndefined()
    },
  )

  test.each(['ip-10-201-200', 'ip-10.201.200.1', 'ip-2001-db8-0-0-0-0-0-1', 'ipv4-10-201-200-0', 'ip-'])(
    '%j is no announcement',
    name => {
      expect(parseAnnouncementName(name)).toBeUndefined()
    },
  )
})
