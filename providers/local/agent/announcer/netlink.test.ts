import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { encodeRequest, readAcknowledgement, readAttributes, readEvent, readMessages } from './netlink.ts'

const link = (flags: number, name: string, type = 16) => {
  const body = new Uint8Array(16)
  const view = new DataView(body.buffer)
  view.setInt32(4, 7, true)
  view.setUint32(8, flags, true)
  return encodeRequest({ type, flags: 0, sequence: 0, body, attributes: [[3, new TextEncoder().encode(`${name}\0`)]] })
}
const address = encodeRequest({ type: 20, flags: 0, sequence: 0, body: Uint8Array.of(2, 16, 0, 0, 9, 0, 0, 0), attributes: [] })
const events = (...messages: readonly Uint8Array[]) => readMessages(Buffer.concat(messages)).map(message => readEvent(message))

test('links that come, lose their carrier and go, and addresses, are read from one datagram', () => {
  expect(events(link(0x1_1043, 'eth0'), link(0x1003, 'eth0'), link(0, 'eth0', 17), address)).toEqual([
    { kind: 'link', index: 7, name: 'eth0', carrier: true },
    { kind: 'link', index: 7, name: 'eth0', carrier: false },
    { kind: 'link-gone', index: 7 },
    { kind: 'address', index: 9 },
  ])
})

test('other messages say nothing, and what is cut off ends the list', () => {
  const neighbour = encodeRequest({ type: 28, flags: 0, sequence: 0, body: new Uint8Array(12), attributes: [] })
  expect(events(neighbour)).toEqual([undefined])
  expect(events(address, link(0, 'eth0').subarray(0, 20))).toEqual([{ kind: 'address', index: 9 }])
})

test('an acknowledgement gives the errno', () => {
  const refusal = encodeRequest({
    type: 2,
    flags: 0,
    sequence: 5,
    body: new Uint8Array(Int32Array.of(-1).buffer),
    attributes: [],
  })
  expect(readMessages(refusal).map(message => readAcknowledgement(message))).toEqual([1])
  expect(readMessages(address).map(message => readAcknowledgement(message))).toEqual([undefined])
})

property.prop([fc.uint8Array({ maxLength: 200 })])('whatever comes, reading ends and nothing throws', bytes => {
  for (const message of readMessages(bytes)) {
    readEvent(message)
    readAcknowledgement(message)
    readAttributes(message.payload)
  }
})

property.prop([fc.uniqueArray(fc.tuple(fc.nat(100), fc.uint8Array({ maxLength: 30 })), { selector: ([type]) => type })])(
  'attributes are read back as they were written, whatever their length',
  attributes => {
    const encoded = encodeRequest({ type: 24, flags: 5, sequence: 1, body: new Uint8Array(12), attributes })
    const [message] = readMessages(encoded)
    expect([...readAttributes(message?.payload.subarray(12) ?? new Uint8Array())]).toEqual(attributes)
  },
)
