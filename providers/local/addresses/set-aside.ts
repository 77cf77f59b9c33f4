// Addresses that a station of others was found to have. One that was given unasked and never announced is exchanged for another
// one and set aside in its block: the next Service would only meet the same station.
import type { Announcement } from '../../../src/api/announcement.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { BlockIndex } from './block-index.ts'

export interface SetAside {
  /** The address was given to somebody who took any: no client can know it before it is announced. */
  gaveUnasked(address: IpAddress): void
  /** Whether another address is to be given in the place of this one. */
  isToBeExchanged(address: IpAddress, announcement: Announcement | undefined): boolean
  /** Further addresses that the station has which would only have cost another one, so that it stays; empty when it does not. */
  answeredBeside(address: IpAddress, announcement: Announcement | undefined): readonly string[]
  /** The MAC of the station for which the address is to be set aside when its Service has left it. */
  stationOf(address: IpAddress): string | undefined
}

/** A station with more addresses than these answers for all of them (proxy ARP): another address would not help. */
const maxPerStation = 3

/** So long an address stays set aside; then somebody may try again whether the station is still there. */
export const setAsideMs = 24 * 3_600_000

export function createSetAside(index: Pick<BlockIndex, 'reservations'>): SetAside {
  const unasked = new Set<string>()
  /** The MAC of the station by the address it has, until that is written down in the block. */
  const stations = new Map<string, string>()
  const othersOf = (mac: string, text: string): ReadonlySet<string> => {
    const others = new Set([...stations].flatMap(([other, owner]) => (owner === mac ? other : [])))
    for (const { address, mac: owner } of index.reservations()) if (owner === mac) others.add(address.text)
    others.delete(text)
    return others
  }
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
      if (othersOf(conflict.mac, text).size >= maxPerStation) return false
      stations.set(text, conflict.mac)
      return true
    },
    answeredBeside({ text }, announcement) {
      const { conflict, epoch = 0 } = announcement?.status ?? {}
      if (!conflict || epoch > 0 || !unasked.has(text)) return []
      const others = othersOf(conflict.mac, text)
      return others.size >= maxPerStation ? [...others] : []
    },
    stationOf: ({ text }) => stations.get(text),
  }
}
