import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { icmpv6Checksum } from './checksum.ts'
import { allNodes, multicastMac, solicitedNode } from './ipv6-groups.ts'
import { formatMac, parseMac } from './mac.ts'
import { advertisementFrame, answerNdp, parseNdp, solicitationFrame } from './ndp.ts'

const mac = (text: string) => parseMac(text) ?? new Uint8Array(6)
const self = mac('02:00:00:00:00:01')
const client = mac('02:00:00:00:00:02')
const stranger = mac('02:00:00:00:00:99')
const web = 0xfd00_0201_0000_0000_0000_0000_0012_3456n
const clientIp = 0xfe80_0000_0000_0000_0000_0000_0000_0002n
const announced = new Set([web])

const asked = solicitationFrame({ from: client, senderIp: clientIp, target: web })
const refresh = solicitationFrame({ from: client, senderIp: clientIp, target: web, to: self })
const probe = solicitationFrame({ from: client, senderIp: 0n, target: web })
/** With other bytes from `offset` on, and the checksum made right again. */
const changed = (frame: Uint8Array, offset: number, ...bytes: readonly number[]) => {
  const copy = frame.slice()
  copy.set(bytes, offset)
  copy.set([0, 0], 56)
  const checksum = icmpv6Checksum(copy, 14, ((copy[18] ?? 0) << 8) | (copy[19] ?? 0))
  copy.set([checksum >> 8, checksum & 255], 56)
  return copy
}
const replyTo = (frame: Uint8Array) => {
  const verdict = answerNdp(frame, self, announced)
  return 'reply' in verdict ? parseNdp(verdict.reply) : undefined
}
const ours = { kind: 'advertisement', source: self, sourceIp: web, target: web, targetMac: self, router: false, override: true }

test('a solicitation to the group of an address is answered to who asked', () => {
  expect(formatMac(asked.subarray(0, 6))).toBe('33:33:ff:12:34:56')
  expect(replyTo(asked)).toMatchObject({ ...ours, destination: client, destinationIp: clientIp, solicited: true })
})

test('a neighbour that checks its entry by a solicitation to the address itself is answered, with and without its MAC in it', () => {
  const without = solicitationFrame({ from: client, senderIp: clientIp, target: web, to: self, option: false })
  for (const frame of [refresh, without])
    expect(replyTo(frame)).toMatchObject({ ...ours, destination: client, destinationIp: clientIp, solicited: true })
})

test('the MAC that a solicitation tells counts, not the one it was sent from', () => {
  expect(replyTo(changed(asked, 80, ...stranger))).toMatchObject({ destination: stranger })
})

test('who is about to take the address (a probe from ::) is told so together with everybody', () => {
  expect(replyTo(probe)).toMatchObject({
    ...ours,
    destination: mac('33:33:00:00:00:01'),
    destinationIp: allNodes,
    solicited: false,
  })
})

describe('no answer, and why', () => {
  const advertised = advertisementFrame({ self: client, address: web })
  test.each([
    ['malformed', 'a frame that ends early', asked.subarray(0, 77)],
    ['malformed', 'less than the header says', asked.subarray(0, 80)],
    ['malformed', 'another EtherType', changed(asked, 12, 0x08, 0x00)],
    ['malformed', 'an IP version that is not 6', changed(asked, 14, 0x40)],
    ['malformed', 'an extension header before it', changed(asked, 20, 0)],
    ['malformed', 'a code that is not 0', changed(asked, 55, 1)],
    ['malformed', 'a multicast target', changed(asked, 62, 0xff)],
    ['malformed', 'an option without length', changed(asked, 79, 0)],
    ['malformed', 'an option that ends too late', changed(asked, 79, 2)],
    ['malformed', 'a multicast MAC in the option, which would make us send multicasts', changed(asked, 80, 0x33)],
    ['malformed', 'a multicast source', changed(asked, 22, 0xff)],
    ['malformed', 'a probe that tells a MAC', changed(asked, 22, ...new Uint8Array(16))],
    ['malformed', 'a probe to the address itself', solicitationFrame({ from: client, senderIp: 0n, target: web, to: self })],
    ['malformed', 'a solicited advertisement to everybody', changed(advertised, 58, 0x60)],
    ['hop-limit', 'what came through a router', changed(asked, 21, 254)],
    ['not-a-solicitation', 'another message of ICMPv6', changed(asked, 54, 133)],
    ['bad-checksum', 'a wrong checksum', Uint8Array.from(asked, (byte, i) => (i === 85 ? byte ^ 1 : byte))],
    ['own-frame', 'what we sent ourselves', advertisementFrame({ self, address: web })],
    ['not-announced', 'another address', solicitationFrame({ from: client, senderIp: clientIp, target: web + (1n << 64n) })],
    [
      'not-to-us',
      'a solicitation sent to another station',
      solicitationFrame({ from: client, senderIp: clientIp, target: web, to: stranger }),
    ],
    ['not-to-us', 'a solicitation to the group of another address', changed(asked, 51, 0x13)],
    ['not-a-solicitation', 'somebody who tells that the address is at our MAC', changed(advertised, 80, ...self)],
  ])('%s: %s', (drop, _what, frame) => {
    expect(answerNdp(frame, self, announced)).toEqual({ drop })
  })
})

test('another station that advertises our address, or sends from it, is a conflict, named by its MAC', () => {
  expect(answerNdp(advertisementFrame({ self: client, address: web }), self, announced)).toEqual({
    conflict: { address: web, mac: client },
  })
  const from = solicitationFrame({ from: client, senderIp: web, target: web + 1n })
  expect(answerNdp(from, self, announced)).toEqual({ conflict: { address: web, mac: client } })
})

test('an unsolicited advertisement goes to all nodes, overrides, and makes no router', () => {
  expect(parseNdp(advertisementFrame({ self, address: web }))).toMatchObject({
    ...ours,
    destination: multicastMac(allNodes),
    destinationIp: allNodes,
    solicited: false,
  })
})

const bytes6 = fc.uint8Array({ minLength: 6, maxLength: 6 })
const address = fc.bigInt({ min: 1n, max: (1n << 128n) - 1n }).filter(value => value >> 120n !== 0xffn)

property.prop([fc.uint8Array({ maxLength: 140 })])('whatever comes, it is decided and nothing throws', frame => {
  expect(Object.keys(answerNdp(frame, self, announced))).toHaveLength(1)
})

property.prop([fc.constantFrom(asked, refresh, probe), fc.nat(90), fc.nat(255)])(
  'a frame with one byte changed is never answered to a group but that of all nodes, nor for what is not announced',
  (frame, offset, byte) => {
    const verdict = answerNdp(changed(frame, offset % frame.length, byte), self, announced)
    if (!('reply' in verdict)) return
    const reply = parseNdp(verdict.reply)
    expect(reply).toMatchObject({ target: web, sourceIp: web })
    if (((reply?.destination[0] ?? 1) & 1) === 1) expect(reply?.destinationIp).toBe(allNodes)
  },
)

property.prop([bytes6, address, address, fc.boolean()])('what is encoded is read back', (from, senderIp, target, option) => {
  expect(parseNdp(solicitationFrame({ from, senderIp, target, option }))).toMatchObject({
    kind: 'solicitation',
    source: from,
    sourceIp: senderIp,
    destinationIp: solicitedNode(target),
    target,
    sourceMac: option ? from : undefined,
  })
})
