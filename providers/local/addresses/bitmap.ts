// A set of 256 offsets as eight words: which addresses of a block are taken, and where the next free one is.

/** Eight words of 32 bits; offset 0 is the most significant bit of the first word, as in the hexadecimal of an AddressBlock. */
export type Bitmap = Uint32Array

/** How many offsets a bitmap has. */
export const bitmapSize = 256

const wordCount = bitmapSize / 32

export function emptyBitmap(): Bitmap {
  return new Uint32Array(wordCount)
}

/** Reads 64 hexadecimal digits. Undefined when `text` is not that. */
export function parseBitmap(text: string): Bitmap | undefined {
  if (!/^[0-9a-f]{64}$/.test(text)) return undefined
  return Uint32Array.from({ length: wordCount }, (_, word) => Number.parseInt(text.slice(word * 8, word * 8 + 8), 16))
}

/** The 64 hexadecimal digits of an AddressBlock's `spec.bitmap`. */
export function formatBitmap(bitmap: Bitmap): string {
  return Array.from(bitmap, word => word.toString(16).padStart(8, '0')).join('')
}

export function hasBit(bitmap: Bitmap, offset: number): boolean {
  return ((bitmap[offset >>> 5] ?? 0) & maskOf(offset)) !== 0
}

export function setBit(bitmap: Bitmap, offset: number): void {
  bitmap[offset >>> 5] = (bitmap[offset >>> 5] ?? 0) | maskOf(offset)
}

export function clearBit(bitmap: Bitmap, offset: number): void {
  bitmap[offset >>> 5] = (bitmap[offset >>> 5] ?? 0) & ~maskOf(offset)
}

/** How many offsets from `first` to `last` (both included) are set. */
export function countBits(bitmap: Bitmap, first = 0, last = bitmapSize - 1): number {
  let count = 0
  for (let offset = first; offset <= last; offset++) if (hasBit(bitmap, offset)) count++
  return count
}

/** Where the first clear offset is, and how many words were looked at to find it. */
export interface Found {
  readonly offset: number | undefined
  readonly words: number
}

/** The first clear offset from `first` to `last`, both included. Looks at each word once. */
export function findClear(bitmap: Bitmap, first: number, last: number): Found {
  let words = 0
  for (let word = first >>> 5; word <= last >>> 5; word++) {
    words++
    // Bits before `first` count as set, so that the leading zeros of the inverse lead to the first clear one.
    const before = word === first >>> 5 && first % 32 > 0 ? ~(0xffffffff >>> (first % 32)) : 0
    const clear = ~((bitmap[word] ?? 0) | before)
    if (clear === 0) continue
    const offset = word * 32 + Math.clz32(clear)
    return { offset: offset <= last ? offset : undefined, words }
  }
  return { offset: undefined, words }
}

function maskOf(offset: number): number {
  return 0x80000000 >>> (offset & 31)
}
