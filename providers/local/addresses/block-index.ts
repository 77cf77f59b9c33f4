// Every given address in memory, over all AddressBlocks: who has it, what somebody has, and the next free one of a pool.
import type { AddressBlock, Allocation, Reservation } from '../../../src/api/address-block.ts'
import { blockName, makeAddress, parseAddress } from '../../../src/model/address.ts'
import type { IpAddress, IpRange } from '../../../src/model/address.ts'
import { bitmapSize, clearBit, countBits, emptyBitmap, hasBit, parseBitmap, setBit } from './bitmap.ts'
import type { Bitmap } from './bitmap.ts'
import { isOpenTo } from './block-changes.ts'
import { createFreeFinder } from './free-finder.ts'
import type { FreeFinder } from './free-finder.ts'
import type { Owner } from './owner.ts'

/** An address that a block says is given. */
export interface Given {
  readonly address: IpAddress
  readonly pool: string
  readonly since: string
  readonly owners: readonly Owner[]
  /** The key under which further Services may join. */
  readonly sharing?: string | undefined
}

/** A reservation with its address. */
export interface Reserved extends Reservation {
  readonly address: IpAddress
}

/**
 * A claim in memory on an address no block gives: while its write is on the way (`pending`), for a Service whose status holds
 * it (`adoption`), for the one whose turn it is (`turn`), or for good because a node has it of its own (`node`). Nobody else
 * gets a held address.
 */
export interface Hold {
  readonly owner: Owner
  readonly why: 'pending' | 'adoption' | 'turn' | 'node'
  /** The key under which others may join once it is given. */
  readonly sharing?: string | undefined
}

export interface BlockIndex {
  /** Takes over what the API server says of a block, unless something newer is known. */
  put(block: AddressBlock): void
  remove(name: string): void
  /** The newest known object of that block. */
  block(name: string): AddressBlock | undefined
  given(address: IpAddress): Given | undefined
  givenTo(uid: string): readonly Given[]
  all(): IterableIterator<Given>
  /** Addresses that somebody of the namespace shares under the key, also those on the way to be given; oldest known first. */
  sharedUnder(key: string, namespace: string): readonly IpAddress[]
  /** What a block says of an address that nobody has and that is not free for all. */
  reservedAt(address: IpAddress): Reserved | undefined
  /** Addresses kept for a Service of that name. */
  keptFor(namespace: string, name: string): readonly IpAddress[]
  reservations(): IterableIterator<Reserved>
  /** Names of all blocks that the API server has. */
  blockNames(): readonly string[]
  heldBy(address: IpAddress): Hold | undefined
  /** The addresses held for an owner. */
  heldFor(uid: string): readonly IpAddress[]
  /** Whether `hold` would succeed. */
  isOpenTo(address: IpAddress, owner: Owner): boolean
  /** Holds a free address, or changes why the same owner holds it. False when somebody else has or holds it. */
  hold(address: IpAddress, hold: Hold): boolean
  unhold(address: IpAddress, uid: string): void
  /** How many addresses of the ranges are given, with `avoidBuggyIPs` without those that end in .0 or .255. Costs a look at the blocks that exist, not at the addresses. */
  usedIn(ranges: readonly IpRange[], options?: { readonly avoidBuggyIPs?: boolean }): number
  readonly free: FreeFinder
}

/** What the index tells as it changes, at once. */
export interface IndexEvents {
  /** An address is neither given nor held any more. */
  onFreed(address: IpAddress): void
  /** An address came to be given, changed its owners, or (`now` undefined) is not given any more. */
  onGiven(now: Given | undefined, before: Given | undefined): void
  /** An address came to be reserved, or is so no more. */
  onReserved?(address: IpAddress): void
}

interface Block {
  readonly base: IpAddress
  object: AddressBlock | undefined
  /** Given or held: not free. */
  readonly taken: Bitmap
  readonly given: Map<number, Given>
  readonly holds: Map<number, Hold>
  readonly reserved: Map<number, Reserved>
}

