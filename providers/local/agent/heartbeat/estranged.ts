// Peers from whom frames come that name a key we do not have: they seem to be there, but neither side knows what the other does.
import type { MacAddress } from '../announcer/mac.ts'
import type { Peer } from './peer.ts'

/** Such a peer is sent something every second, and does so too; so long nothing of it means that it has our keys again, or is gone. */
const estrangedMs = 5000
/**
 * Of a peer that was heard with our keys so many are needed since then, from the same place: its beats, which we cannot read any
 * more, come ten a second, and its answers to our questions too. Anybody can send such a frame, so one or two must not make a
 * death a matter of Leases.
 */
const leastFrames = 3

/** Such a frame came from `mac` in the name of the peer. Whether the peer has become estranged by it. */
export function noticeStrange(peer: Peer, mac: MacAddress, nowMs: number): boolean {
  const was = isEstranged(peer, nowMs)
  if (peer.session && !peer.session.mac.every((byte, at) => byte === mac[at])) return false
  const { strange } = peer
  const goesOn = strange && nowMs < strange.at + estrangedMs && peer.heardAt < strange.since
  peer.strange = { since: goesOn ? strange.since : nowMs, at: nowMs, frames: (goesOn ? strange.frames : 0) + 1, mac }
  return !was && isEstranged(peer, nowMs)
}

export function isEstranged({ strange, session, heardAt }: Peer, nowMs: number): boolean {
  if (!strange || nowMs >= strange.at + estrangedMs || heardAt >= strange.since) return false
  return strange.frames >= (session ? leastFrames : 1)
}

/** Forgets it when nothing of the kind came for long. Whether there was something to forget. */
export function expireStrange(peer: Peer, nowMs: number): boolean {
  if (!peer.strange || nowMs < peer.strange.at + estrangedMs) return false
  peer.strange = undefined
  return true
}
