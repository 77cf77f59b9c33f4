// Asks the kernel by route netlink and reads its answers at once.
import { encodeRequest, readAcknowledgement, readMessages } from '../announcer/netlink.ts'
import type { NetlinkMessage, NetlinkRequest } from '../announcer/netlink.ts'
import type { NetlinkSocket } from '../announcer/netlink-socket.ts'

const requestFlag = 0x1
const acknowledgeFlag = 0x4
const dumpFlags = 0x300

export interface NetlinkRequests {
  /** The errno of what was asked, 0 for success. `flags` besides those that every request has. */
  change(type: number, flags: number, rest: Pick<NetlinkRequest, 'body' | 'attributes'>): number
  /** All objects that the kernel has, as messages. */
  dump(type: number, body: Uint8Array): readonly NetlinkMessage[]
}

/** `socket` must hear nothing else. The kernel has answered when sending returns. */
export function createNetlinkRequests(socket: NetlinkSocket): NetlinkRequests {
  const buffer = new Uint8Array(65_536)
  let sequence = 0
  const receive = () => {
    const messages: NetlinkMessage[] = []
    for (let length = socket.receive(buffer); length > 0; length = socket.receive(buffer))
      messages.push(...readMessages(buffer.slice(0, length)))
    return messages
  }
  return {
    change(type, flags, rest) {
      socket.send(encodeRequest({ type, flags: requestFlag | acknowledgeFlag | flags, sequence: ++sequence, ...rest }))
      return (
        receive()
          .map(readAcknowledgement)
          .find(errno => errno !== undefined) ?? 0
      )
    },
    dump(type, body) {
      socket.send(encodeRequest({ type, flags: requestFlag | dumpFlags, sequence: ++sequence, body, attributes: [] }))
      return receive()
    },
  }
}
