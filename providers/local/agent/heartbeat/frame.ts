// One heartbeat on the wire: an authenticated Ethernet frame of bounded size that says "alive", and what its sender announces.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { HeartbeatKey, HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import { formatAddress, parseAddress } from '../../../../src/model/address.ts'
import { macLength } from '../announcer/mac.ts'
import type { MacAddress } from '../announcer/mac.ts'

/**
 * IEEE Std 802 Local Experimental EtherType 1 (listed in RFC 9542, appendix B.2), for protocols that stay inside one site. A raw
 * frame proves what an address needs: that its node is reachable on this very segment. It needs no IP configuration, no
 * neighbour entry, and no hole in the firewall of a host; no router forwards it and no NAT changes it.
 */
export const heartbeatEtherType = 0x88b5

/** The first 8 bytes of the SHA-256 of a node's name, in hexadecimal: names may be long, frames may not. */
export type NodeId = string

/**
 * `hello`: by broadcast, to be found. `goodbye`: the sender ends and announces nothing any more. `ask`: a beat of somebody who has
 * not heard the receiver for a while and wants a sign of life now.
 */
export type FrameKind = 'hello' | 'beat' | 'goodbye' | 'ask'

/**
 * `owned`: the sender announces the address. `released`: it did, and has stopped. `ready`: it would take the address over as
 * soon as its owner, who is no candidate any more, has stopped.
 */
export type ClaimState = 'owned' | 'released' | 'ready'

export interface ClaimEntry {
  /** In canonical form. */
  readonly address: string
  /** Of the Announcement; below 2^53. */
  readonly term: number
  readonly epoch: number
  /** The place of the claimant in the list of candidates when it claimed; the tie-break between equal epochs. */
  readonly rank: number
  readonly state: ClaimState
}

export interface Frame {
  readonly kind: FrameKind
  readonly sender: NodeId
  /** To whom it is; in a `hello` nobody in particular. */
  readonly target: NodeId
  /** How often its sender sends to each peer. */
  readonly intervalMs: number
  /** A random number of the sending process. */
  readonly boot: bigint
  /** Grows with every frame of a process. */
  readonly sequence: number
  /** The challenge that the receiver is to echo if `challengeFor` is its boot. */
  readonly challengeFor: bigint
  readonly challenge: bigint
  /** The receiver's challenge, echoed; 0 while it is not known. */
  readonly echo: bigint
  /** The version of the receiver's claims that the sender has. */
  readonly ack: number
  /** The entries lead from version `base` of the sender's claims to `upTo`. */
  readonly base: number
  readonly upTo: number
  /** The newest version of the sender's claims, and what all that is owned or ready adds up to there. */
  readonly version: number
  readonly digest: number
  readonly entries: readonly ClaimEntry[]
}

/** Why a frame is not taken in. `unknown-key`: it names a key that we do not have. `unauthenticated`: changed on its way, or forged. */
export type FrameDrop =
  | 'malformed'
  | 'unknown-key'
  | 'unauthenticated'
  | 'own-frame'
  | 'not-to-us'
  | 'stranger'
  | 'replayed'
  | 'unproven'

/** Keeps the frame within 1,500 bytes of payload, the smallest MTU that Ethernet is run with. */
export const mostEntries = 46

const kinds: readonly FrameKind[] = ['hello', 'beat', 'goodbye', 'ask']
const states: readonly ClaimState[] = ['owned', 'released', 'ready']
const magic = 0x7765_6972
const protocolVersion = 2
const entryLength = 30
const tagLength = 16

/** Where the fields stand, counted from the beginning of the Ethernet frame. */
const at = {
  source: 6,
  etherType: 12,
  magic: 14,
  version: 18,
  kind: 19,
  intervalMs: 20,
  keyId: 22,
  sender: 26,
  target: 34,
  boot: 42,
  sequence: 50,
  challengeFor: 58,
  challenge: 66,
  echo: 74,
  ack: 82,
  base: 86,
  upTo: 90,
  versionOfClaims: 94,
  digest: 98,
  count: 102,
  entries: 104,
} as const

export const longestFrame = at.entries + mostEntries * entryLength + tagLength

const nobody: NodeId = '0000000000000000'

export function nodeId(name: string): NodeId {
  return createHash('sha256').update(name).digest('hex').slice(0, 16)
}

