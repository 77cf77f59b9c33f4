// The candidates of one address in order: sticky, with bounded load, and such that nodes have few others to listen to. Pure.
import type { Eligible } from '../announcing/eligibility.ts'
import type { Load } from './load.ts'
import { hash, mixed } from './ring.ts'
import type { Ring } from './ring.ts'

/** How many candidates an address has at most. Two would do for one failure; the others cover those that come at once. */
export const maxCandidates = 8

/** With so many of them alive a list stays as it is: before all are gone, somebody looks again. */
export const enoughAlive = 3

/**
 * The others come from so many neighbours of the first on the circle of nodes. Everybody sends heartbeats to everybody it shares
 * an address with, so this bounds the traffic: twice as many, before and behind it, and no more however many addresses there
 * are. It is also over how many nodes the addresses of a dead one are spread.
 */
export const neighbours = 12

/**
 * With neighbours alone the bound holds by itself. Where addresses have different sets of nodes (announce rules, Local) it does
 * not: then further candidates are left out as soon as one of them would have more peers than this. The first two
 * always are there; the third may cost more than those behind it. A hundred is where heartbeats get rarer.
 */
function mostPeers(place: number): number {
  if (place < 2) return Number.POSITIVE_INFINITY
  return place === 2 ? 80 : 40
}

export interface CandidatesInput {
  /** The text of the address, by which what is equal otherwise is told apart. */
  readonly address: string
  readonly eligible: Eligible
  readonly isAlive: (node: string) => boolean
  /** The list as it is. */
  readonly listed: readonly string[]
  /** A node in the list that stays though it does not fit, because what is known of it is about to come back. */
  readonly isSpared?: (node: string) => boolean
  /** Who announces the address now. */
  readonly announcing: string | undefined
  readonly load: Load
  /** It is to go there, away from whoever has it. */
  readonly moveTo?: string | undefined
}

/**
 * What is there stays while every candidate still fits and enough of them live; a dead one does no harm, because agents pass over
 * it, and rewriting thousands of lists when agents restart does. Otherwise: the node that announces now, the other living
 * ones, then new ones.
 */
export function chooseCandidates(input: CandidatesInput): readonly string[] {
  const { eligible, isAlive, listed, announcing, moveTo, isSpared = () => false } = input
  const kept = listed.filter(node => eligible.mayBeListed(node) || isSpared(node))
  const living = kept.filter(isAlive)
  // The others are chosen anew too: what is preferred may have changed, and who is whose neighbour.
  if (moveTo !== undefined && eligible.mayBeListed(moveTo) && isAlive(moveTo)) return fill([moveTo], input)
  if (eligible.living === 0) return kept
  if (kept.length === listed.length && living.length >= Math.min(enoughAlive, eligible.living)) return kept
  return fill([...living.filter(node => node === announcing), ...living.filter(node => node !== announcing)], input)
}

function fill(sticky: readonly string[], { address, eligible, load, announcing }: CandidatesInput): readonly string[] {
  const seed = hash(address)
  const bearer = sticky[0] ?? leastLoaded(eligible.tiers[0], load, seed)
  if (bearer === undefined) return sticky
  const nodes = sticky.length > 0 ? [...sticky] : [bearer]
  for (const tier of eligible.tiers) {
    if (nodes.length >= maxCandidates) break
    // Who is to give the address up is no candidate before it has: it would go on announcing it.
    const fresh = tier.after(bearer, neighbours).filter(node => !nodes.includes(node) && node !== announcing)
    for (const node of byInheritance(fresh, bearer, load, seed)) {
      if (nodes.length < maxCandidates && isAffordable(node, nodes, load)) nodes.push(node)
    }
  }
  return nodes
}

/** The node that bears least; so no node bears more than the mean and one by placing. Among equals the address decides. */
function leastLoaded(tier: Ring | undefined, load: Load, seed: number): string | undefined {
  const nodes = tier?.nodes ?? []
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (let step = 0; step < nodes.length && least > 0; step++) {
    const node = nodes[(seed + step) % nodes.length]
    const own = node === undefined ? least : load.of(node)
    if (own >= least) continue
    best = node
    least = own
  }
  return best
}

/** Those first to whom fewest addresses of the bearer would go, so that its death is shared by all its neighbours. */
function byInheritance(nodes: readonly string[], bearer: string, load: Load, seed: number): readonly string[] {
  const ranked = nodes.map(node => ({ node, inherited: load.inherited(bearer, node), rank: mixed(seed, hash(node)) }))
  return ranked.toSorted((one, other) => one.inherited - other.inherited || one.rank - other.rank).map(({ node }) => node)
}

function isAffordable(node: string, nodes: readonly string[], load: Load): boolean {
  const most = mostPeers(nodes.length)
  if (most === Number.POSITIVE_INFINITY) return true
  const strangers = nodes.filter(other => !load.arePeers(node, other))
  return load.peers(node) + strangers.length <= most && strangers.every(other => load.peers(other) + 1 <= most)
}
