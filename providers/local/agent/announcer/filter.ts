// The program that the kernel runs on each frame (classic BPF), so that only ARP that may concern us wakes the worker.

/** One instruction of classic BPF: code, where to go on true and on false (relative), operand. See socket(7), SO_ATTACH_FILTER. */
export type Instruction = readonly [code: number, onTrue: number, onFalse: number, operand: number]

const loadWord = 0x20
const loadHalf = 0x28
const loadByte = 0x30
const jumpIfEqual = 0x15
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
