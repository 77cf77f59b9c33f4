import { expect, test } from 'vitest'
import { announcementFrames, requestFrame } from './arp.ts'
import { arpFilter, encodeFilter, ipv6Filter, packetLength, pingFilter, snapLength } from './filter.ts'
import type { Instruction } from './filter.ts'
import { parseMac } from './mac.ts'
import { advertisementFrame, solicitationFrame } from './ndp.ts'

const client = parseMac('02:00:00:00:00:02') ?? new Uint8Array(6)
const toUs = 0
const toAnother = 3

/** Runs the program as the kernel would: how many bytes of the frame it hands up. */
function run(frame: Uint8Array, packetType: number, program: readonly Instruction[] = arpFilter): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  let accumulator = 0
  let index = 0
  for (let at = 0; at < program.length; at++) {
    const [code, onTrue, onFalse, operand] = program[at] ?? [0x06, 0, 0, 0]
    if (code === 0x06) return operand
    if (code === 0x15) at += accumulator === operand ? onTrue : onFalse
    else if (code === 0x45) at += (accumulator & operand) === 0 ? onFalse : onTrue
    else if (operand === 0xfffff004) accumulator = packetType
    else if (index + operand + 1 > frame.length) return 0
    else if (code === 0x30) accumulator = view.getUint8(operand)
    else if (code === 0x50) accumulator = view.getUint8(index + operand)
    else if (code === 0xb1) index = 4 * (view.getUint8(operand) & 15)
    else if (operand + 2 > frame.length) return 0
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
  for (const program of [arpFilter, pingFilter, ipv6Filter({ ping: true }), ipv6Filter({ ping: false })]) {
    for (const [at, [code, onTrue, onFalse]] of program.entries())
      if (code === 0x15 || code === 0x45) expect(at + 1 + Math.max(onTrue, onFalse)).toBeLessThan(program.length)
  }
  expect(encodeFilter(arpFilter)).toHaveLength(arpFilter.length * 8)
  expect(encodeFilter([[0x15, 1, 2, 0x0806]])).toEqual(Buffer.from([0x15, 0, 1, 2, 0x06, 0x08, 0, 0]))
})

test('neighbour discovery comes through, echo requests if they are wanted, and nothing else of IPv6', () => {
  const asked = solicitationFrame({ from: client, senderIp: 1n, target: 2n })
  const withByte = (offset: number, byte: number) => Uint8Array.from(asked, (old, at) => (at === offset ? byte : old))
  for (const ping of [true, false]) {
    const program = ipv6Filter({ ping })
    for (const frame of [asked, advertisementFrame({ self: client, address: 2n })])
      expect(run(frame, 2, program)).toBe(packetLength)
    expect(run(withByte(54, 128), toUs, program)).toBe(ping ? packetLength : 0)
    for (const other of [withByte(12, 8), withByte(20, 0), withByte(20, 6), withByte(54, 133), withByte(54, 129)])
      expect(run(other, toUs, program)).toBe(0)
    expect(run(asked, toAnother, program)).toBe(0)
    expect(run(asked.subarray(0, 50), toUs, program)).toBe(0)
  }
})

test('of IPv4 only whole echo requests to this station come through, with and without IP options', () => {
  const echo = (options: number) => {
    const frame = new Uint8Array(64)
    frame.set([0x08, 0x00, 0x45 + options / 4], 12)
    frame[23] = 1
    frame[34 + options] = 8
    return frame
  }
  const withByte = (offset: number, byte: number) => Uint8Array.from(echo(0), (old, at) => (at === offset ? byte : old))
  for (const options of [0, 8]) expect(run(echo(options), toUs, pingFilter)).toBe(packetLength)
  for (const other of [withByte(12, 9), withByte(23, 17), withByte(20, 0x20), withByte(21, 1), withByte(34, 0)])
    expect(run(other, toUs, pingFilter)).toBe(0)
  expect(run(withByte(20, 0x40), toUs, pingFilter)).toBe(packetLength)
  expect(run(echo(0), 1, pingFilter)).toBe(0)
})
