// Puts elements into our sets and maps, straight to the kernel. Needs the capability NET_ADMIN.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { getSystemErrorName } from 'node:util'
import { readMessages } from '../announcer/netlink.ts'
import type { NetlinkSocket } from '../announcer/netlink-socket.ts'
import { encodeDump, readDump } from './element-dump.ts'
import type { ReadElement } from './element-dump.ts'
import { encodeElements, readOutcome } from './element-batch.ts'
import { sendAside, setNetlinkBuffers } from './element-socket.ts'
import type { ElementChange } from './transactions.ts'

/** So many elements are read before others have their turn. */
const yieldEvery = 2_000

/** The kernel did not take elements; nothing of that transaction was done. */
export class ElementsRefused extends Error {
  readonly code = 'ElementsRefused'
  readonly errno: number
  constructor(errno: number) {
    super(`the kernel does not take elements of our table: ${errno === 0 ? 'no answer' : getSystemErrorName(-errno)}`)
    this.errno = errno
  }
}

export interface ElementWriter extends Disposable {
  /** One transaction: all of it, or ElementsRefused. One after the other: who calls waits for the last one. */
  write(change: ElementChange): Promise<void>
  /** The elements of a set or map of ours; none when it does not exist. */
  read(set: string): Promise<readonly ReadElement[]>
}

/**
 * nft reads, checks and prints ten times as long as the kernel works, so elements go without it; the socket speaks NETLINK_NETFILTER
 * (`netfilterProtocol`) and hears nothing else. Sending waits for whoever else changes nftables, so it is done aside, not on
 * the thread that beats.
 */
export function createElementWriter(socket: NetlinkSocket): ElementWriter {
  setNetlinkBuffers(socket.fd)
  const buffer = new Uint8Array(1 << 16)
  const receive = () => {
    const length = socket.receive(buffer)
    return length === 0 ? undefined : readMessages(buffer.subarray(0, length))
  }
  return {
    async write(change) {
      while (receive());
      await sendAside(socket.fd, encodeElements(change))
      // The kernel has answered when sending returns.
      const messages = []
      for (let heard = receive(); heard; heard = receive()) messages.push(...heard)
      const errno = readOutcome(messages)
      if (errno !== 0) throw new ElementsRefused(errno ?? 0)
    },
    async read(set) {
      while (receive());
      await sendAside(socket.fd, encodeDump(set))
      const elements: ReadElement[] = []
      for (;;) {
        const messages = receive()
        // Reading makes the kernel list more, so there is always something until the end.
        if (!messages) return elements
        const part = readDump(messages)
        for (const element of part.elements) elements.push(element)
        if (part.ended) return elements
        if (elements.length % yieldEvery < part.elements.length) await nextTurn()
      }
    },
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  }
}
