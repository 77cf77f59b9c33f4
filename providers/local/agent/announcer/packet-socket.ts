// Packet sockets: raw Ethernet of one protocol on one interface, behind a filter that the kernel runs.
import koffi from 'koffi'
import { encodeFilter } from './filter.ts'
import type { Instruction } from './filter.ts'
import { call, check, closeOnExec, nonBlocking, receiveFrom, setReceiveBuffer } from './libc.ts'
import { SocketError } from './socket-error.ts'

const packetFamily = 17 // AF_PACKET
const rawType = 3 // SOCK_RAW
const socketLevel = 1 // SOL_SOCKET
const attachFilter = 26 // SO_ATTACH_FILTER

export const etherTypeArp = 0x0806
export const etherTypeIpv4 = 0x0800
export const etherTypeIpv6 = 0x86dd

/** A packet socket bound to one interface and one protocol. */
export interface PacketSocket extends Disposable {
  readonly fd: number
  /** Reads one frame into `buffer`: its length, or 0 when nothing waits. Throws SocketError. */
  receive(buffer: Uint8Array): number
  /** Throws SocketError; a frame is sent wholly or not at all. */
  send(frame: Uint8Array): void
}

export interface PacketSocketOptions {
  readonly interfaceIndex: number
  readonly etherType: number
  readonly filter: readonly Instruction[]
}

/**
 * Opens a packet socket (packet(7)); needs CAP_NET_RAW and nothing else. It is made for no protocol and bound last, so that
 * no frame slips in before the filter is there.
 */
export function openPacketSocket({ interfaceIndex, etherType, filter }: PacketSocketOptions): PacketSocket {
  const fd = check('socket', call.socket(packetFamily, rawType | nonBlocking | closeOnExec, 0))
  try {
    const instructions = encodeFilter(filter)
    const program = Buffer.alloc(16)
    program.writeUInt16LE(filter.length, 0)
    program.writeBigUInt64LE(koffi.address(instructions), 8)
    check('setsockopt SO_ATTACH_FILTER', call.setsockopt(fd, socketLevel, attachFilter, program, program.length))
    setReceiveBuffer(fd, 1 << 20)
    const address = Buffer.alloc(20)
    address.writeUInt16LE(packetFamily, 0)
    address.writeUInt16BE(etherType, 2)
    address.writeInt32LE(interfaceIndex, 4)
    check('bind', call.bind(fd, address, address.length))
  } catch (error) {
    call.close(fd)
    throw error
  }
  return {
    fd,
    receive: buffer => receiveFrom(fd, buffer),
    send(frame) {
      if (Number(call.send(fd, frame, frame.length, 0)) < 0) throw new SocketError('send', koffi.errno())
    },
    [Symbol.dispose]() {
      call.close(fd)
    },
  }
}
