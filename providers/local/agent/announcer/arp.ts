// ARP on Ethernet for IPv4 (RFC 826, RFC 5227): what to do about a frame, and the frames that announce an address.
import { readIpv4, writeIpv4 } from './address-key.ts'
import { broadcastMac, holdsMac, isStation, macLength } from './mac.ts'
import type { MacAddress } from './mac.ts'

/** Why a frame gets no answer. `own-frame`: the network brought back what we sent. */
export type ArpDrop = 'malformed' | 'not-a-request' | 'not-to-us' | 'not-announced' | 'own-frame'

/** Another station claims an address of ours: it sends ARP with our address as its own (RFC 5227 section 2.4). */
export interface ArpConflict {
  readonly address: number
  readonly mac: MacAddress
}

export type ArpVerdict = { readonly reply: Uint8Array } | { readonly conflict: ArpConflict } | { readonly drop: ArpDrop }

/** Ethernet header and ARP body; what follows is padding. */
export const arpFrameLength = 42

const requestOperation = 1
const replyOperation = 2

/** Where the fields stand in an Ethernet frame. */
const at = {
  destination: 0,
  source: 6,
  etherType: 12,
  operation: 20,
  senderMac: 22,
  senderIp: 28,
  targetMac: 32,
  targetIp: 38,
} as const

/** EtherType ARP, hardware Ethernet, protocol IPv4, lengths 6 and 4: the same in every frame that concerns us. */
const header = Uint8Array.of(0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4)

/**
 * Decides one frame. `announced` holds IPv4 addresses as unsigned 32-bit numbers; the cost does not depend on its size.
 *
 * Requests for an announced address are answered when they come by broadcast or to our own MAC (a neighbour that refreshes
 * its entry asks so), probes with sender 0.0.0.0 included: their sender must learn that the address is taken (RFC 5227, 2.1.1).
 * A frame in which another station has an announced address as its own is a conflict and is never answered.
 */
export function answerArp(frame: Uint8Array, self: MacAddress, announced: Pick<ReadonlySet<number>, 'has'>): ArpVerdict {
  if (!isArp(frame)) return { drop: 'malformed' }
  if (holdsMac(frame, at.senderMac, self) || holdsMac(frame, at.source, self)) return { drop: 'own-frame' }
  const sender = frame.subarray(at.senderMac, at.senderMac + macLength)
  // A reply to such a sender would be a broadcast that anybody can make us send.
  if (!isStation(sender)) return { drop: 'malformed' }

  const senderIp = readIpv4(frame, at.senderIp)
  if (announced.has(senderIp)) return { conflict: { address: senderIp, mac: sender.slice() } }

  if (frame[at.operation + 1] !== requestOperation) return { drop: 'not-a-request' }
  if (!holdsMac(frame, at.destination, broadcastMac) && !holdsMac(frame, at.destination, self)) return { drop: 'not-to-us' }
  const asked = readIpv4(frame, at.targetIp)
  if (!announced.has(asked)) return { drop: 'not-announced' }
  return {
    reply: arpFrame({
      destination: sender,
      operation: replyOperation,
      senderMac: self,
      senderIp: asked,
      targetMac: sender,
      targetIp: senderIp,
    }),
  }
}

/**
 * The two broadcast frames that tell a segment where an address is: the request of RFC 5227 section 2.3 (target hardware
 * address zero) and the reply of RFC 5944 section 4.6 (target hardware address our own), because some receivers heed only one.
 */
export function announcementFrames(self: MacAddress, address: number): readonly [request: Uint8Array, reply: Uint8Array] {
  const common = { destination: broadcastMac, senderMac: self, senderIp: address, targetIp: address }
  return [
    arpFrame({ ...common, operation: requestOperation, targetMac: new Uint8Array(macLength) }),
    arpFrame({ ...common, operation: replyOperation, targetMac: self }),
  ]
}

/** A request, as a host that looks for `targetIp` broadcasts it. `senderIp` zero makes it a probe (RFC 5227, 2.1). */
export function requestFrame(request: {
  readonly from: MacAddress
  readonly senderIp: number
  readonly targetIp: number
  /** Broadcast unless told. */
  readonly to?: MacAddress
}): Uint8Array {
  return arpFrame({
    destination: request.to ?? broadcastMac,
    operation: requestOperation,
    senderMac: request.from,
    senderIp: request.senderIp,
    targetMac: new Uint8Array(macLength),
    targetIp: request.targetIp,
  })
}

/** The fields of an ARP frame, for tests and logs; undefined when it is none. */
export function parseArp(frame: Uint8Array) {
  if (!isArp(frame)) return undefined
  return {
    destination: frame.slice(at.destination, at.destination + macLength),
    source: frame.slice(at.source, at.source + macLength),
    operation: frame[at.operation + 1] === requestOperation ? ('request' as const) : ('reply' as const),
    senderMac: frame.slice(at.senderMac, at.senderMac + macLength),
    senderIp: readIpv4(frame, at.senderIp),
    targetMac: frame.slice(at.targetMac, at.targetMac + macLength),
    targetIp: readIpv4(frame, at.targetIp),
  }
}

function isArp(frame: Uint8Array): boolean {
  if (frame.length < arpFrameLength) return false
  for (let i = 0; i < header.length; i++) if (frame[at.etherType + i] !== header[i]) return false
  const low = frame[at.operation + 1]
  return frame[at.operation] === 0 && (low === requestOperation || low === replyOperation)
}

function arpFrame(fields: {
  readonly destination: MacAddress
  readonly operation: number
  readonly senderMac: MacAddress
  readonly senderIp: number
  readonly targetMac: MacAddress
  readonly targetIp: number
}): Uint8Array {
  const frame = new Uint8Array(arpFrameLength)
  frame.set(fields.destination, at.destination)
  frame.set(fields.senderMac, at.source)
  frame.set(header, at.etherType)
  frame[at.operation + 1] = fields.operation
  frame.set(fields.senderMac, at.senderMac)
  writeIpv4(frame, at.senderIp, fields.senderIp)
  frame.set(fields.targetMac, at.targetMac)
  writeIpv4(frame, at.targetIp, fields.targetIp)
  return frame
}
