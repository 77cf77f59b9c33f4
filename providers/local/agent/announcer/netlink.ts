// Route netlink (rtnetlink(7)): its messages as bytes and as data. Pure; little endian, as the machines we run on.

/** Something about the interfaces of this network namespace changed. */
export type NetworkEvent =
  /** `carrier`: the link is up in every respect (IFF_LOWER_UP). */
  | { readonly kind: 'link'; readonly index: number; readonly name: string | undefined; readonly carrier: boolean }
  | { readonly kind: 'link-gone'; readonly index: number }
  | { readonly kind: 'address'; readonly index: number }

export interface NetlinkMessage {
  readonly type: number
  readonly payload: Uint8Array
}

const headerLength = 16
const newLink = 16
const deleteLink = 17
const newAddress = 20
const deleteAddress = 21
const nameAttribute = 3 // IFLA_IFNAME
const lowerUp = 0x10000 // IFF_LOWER_UP
/** The events that a socket asks for when it is bound: RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR. */
export const networkGroups = 0x1 | 0x10 | 0x100

/** The messages of one datagram. What is malformed or cut off ends the list; nothing throws. */
export function readMessages(datagram: Uint8Array): readonly NetlinkMessage[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length)
  const messages: NetlinkMessage[] = []
  for (let offset = 0; offset + headerLength <= datagram.length; ) {
    const length = view.getUint32(offset, true)
    if (length < headerLength || offset + length > datagram.length) break
    messages.push({ type: view.getUint16(offset + 4, true), payload: datagram.subarray(offset + headerLength, offset + length) })
    offset += align(length)
  }
  return messages
}

/** What a message says about interfaces and their addresses; undefined for every other message. */
export function readEvent({ type, payload }: NetlinkMessage): NetworkEvent | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  if ((type === newLink || type === deleteLink) && payload.length >= 16) {
    const index = view.getInt32(4, true)
    if (type === deleteLink) return { kind: 'link-gone', index }
    const name = readAttributes(payload.subarray(16)).get(nameAttribute)
    const text = name && new TextDecoder().decode(name.subarray(0, name.indexOf(0) < 0 ? name.length : name.indexOf(0)))
    return { kind: 'link', index, name: text, carrier: (view.getUint32(8, true) & lowerUp) !== 0 }
  }
  if ((type === newAddress || type === deleteAddress) && payload.length >= 8) {
    return { kind: 'address', index: view.getUint32(4, true) }
  }
  return undefined
}

/** Attributes by type, without flags; of several of one type the last. What is malformed ends the list. */
export function readAttributes(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const attributes = new Map<number, Uint8Array>()
  for (let offset = 0; offset + 4 <= bytes.length; ) {
    const length = view.getUint16(offset, true)
    if (length < 4 || offset + length > bytes.length) break
    attributes.set(view.getUint16(offset + 2, true) & 0x3fff, bytes.subarray(offset + 4, offset + length))
    offset += align(length)
  }
  return attributes
}

export interface NetlinkRequest {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  /** The fixed part of the message. */
  readonly body: Uint8Array
  readonly attributes: readonly (readonly [type: number, value: Uint8Array])[]
}

export function encodeRequest({ type, flags, sequence, body, attributes }: NetlinkRequest): Uint8Array {
  const parts = attributes.map(([kind, value]) => encodeAttribute(kind, value))
  const length = headerLength + align(body.length) + parts.reduce((sum, part) => sum + part.length, 0)
  const message = new Uint8Array(length)
  const view = new DataView(message.buffer)
  view.setUint32(0, length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags, true)
  view.setUint32(8, sequence, true)
  message.set(body, headerLength)
  let offset = headerLength + align(body.length)
  for (const part of parts) {
    message.set(part, offset)
    offset += part.length
  }
  return message
}

function encodeAttribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align(4 + value.length))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 4 + value.length, true)
  view.setUint16(2, type, true)
  bytes.set(value, 4)
  return bytes
}

/** The errno of an acknowledgement (NLMSG_ERROR), 0 for success; undefined for every other message. */
export function readAcknowledgement({ type, payload }: NetlinkMessage): number | undefined {
  if (type !== 2 || payload.length < 4) return undefined
  return -new DataView(payload.buffer, payload.byteOffset, 4).getInt32(0, true)
}

function align(length: number): number {
  return (length + 3) & ~3
}
