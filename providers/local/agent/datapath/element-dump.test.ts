import { expect, test } from 'vitest'
import { readMessages } from '../announcer/netlink.ts'
import { encodeElements } from './element-batch.ts'
import { readDump } from './element-dump.ts'

test('what the kernel lists is read as it was written; chains are left out, and what is cut off ends the list', () => {
  const elements = [
    { set: 'slotsa', key: [0x7047_b000, 3], value: [0x2d00_0002] },
    { set: 'slotsa', key: [0x7047_b000, 4], value: 'pick1a' },
  ]
  const messages = readMessages(encodeElements({ remove: [], add: elements }))
  expect(readDump(messages)).toEqual({
    elements: [
      { key: [0x7047_b000, 3], value: [0x2d00_0002] },
      { key: [0x7047_b000, 4], value: [] },
    ],
    ended: false,
  })
  const cut = messages.map(({ type, payload }) => ({ type, payload: payload.subarray(0, 50) }))
  expect(readDump(cut).elements).toEqual([])
  expect(readDump([{ type: 3, payload: new Uint8Array(4) }])).toEqual({ elements: [], ended: true })
})
