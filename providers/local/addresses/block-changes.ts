// What giving and freeing do to the object of an AddressBlock. Pure.
import type { AddressBlock, Allocation, Reservation } from '../../../src/api/address-block.ts'
import { kindNames } from '../../../src/api/kind-names.ts'
import { apiVersion } from '../../../src/api/group.ts'
import { blockName, blockOffset, formatAddress } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import { maxSharers } from '../sharing/sharing.ts'
import { clearBit, emptyBitmap, formatBitmap, hasBit, parseBitmap, setBit } from './bitmap.ts'
import type { Owner } from './owner.ts'

export type BlockChange =
  | {
      readonly kind: 'give'
      readonly address: IpAddress
      readonly owner: Owner
      readonly pool: string
      /** RFC 3339. */
      readonly since: string
      /** Lets the owner join those who have the address already. */
      readonly sharing?: Sharing
    }
  | {
      readonly kind: 'free'
      readonly address: IpAddress
      readonly uid: string
      /** Not the last owner: the address is still announced for whoever else has it. */
      readonly unlessLast?: boolean
      /** What is made of it when nobody has it any more; absent: free. */
      readonly reserve?: Reservation | undefined
    }
  /** Ends a reservation. */
  | { readonly kind: 'unreserve'; readonly address: IpAddress }
  /** The only owner shares under another key from now on, or (undefined) with nobody. */
  | { readonly kind: 'share'; readonly address: IpAddress; readonly uid: string; readonly key: string | undefined }
  | PoolChange

/** The pool that has the address now is another one than it was given from. */
export type PoolChange = { readonly kind: 'repool'; readonly address: IpAddress; readonly uid: string; readonly pool: string }

export interface Sharing {
  readonly key: string
  /** Whether it gets on with all of them. Asked on the very state that is written. */
  readonly getsOnWith: (owners: readonly Owner[]) => boolean
}

/** What a change does to a block: it must be written, holds already, or cannot be because of somebody else's part in the address. */
export type Effect = 'write' | 'done' | 'taken'

export interface Changed {
  readonly block: AddressBlock
  /** In the order of the changes. */
  readonly effects: readonly Effect[]
}

/** The block after the changes, each judged after those before it. `block` undefined: the API server has none yet. */
export function applyChanges(block: AddressBlock | undefined, changes: readonly BlockChange[]): Changed {
  const allocations: Record<string, Allocation> = { ...block?.spec.allocations }
  const reserved: Record<string, Reservation> = { ...block?.spec.reserved }
  const bitmap = (block && parseBitmap(block.spec.bitmap)) ?? emptyBitmap()
  const effects = changes.map((change): Effect => {
    const offset = blockOffset(change.address)
    const current = allocations[offset]
    if (change.kind === 'give') {
      const reservation = reserved[offset]
      if (!current && hasBit(bitmap, offset) && !isOpenTo(reservation, change.owner, change.since)) return 'taken'
      const next = withOwner(current, change)
      if (typeof next === 'string') return next
      allocations[offset] = next
      delete reserved[offset]
      setBit(bitmap, offset)
      return 'write'
    }
    if (change.kind === 'unreserve') {
      if (!reserved[offset]) return 'done'
      delete reserved[offset]
      if (!current) clearBit(bitmap, offset)
      return 'write'
    }
    const isOwner = (current?.owners ?? []).some(owner => owner.uid === change.uid)
    if (!current || !isOwner) return 'done'
    if (change.kind === 'repool') {
      if (current.pool === change.pool) return 'done'
      allocations[offset] = { ...current, pool: change.pool }
      return 'write'
    }
    if (change.kind === 'share') {
      if (current.sharing === change.key) return 'done'
      if (current.owners.length > 1) return 'taken'
      const { sharing: _, ...rest } = current
      allocations[offset] = { ...rest, ...(change.key !== undefined && { sharing: change.key }) }
      return 'write'
    }
    const owners = current.owners.filter(owner => owner.uid !== change.uid)
    if (owners.length === 0 && change.unlessLast) return 'taken'
    if (owners.length > 0) allocations[offset] = { ...current, owners }
    else {
      delete allocations[offset]
      if (change.reserve) reserved[offset] = change.reserve
      else clearBit(bitmap, offset)
    }
    return 'write'
  })
  const base = block?.spec.base ?? baseOf(changes)
  const spec = { base, bitmap: formatBitmap(bitmap), allocations, ...(Object.keys(reserved).length > 0 && { reserved }) }
  return { block: { ...(block ?? newBlock(changes)), spec }, effects }
}

/**
 * Whether a reserved address may be given to somebody who asks for it: kept ones to the Service of that name and, when their
 * time is over, to all; what a stranger has to whoever insists. `now`: RFC 3339; absent: not judged by time.
 */
export function isOpenTo(
  reservation: Reservation | undefined,
  { namespace, name }: Pick<Owner, 'namespace' | 'name'>,
  now?: string,
): boolean {
  if (!reservation) return false
  const { for: keptFor, until } = reservation
  if (!keptFor || (keptFor.namespace === namespace && keptFor.name === name)) return true
  return now !== undefined && isOver(until, Date.parse(now))
}

/** Whether the time of a reservation has passed; one whose time cannot be read has. */
export function isOver(until: string, nowMs: number): boolean {
  return !(Date.parse(until) > nowMs)
}

function withOwner(
  current: Allocation | undefined,
  { owner, pool, since, sharing }: Extract<BlockChange, { readonly kind: 'give' }>,
): Allocation | 'done' | 'taken' {
  if (!current) return { pool, since, owners: [owner], ...(sharing && { sharing: sharing.key }) }
  if (current.owners.some(({ uid }) => uid === owner.uid)) return 'done'
  const isOpen = sharing !== undefined && sharing.key === current.sharing && current.owners.length < maxSharers
  return isOpen && sharing.getsOnWith(current.owners) ? { ...current, owners: [...current.owners, owner] } : 'taken'
}

function newBlock(changes: readonly BlockChange[]): Pick<AddressBlock, 'apiVersion' | 'kind' | 'metadata'> {
  const [first] = changes
  if (!first) throw new TypeError('a new block needs a change')
  return { apiVersion, kind: kindNames.addressBlock.kind, metadata: { name: blockName(first.address) } }
}

function baseOf(changes: readonly BlockChange[]): string {
  const [first] = changes
  if (!first) throw new TypeError('a new block needs a change')
  return formatAddress(first.address.family, (first.address.value >> 8n) << 8n)
}
