// Peers that no list names any more: nothing is sent to them, but who of them speaks is answered. One that was cut off from the
// segment and from the API server may still go by an older list, and announce what another one has now.
import type { NodeId } from './frame.ts'
import type { Peer } from './peer.ts'

/** More than a node has peers at a time; the oldest go first. */
const mostUnlisted = 128

export interface Unlisted {
  get(id: NodeId): Peer | undefined
  keep(peer: Peer): void
  /** It is a peer again. */
  remove(id: NodeId): void
}

export function createUnlisted(): Unlisted {
  const peers = new Map<NodeId, Peer>()
  return {
    get: id => peers.get(id),
    keep(peer) {
      // One that never proved itself, or ended, has nothing of ours.
      if (!peer.session || peer.isGone) return
      peers.set(peer.id, peer)
      const [oldest] = peers.keys()
      if (peers.size > mostUnlisted && oldest !== undefined) peers.delete(oldest)
    },
    remove: id => void peers.delete(id),
  }
}
