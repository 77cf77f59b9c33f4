// What is announced where, as the announcer is to have it: changes are collected and handed over together.
import type { AddressKey } from './announcer/address-key.ts'
import type { AnnouncingInterface, ProbeOutcome } from './announcer/announcer.ts'

/** The side of the announcer that is used here. */
export interface AddressAnnouncer {
  set(on: AnnouncingInterface, addresses: ReadonlySet<AddressKey>): Promise<void>
  repeat(interfaceName: string, addresses: Iterable<AddressKey>): Promise<void>
  defend(interfaceName: string, addresses: Iterable<AddressKey>): Promise<void>
  /** Whether somebody has the address; left out, addresses are used unasked. */
  probe?(on: AnnouncingInterface, address: AddressKey): Promise<ProbeOutcome>
}

export interface AnnouncedAddresses {
  /** From the next `apply` on, the address is announced there; undefined: nowhere. */
  place(address: AddressKey, on: AnnouncingInterface | undefined): void
  where(address: AddressKey): AnnouncingInterface | undefined
  on(interfaceName: string): ReadonlySet<AddressKey>
  /** Hands over what changed; resolves when the announcer does all that was placed before the call. */
  apply(): Promise<void>
  readonly size: number
}

export function createAnnouncedAddresses(announcer: AddressAnnouncer): AnnouncedAddresses {
  const places = new Map<AddressKey, AnnouncingInterface>()
  const segments = new Map<string, { on: AnnouncingInterface; readonly addresses: Set<AddressKey> }>()
  const changed = new Set<string>()
  let applied: Promise<void> = Promise.resolve()

  const remove = (address: AddressKey) => {
    const old = places.get(address)
    if (!old) return
    places.delete(address)
    segments.get(old.name)?.addresses.delete(address)
    changed.add(old.name)
  }
  return {
    place(address, on) {
      const old = places.get(address)
      if (old?.name === on?.name && old?.index === on?.index && old?.mac === on?.mac) return
      remove(address)
      if (!on) return
      places.set(address, on)
      const segment = segments.get(on.name) ?? { on, addresses: new Set<AddressKey>() }
      segment.on = on
      segment.addresses.add(address)
      segments.set(on.name, segment)
      changed.add(on.name)
    },
    where: address => places.get(address),
    on: name => segments.get(name)?.addresses ?? new Set(),
    apply() {
      const orders = [...changed].flatMap(name => {
        const segment = segments.get(name)
        return segment ? [announcer.set(segment.on, segment.addresses)] : []
      })
      changed.clear()
      // Orders are carried out one after the other, so that all earlier ones are in force when the last one is.
      applied = settle(applied, orders)
      return applied
    },
    get size() {
      return places.size
    },
  }
}

/** An earlier failure was told to the one who caused it. */
async function settle(earlier: Promise<void>, orders: readonly Promise<void>[]): Promise<void> {
  await Promise.all([earlier.catch(() => {}), ...orders])
}
