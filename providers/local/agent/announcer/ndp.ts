// Neighbour discovery on Ethernet (RFC 4861, RFC 4862): what to do about a frame, and the frames that announce or probe an address.
import { readIpv6, writeIpv6 } from './address-key.ts'
import { icmpv6Checksum } from './checksum.ts'
import { allNodes, multicastMac, solicitedNode } from './ipv6-groups.ts'
import { holdsMac, isStation, macLength } from './mac.ts'
import type { MacAddress } from './mac.ts'

/** Why a frame gets no answer. `hop-limit`: it came through a router; `own-frame`: the network brought back what we sent. */
export type NdpDrop =
  | 'malformed'
  | 'hop-limit'
  | 'bad-checksum'
  | 'not-a-solicitation'
  | 'not-to-us'
  | 'not-announced'
  | 'own-frame'

/** Another station says that an address of ours is its own (RFC 4862 section 5.4.4). */
export interface NdpConflict {
  readonly address: bigint
  readonly mac: MacAddress
}

export type NdpVerdict = { readonly reply: Uint8Array } | { readonly conflict: NdpConflict } | { readonly drop: NdpDrop }

const solicitation = 135
const advertisement = 136
const sourceLinkOption = 1
const targetLinkOption = 2
const flagSolicited = 0x40
const flagOverride = 0x20

/** Where the fields stand in an Ethernet frame with an IPv6 packet that has no extension headers. */
const at = {
  destination: 0,
  source: 6,
  etherType: 12,
  header: 14,
  payloadLength: 18,
  nextHeader: 20,
  hopLimit: 21,
  sourceIp: 22,
  destinationIp: 38,
  type: 54,
  code: 55,
  checksum: 56,
  flags: 58,
  target: 62,
  options: 78,
} as const

/** Type to target: what comes before the options. */
const fixedLength = 24

/**
 * Decides one frame. `announced` holds IPv6 addresses; the cost does not depend on its size.
 *
 * Solicitations for an announced address are answered when they come to its solicited-node group or to the address itself
 * (a neighbour that checks whether we are still there asks so), with and without the option that tells the asker's MAC; a
 * solicitation from `::` (somebody is about to take the address) is answered to all nodes. An advertisement of an announced
 * address by another station is a conflict and is never answered, and so is a solicitation that has the address as its source.
 */
export function answerNdp(frame: Uint8Array, self: MacAddress, announced: Pick<ReadonlySet<bigint>, 'has'>): NdpVerdict {
  const invalid = findFault(frame)
  if (invalid) return { drop: invalid }
  if (holdsMac(frame, at.source, self)) return { drop: 'own-frame' }
  const target = readIpv6(frame, at.target)
  const source = readIpv6(frame, at.sourceIp)
  const concerned = announced.has(target)
  if (!concerned && (source === 0n || !announced.has(source))) return { drop: 'not-announced' }

  if (icmpv6Checksum(frame, at.header, lengthOf(frame)) !== 0) return { drop: 'bad-checksum' }
  const options = readOptions(frame)
  if (!options) return { drop: 'malformed' }
  const sender = frame.slice(at.source, at.source + macLength)
  if (!isStation(sender)) return { drop: 'malformed' }
  if (concerned && frame[at.type] === advertisement) {
    const claimed = options.get(targetLinkOption) ?? sender
    return holdsMac(claimed, 0, self) ? { drop: 'not-a-solicitation' } : { conflict: { address: target, mac: claimed } }
  }
  if (source !== 0n && announced.has(source)) return { conflict: { address: source, mac: sender } }
  return answerSolicitation({ frame, self, target, source, sender, told: options.get(sourceLinkOption) })
}

function answerSolicitation(asked: {
  readonly frame: Uint8Array
  readonly self: MacAddress
  readonly target: bigint
  readonly source: bigint
  readonly sender: MacAddress
  readonly told: MacAddress | undefined
}): NdpVerdict {
  const { frame, self, target, source, sender, told } = asked
  const group = solicitedNode(target)
  const to = readIpv6(frame, at.destinationIp)
  const toGroup = to === group && holdsMac(frame, at.destination, multicastMac(group))
  const toTarget = to === target && holdsMac(frame, at.destination, self)
  if (!toGroup && !toTarget) return { drop: 'not-to-us' }
  // RFC 4861 section 7.1.1: from the unspecified address only to the group, and without the asker's MAC.
  if (source === 0n) {
    if (!toGroup || told) return { drop: 'malformed' }
    return { reply: advertisementFrame({ self, address: target }) }
  }
  // A reply to such a sender would be a multicast that anybody can make us send.
  if (isMulticast(source) || (told && !isStation(told))) return { drop: 'malformed' }
  return { reply: advertisementFrame({ self, address: target, asker: { mac: told ?? sender, ip: source } }) }
}

/**
 * An advertisement of our own address: to who asked (solicited), else to all nodes (RFC 4861 section 7.2.6). Override is set,
 * because the address is ours and a neighbour may still know it at its last owner; not the router flag, for we advertise no routes.
 */
export function advertisementFrame(options: {
  readonly self: MacAddress
  readonly address: bigint
  readonly asker?: { readonly mac: MacAddress; readonly ip: bigint }
}): Uint8Array {
  const { self, address, asker } = options
  return ndpFrame({
    type: advertisement,
    from: self,
    to: asker?.mac ?? multicastMac(allNodes),
    sourceIp: address,
    destinationIp: asker?.ip ?? allNodes,
    flags: flagOverride | (asker ? flagSolicited : 0),
    target: address,
    option: { kind: targetLinkOption, mac: self },
  })
}

