// Which nodes may announce an address, and why the others may not: one verdict for planning, for conditions and for people. Pure.
import type { IpAddress } from '../../../src/model/address.ts'
import { fitByRules, rulesFor } from './announce-rules.ts'
import type { Rule, RuledFit, RuledMisfit, Sharer } from './announce-rules.ts'
import type { Announcer, Network } from '../network/network.ts'
import { needsOwnEndpoint } from '../pod-targets.ts'
import { makeRing } from '../placement/ring.ts'
import type { Ring } from '../placement/ring.ts'

/** Why a node does not announce an address. */
export type Misfit = NonNullable<Announcer['exclusion']> | RuledMisfit | 'no-endpoint'

export type Fit = ({ readonly fits: true } & RuledFit) | { readonly fits: false; readonly why: Misfit }

/** One address with what decides who may announce it: the Services there, one at least. */
export interface Announced {
  readonly address: IpAddress
  readonly sharers: readonly Sharer[]
}

/** Whether the node may announce the address, living or not, drained or not. */
export function fitOf(announcer: Announcer, { address, sharers }: Announced): Fit {
  if (announcer.exclusion) return { fits: false, why: announcer.exclusion }
  if (endpointNodes(sharers)?.has(announcer.name) === false) return { fits: false, why: 'no-endpoint' }
  return fitOfRules(announcer, address, sharers.map(rulesFor))
}

function fitOfRules(announcer: Announcer, address: IpAddress, rulesOfEach: readonly (readonly Rule[])[]): Fit {
  const fit = announcer.exclusion ?? fitByRules(announcer, address, rulesOfEach)
  return typeof fit === 'string' ? { fits: false, why: fit } : { fits: true, ...fit }
}

/**
 * With externalTrafficPolicy Local kube-proxy serves only from pods of the node itself: those that have a usable endpoint of
 * each such Service. Undefined: every node will do.
 */
function endpointNodes(sharers: readonly Sharer[]): ReadonlySet<string> | undefined {
  let nodes: ReadonlySet<string> | undefined
  for (const { goal, path } of sharers) {
    if (!goal || !needsOwnEndpoint(goal, path)) continue
    const own = new Set(goal.membership.nodesWithEndpoints)
    nodes = nodes ? nodes.intersection(own) : own
  }
  return nodes
}

/** The nodes that may announce an address. */
export interface Eligible {
  /** Living or not, drained or not. */
  readonly fits: ReadonlyMap<string, RuledFit>
  /** May be listed as a candidate, living or not: it is not drained, unless only drained ones are left. */
  mayBeListed(node: string): boolean
  /** Those of them that live, by how much they are preferred, the most first. */
  readonly tiers: readonly Ring[]
  /** How many live. */
  readonly living: number
  /** Only drained nodes can announce: they go on, for a drain moves addresses and ends none. */
  readonly isLastResort: boolean
}

/** Worked out once for all addresses that nodes and rules do not tell apart; endpoints are looked at each time. */
export function eligibleFor(network: Network, { address, sharers }: Announced): Eligible {
  const rulesOfEach = sharers.map(rulesFor)
  const key = `${network.placeOf(address)} ${JSON.stringify(rulesOfEach)}`
  const all = network.remember(`eligible ${key}`, () => {
    const fits = new Map<string, RuledFit>()
    for (const announcer of network.announcers) {
      const fit = fitOfRules(announcer, address, rulesOfEach)
      if (fit.fits) fits.set(announcer.name, { interfaces: fit.interfaces, weight: fit.weight })
    }
    return makeEligible(network, fits)
  })
  const nodes = endpointNodes(sharers)
  if (!nodes) return all
  const local = [...nodes].flatMap(node => {
    const fit = all.fits.get(node)
    return fit ? [[node, fit] as const] : []
  })
  return makeEligible(network, new Map(local))
}

function makeEligible(network: Network, fits: ReadonlyMap<string, RuledFit>): Eligible {
  const isDrained = (node: string) => network.get(node)?.drained === true
  const alive = [...fits.keys()].filter(node => network.get(node)?.alive)
  const undrained = alive.filter(node => !isDrained(node))
  const isLastResort = undrained.length === 0 && alive.length > 0
  const usable = isLastResort ? alive : undrained
  let tiers: readonly Ring[] | undefined
  return {
    fits,
    mayBeListed: node => fits.has(node) && (undrained.length === 0 || !isDrained(node)),
    get tiers() {
      return (tiers ??= makeTiers(usable, fits))
    },
    living: usable.length,
    isLastResort,
  }
}

function makeTiers(nodes: readonly string[], fits: ReadonlyMap<string, RuledFit>): readonly Ring[] {
  const byWeight = Map.groupBy(nodes, node => fits.get(node)?.weight ?? 0)
  return [...byWeight].toSorted(([one], [other]) => other - one).map(([, tier]) => makeRing(tier))
}

/** Who is there to announce: nodes as they should be, drained ones as the last resort, or nobody. */
export type Announceable = 'by-nodes' | 'by-drained-nodes' | 'by-nobody'

export function announceability(network: Network, announced: Announced): Announceable {
  const { living, isLastResort } = eligibleFor(network, announced)
  if (living === 0) return 'by-nobody'
  return isLastResort ? 'by-drained-nodes' : 'by-nodes'
}

/**
 * Whether several Services may have one address as far as announcing goes: one node has to announce it for all of them. Asked
 * of the rules and the interfaces; nodes that are down and endpoints come and go and refuse no sharing. `between` are the nodes
 * each would have alone, in the order of the sharers; a Service that has none alone is no reason against sharing either.
 */
export function canShare(
  network: Network,
  { address, sharers }: Announced,
): { readonly possible: true } | { readonly possible: false; readonly between: readonly (readonly string[])[] } {
  const nodesFor = (some: readonly Sharer[]) => {
    const rulesOfEach = some.map(rulesFor)
    return network.announcers.filter(announcer => fitOfRules(announcer, address, rulesOfEach).fits).map(({ name }) => name)
  }
  if (sharers.length < 2 || nodesFor(sharers).length > 0) return { possible: true }
  const between = sharers.map(sharer => nodesFor([sharer]))
  return between.some(nodes => nodes.length === 0) ? { possible: true } : { possible: false, between }
}
