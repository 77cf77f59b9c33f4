// Annotations for tests of what must never do harm: known keys with values that are almost right, or anything at all.
import * as fc from 'fast-check'
import { knownKeys, rows } from './rows.ts'

export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ maxLength: 80 }),
  fc.constantFrom(
    '(a+)+$',
    `/${'('.repeat(40)}`,
    '(a{900}){900}',
    'a\nb: c',
    'a\r\nHost: evil',
    '"};',
    '%00',
    '%REQ(COOKIE)%',
    '$',
    '${',
    '\u0000',
    '\ud800',
    String.raw`\1\2`,
    'x'.repeat(9000),
    '9'.repeat(400),
    '-1',
    '0',
    '1e9',
    'NaN',
  ),
)

const examples = Object.values(rows).map(({ example }) => example)

/** An example with something hostile before, behind or within it. */
const spoilt = fc
  .tuple(fc.constantFrom(...examples), hostileText, fc.constantFrom('before', 'behind', 'within', 'not at all'))
  .map(([example, text, where]) => {
    const half = Math.floor(example.length / 2)
    if (where === 'before') return text + example
    if (where === 'behind') return example + text
    return where === 'within' ? example.slice(0, half) + text + example.slice(half) : example
  })

const byRow = fc.constantFrom(...Object.entries(rows)).map(([name, { example }]) => [`weir.dev/${name}`, example] as const)

/** Some that are right, some that are not. */
export const anyAnnotations: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .tuple(
    fc.array(byRow, { maxLength: 6 }),
    fc.array(fc.tuple(fc.constantFrom(...knownKeys), fc.oneof(hostileText, spoilt)), { maxLength: 6 }),
  )
  .map(([right, wrong]) => Object.fromEntries([...right, ...wrong]))
