import { expect, test } from 'vitest'
import { announcementFrames, requestFrame } from './arp.ts'
import { arpFilter, encodeFilter, snapLength } from './filter.ts'
import { parseMac } from './mac.ts'

const client = parseMac('02:00:00:00:00:02') ?? new Uint8Array(6)
const toUs = 0
const toAnother = 3

/** Runs the program as the kernel would: how many bytes of the frame it hands up. */
function run(frame: Uint8Array, packetType: number): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  let accumulator = 0
  for (let at = 0; at < arpFilter.length; at++) {
    const [code, onTrue, onFalse, operand] = arpFilter[at] ?? [0x06, 0, 0, 0]
    if (code === 0x06) return operand
    if (code === 0x15) at += accumulator === operand ? onTrue : onFalse
    else if (operand === 0xfffff004) accumulator = packetType
    else if (operand + 4 > frame.length) return 0
    else if (code === 0x20) accumulator = view.getUint32(operand)
    else if (code === 0x28) accumulator = view.getUint16(operand)
    else throw new Error(`instruction ${code} is not known here`)
  }
  throw new Error('the program has no end')
}

const request = requestFrame({ from: client, senderIp: 1, targetIp: 2 })
const changed = (offset: number, ...bytes: readonly number[]) => {
  const copy = request.slice()
  copy.set(bytes, offset)
  return copy
}

test('requests and replies of ARP for IPv4 on Ethernet come through', () => {
  expect(run(request, toUs)).toBe(snapLength)
  for (const frame of announcementFrames(client, 2)) expect(run(frame, toUs)).toBe(snapLength)
})

test.each([
  ['IPv4', changed(12, 0x08, 0x00)],
  ['ARP for another hardware', changed(14, 0, 6)],
  ['ARP for another protocol', changed(16, 0x86, 0xdd)],
  ['ARP with other address lengths', changed(18, 8, 4)],
  ['RARP', changed(20, 0, 3)],
  ['a truncated frame', request.subarray(0, 18)],
])('%s does not', (_what, frame) => {
  expect(run(frame, toUs)).toBe(0)
})

test('what is for another station or another VLAN does not', () => {
  expect(run(request, toAnother)).toBe(0)
})

test('every jump lands inside the program, and each instruction takes eight bytes', () => {
  for (const [at, [code, onTrue, onFalse]] of arpFilter.entries()) {
    if (code === 0x15) expect(at + 1 + Math.max(onTrue, onFalse)).toBeLessThan(arpFilter.length)
  }
  expect(encodeFilter(arpFilter)).toHaveLength(arpFilter.length * 8)
  expect(encodeFilter([[0x15, 1, 2, 0x0806]])).toEqual(Buffer.from([0x15, 0, 1, 2, 0x06, 0x08, 0, 0]))
})
