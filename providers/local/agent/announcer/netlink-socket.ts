// A socket of route netlink: hears of changes of the network without asking, or carries requests.
import { call, check, closeOnExec, nonBlocking, receiveFrom, setReceiveBuffer } from './libc.ts'
import { SocketError } from './socket-error.ts'
import koffi from 'koffi'

const netlinkFamily = 16 // AF_NETLINK
const rawType = 3 // SOCK_RAW
const routeProtocol = 0 // NETLINK_ROUTE

export interface NetlinkSocket extends Disposable {
  readonly fd: number
  /** Reads one datagram: its length, or 0 when nothing waits. Throws SocketError; ENOBUFS when events were lost. */
  receive(buffer: Uint8Array): number
  send(message: Uint8Array): void
}

export interface NetlinkSocketOptions {
  /** The events to hear of, 0 for none. */
  readonly groups: number
  /** Of netlink(7); NETLINK_ROUTE unless told. */
  readonly protocol?: number
}

/** Throws SocketError. Listening needs no right. */
export function openNetlinkSocket({ groups, protocol = routeProtocol }: NetlinkSocketOptions): NetlinkSocket {
  const fd = check('socket', call.socket(netlinkFamily, rawType | nonBlocking | closeOnExec, protocol))
  try {
    if (groups !== 0) setReceiveBuffer(fd, 1 << 18)
    const address = Buffer.alloc(12)
    address.writeUInt16LE(netlinkFamily, 0)
    address.writeUInt32LE(groups, 8)
    check('bind', call.bind(fd, address, address.length))
  } catch (error) {
    call.close(fd)
    throw error
  }
  return {
    fd,
    receive: buffer => receiveFrom(fd, buffer),
    send(message) {
      if (Number(call.send(fd, message, message.length, 0)) < 0) throw new SocketError('send', koffi.errno())
    },
    [Symbol.dispose]: () => void call.close(fd),
  }
}
