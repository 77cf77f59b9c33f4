// The programs that the kernel runs on each frame (classic BPF), so that only what may concern us wakes the worker.

/** One instruction of classic BPF: code, where to go on true and on false (relative), operand. See socket(7), SO_ATTACH_FILTER. */
export type Instruction = readonly [code: number, onTrue: number, onFalse: number, operand: number]

const loadWord = 0x20
const loadHalf = 0x28
const loadByte = 0x30
const loadByteAtIndex = 0x50
/** Four times the low half of a byte, into the index: the length of an IPv4 header. */
const loadHeaderLength = 0xb1
const jumpIfEqual = 0x15
const jumpIfAnyBit = 0x45
const giveBack = 0x06

/** Not a byte of the frame but how the kernel classed it (SKF_AD_OFF + SKF_AD_PKTTYPE). */
const packetType = 0xfffff004
/** Meant for another station (PACKET_OTHERHOST). The kernel also classes frames of a VLAN that this interface is not in so. */
const otherHost = 3

/** How much of a frame is handed up: more than any ARP, so that an oversized one costs nothing. */
export const snapLength = 64

/**
 * Lets through ARP for IPv4 on Ethernet, requests and replies (a conflict may be either), and nothing that was meant for
 * another station or came tagged for another VLAN.
 */
export const arpFilter: readonly Instruction[] = [
  [loadByte, 0, 0, packetType],
  [jumpIfEqual, 10, 0, otherHost],
  [loadHalf, 0, 0, 12],
  [jumpIfEqual, 0, 8, 0x0806],
  [loadWord, 0, 0, 14],
  [jumpIfEqual, 0, 6, 0x0001_0800],
  [loadHalf, 0, 0, 18],
  [jumpIfEqual, 0, 4, 0x0604],
  [loadHalf, 0, 0, 20],
  [jumpIfEqual, 1, 0, 1],
  [jumpIfEqual, 0, 1, 2],
  [giveBack, 0, 0, snapLength],
  [giveBack, 0, 0, 0],
]

/** Longer than any frame without jumbo frames; a longer one is cut, and then has no right checksum. */
export const packetLength = 2048

/**
 * Lets through neighbour solicitations and advertisements, and echo requests when they are wanted, in IPv6 packets without
 * extension headers. Hop limit and checksum are left to the code, which counts what is wrong.
 */
export function ipv6Filter(options: { readonly ping: boolean }): readonly Instruction[] {
  const types = [135, 136, ...(options.ping ? [128] : [])]
  const past = types.length
  return [
    [loadByte, 0, 0, packetType],
    [jumpIfEqual, past + 5, 0, otherHost],
    [loadHalf, 0, 0, 12],
    [jumpIfEqual, 0, past + 3, 0x86dd],
    [loadByte, 0, 0, 20],
    [jumpIfEqual, 0, past + 1, 58],
    [loadByte, 0, 0, 54],
    ...types.map((type, position): Instruction => [jumpIfEqual, past - position, 0, type]),
    [giveBack, 0, 0, 0],
    [giveBack, 0, 0, packetLength],
  ]
}

/** Lets through echo requests in IPv4 packets that are meant for this station and no fragments. */
export const pingFilter: readonly Instruction[] = [
  [loadByte, 0, 0, packetType],
  [jumpIfEqual, 0, 9, 0],
  [loadHalf, 0, 0, 12],
  [jumpIfEqual, 0, 7, 0x0800],
  [loadByte, 0, 0, 23],
  [jumpIfEqual, 0, 5, 1],
  [loadHalf, 0, 0, 20],
  [jumpIfAnyBit, 3, 0, 0x3fff],
  [loadHeaderLength, 0, 0, 14],
  [loadByteAtIndex, 0, 0, 14],
  [jumpIfEqual, 1, 0, 8],
  [giveBack, 0, 0, 0],
  [giveBack, 0, 0, packetLength],
]

/** The program as `struct sock_filter[]`, in the byte order of the machines we run on (little endian: x64 and arm64). */
export function encodeFilter(program: readonly Instruction[]): Buffer {
  const encoded = Buffer.alloc(program.length * 8)
  for (const [index, [code, onTrue, onFalse, operand]] of program.entries()) {
    encoded.writeUInt16LE(code, index * 8)
    encoded.writeUInt8(onTrue, index * 8 + 2)
    encoded.writeUInt8(onFalse, index * 8 + 3)
    encoded.writeUInt32LE(operand, index * 8 + 4)
  }
  return encoded
}
