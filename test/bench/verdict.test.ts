// A verdict tells by its sign.
import { expect, test } from 'vitest'
import { judged } from './verdict.ts'

test('what is within its budget is told from what is not', () => {
  expect(judged(7.96, 8)).toBe('8.0 <= 8 ✔')
  expect(judged(8.04, 8)).toBe('8.0 <= 8 ✘')
  expect(judged(130.4, 120, 0)).toBe('130 <= 120 ✘')
})
