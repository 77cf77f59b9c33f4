// The elements of one of our sets as the kernel lists them (linux/netfilter/nf_tables.h). Pure.
import { encodeRequest } from '../announcer/netlink.ts'
import type { NetlinkMessage } from '../announcer/netlink.ts'
import type { Words } from './element.ts'
import { tableName } from './names.ts'

const getElements = (10 << 8) | 13 // NFT_MSG_GETSETELEM
const newElements = (10 << 8) | 12
const endOfDump = 3 // NLMSG_DONE
const requestDump = 0x301

/** One element as it was read; chains to go to are left out. */
export interface ReadElement {
  readonly key: Words
  readonly value: Words
}

export function encodeDump(set: string): Uint8Array {
  const text = (value: string) => Buffer.from(`${value}\0`)
  const body = Uint8Array.of(1, 0, 0, 0) // NFPROTO_INET
  const attributes = [[1, text(tableName)] as const, [2, text(set)] as const]
  return encodeRequest({ type: getElements, flags: requestDump, sequence: 0, body, attributes })
}

/** What these messages list, and whether they are the last ones (an error ends the list as well). */
export function readDump(messages: readonly NetlinkMessage[]): {
  readonly elements: readonly ReadElement[]
  readonly ended: boolean
} {
  const elements: ReadElement[] = []
  for (const { type, payload } of messages) {
    if (type !== newElements) continue
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
    // NFTA_SET_ELEM_LIST_ELEMENTS, and in it one element after the other.
    walk(view, 4, payload.length, (list, from, end) => {
      if (list === 3) walk(view, from, end, (_, start, stop) => elements.push(readElement(view, start, stop)))
    })
  }
  return { elements, ended: messages.some(({ type }) => type === endOfDump || type === 2) }
}

function readElement(view: DataView, from: number, end: number): ReadElement {
  let key: Words = []
  let value: Words = []
  walk(view, from, end, (type, start, stop) => {
    if (type === 1) key = wordsIn(view, start, stop)
    if (type === 2) value = wordsIn(view, start, stop)
  })
  return { key, value }
}

/** What stands in NFTA_DATA_VALUE. */
function wordsIn(view: DataView, from: number, end: number): Words {
  const words: number[] = []
  walk(view, from, end, (type, start, stop) => {
    if (type === 1) for (let at = start; at + 4 <= stop; at += 4) words.push(view.getUint32(at, true))
  })
  return words
}

/** Calls `each` with the type of every attribute, where its content begins, and where it ends. There are too many for one Map each. */
function walk(view: DataView, from: number, end: number, each: (type: number, start: number, stop: number) => void): void {
  for (let offset = from; offset + 4 <= end; ) {
    const length = view.getUint16(offset, true)
    if (length < 4 || offset + length > end) break
    each(view.getUint16(offset + 2, true) & 0x3fff, offset + 4, offset + length)
    offset += (length + 3) & ~3
  }
}
