// The worker's ear for the network: word of links and addresses as they change, so that nobody has to look.
import { SocketError } from './socket-error.ts'
import { networkGroups, readEvent, readMessages } from './netlink.ts'
import type { NetworkEvent } from './netlink.ts'
import { openNetlinkSocket } from './netlink-socket.ts'
import type { PacketTask } from './packet-task.ts'

/** What changed since the last word. */
export interface NetworkChange {
  /** Indexes of interfaces that lost their carrier or are gone, even if they are well again by now. */
  readonly lost: readonly number[]
}

export interface NetworkWatch extends PacketTask {
  /** False when the kernel refuses netlink here: nothing will ever be told. */
  readonly listens: boolean
}

const datagramLength = 65_536

export function watchNetwork(onChange: (change: NetworkChange, nowMs: number) => void): NetworkWatch {
  const buffer = new Uint8Array(datagramLength)
  const socket = openOrNothing()
  const read = (): readonly NetworkEvent[] | 'lost-some' | undefined => {
    try {
      const length = socket?.receive(buffer) ?? 0
      if (length === 0) return undefined
      return readMessages(buffer.subarray(0, length)).flatMap(message => readEvent(message) ?? [])
    } catch {
      return 'lost-some'
    }
  }
  const source = {
    fd: socket?.fd,
    receive(nowMs: number) {
      const lost = new Set<number>()
      let changed = false
      for (let count = 0; count < 64; count++) {
        const events = read()
        if (events === undefined) break
        changed = true
        if (events === 'lost-some') continue
        for (const event of events) {
          if (event.kind === 'link-gone' || (event.kind === 'link' && !event.carrier)) lost.add(event.index)
        }
      }
      if (changed) onChange({ lost: [...lost] }, nowMs)
    },
  }
  return {
    listens: socket !== undefined,
    sources: socket ? [source] : [],
    work: () => {},
    nextDue: undefined,
    [Symbol.dispose]: () => socket?.[Symbol.dispose](),
  }
}

function openOrNothing() {
  try {
    return openNetlinkSocket({ groups: networkGroups })
  } catch (error) {
    if (error instanceof SocketError) return undefined
    throw error
  }
}
