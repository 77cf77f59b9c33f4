// The few calls into the C library that raw Ethernet needs: packet sockets, poll and an eventfd. Loaded by the worker only.
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import koffi from 'koffi'
import { encodeFilter } from './filter.ts'
import type { Instruction } from './filter.ts'

// The running program's own symbols, so that it does not matter which C library (glibc, musl) Node was linked with.
const libc = koffi.load(null)
const call = {
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int size)'),
  bind: libc.func('int bind(int fd, const void *address, unsigned int size)'),
  recv: libc.func('long recv(int fd, void *buffer, unsigned long size, int flags)'),
  send: libc.func('long send(int fd, const void *buffer, unsigned long size, int flags)'),
  poll: libc.func('int poll(void *fds, unsigned long count, int timeout)'),
  eventfd: libc.func('int eventfd(unsigned int value, int flags)'),
  read: libc.func('long read(int fd, void *buffer, unsigned long size)'),
  close: libc.func('int close(int fd)'),
}

const packetFamily = 17 // AF_PACKET
const rawType = 3 // SOCK_RAW
const nonBlocking = 0o4000 // SOCK_NONBLOCK, EFD_NONBLOCK
const closeOnExec = 0o2000000 // SOCK_CLOEXEC, EFD_CLOEXEC
const socketLevel = 1 // SOL_SOCKET
const attachFilter = 26 // SO_ATTACH_FILTER
const receiveBufferSize = 8 // SO_RCVBUF
const pollIn = 1

export const etherTypeArp = 0x0806

const { EAGAIN, EINTR } = constants.errno

/** A call into the C library failed. `code` is the name of the errno, as `EPERM`. */
export class PacketSocketError extends Error {
  override readonly name = 'PacketSocketError'
  readonly code: string
  /** What to do about it. */
  readonly remedy: string

  constructor(operation: string, errno: number) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error']
    super(`${operation}: ${text} (${code})`)
    this.code = code
    this.remedy = code === 'EPERM' ? 'Give the agent the capability NET_RAW.' : 'It is tried again.'
  }
}

/** A packet socket bound to one interface and one protocol. */
export interface PacketSocket extends Disposable {
  readonly fd: number
  /** Reads one frame into `buffer`: its length, or 0 when nothing waits. Throws PacketSocketError. */
  receive(buffer: Uint8Array): number
  /** Throws PacketSocketError; a frame is sent wholly or not at all. */
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
    const size = Buffer.alloc(4)
    size.writeInt32LE(1 << 20)
    check('setsockopt SO_RCVBUF', call.setsockopt(fd, socketLevel, receiveBufferSize, size, size.length))
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
    receive(buffer) {
      const length = Number(call.recv(fd, buffer, buffer.length, 0))
      if (length >= 0) return length
      const errno = koffi.errno()
      if (errno === EAGAIN || errno === EINTR) return 0
      throw new PacketSocketError('recv', errno)
    },
    send(frame) {
      if (Number(call.send(fd, frame, frame.length, 0)) < 0) throw new PacketSocketError('send', koffi.errno())
    },
    [Symbol.dispose]() {
      call.close(fd)
    },
  }
}

/** A descriptor that another thread makes ready by writing eight bytes, to wake a poll. */
export interface WakeUp {
  readonly fd: number
  /** Makes it unready again. */
  clear(): void
}

export function openWakeUp(): WakeUp {
  const fd = check('eventfd', call.eventfd(0, nonBlocking | closeOnExec))
  const count = Buffer.alloc(8)
  return { fd, clear: () => void call.read(fd, count, count.length) }
}

/** What of a list of descriptors is ready (readable, failed or closed), asked again and again. */
export interface Poller {
  /** Waits up to `timeoutMs` (rounded up), 0 for not at all. Gives the positions in the list that are ready. */
  wait(timeoutMs: number): readonly number[]
}

export function createPoller(fds: readonly number[]): Poller {
  const list = Buffer.alloc(fds.length * 8)
  for (const [index, fd] of fds.entries()) {
    list.writeInt32LE(fd, index * 8)
    list.writeInt16LE(pollIn, index * 8 + 4)
  }
  return {
    wait(timeoutMs) {
      const ready = call.poll(list, fds.length, Math.ceil(timeoutMs))
      if (ready < 0) {
        const errno = koffi.errno()
        if (errno !== EINTR) throw new PacketSocketError('poll', errno)
      }
      if (ready <= 0) return []
      const found: number[] = []
      for (let index = 0; index < fds.length; index++) if (list.readInt16LE(index * 8 + 6) !== 0) found.push(index)
      return found
    },
  }
}

function check(operation: string, result: number): number {
  if (result < 0) throw new PacketSocketError(operation, koffi.errno())
  return result
}
