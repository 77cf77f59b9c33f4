// Elements of our sets and maps as one transaction of netfilter netlink (linux/netfilter/nf_tables.h), and what the kernel says of it. Pure.
import { readAcknowledgement } from '../announcer/netlink.ts'
import type { NetlinkMessage } from '../announcer/netlink.ts'
import type { Element, Words } from './element.ts'
import { tableName } from './names.ts'
import type { ElementChange } from './transactions.ts'

const batchBegin = 0x10 // NFNL_MSG_BATCH_BEGIN
const batchEnd = 0x11
const tablesSubsystem = 10 // NFNL_SUBSYS_NFTABLES
const newElements = (tablesSubsystem << 8) | 12 // NFT_MSG_NEWSETELEM
const deleteElements = (tablesSubsystem << 8) | 14
const request = 0x1
const acknowledge = 0x4
const create = 0x400
const inet = 1 // NFPROTO_INET
const nested = 0x8000
const gotoVerdict = -4 // NFT_GOTO
/** An attribute is at most 65,535 bytes long; a message holds a list of elements in one. */
const listBytes = 60_000

/** The messages of one transaction; the last one that changes something is to be acknowledged. */
export function encodeElements({ remove, add }: ElementChange): Uint8Array {
  const writer = byteWriter(256 + 160 * (remove.length + add.length))
  header(writer, batchBegin, request, 0, tablesSubsystem)
  const groups = [
    ...[...bySet(remove)].map(([set, elements]) => ({ type: deleteElements, flags: request, set, elements })),
    ...[...bySet(add)].map(([set, elements]) => ({ type: newElements, flags: request | create, set, elements })),
  ]
  let last = 0
  for (const { type, flags, set, elements } of groups) {
    for (let next = 0; next < elements.length; ) {
      const start = header(writer, type, flags, inet, 0)
      last = start
      text(writer, 1, tableName) // NFTA_SET_ELEM_LIST_TABLE
      text(writer, 2, set) // NFTA_SET_ELEM_LIST_SET
      const list = writer.open(3 | nested) // NFTA_SET_ELEM_LIST_ELEMENTS
      for (; next < elements.length && writer.length() - list < listBytes; next++) {
        const element = elements[next]
        if (element) encodeElement(writer, element, type === newElements)
      }
      writer.close(list)
      writer.finish(start)
    }
  }
  if (last > 0) writer.flag(last, acknowledge)
  header(writer, batchEnd, request, 0, tablesSubsystem)
  return writer.bytes()
}

/** What came of a transaction: nothing yet, or an errno, 0 for success. The first refusal counts. */
export function readOutcome(messages: readonly NetlinkMessage[]): number | undefined {
  const errors = messages.flatMap(message => readAcknowledgement(message) ?? [])
  return errors.find(errno => errno !== 0) ?? errors[0]
}

function encodeElement(writer: ByteWriter, { key, keyBytes, last, value }: Element, withValue: boolean): void {
  const element = writer.open(1 | nested) // NFTA_LIST_ELEM
  data(writer, 1, key, keyBytes) // NFTA_SET_ELEM_KEY
  if (last) data(writer, 10, last) // NFTA_SET_ELEM_KEY_END
  if (withValue && value !== undefined) {
    if (typeof value !== 'string')
      data(writer, 2, value) // NFTA_SET_ELEM_DATA
    else {
      const outer = writer.open(2 | nested)
      const verdict = writer.open(2 | nested) // NFTA_DATA_VERDICT
      const code = writer.open(1)
      writer.bigWord(gotoVerdict)
      writer.close(code)
      text(writer, 2, value)
      writer.close(verdict)
      writer.close(outer)
    }
  }
  writer.close(element)
}

function data(writer: ByteWriter, type: number, words: Words, bytes = 4 * words.length): void {
  const outer = writer.open(type | nested)
  const inner = writer.open(1) // NFTA_DATA_VALUE
  for (const word of words) writer.word(word)
  writer.close(inner, bytes + 4)
  writer.close(outer)
}

function text(writer: ByteWriter, type: number, value: string): void {
  const attribute = writer.open(type)
  writer.text(value)
  writer.close(attribute, 4 + value.length + 1)
}

/** struct nlmsghdr and struct nfgenmsg; where the message begins. Messages without attributes are finished already. */
function header(writer: ByteWriter, type: number, flags: number, family: number, resource: number): number {
  const start = writer.length()
  writer.word(20)
  writer.word((flags << 16) | type)
  writer.word(0)
  writer.word(0)
  writer.word((((resource & 0xff) << 24) | ((resource >> 8) << 16) | family) >>> 0)
  return start
}

function bySet(elements: readonly Element[]): ReadonlyMap<string, readonly Element[]> {
  const groups = new Map<string, Element[]>()
  for (const element of elements) {
    const group = groups.get(element.set)
    if (group) group.push(element)
    else groups.set(element.set, [element])
  }
  return groups
}

type ByteWriter = ReturnType<typeof byteWriter>

/** Writes words and attributes into memory that grows as needed. Everything begins at a multiple of four bytes. */
function byteWriter(guess: number) {
  let bytes = new Uint8Array((guess + 3) & ~3)
  let view = new DataView(bytes.buffer)
  let at = 0
  const need = (more: number) => {
    if (at + more <= bytes.length) return
    const larger = new Uint8Array(2 * bytes.length + ((more + 3) & ~3))
    larger.set(bytes)
    bytes = larger
    view = new DataView(bytes.buffer)
  }
  return {
    length: () => at,
    bytes: () => bytes.subarray(0, at),
    word(value: number) {
      need(4)
      view.setUint32(at, value, true)
      at += 4
    },
    bigWord(value: number) {
      need(4)
      view.setInt32(at, value)
      at += 4
    },
    /** ASCII with a zero at its end. */
    text(value: string) {
      need(value.length + 4)
      for (let index = 0; index < value.length; index++) bytes[at + index] = value.charCodeAt(index)
      at += (value.length + 4) & ~3
    },
    /** An attribute of that type begins; `close` takes what this gives. */
    open(type: number): number {
      need(4)
      view.setUint16(at + 2, type, true)
      at += 4
      return at - 4
    },
    close(start: number, length = at - start) {
      view.setUint16(start, length, true)
    },
    finish(start: number) {
      view.setUint32(start, at - start, true)
    },
    flag(start: number, flag: number) {
      view.setUint16(start + 6, view.getUint16(start + 6, true) | flag, true)
    },
  }
}
