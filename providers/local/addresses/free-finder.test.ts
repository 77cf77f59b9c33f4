// Finding free addresses: none missed, none given twice, and the ten-thousandth as cheap as the first.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRange } from '../../../src/model/address.ts'
import type { IpRange } from '../../../src/model/address.ts'
import { createBlockIndex } from './block-index.ts'

const range = (text: string): IpRange => {
  const parsed = parseRange(text)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed
}
const pool = (...texts: string[]) => ({ name: 'office', ranges: texts.map(range), avoidBuggyIPs: false })
const owner = { uid: 'u', namespace: 'default', name: 'web' }
const newIndex = () => createBlockIndex({ onFreed: () => {}, onGiven: () => {} })

function take(index: ReturnType<typeof newIndex>, source: ReturnType<typeof pool>, family: 'IPv4' | 'IPv6' = 'IPv4') {
  const address = index.free.next(source, family)
  if (address) index.hold(address, { owner, why: 'pending' })
  return address
}

test('the ten-thousandth address costs as many looks at words as the first hundred did each', () => {
  const cost = (count: number) => {
    const index = newIndex()
    const source = pool('10.0.0.0/16')
    for (let at = 0; at < count; at++) expect(take(index, source)).toBeDefined()
    return index.free.wordsVisited / count
  }
  expect(cost(100)).toBeLessThanOrEqual(1.1)
  expect(cost(10_000)).toBeLessThanOrEqual(1.1)
})

test('coming and going in a full pool of 10,000 costs a few looks each, wherever the hole is', () => {
  const index = newIndex()
  const source = pool('10.0.0.0-10.0.39.15')
  const taken = Array.from({ length: 10_000 }, () => take(index, source))
  expect(take(index, source)).toBeUndefined()
  const before = index.free.wordsVisited
  for (let at = 0; at < 10_000; at++) {
    const address = taken[(at * 7919) % 10_000]
    if (!address) throw new Error('every address was taken')
    index.unhold(address, owner.uid)
    expect(take(index, source)).toEqual(address)
  }
  expect((index.free.wordsVisited - before) / 10_000).toBeLessThanOrEqual(2)
})

test('an IPv6 /64 costs nothing until it is used', () => {
  const index = newIndex()
  expect(take(index, pool('fd00:0:0:1::/64'), 'IPv6')?.text).toBe('fd00:0:0:1::')
  expect(take(index, pool('fd00:0:0:1::/64'), 'IPv6')?.text).toBe('fd00:0:0:1::1')
})

test('whatever comes and goes, exactly the free addresses are found, each once', () => {
  const source = pool('10.0.0.3-10.0.0.9', '10.0.0.250-10.0.1.4')
  const size = 7 + 11
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 120 }), steps => {
      const index = newIndex()
      const taken: NonNullable<ReturnType<typeof take>>[] = []
      for (const step of steps) {
        if (step < 35) {
          const address = take(index, source)
          expect(address === undefined).toBe(taken.length === size)
          if (address) {
            expect(taken.map(({ text }) => text)).not.toContain(address.text)
            expect(source.ranges.some(({ first, last }) => first <= address.value && address.value <= last)).toBe(true)
            taken.push(address)
          }
        } else {
          const [address] = taken.splice(step % Math.max(taken.length, 1), 1)
          if (address) index.unhold(address, owner.uid)
        }
      }
    }),
  )
})
