// The next free address of a pool at a cost that does not grow with what is given: a cursor that only goes up, and the holes
// that opened behind it.
import { blockName, makeAddress, rangeContains } from '../../../src/model/address.ts'
import type { IpAddress, IpRange } from '../../../src/model/address.ts'
import type { IpFamily } from '../../../src/model/load-balancer.ts'
import { findClear, hasBit } from './bitmap.ts'
import type { Bitmap } from './bitmap.ts'

/** What the finder needs to know of a pool. */
export interface Source {
  readonly name: string
  readonly ranges: readonly IpRange[]
  /** IPv4 addresses that end in .0 or .255 are passed over. */
  readonly avoidBuggyIPs: boolean
}

export interface FreeFinder {
  /**
   * A free address of the pool, without taking it; undefined when there is none. Holes come first, oldest first, so that an
   * IPv6 pool with much coming and going stays within few blocks; else the lowest address never passed.
   */
  next(source: Source, family: IpFamily): IpAddress | undefined
  /** An address has become free: a hole for every cursor that has passed it. */
  freed(address: IpAddress): void
  /** Words of bitmaps looked at so far; the measure of the cost of finding. */
  readonly wordsVisited: number
}

interface Cursor {
  readonly ranges: readonly IpRange[]
  readonly avoid: boolean
  /** Index into ranges, and the address from which on nothing was looked at. */
  range: number
  next: bigint
  readonly holes: Map<bigint, IpAddress>
}

/** `taken` gives the bitmap of a block that exists; a block that does not is free as a whole, and costs nothing. */
export function createFreeFinder(taken: (block: string) => Bitmap | undefined): FreeFinder {
  const cursors = new Map<string, Cursor>()
  let wordsVisited = 0

  const cursorOf = (source: Source, family: IpFamily): Cursor => {
    const key = `${family} ${source.name}`
    const known = cursors.get(key)
    const ranges = source.ranges.filter(range => range.family === family)
    const avoid = source.avoidBuggyIPs && family === 'IPv4'
    if (known && known.avoid === avoid && sameRanges(known.ranges, ranges)) return known
    const made: Cursor = { ranges, avoid, range: 0, next: ranges[0]?.first ?? 0n, holes: new Map() }
    cursors.set(key, made)
    return made
  }
  const isFree = (address: IpAddress): boolean => {
    wordsVisited++
    const bitmap = taken(blockName(address))
    return !bitmap || !hasBit(bitmap, Number(address.value & 255n))
  }
  const takeHole = (cursor: Cursor): IpAddress | undefined => {
    for (const [value, address] of cursor.holes) {
      if (isFree(address)) return address
      cursor.holes.delete(value)
    }
    return undefined
  }
  /** The first free offset of the block at `base` from `from` to `last`. */
  const findIn = (family: IpFamily, base: bigint, from: bigint, last: bigint, avoid: boolean): number | undefined => {
    const first = Math.max(Number(from - base), avoid ? 1 : 0)
    const end = Math.min(last - base > 255n ? 255 : Number(last - base), avoid ? 254 : 255)
    if (first > end) return undefined
    const bitmap = taken(blockName({ family, value: base }))
    if (!bitmap) return first
    const found = findClear(bitmap, first, end)
    wordsVisited += found.words
    return found.offset
  }
  const advance = (cursor: Cursor): IpAddress | undefined => {
    for (; cursor.range < cursor.ranges.length; cursor.range++) {
      const range = cursor.ranges[cursor.range]
      if (!range) break
      if (cursor.next < range.first) cursor.next = range.first
      while (cursor.next <= range.last) {
        const base = (cursor.next >> 8n) << 8n
        const offset = findIn(range.family, base, cursor.next, range.last, cursor.avoid)
        cursor.next = offset === undefined ? base + 256n : base + BigInt(offset)
        if (offset !== undefined) return makeAddress(range.family, cursor.next)
      }
    }
    return undefined
  }

  return {
    next(source, family) {
      const cursor = cursorOf(source, family)
      return takeHole(cursor) ?? advance(cursor)
    },
    freed(address) {
      for (const cursor of cursors.values()) {
        const passed = cursor.range >= cursor.ranges.length || address.value < cursor.next
        if (passed && gives(cursor, address)) cursor.holes.set(address.value, address)
      }
    },
    get wordsVisited() {
      return wordsVisited
    },
  }
}

/** Whether a pool gives the address to somebody who did not ask for it. */
export function givesByItself(source: Source, address: IpAddress): boolean {
  const avoid = source.avoidBuggyIPs && address.family === 'IPv4'
  return gives({ ranges: source.ranges, avoid }, address)
}

function gives({ ranges, avoid }: Pick<Cursor, 'ranges' | 'avoid'>, address: IpAddress): boolean {
  const end = address.value & 255n
  if (avoid && (end === 0n || end === 255n)) return false
  return ranges.some(range => rangeContains(range, address))
}

function sameRanges(one: readonly IpRange[], other: readonly IpRange[]): boolean {
  if (one.length !== other.length) return false
  return one.every((range, at) => range.first === other[at]?.first && range.last === other[at]?.last)
}
