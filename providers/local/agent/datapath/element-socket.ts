// The calls into the C library by which large netlink messages go out.
import { call, check } from '../announcer/libc.ts'
import { SocketError } from '../announcer/socket-error.ts'

const sendBufferForce = 32 // SO_SNDBUFFORCE
const netlinkLevel = 270 // SOL_NETLINK
const capAcknowledgement = 10 // NETLINK_CAP_ACK
/** A message has to fit in there as a whole; an element takes about a hundred bytes. */
const sendBufferBytes = 16 << 20

/** Room for long messages, and answers that do not repeat them. Throws SocketError. */
export function setNetlinkBuffers(fd: number): void {
  const set = (operation: string, level: number, name: number, value: number) => {
    const word = Buffer.alloc(4)
    word.writeInt32LE(value)
    check(operation, call.setsockopt(fd, level, name, word, word.length))
  }
  set('setsockopt SO_SNDBUFFORCE', 1, sendBufferForce, sendBufferBytes)
  set('setsockopt NETLINK_CAP_ACK', netlinkLevel, capAcknowledgement, 1)
}

/** Sends on another thread. Throws SocketError. */
export function sendAside(fd: number, message: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    call.send.async(fd, message, message.length, 0, (error: unknown, sent: number | bigint) => {
      if (error) reject(error)
      else if (Number(sent) < 0) reject(new SocketError('send', 0))
      else resolve()
    })
  })
}
