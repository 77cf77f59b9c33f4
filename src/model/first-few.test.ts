// Messages about many entries stay short.
import { expect, test } from 'vitest'
import { firstFew } from './first-few.ts'

test('a few entries are all named, of many the first five', () => {
  expect(firstFew([])).toBe('')
  expect(firstFew(['a', 'b'], ' and ')).toBe('a and b')
  expect(firstFew(Array.from({ length: 1000 }, (_, at) => `x${at}`))).toBe('x0, x1, x2, x3, x4 and 995 more')
})

test('a long entry is cut', () => {
  expect(firstFew(['x'.repeat(5000)])).toBe(`${'x'.repeat(100)}…`)
})
