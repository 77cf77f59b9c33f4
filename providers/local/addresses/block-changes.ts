// What giving and freeing do to the object of an AddressBlock. Pure.
import type { AddressBlock, Allocation } from '../../../src/api/address-block.ts'
import { kindNames } from '../../../src/api/kind-names.ts'
import { apiVersion } from '../../../src/api/group.ts'
import { blockName, blockOffset, formatAddress } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import { clearBit, emptyBitmap, formatBitmap, hasBit, parseBitmap, setBit } from './bitmap.ts'
import type { Owner } from './block-index.ts'

export type BlockChange =
  | {
      readonly kind: 'give'
      readonly address: IpAddress
      readonly owner: Owner
      readonly pool: string
      /** RFC 3339. */
      readonly since: string
    }
  | { readonly kind: 'free'; readonly address: IpAddress; readonly uid: string }

/** What a change does to a block: it must be written, holds already, or cannot be because somebody else has the address. */
export type Effect = 'write' | 'done' | 'taken'

export interface Changed {
  readonly block: AddressBlock
  /** In the order of the changes. */
  readonly effects: readonly Effect[]
}

/** The block after the changes, each judged after those before it. `block` undefined: the API server has none yet. */
export function applyChanges(block: AddressBlock | undefined, changes: readonly BlockChange[]): Changed {
  const allocations: Record<string, Allocation> = { ...block?.spec.allocations }
  const bitmap = (block && parseBitmap(block.spec.bitmap)) ?? emptyBitmap()
  const effects = changes.map((change): Effect => {
    const offset = blockOffset(change.address)
    const current = allocations[offset]
    if (change.kind === 'give') {
      if (current) return current.owners.some(owner => owner.uid === change.owner.uid) ? 'done' : 'taken'
      if (hasBit(bitmap, offset)) return 'taken'
      allocations[offset] = { pool: change.pool, since: change.since, owners: [change.owner] }
      setBit(bitmap, offset)
      return 'write'
    }
    if (!current?.owners.some(owner => owner.uid === change.uid)) return 'done'
    const owners = current.owners.filter(owner => owner.uid !== change.uid)
    if (owners.length > 0) allocations[offset] = { ...current, owners }
    else {
      delete allocations[offset]
      clearBit(bitmap, offset)
    }
    return 'write'
  })
  const base = block?.spec.base ?? baseOf(changes)
  return { block: { ...(block ?? newBlock(changes)), spec: { base, bitmap: formatBitmap(bitmap), allocations } }, effects }
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
