import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { writeIpv4, writeIpv6 } from './address-key.ts'
import { foldChecksum, icmpv6Checksum, sumWords } from './checksum.ts'
import { parseMac } from './mac.ts'
import { answerPing4, answerPing6 } from './ping.ts'

const self = parseMac('02:00:00:00:00:01') ?? new Uint8Array(6)
const client = parseMac('02:00:00:00:00:02') ?? new Uint8Array(6)
const web = 0x0ac9_c801
const web6 = 0xfd00_0201_0000_0000_0000_0000_0012_3456n
const announced = new Set<number | bigint>([web, web6])

/** An echo request with `options` bytes of IPv4 options and a body; checksums right. */
function echo4({ to = web, from = 0x0a63_000a, data = [1, 2, 3], options = 0 } = {}): Uint8Array {
  const headerLength = 20 + options
  const frame = new Uint8Array(14 + headerLength + 8 + data.length)
  frame.set([...self, ...client, 0x08, 0x00, 0x40 | (headerLength / 4)])
  frame.set([0, headerLength + 8 + data.length], 16)
  frame.set([0x40, 0, 64, 1], 20)
  writeIpv4(frame, 26, from)
  writeIpv4(frame, 30, to)
  frame.set([8, 0, 0, 0, 0x12, 0x34, 0, 7, ...data], 14 + headerLength)
  return sealed4(frame)
}
function sealed4(frame: Uint8Array): Uint8Array {
  const headerLength = ((frame[14] ?? 0) & 15) * 4
  const message = 14 + headerLength
  frame.set([0, 0], 24)
  frame.set([0, 0], message + 2)
  const header = foldChecksum(sumWords(frame, 14, headerLength))
  frame.set([header >> 8, header & 255], 24)
  const body = foldChecksum(sumWords(frame, message, frame.length - message))
  frame.set([body >> 8, body & 255], message + 2)
  return frame
}
function echo6({ to = web6, from = 0xfe80_0000_0000_0000_0000_0000_0000_0002n } = {}): Uint8Array {
  const frame = new Uint8Array(14 + 40 + 11)
  frame.set([...self, ...client, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 11, 58, 61])
  writeIpv6(frame, 22, from)
  writeIpv6(frame, 38, to)
  frame.set([128, 0, 0, 0, 0x12, 0x34, 0, 7, 1, 2, 3], 54)
  const checksum = icmpv6Checksum(frame, 14, 11)
  frame.set([checksum >> 8, checksum & 255], 56)
  return frame
}
const changed = (frame: Uint8Array, offset: number, ...bytes: readonly number[]) => {
  const copy = frame.slice()
  copy.set(bytes, offset)
  return copy
}

test('an echo request comes back with what it carried, without IP options, from the address that was asked', () => {
  for (const options of [0, 8]) {
    const verdict = answerPing4(echo4({ options }), self, announced)
    if (!('reply' in verdict)) throw new Error(JSON.stringify(verdict))
    const { reply } = verdict
    expect([...reply.subarray(0, 14)]).toEqual([...client, ...self, 0x08, 0x00])
    expect([...reply.subarray(26, 34)]).toEqual([0x0a, 0xc9, 0xc8, 0x01, 0x0a, 0x63, 0x00, 0x0a])
    expect([...reply.subarray(34, 36), ...reply.subarray(38)]).toEqual([0, 0, 0x12, 0x34, 0, 7, 1, 2, 3])
    expect([foldChecksum(sumWords(reply, 14, 20)), foldChecksum(sumWords(reply, 34, 11))]).toEqual([0, 0])
  }
})

test('the same for IPv6', () => {
  const verdict = answerPing6(echo6(), self, announced)
  if (!('reply' in verdict)) throw new Error(JSON.stringify(verdict))
  const { reply } = verdict
  expect([...reply.subarray(0, 12)]).toEqual([...client, ...self])
  expect([reply[54], ...reply.subarray(58)]).toEqual([129, 0x12, 0x34, 0, 7, 1, 2, 3])
  expect(icmpv6Checksum(reply, 14, 11)).toBe(0)
})

describe('no answer, and why', () => {
  test.each([
    ['not-announced', 'another address', echo4({ to: web + 1 })],
    ['not-to-us', 'a ping sent to everybody', changed(echo4(), 0, 255, 255, 255, 255, 255, 255)],
    ['bad-checksum', 'a wrong checksum', changed(echo4(), 44, 9)],
    ['bad-checksum', 'a wrong checksum of the header', changed(echo4(), 22, 9)],
    ['malformed', 'an echo reply', changed(echo4(), 34, 0)],
    ['malformed', 'a fragment', sealed4(changed(echo4(), 20, 0x20))],
    ['malformed', 'a source that is a group', echo4({ from: 0xe000_0001 })],
    ['malformed', 'a source that is another address of ours, which would make us talk to ourselves', echo4({ from: web })],
    ['malformed', 'less than the header says', echo4().subarray(0, 43)],
  ])('%s: %s', (drop, _what, frame) => {
    expect(answerPing4(frame, self, announced)).toEqual({ drop })
  })
  test.each([
    ['not-announced', 'another address', echo6({ to: web6 + 1n })],
    ['malformed', 'no source', echo6({ from: 0n })],
    ['bad-checksum', 'a wrong checksum', changed(echo6(), 62, 9)],
  ])('IPv6, %s: %s', (drop, _what, frame) => {
    expect(answerPing6(frame, self, announced)).toEqual({ drop })
  })
})

property.prop([fc.uint8Array({ maxLength: 120 })])('whatever comes, it is decided and nothing throws', frame => {
  expect(Object.keys(answerPing4(frame, self, announced))).toHaveLength(1)
  expect(Object.keys(answerPing6(frame, self, announced))).toHaveLength(1)
})

property.prop([fc.array(fc.nat(255), { maxLength: 1400 })])('a ping of any size comes back whole', data => {
  const verdict = answerPing4(echo4({ data }), self, announced)
  expect('reply' in verdict && [...verdict.reply.subarray(42)]).toEqual(data)
})
