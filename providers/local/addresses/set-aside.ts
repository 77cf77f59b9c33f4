// Addresses that a station of others was found to have. One that was given unasked and never announced is exchanged for another
// one and set aside: the next Service would only meet the same station.
import type { Announcement } from '../../../src/api/announcement.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { BlockIndex } from './block-index.ts'

export interface SetAside {
  /** The address was given to somebody who took any: no client can know it before it is announced. */
  gaveUnasked(address: IpAddress): void
  /** Whether another address is to be given in the place of this one. */
  isToBeExchanged(address: IpAddress, announcement: Announcement | undefined): boolean
  /** Holds an address that was exchanged, when it becomes free. Who asks for exactly this address gets it all the same. */
  reclaim(address: IpAddress): boolean
}

/** A station with more addresses than these answers for all of them (proxy ARP): another address would not help. */
const maxPerStation = 3

/** Kept in memory only: after a restart the agents find the station again, as they did the first time. */
export function createSetAside(index: BlockIndex): SetAside {
  const unasked = new Set<string>()
  /** The MAC of the station by the address it has. */
  const stations = new Map<string, string>()
  return {
    gaveUnasked: ({ text }) => {
      unasked.add(text)
      stations.delete(text)
    },
    isToBeExchanged({ text }, announcement) {
      const { conflict, epoch = 0 } = announcement?.status ?? {}
      // Clients may know an address that was announced: it stays, and its Service says what is wrong.
      if (!conflict && epoch > 0) {
        unasked.delete(text)
        stations.delete(text)
      }
      if (!conflict || epoch > 0 || !unasked.has(text)) return false
      const others = [...stations].filter(([other, mac]) => other !== text && mac === conflict.mac)
      if (others.length >= maxPerStation) return false
      stations.set(text, conflict.mac)
      return true
    },
    reclaim(address) {
      unasked.delete(address.text)
      const mac = stations.get(address.text)
      if (mac === undefined) return false
      const owner = { uid: `address of a stranger: ${address.text}`, namespace: '', name: mac }
      return index.hold(address, { owner, why: 'conflict' })
    },
  }
}
