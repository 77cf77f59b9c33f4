// What counts as the same output.
import { expect, test } from 'vitest'
import { difference, steps } from './transcript.ts'

test('addresses, names of pods and nodes, MACs and times may differ, and so may the width of columns', () => {
  const page = 'default/web  lan  10.201.200.1  n2 eth0 5e:e6:a8:4b:9b:65  web-7f5fc8f9f6-6hb7k  2026-05-01T11:58:00Z  42s'
  const real = 'default/web  lan  10.201.200.17  n0 eth0 6a:33:a0:5a:ce:d7   web-7f5fc8f9f6-vvhgx   2026-11-20T20:31:10Z   1m3s\n'
  expect(difference(page, real)).toBeUndefined()
})

test('a busy machine takes longer', () => {
  expect(difference('Done in 43 s.', 'Done in 1 min 56 s.')).toBeUndefined()
  expect(difference('cluster ready 19 s', 'cluster ready 2 min')).toBeUndefined()
})

test('words may not differ, and the line is named', () => {
  expect(difference('one\ntwo yes', 'one\ntwo no: NoAnnouncer')).toBe('the page says "two yes", printed is "two no: NoAnnouncer"')
  expect(difference('one', 'one\ntwo')).toBe('the page says "(the end)", printed is "two"')
  expect(difference('one\ntwo', 'one')).toBe('the page says "two", printed is "(the end)"')
})

test('an ellipsis stands for the rest of a line, or for lines', () => {
  expect(difference('a\n…\nd', 'a\nb\nc\nd')).toBeUndefined()
  expect(difference('a\n…\nd', 'a\nd')).toBeUndefined()
  expect(difference('a …\nb', 'a lot\nb')).toBeUndefined()
  expect(difference('a\n…\nd', 'a\nb\nc')).toMatch(/^the page says/)
})

test('a console has commands and what they print', () => {
  expect(steps('$ weir status\na\nb\n\n$ curl \\\n  http://10.0.0.1/\nhello')).toEqual([
    { command: 'weir status', printed: 'a\nb' },
    { command: 'curl \\\n  http://10.0.0.1/', printed: 'hello' },
  ])
})
