// Where this node would announce an address, from what it knows of its interfaces; remembered until those change.
import type { Announcement } from '../../../src/api/announcement.ts'
import type { NodeInterface } from '../../../src/api/node-report.ts'
import { parseAddress } from '../../../src/model/address.ts'
import { chooseInterface } from './interface-choice.ts'
import { addressKey } from './announcer/address-key.ts'
import type { AddressKey } from './announcer/address-key.ts'
import type { NoPlacementReason, Placement } from './decide.ts'

export type PlacementChoice = Placement | { readonly none: NoPlacementReason }

/** Pure. */
export function choosePlacement(spec: Announcement['spec'], self: string, interfaces: readonly NodeInterface[]): PlacementChoice {
  const address = parseAddress(spec.address)
  if (!address) return { none: 'Unreadable' }
  const ours = spec.nodeInterfaces?.find(({ node }) => node === self)?.interfaces
  const choice = chooseInterface(address, interfaces, ours ?? spec.interfaces)
  if ('none' in choice) return choice
  const { name, index, mac } = choice.interface
  return { name, index, mac }
}

/** What is worked out once per Announcement and set of interfaces. */
export interface Placed {
  /** Undefined for what cannot be read. */
  readonly key: AddressKey | undefined
  readonly choice: PlacementChoice
}

/** Answers from memory while spec and interfaces are the same objects; both are replaced, never changed in place. */
export function rememberPlacements(self: string, interfaces: readonly NodeInterface[]): (spec: Announcement['spec']) => Placed {
  const known = new WeakMap<Announcement['spec'], Placed>()
  return spec => {
    const old = known.get(spec)
    if (old) return old
    const address = parseAddress(spec.address)
    const placed = { key: address && addressKey(address), choice: choosePlacement(spec, self, interfaces) }
    known.set(spec, placed)
    return placed
  }
}
