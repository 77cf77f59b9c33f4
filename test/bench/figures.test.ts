// The figures a benchmark shows are what they say.
import { expect, test } from 'vitest'
import { median, memoryOf, table } from './figures.ts'

test('the median is the middle, or the mean of the middle two', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([7])).toBe(7)
  expect(median([])).toBeNaN()
})

test('the memory of this very process is as Node tells it', () => {
  const { rssMb, peakMb } = memoryOf(process.pid)
  const told = process.memoryUsage().rss / 1e6
  expect(Math.abs(rssMb - told)).toBeLessThan(told / 4)
  expect(peakMb).toBeGreaterThanOrEqual(rssMb)
})

test('names stand left, numbers right', () => {
  expect(
    table(
      ['round', 'ms'],
      [
        ['1', '1200'],
        ['median', '9'],
      ],
    ),
  ).toBe('round     ms\n1       1200\nmedian     9')
})
