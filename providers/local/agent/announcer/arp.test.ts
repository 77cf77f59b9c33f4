import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { announcementFrames, answerArp, parseArp, requestFrame } from './arp.ts'
import { formatMac, parseMac } from './mac.ts'

const mac = (text: string) => parseMac(text) ?? new Uint8Array(6)
const self = mac('02:00:00:00:00:01')
const client = mac('02:00:00:00:00:02')
const web = 0x0ac9_c801
const announced = new Set([web])

const request = requestFrame({ from: client, senderIp: 0x0a63_000a, targetIp: web })
const changed = (frame: Uint8Array, offset: number, ...bytes: readonly number[]) => {
  const copy = frame.slice()
  copy.set(bytes, offset)
  return copy
}

test('a request for an announced address is answered to the one who asked, with our MAC', () => {
  const verdict = answerArp(request, self, announced)
  const reply = 'reply' in verdict ? parseArp(verdict.reply) : undefined
  expect(reply).toEqual({
    destination: client,
    source: self,
    operation: 'reply',
    senderMac: self,
    senderIp: web,
    targetMac: client,
    targetIp: 0x0a63_000a,
  })
})

test('a neighbour that refreshes its entry by a request to our MAC is answered', () => {
  const refresh = requestFrame({ from: client, senderIp: 0x0a63_000a, targetIp: web, to: self })
  expect(answerArp(refresh, self, announced)).toHaveProperty('reply')
})

test('a probe (sender 0.0.0.0) is answered, so that its sender learns that the address is taken', () => {
  expect(answerArp(requestFrame({ from: client, senderIp: 0, targetIp: web }), self, announced)).toHaveProperty('reply')
})

describe('no answer, and why', () => {
  test.each([
    ['malformed', 'a frame that ends early', request.subarray(0, 41)],
    ['malformed', 'another EtherType', changed(request, 12, 0x08, 0x00)],
    ['malformed', 'another hardware type', changed(request, 14, 0, 6)],
    ['malformed', 'another protocol', changed(request, 16, 0x86, 0xdd)],
    ['malformed', 'a wrong address length', changed(request, 18, 8)],
    ['malformed', 'an unknown operation', changed(request, 20, 0, 8)],
    [
      'malformed',
      'a broadcast address as the sender, which would make us send broadcasts',
      changed(request, 22, 255, 255, 255, 255, 255, 255),
    ],
    ['malformed', 'no sender address', changed(request, 22, 0, 0, 0, 0, 0, 0)],
    ['own-frame', 'what we sent ourselves', announcementFrames(self, web)[0]],
    ['not-a-request', 'an answer to somebody', changed(request, 20, 0, 2)],
    ['not-to-us', 'a request sent to another station', changed(request, 0, ...mac('02:00:00:00:00:99'))],
    ['not-to-us', 'a request sent to a multicast group', changed(request, 0, ...mac('01:00:5e:00:00:01'))],
    ['not-announced', 'a request for another address', requestFrame({ from: client, senderIp: 1, targetIp: web + 1 })],
  ])('%s: %s', (drop, _what, frame) => {
    expect(answerArp(frame, self, announced)).toEqual({ drop })
  })
})

test.each(['request', 'reply'] as const)(
  'another station that announces our address by a %s is a conflict, named by its MAC',
  operation => {
    const frame = announcementFrames(client, web)[operation === 'request' ? 0 : 1]
    expect(answerArp(frame, self, announced)).toEqual({ conflict: { address: web, mac: client } })
  },
)

test('another station that asks for a neighbour with our address as its own is a conflict', () => {
  expect(answerArp(requestFrame({ from: client, senderIp: web, targetIp: 1 }), self, announced)).toHaveProperty('conflict')
})

test('an announcement is a broadcast request and a broadcast reply with the address as sender and target', () => {
  const [asRequest, asReply] = announcementFrames(self, web).map(frame => parseArp(frame))
  const common = { destination: mac('ff:ff:ff:ff:ff:ff'), source: self, senderMac: self, senderIp: web, targetIp: web }
  expect(asRequest).toEqual({ ...common, operation: 'request', targetMac: new Uint8Array(6) })
  expect(asReply).toEqual({ ...common, operation: 'reply', targetMac: self })
})

property.prop([fc.uint8Array({ maxLength: 80 })])('whatever comes, it is decided and nothing throws', frame => {
  expect(Object.keys(answerArp(frame, self, announced))).toHaveLength(1)
})

property.prop([fc.uint8Array({ minLength: 6, maxLength: 6 }), fc.nat(), fc.nat(), fc.nat(8)])(
  'only addresses that are announced are ever answered, and only to a single station',
  (from, senderIp, targetIp, padding) => {
    const frame = Uint8Array.of(...requestFrame({ from, senderIp, targetIp }), ...new Uint8Array(padding))
    const verdict = answerArp(frame, self, new Set([web, 7]))
    if (!('reply' in verdict)) return
    expect([web, 7]).toContain(targetIp)
    expect(formatMac(verdict.reply.subarray(0, 6))).toBe(formatMac(from))
    expect((from[0] ?? 1) & 1).toBe(0)
  },
)
