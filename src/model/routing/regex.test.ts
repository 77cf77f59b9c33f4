// Which regular expressions are taken, which are refused with the difference, and that reading one is never slow.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteRegex, readRegex } from './regex.ts'

test.each([
  ['/foo(/|$)(.*)', 2],
  ['/api/v[0-9]+/(?:users|groups)/([^/]*)', 1],
  [String.raw`/a\.b\-c\d{2,4}?`, 0],
  ['/[]a-z]x', undefined],
  ['/[^a-z_-]+', 0],
  [String.raw`/[\w.-]*`, 0],
])('%s is taken', (text, groups) => {
  const read = readRegex(text)
  expect('groups' in read ? read.groups : undefined).toBe(groups)
})

test.each([
  ['/(?=a)', 'only (?: ) is understood'],
  ['/(?!admin).*', 'only (?: ) is understood'],
  ['/(?<name>a)', 'only (?: ) is understood'],
  [String.raw`/(a)\1`, 'RE2 does not know'],
  ['/a++', 'repeats a repetition'],
  ['/a**', 'repeats a repetition'],
  ['/*a', undefined],
  ['/(a', 'does not close'],
  ['/a)', 'not opened'],
  ['/[a', 'does not close'],
  ['/[[:alpha:]]', '['],
  ['/a{2', 'brace'],
  ['/a{5,2}', 'backwards'],
  ['/a{1001}', 'more than 1000'],
  ['/(a{100}){100}', 'too large'],
  ['/é', 'ASCII'],
  ['/' + '('.repeat(100), 'deeper'],
  ['/' + 'a'.repeat(600), 'longer'],
])('%s is refused', (text, why) => {
  const read = readRegex(text)
  if (why !== undefined) expect('error' in read ? read.error : '').toContain(why)
})

test('what is taken, JavaScript compiles too, and quoted text means itself', () => {
  const pieces = fc.constantFrom(
    'a',
    '/',
    '(',
    ')',
    '(?:',
    '|',
    '*',
    '+',
    '?',
    '{2}',
    '{1,3}',
    '[a-z]',
    '[^/]',
    String.raw`\d`,
    '.',
    '^',
    '$',
    '[',
    ']',
    '\\',
    '{',
  )
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 12 }).map(parts => parts.join('')),
      text => {
        const read = readRegex(text)
        if ('error' in read) return
        const groups = (new RegExp(`${text}|`).exec('')?.length ?? 1) - 1
        expect(read.groups).toBe(groups)
        expect(new RegExp(`^${quoteRegex(text)}$`).test(text)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
})
