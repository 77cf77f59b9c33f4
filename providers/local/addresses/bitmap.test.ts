// The bitmap against a plain Set: same answers, whatever is set and cleared.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { clearBit, countBits, emptyBitmap, findClear, formatBitmap, hasBit, parseBitmap, setBit } from './bitmap.ts'

const offset = fc.integer({ min: 0, max: 255 })
const step = fc.record({ set: fc.boolean(), offset })

test('a bitmap says what a set of offsets says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), offset, offset, (steps, one, other) => {
      const bitmap = emptyBitmap()
      const model = new Set<number>()
      for (const { set, offset } of steps) {
        if (set) setBit(bitmap, offset)
        else clearBit(bitmap, offset)
        if (set) model.add(offset)
        else model.delete(offset)
      }
      const [first, last] = [Math.min(one, other), Math.max(one, other)]
      const inside = Array.from({ length: last - first + 1 }, (_, at) => first + at)
      expect(Array.from({ length: 256 }, (_, at) => hasBit(bitmap, at))).toEqual(
        Array.from({ length: 256 }, (_, at) => model.has(at)),
      )
      expect(findClear(bitmap, first, last).offset).toBe(inside.find(at => !model.has(at)))
      expect(countBits(bitmap, first, last)).toBe(inside.filter(at => model.has(at)).length)
      expect(parseBitmap(formatBitmap(bitmap))).toEqual(bitmap)
    }),
  )
})

test('offset 0 is the first bit of the text and 255 the last', () => {
  const bitmap = emptyBitmap()
  setBit(bitmap, 0)
  setBit(bitmap, 255)
  expect(formatBitmap(bitmap)).toBe(`8${'0'.repeat(62)}1`)
})

test('a full bitmap has no clear offset, after a look at eight words', () => {
  expect(findClear(new Uint32Array(8).fill(0xffffffff), 0, 255)).toEqual({ offset: undefined, words: 8 })
})

test('a text that is not 64 hexadecimal digits is no bitmap', () => {
  for (const text of ['', 'f'.repeat(63), 'F'.repeat(64), 'g'.repeat(64)]) expect(parseBitmap(text)).toBeUndefined()
})