/** A solicitation, as a host that looks for `target` sends it. `senderIp` zero makes it a probe (RFC 4862 section 5.4.2). */
export function solicitationFrame(request: {
  readonly from: MacAddress
  readonly senderIp: bigint
  readonly target: bigint
  /** To the solicited-node group unless told. */
  readonly to?: MacAddress
  /** Whether it tells the MAC of the asker; it does unless told, and a probe never does. */
  readonly option?: boolean
}): Uint8Array {
  const { from, senderIp, target, to, option = true } = request
  const group = solicitedNode(target)
  return ndpFrame({
    type: solicitation,
    from,
    to: to ?? multicastMac(group),
    sourceIp: senderIp,
    destinationIp: to ? target : group,
    flags: 0,
    target,
    ...(option && senderIp !== 0n && { option: { kind: sourceLinkOption, mac: from } }),
  })
}

/** The fields of a frame, for probes, tests and logs; undefined when it is no valid solicitation or advertisement. */
export function parseNdp(frame: Uint8Array) {
  if (findFault(frame) || icmpv6Checksum(frame, at.header, lengthOf(frame)) !== 0) return undefined
  const options = readOptions(frame)
  if (!options) return undefined
  const flags = frame[at.flags] ?? 0
  return {
    destination: frame.slice(at.destination, at.destination + macLength),
    source: frame.slice(at.source, at.source + macLength),
    kind: frame[at.type] === solicitation ? ('solicitation' as const) : ('advertisement' as const),
    sourceIp: readIpv6(frame, at.sourceIp),
    destinationIp: readIpv6(frame, at.destinationIp),
    target: readIpv6(frame, at.target),
    router: (flags & 0x80) !== 0,
    solicited: (flags & flagSolicited) !== 0,
    override: (flags & flagOverride) !== 0,
    sourceMac: options.get(sourceLinkOption),
    targetMac: options.get(targetLinkOption),
  }
}

/** The rules of RFC 4861 sections 7.1.1 and 7.1.2 that need no look at options, checksum and addresses of ours. */
function findFault(frame: Uint8Array): NdpDrop | undefined {
  if (frame.length < at.options || frame[at.etherType] !== 0x86 || frame[at.etherType + 1] !== 0xdd) return 'malformed'
  if ((frame[at.header] ?? 0) >> 4 !== 6 || frame[at.nextHeader] !== 58) return 'malformed'
  const length = lengthOf(frame)
  if (length < fixedLength || at.type + length > frame.length) return 'malformed'
  const type = frame[at.type]
  if (type !== solicitation && type !== advertisement) return 'not-a-solicitation'
  if (frame[at.hopLimit] !== 255) return 'hop-limit'
  if (frame[at.code] !== 0 || frame[at.target] === 0xff) return 'malformed'
  const solicited = ((frame[at.flags] ?? 0) & flagSolicited) !== 0
  if (type === advertisement && solicited && frame[at.destinationIp] === 0xff) return 'malformed'
  return undefined
}

/** Of the ICMPv6 message. */
function lengthOf(frame: Uint8Array): number {
  return ((frame[at.payloadLength] ?? 0) << 8) | (frame[at.payloadLength + 1] ?? 0)
}

/** The MACs of the link-layer options by kind, the first of each; undefined when an option has no length or ends too late. */
function readOptions(frame: Uint8Array): ReadonlyMap<number, MacAddress> | undefined {
  const options = new Map<number, MacAddress>()
  const end = at.type + lengthOf(frame)
  for (let offset: number = at.options; offset < end; ) {
    const [kind = 0, units = 0] = [frame[offset], frame[offset + 1]]
    if (offset + 2 > end || units === 0 || offset + units * 8 > end) return undefined
    const isLink = kind === sourceLinkOption || kind === targetLinkOption
    if (isLink && units === 1 && !options.has(kind)) options.set(kind, frame.slice(offset + 2, offset + 8))
    offset += units * 8
  }
  return options
}

function isMulticast(address: bigint): boolean {
  return address >> 120n === 0xffn
}

function ndpFrame(fields: {
  readonly type: number
  readonly from: MacAddress
  readonly to: MacAddress
  readonly sourceIp: bigint
  readonly destinationIp: bigint
  readonly flags: number
  readonly target: bigint
  readonly option?: { readonly kind: number; readonly mac: MacAddress }
}): Uint8Array {
  const length = fixedLength + (fields.option ? 8 : 0)
  const frame = new Uint8Array(at.type + length)
  frame.set(fields.to, at.destination)
  frame.set(fields.from, at.source)
  frame.set([0x86, 0xdd, 0x60], at.etherType)
  frame[at.payloadLength + 1] = length
  frame[at.nextHeader] = 58
  frame[at.hopLimit] = 255
  writeIpv6(frame, at.sourceIp, fields.sourceIp)
  writeIpv6(frame, at.destinationIp, fields.destinationIp)
  frame[at.type] = fields.type
  frame[at.flags] = fields.flags
  writeIpv6(frame, at.target, fields.target)
  if (fields.option) {
    frame.set([fields.option.kind, 1], at.options)
    frame.set(fields.option.mac, at.options + 2)
  }
  const checksum = icmpv6Checksum(frame, at.header, length)
  frame.set([checksum >> 8, checksum & 255], at.checksum)
  return frame
}
