// The heartbeats inside the packet worker: one packet socket for each segment, and addresses taken up without the main thread.
import { randomBytes } from 'node:crypto'
import { addressKey } from '../announcer/address-key.ts'
import type { AddressKey } from '../announcer/address-key.ts'
import type { Instruction } from '../announcer/filter.ts'
import { keepSocket } from '../announcer/kept-socket.ts'
import type { KeptSocket } from '../announcer/kept-socket.ts'
import { openPacketSocket } from '../announcer/packet-socket.ts'
import type { MakeExtension } from '../announcer/packet-task.ts'
import type { SegmentPlace } from '../announcer/protocol.ts'
import { parseAddress } from '../../../../src/model/address.ts'
import { heartbeatEtherType, longestFrame } from './frame.ts'
import { createHeartbeatHost } from './host.ts'
import type { HeartbeatOrder } from './host.ts'

/** Only what is meant for this station (not PACKET_OTHERHOST), with one byte more than a frame may have, so that it shows. */
const filter: readonly Instruction[] = [
  [0x20, 0, 0, 0xffff_f004],
  [0x15, 1, 0, 3],
  [0x06, 0, 0, longestFrame + 1],
  [0x06, 0, 0, 0],
]

/** Made once for the worker; obeys HeartbeatOrders and tells HeartbeatReports. */
export const makeHeartbeatExtension: MakeExtension = ({ tell, announce, withdraw, maySpeak }) => {
  const sockets = new Map<string, { place: SegmentPlace; readonly socket: KeptSocket }>()
  const buffer = new Uint8Array(longestFrame + 1)
  const host = createHeartbeatHost({
    random: () => randomBytes(8).readBigUInt64BE() | 1n,
    send: (name, frame) => void sockets.get(name)?.socket.send(frame),
    tell,
    act(name, event, nowMs) {
      if (event.kind !== 'own' && event.kind !== 'lose' && event.kind !== 'let-go') return
      if (event.kind === 'own') announce(name, keysOf([event.address]), nowMs)
      else withdraw(name, keysOf([event.address]))
    },
  })
  const open = (place: SegmentPlace, nowMs: number) => {
    const { name } = place
    const known = sockets.get(name)
    if (known) {
      const moved = known.place.index !== place.index
      known.place = place
      if (moved) known.socket.reopen(nowMs)
      return
    }
    // Reads the place anew each time, because the interface may have been made anew.
    const openSocket = () =>
      openPacketSocket({ interfaceIndex: sockets.get(name)?.place.index ?? place.index, etherType: heartbeatEtherType, filter })
    const socket = keepSocket(
      {
        open: openSocket,
        handle: (frame, now) => host.receive(name, frame, now),
        maySpeak,
        onReceiveError: () => {},
        onChange: error =>
          tell(
            error
              ? { kind: 'trouble', interface: name, code: error.code, message: error.message }
              : { kind: 'recovered', interface: name },
          ),
        buffer,
      },
      nowMs,
    )
    sockets.set(name, { place, socket })
  }
  const close = (name: string) => {
    sockets.get(name)?.socket[Symbol.dispose]()
    sockets.delete(name)
  }
  return {
    get sources() {
      return Array.from(sockets.values(), ({ socket }) => socket)
    },
    obey(order, nowMs) {
      if (!isOrder(order)) return
      // It may have been taken up here while the main thread decided otherwise.
      if (order.kind === 'release' || order.kind === 'forget') withdraw(order.interface, keysOf(order.addresses))
      if (order.kind === 'open') open(order.place, nowMs)
      host.obey(order, nowMs)
      // Before the orders that follow, which may close sockets.
      if (order.kind === 'release') host.work(nowMs)
      if (order.kind === 'close') close(order.interface)
    },
    work(nowMs) {
      for (const { socket } of sockets.values()) socket.work(nowMs)
      host.work(nowMs)
    },
    get nextDue() {
      let due = host.nextDue
      for (const { socket } of sockets.values()) due = Math.min(due, socket.nextDue ?? due)
      return due === Number.POSITIVE_INFINITY ? undefined : due
    },
    [Symbol.dispose]() {
      for (const name of sockets.keys()) close(name)
    },
  }
}

/** What the main thread sends is made by heartbeats.ts alone. */
function isOrder(message: unknown): message is HeartbeatOrder {
  return typeof message === 'object' && message !== null && 'kind' in message
}

function keysOf(addresses: readonly string[]): readonly AddressKey[] {
  return addresses.flatMap(text => {
    const address = parseAddress(text)
    return address ? [addressKey(address)] : []
  })
}
