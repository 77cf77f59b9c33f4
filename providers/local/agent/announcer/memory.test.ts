import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cleanFileRanges } from './memory.ts'

const entry = (line: string, anonymous = 0, dirty = 0) =>
  `${line}\nSize: 4 kB\nRss: 4 kB\nPrivate_Dirty:         ${dirty} kB\nAnonymous:             ${anonymous} kB\nVmFlags: rd ex mr mw me\n`

test('only what repeats a file is given back: not what was written, can be written, is shared or has no file', () => {
  const smaps = [
    entry('00400000-00600000 r--p 00000000 fe:00 4711                               /usr/bin/node'),
    entry('00600000-02600000 r-xp 00200000 fe:00 4711                               /usr/bin/node'),
    entry('02600000-02700000 r--p 02200000 fe:00 4711                               /usr/bin/node', 64, 64),
    entry('02700000-02800000 rw-p 02300000 fe:00 4711                               /usr/bin/node'),
    entry('7f0000000000-7f0000001000 r--s 00000000 fe:00 4712                       /usr/lib/locale'),
    entry('7f0000001000-7f0000002000 r-xp 00000000 00:00 0                          [vdso]'),
    entry('7f0000002000-7f0000003000 r--p 00000000 00:00 0 '),
  ].join('')
  expect(cleanFileRanges(smaps)).toEqual([
    { start: 0x400000n, bytes: 0x200000 },
    { start: 0x600000n, bytes: 0x2000000 },
  ])
})

test('in a real process the program itself is found', () => {
  const bytes = cleanFileRanges(readFileSync('/proc/self/smaps', 'utf8')).reduce((sum, range) => sum + range.bytes, 0)
  expect(bytes).toBeGreaterThan(10_000_000)
})
