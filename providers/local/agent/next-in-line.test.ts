import { expect, test } from 'vitest'
import { nextInLine, restateAfterMs } from './next-in-line.ts'

test('next is the first that lives, but the owner', () => {
  const candidates = ['n0', 'n1', 'n2']
  expect(nextInLine(candidates, 'n0', () => true)).toBe('n1')
  expect(nextInLine(candidates, 'n1', node => node !== 'n0')).toBe('n2')
  expect(nextInLine(['n0'], 'n0', () => true)).toBeUndefined()
})

test('ten thousand addresses do not say it at once: at most 250 in a second, none before half a minute nor after one and a half', () => {
  const bySecond = new Map<number, number>()
  for (let at = 0; at < 10_000; at++) {
    const name = `ip-10-201-${at >> 8}-${at & 255}`
    const second = Math.floor(restateAfterMs(name) / 1000)
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1)
    expect(restateAfterMs(name)).toBe(restateAfterMs(name))
  }
  expect(Math.min(...bySecond.keys())).toBe(30)
  expect(Math.max(...bySecond.keys())).toBe(89)
  expect(Math.max(...bySecond.values())).toBeLessThanOrEqual(250)
})
