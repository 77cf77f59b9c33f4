import { expect, test } from 'vitest'
import { parseAddress } from '../../../../src/model/address.ts'
import { readMessages } from '../announcer/netlink.ts'
import { addressWords, interfaceWords, macWords, portWord } from './element.ts'
import type { Element } from './element.ts'
import { encodeElements, readOutcome } from './element-batch.ts'

const vip = parseAddress('10.201.200.1') ?? { family: 'IPv4' as const, value: 0n }
const web: Element = {
  set: 'services4a',
  key: [...addressWords(vip), 6, portWord(80)],
  value: [0x1a7a_26da],
}
const bytesOf = (element: Element) => Buffer.from(encodeElements({ remove: [], add: [element] })).toString('hex')

// What nft 1.0.6 sends for the same elements (nft --debug=mnl).
test.each<readonly [string, Element, string]>([
  ['an address, a protocol, a port and a mark', web, '0ac9c80106000000005000000c00028008000100da267a1a'],
  ['a chain to go to', { ...web, value: 'pick1a' }, '1c0002801800028008000100fffffffc0b0002007069636b31610000'],
  [
    'a MAC address alone, six bytes long',
    { set: 'peersa', key: macWords('02:00:00:00:00:1f'), keyBytes: 6 },
    '0a00010002000000001f0000',
  ],
  ['an interface', { set: 'interfacesa', key: interfaceWords('eth0') }, '1400010065746830000000000000000000000000'],
])('%s becomes the bytes that the kernel compares', (_, element, bytes) => {
  expect(bytesOf(element)).toContain(bytes)
})

test('a transaction begins, takes away, adds, asks to be told, and ends; long lists are several messages', () => {
  const many = Array.from({ length: 5000 }, (_, port): Element => ({ ...web, key: [...addressWords(vip), 6, portWord(port)] }))
  const messages = readMessages(encodeElements({ remove: [web], add: many }))
  const types = messages.map(({ type }) => type)
  expect(types.slice(0, 3)).toEqual([0x10, 0x0a0e, 0x0a0c])
  expect(types.at(-1)).toBe(0x11)
  expect(types.length).toBeGreaterThan(5)
  for (const { payload } of messages) expect(payload.length).toBeLessThan(65_536)
})

test('the first refusal is what came of it, else the acknowledgement', () => {
  const errorOf = (errno: number) => ({ type: 2, payload: new Uint8Array(Int32Array.of(-errno).buffer) })
  expect(readOutcome([])).toBeUndefined()
  expect(Math.abs(readOutcome([errorOf(0)]) ?? 1)).toBe(0)
  expect(readOutcome([errorOf(0), errorOf(17), errorOf(2)])).toBe(17)
})
