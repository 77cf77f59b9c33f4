// Pages, tables and addresses: the parts that all services lean on.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalCidr, firstFree, inCidr, ipv4Number, ipv4Text } from './addressing.ts'
import { pageOf } from './paging.ts'
import { table } from './table.ts'

const refuse = () => new Error('refused')

test('pages of any size give every item once, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (all, size) => {
      const collected: number[] = []
      let marker: string | undefined
      do {
        const page = pageOf(all, { list: 'a', size, marker, refuse })
        collected.push(...page.items)
        marker = page.next
      } while (marker !== undefined)
      expect(collected).toEqual(all)
    }),
  )
})

test('a marker of another list is refused, and so is what is no marker', () => {
  const { next } = pageOf([1, 2], { list: 'a', size: 1, refuse })
  expect(() => pageOf([1, 2], { list: 'b', size: 1, marker: next, refuse })).toThrow('refused')
  expect(() => pageOf([1, 2], { list: 'a', size: 1, marker: 'x', refuse })).toThrow('refused')
})

test('a table tells at any time what it held then', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.option(fc.integer(), { nil: undefined }))), writes => {
      let time = 0
      const records = table<number>(() => time)
      const seen: (readonly (number | undefined)[])[] = []
      for (const [key, value] of writes) {
        if (value === undefined) records.delete(key)
        else records.put(key, value)
        seen.push([records.get('a'), records.get('b')])
        time++
      }
      expect(writes.map((_, at) => [records.at(at).get('a'), records.at(at).get('b')])).toEqual(seen)
    }),
  )
})

test('addresses and numbers are the same thing', () => {
  fc.assert(fc.property(fc.ipV4(), address => ipv4Text(ipv4Number(address)) === address))
})

test('the first free address of a block is in it, not taken, and none of the first four', () => {
  expect(firstFree('10.0.0.0/28', new Set(['10.0.0.4']))).toBe('10.0.0.5')
  const all = Array.from({ length: 16 }, (_, index) => `10.0.0.${index}`)
  expect(firstFree('10.0.0.0/28', new Set(all))).toBeUndefined()
})

test('blocks are compared without the bits behind their mask', () => {
  expect(canonicalCidr('10.1.2.3/8')).toBe('10.0.0.0/8')
  expect(canonicalCidr('0.0.0.0/0')).toBe('0.0.0.0/0')
  expect(canonicalCidr('255.255.255.255/32')).toBe('255.255.255.255/32')
  expect([inCidr('10.9.9.9', '10.0.0.0/8'), inCidr('11.0.0.0', '10.0.0.0/8'), inCidr('2001:db8::1', '2001:db8::/32')]).toEqual([
    true,
    false,
    true,
  ])
})
