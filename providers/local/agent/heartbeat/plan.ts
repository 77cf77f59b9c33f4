// Who sends heartbeats to whom on a segment, and how often, so that no node sends or receives more than a bound. Pure.

/** What one address means for the traffic. */
export interface Contestants {
  readonly candidates: readonly string[]
  /** Who announces it now, if that is no candidate any more. */
  readonly owner?: string | undefined
}

/** Between two heartbeats to the same peer. */
export const beatMs = 100
/** Frames per second that one node sends at most on one segment, bursts of claims aside. */
export const mostFramesPerSecond = 1000
/** A peer is dead after so many beats without a sign of life: three are lost, and a whole one is for delays of a busy machine. */
export const deadBeats = 4
/** After so many beats of silence it is asked for a sign of life, and so often within what would be a beat. */
const doubtfulBeats = 2
const asksPerBeat = 2.5

/**
 * Those whose life or death matters to `self`, and to whom its own does: everybody who shares an address with it. Addresses
 * that are none of its business cost nothing. Frames go to each peer alone: with one broadcast for all, every node would
 * receive those of all others, ten thousand a second at a thousand nodes; so it is ten for each peer.
 */
export function peersOf(self: string, addresses: Iterable<Contestants>): ReadonlySet<string> {
  const peers = new Set<string>()
  for (const { candidates, owner } of addresses) {
    if (!candidates.includes(self) && owner !== self) continue
    for (const node of candidates) peers.add(node)
    if (owner !== undefined && owner !== '') peers.add(owner)
  }
  peers.delete(self)
  return peers
}

/** How often a node with so many peers sends to each: every 100 ms while that is within the bound, then as often as it may. */
export function intervalFor(peers: number): number {
  return Math.max(beatMs, (peers * 1000) / mostFramesPerSecond)
}

/** The interval of a pair: the slower side's, so that a node with many peers is not flooded by them. */
export function pairInterval(ownMs: number, theirsMs: number): number {
  return Math.max(ownMs, theirsMs, beatMs)
}

/** After how long a silence a peer is dead. */
export function deadAfter(intervalMs: number): number {
  return intervalMs * deadBeats
}

/** After how long a silence it is doubtful whether a peer lives, so that it is asked. */
export function doubtfulAfter(intervalMs: number): number {
  return intervalMs * doubtfulBeats
}

/** Between two questions whether a peer lives: independent losses of one frame in seven do not make a death of it. */
export function askEvery(intervalMs: number): number {
  return intervalMs / asksPerBeat
}