export function createBlockIndex(events: IndexEvents): BlockIndex {
  const blocks = new Map<string, Block>()
  const byOwner = new Map<string, Map<string, Given>>()
  const heldByOwner = new Map<string, Map<string, IpAddress>>()
  const shared = new Map<string, Map<string, IpAddress>>()
  const kept = new Map<string, Map<string, IpAddress>>()
  const free = createFreeFinder(name => blocks.get(name)?.taken)

  const blockOf = (address: IpAddress): Block => {
    const name = blockName(address)
    const known = blocks.get(name)
    if (known) return known
    const base = makeAddress(address.family, (address.value >> 8n) << 8n)
    const made: Block = { base, object: undefined, taken: emptyBitmap(), given: new Map(), holds: new Map(), reserved: new Map() }
    blocks.set(name, made)
    return made
  }
  const setGiven = (block: Block, offset: number, next: Given | undefined) => {
    const before = block.given.get(offset)
    if (sameGiven(before, next)) return
    for (const owner of before?.owners ?? []) removeFrom(byOwner, owner.uid, before?.address.text)
    for (const owner of next?.owners ?? []) if (next) addTo(byOwner, owner.uid, next.address.text, next)
    const address = (next ?? before)?.address
    if (!address) return
    settleSharing(block, offset, address, () => {
      if (next) block.given.set(offset, next)
      else block.given.delete(offset)
    })
    events.onGiven(next, before)
  }
  /** An address may be known by its owners and by a hold at once; it stays until neither says it is shared. */
  const settleSharing = (block: Block, offset: number, address: IpAddress, change: () => void) => {
    const keysNow = () => {
      const given = block.given.get(offset)
      const hold = block.holds.get(offset)
      return [...sharingKeys(given?.sharing, given?.owners ?? []), ...sharingKeys(hold?.sharing, hold ? [hold.owner] : [])]
    }
    const before = keysNow()
    change()
    const after = new Set(keysNow())
    for (const key of before) if (!after.has(key)) removeFrom(shared, key, address.text)
    for (const key of after) if (!shared.get(key)?.has(address.text)) addTo(shared, key, address.text, address)
  }
  const setReserved = (block: Block, offset: number, next: Reservation | undefined) => {
    const before = block.reserved.get(offset)
    if (!before && !next) return
    const address = before?.address ?? makeAddress(block.base.family, block.base.value + BigInt(offset))
    if (before?.for) removeFrom(kept, nameKey(before.for), address.text)
    if (next?.for) addTo(kept, nameKey(next.for), address.text, address)
    if (next) block.reserved.set(offset, { ...next, address })
    else block.reserved.delete(offset)
    if (before?.until !== next?.until) events.onReserved?.(address)
  }
  const settleBit = (block: Block, offset: number, marked = false) => {
    const taken = marked || block.given.has(offset) || block.holds.has(offset) || block.reserved.has(offset)
    if (taken === hasBit(block.taken, offset)) return
    if (taken) {
      setBit(block.taken, offset)
      return
    }
    clearBit(block.taken, offset)
    const address = makeAddress(block.base.family, block.base.value + BigInt(offset))
    free.freed(address)
    events.onFreed(address)
  }
  const load = (block: Block, object: AddressBlock | undefined) => {
    block.object = object
    const bits = object && parseBitmap(object.spec.bitmap)
    for (let offset = 0; offset < bitmapSize; offset++) {
      const allocation = object?.spec.allocations[String(offset)]
      setGiven(block, offset, allocation && readGiven(block, offset, allocation, block.given.get(offset)))
      setReserved(block, offset, object?.spec.reserved?.[String(offset)])
      // A bit without an owner (somebody edited the block by hand) is nobody's and not free.
      settleBit(block, offset, bits !== undefined && hasBit(bits, offset))
    }
  }

  const isOpen = (address: IpAddress, owner: Owner): boolean => {
    const block = blocks.get(blockName(address))
    if (!block) return true
    const offset = offsetOf(address)
    if (block.given.has(offset)) return false
    const other = block.holds.get(offset)
    return other ? other.owner.uid === owner.uid : !hasBit(block.taken, offset) || isOpenTo(block.reserved.get(offset), owner)
  }

  return {
    free,
    put(object) {
      const base = parseAddress(object.spec.base)
      if (!base || blockName(base) !== object.metadata.name) return
      const block = blockOf(base)
      if (isNewer(object, block.object)) load(block, object)
    },
    remove(name) {
      const block = blocks.get(name)
      if (!block?.object) return
      load(block, undefined)
      // One that nobody made is free as a whole, and costs nothing.
      if (block.holds.size === 0) blocks.delete(name)
    },
    block: name => blocks.get(name)?.object,
    given: address => blocks.get(blockName(address))?.given.get(offsetOf(address)),
    givenTo: uid => [...(byOwner.get(uid)?.values() ?? [])],
    *all() {
      for (const block of blocks.values()) yield* block.given.values()
    },
    sharedUnder: (key, namespace) => [...(shared.get(`${namespace} ${key}`)?.values() ?? [])],
    reservedAt: address => blocks.get(blockName(address))?.reserved.get(offsetOf(address)),
    keptFor: (namespace, name) => [...(kept.get(nameKey({ namespace, name }))?.values() ?? [])],
    *reservations() {
      for (const block of blocks.values()) yield* block.reserved.values()
    },
    blockNames: () => [...blocks].flatMap(([name, { object }]) => (object ? name : [])),
    heldBy: address => blocks.get(blockName(address))?.holds.get(offsetOf(address)),
    heldFor: uid => [...(heldByOwner.get(uid)?.values() ?? [])],
    isOpenTo: isOpen,
    hold(address, hold) {
      if (!isOpen(address, hold.owner)) return false
      const block = blockOf(address)
      const offset = offsetOf(address)
      const other = block.holds.get(offset)
      if (other) removeFrom(heldByOwner, other.owner.uid, address.text)
      settleSharing(block, offset, address, () => block.holds.set(offset, hold))
      addTo(heldByOwner, hold.owner.uid, address.text, address)
      settleBit(block, offset)
      return true
    },
    unhold(address, uid) {
      const block = blocks.get(blockName(address))
      const offset = offsetOf(address)
      if (block?.holds.get(offset)?.owner.uid !== uid) return
      settleSharing(block, offset, address, () => block.holds.delete(offset))
      removeFrom(heldByOwner, uid, address.text)
      settleBit(block, offset)
    },
    usedIn(ranges, { avoidBuggyIPs = false } = {}) {
      let used = 0
      for (const block of blocks.values()) used += usedOf(block, ranges, avoidBuggyIPs)
      return used
    },
  }
}

function nameKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}

function sharingKeys(sharing: string | undefined, owners: readonly Owner[]): readonly string[] {
  return sharing === undefined ? [] : owners.map(({ namespace }) => `${namespace} ${sharing}`)
}

function offsetOf(address: IpAddress): number {
  return Number(address.value & 255n)
}

function usedOf(block: Block, ranges: readonly IpRange[], avoidBuggyIPs: boolean): number {
  if (block.given.size === 0) return 0
  const given = emptyBitmap()
  const avoided = avoidBuggyIPs && block.base.family === 'IPv4' ? [0, 255] : []
  for (const offset of block.given.keys()) if (!avoided.includes(offset)) setBit(given, offset)
  const top = block.base.value + 255n
  let used = 0
  for (const range of ranges) {
    if (range.family !== block.base.family || range.last < block.base.value || top < range.first) continue
    const first = range.first > block.base.value ? Number(range.first - block.base.value) : 0
    const last = range.last < top ? Number(range.last - block.base.value) : 255
    used += countBits(given, first, last)
  }
  return used
}

/** The old entry itself while nothing of it changed: blocks are written often, most of their entries stay. */
function readGiven(block: Block, offset: number, allocation: Allocation, old: Given | undefined): Given {
  const address = old?.address ?? makeAddress(block.base.family, block.base.value + BigInt(offset))
  const { pool, since, owners, sharing } = allocation
  const next: Given = { address, pool, since, owners, sharing }
  return old && sameGiven(old, next) ? old : next
}

function sameGiven(one: Given | undefined, other: Given | undefined): boolean {
  if (one === other) return true
  if (!one || !other || one.pool !== other.pool || one.since !== other.since || one.sharing !== other.sharing) return false
  return one.owners.length === other.owners.length && one.owners.every((owner, at) => owner.uid === other.owners[at]?.uid)
}

/**
 * Not what the watch brings of our own last write or of what was before it. Resource versions of one kind are whole numbers
 * that grow (KEP-5504); where a server does otherwise, what came last counts and the compare-and-swap finds out.
 */
function isNewer(next: AddressBlock, known: AddressBlock | undefined): boolean {
  const [one, other] = [next.metadata.resourceVersion ?? '', known?.metadata.resourceVersion ?? '']
  if (known === undefined || next.metadata.uid !== known.metadata.uid) return true
  if (one !== '' && one === other) return false
  return !/^[0-9]+$/.test(one) || !/^[0-9]+$/.test(other) || BigInt(one) > BigInt(other)
}

function addTo<T>(map: Map<string, Map<string, T>>, key: string, inner: string, value: T): void {
  const entries = map.get(key)
  if (entries) entries.set(inner, value)
  else map.set(key, new Map([[inner, value]]))
}

function removeFrom<T>(map: Map<string, Map<string, T>>, key: string, inner: string | undefined): void {
  const entries = map.get(key)
  if (!entries || inner === undefined) return
  entries.delete(inner)
  if (entries.size === 0) map.delete(key)
}