/** Throws a RangeError for more than `mostEntries` entries or without the current key. */
export function encodeFrame(
  frame: Frame,
  link: { readonly destination: MacAddress; readonly source: MacAddress; readonly keys: HeartbeatKeys },
): Uint8Array {
  const key = link.keys.keys.find(({ id }) => id === link.keys.current)
  if (!key || frame.entries.length > mostEntries) throw new RangeError('no current key, or more claims than a frame holds')
  const bytes = Buffer.alloc(at.entries + frame.entries.length * entryLength + tagLength)
  bytes.set(link.destination, 0)
  bytes.set(link.source, at.source)
  bytes.writeUInt16BE(heartbeatEtherType, at.etherType)
  bytes.writeUInt32BE(magic, at.magic)
  bytes.writeUInt8(protocolVersion, at.version)
  bytes.writeUInt8(kinds.indexOf(frame.kind), at.kind)
  bytes.writeUInt16BE(Math.min(Math.round(frame.intervalMs), 0xffff), at.intervalMs)
  bytes.writeUInt32BE(key.id, at.keyId)
  bytes.write(frame.sender, at.sender, 8, 'hex')
  bytes.write(frame.kind === 'hello' ? nobody : frame.target, at.target, 8, 'hex')
  bytes.writeBigUInt64BE(frame.boot, at.boot)
  bytes.writeBigUInt64BE(BigInt(frame.sequence), at.sequence)
  bytes.writeBigUInt64BE(frame.challengeFor, at.challengeFor)
  bytes.writeBigUInt64BE(frame.challenge, at.challenge)
  bytes.writeBigUInt64BE(frame.echo, at.echo)
  bytes.writeUInt32BE(frame.ack, at.ack)
  bytes.writeUInt32BE(frame.base, at.base)
  bytes.writeUInt32BE(frame.upTo, at.upTo)
  bytes.writeUInt32BE(frame.version, at.versionOfClaims)
  bytes.writeUInt32BE(frame.digest, at.digest)
  bytes.writeUInt16BE(frame.entries.length, at.count)
  for (const [index, entry] of frame.entries.entries()) writeEntry(bytes, at.entries + index * entryLength, entry)
  const end = bytes.length - tagLength
  bytes.set(tagOf(bytes, end, key), end)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

export interface DroppedFrame {
  readonly drop: FrameDrop
  /** Who a frame of an unknown key says it is from; nobody can tell whether that is true. */
  readonly sender?: NodeId
}

/** Reads and verifies a frame as it came from the segment; padding after it is allowed. Never throws. */
export function decodeFrame(bytes: Uint8Array, keys: HeartbeatKeys): Frame | DroppedFrame {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (frame.length < at.entries + tagLength || frame.length > longestFrame) return { drop: 'malformed' }
  if (frame.readUInt16BE(at.etherType) !== heartbeatEtherType || frame.readUInt32BE(at.magic) !== magic)
    return { drop: 'malformed' }
  const kind = kinds[frame.readUInt8(at.kind)]
  const count = frame.readUInt16BE(at.count)
  const end = at.entries + count * entryLength
  if (!kind || frame.readUInt8(at.version) !== protocolVersion || frame.length < end + tagLength) return { drop: 'malformed' }
  const key = keys.keys.find(({ id }) => id === frame.readUInt32BE(at.keyId))
  const sender = frame.toString('hex', at.sender, at.sender + 8)
  if (!key) return { drop: 'unknown-key', sender }
  if (!timingSafeEqual(tagOf(frame, end, key), frame.subarray(end, end + tagLength))) return { drop: 'unauthenticated' }
  const sequence = frame.readBigUInt64BE(at.sequence)
  const entries = Array.from({ length: count }, (_, index) => readEntry(frame, at.entries + index * entryLength))
  // Authentic, so made by a faulty or newer program.
  if (sequence > BigInt(Number.MAX_SAFE_INTEGER) || entries.includes(undefined)) return { drop: 'malformed' }
  return {
    kind,
    sender,
    target: frame.toString('hex', at.target, at.target + 8),
    intervalMs: frame.readUInt16BE(at.intervalMs),
    boot: frame.readBigUInt64BE(at.boot),
    sequence: Number(sequence),
    challengeFor: frame.readBigUInt64BE(at.challengeFor),
    challenge: frame.readBigUInt64BE(at.challenge),
    echo: frame.readBigUInt64BE(at.echo),
    ack: frame.readUInt32BE(at.ack),
    base: frame.readUInt32BE(at.base),
    upTo: frame.readUInt32BE(at.upTo),
    version: frame.readUInt32BE(at.versionOfClaims),
    digest: frame.readUInt32BE(at.digest),
    entries: entries.filter(entry => entry !== undefined),
  }
}

/** The hardware address that the frame came from; authentic in a frame that was decoded. */
export function sourceOf(bytes: Uint8Array): MacAddress {
  return Uint8Array.from(bytes.subarray(at.source, at.source + macLength))
}

/** A number of 32 bits for one entry; the digest of many is their exclusive or. FNV-1a over what the entry says. */
export function entryDigest({ address, term, epoch, rank, state }: ClaimEntry): number {
  let hash = 0x811c_9dc5
  for (const character of `${address} ${term} ${epoch} ${rank} ${state}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x0100_0193)
  return hash >>> 0
}

/** Covers the source, so that nobody can send a frame of another in its own name. */
function tagOf(frame: Uint8Array, end: number, key: HeartbeatKey): Uint8Array {
  const hmac = createHmac('sha256', key.secret)
  return hmac.update(frame.subarray(at.source, end)).digest().subarray(0, tagLength)
}

/** IPv4 as an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2). */
const mapped = 0xffff_0000_0000n

function writeEntry(bytes: Buffer, offset: number, entry: ClaimEntry): void {
  const address = parseAddress(entry.address)
  if (!address) throw new RangeError(`${entry.address} is no address`)
  const value = address.family === 'IPv4' ? mapped | address.value : address.value
  bytes.writeBigUInt64BE(value >> 64n, offset)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value), offset + 8)
  bytes.writeBigUInt64BE(BigInt(entry.term), offset + 16)
  bytes.writeUInt32BE(entry.epoch, offset + 24)
  bytes.writeUInt8(entry.rank, offset + 28)
  bytes.writeUInt8(states.indexOf(entry.state), offset + 29)
}

function readEntry(bytes: Buffer, offset: number): ClaimEntry | undefined {
  const value = (bytes.readBigUInt64BE(offset) << 64n) | bytes.readBigUInt64BE(offset + 8)
  const term = bytes.readBigUInt64BE(offset + 16)
  const state = states[bytes.readUInt8(offset + 29)]
  if (!state || term > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  const address = value >> 32n === 0xffffn ? formatAddress('IPv4', value & 0xffff_ffffn) : formatAddress('IPv6', value)
  return { address, term: Number(term), epoch: bytes.readUInt32BE(offset + 24), rank: bytes.readUInt8(offset + 28), state }
}
