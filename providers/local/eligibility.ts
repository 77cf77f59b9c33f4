// Whether a node may announce an address, and why not: one verdict for planning, for conditions and for people. Pure.
import type { AddressPool } from '../../src/api/address-pool.ts'
import type { IpAddress } from '../../src/model/address.ts'
import { matchesSelector } from '../../src/model/selector.ts'
import type { Goal } from '../../src/provider.ts'
import { hasInterface, reaches } from './network.ts'
import type { Announcer, Network } from './network.ts'
import type { ParsedPool } from './pools.ts'

/** Why a node does not announce an address. */
export type Misfit = NonNullable<Announcer['exclusion']> | 'no-rule' | 'no-interface' | 'no-endpoint'

export type Fit =
  /** `interfaces`: only these of its own, by rule of the pool; undefined: the one whose subnet holds the address. */
  { readonly fits: true; readonly interfaces: readonly string[] | undefined } | { readonly fits: false; readonly why: Misfit }

/**
 * One address with what decides who may announce it. `pool` is undefined when it is gone: then every node may. Without `goal`
 * nothing is known of the Service, and the nodes and the pool decide alone.
 */
export interface Announced {
  readonly address: IpAddress
  readonly pool: ParsedPool | undefined
  readonly goal: Goal | undefined
}

type Rule = NonNullable<NonNullable<AddressPool['spec']['announce']>['layer2']>[number]

/** Without rules every node with an agent announces. An empty list is a list of rules, and none holds. */
const anyNode: readonly Rule[] = [{}]

/**
 * Whether the node may announce the address, living or not. Rules of a pool unite: the node fits by any of them that selects
 * both it and the Service and whose interfaces it has.
 */
export function fitOf(announcer: Announcer, { address, pool, goal }: Announced): Fit {
  if (announcer.exclusion) return { fits: false, why: announcer.exclusion }
  if (goal?.desired.externalTrafficPolicy === 'Local' && !goal.membership.nodesWithEndpoints.includes(announcer.name))
    return { fits: false, why: 'no-endpoint' }
  const rules = (pool?.spec.announce?.layer2 ?? anyNode).filter(
    rule =>
      matchesSelector(rule.nodeSelector, announcer.labels) && matchesSelector(rule.serviceSelector, goal?.desired.labels ?? {}),
  )
  if (rules.length === 0) return { fits: false, why: 'no-rule' }
  if (rules.some(rule => rule.interfaces === undefined) && reaches(announcer, address))
    return { fits: true, interfaces: undefined }
  const named = rules.flatMap(rule => rule.interfaces ?? [])
  if (!hasInterface(announcer, named)) return { fits: false, why: 'no-interface' }
  // Those with carrier first, in case not all can be written down; what the node does not have is nothing to it.
  const own = announcer.interfaces.filter(({ name }) => named.includes(name))
  const ordered = [...own.filter(({ carrier }) => carrier), ...own.filter(({ carrier }) => !carrier)]
  return { fits: true, interfaces: ordered.map(({ name }) => name) }
}

/** Whether any living node may announce the address. */
export function hasAnnouncer(network: Network, announced: Announced): boolean {
  return network.announcers.some(announcer => announcer.alive && fitOf(announcer, announced).fits)
}

const words: Readonly<Record<Misfit | 'agent-down', string>> = {
  'agent-down': 'agent does not answer',
  'no-agent': 'no agent',
  'no-interface': 'no interface with carrier whose subnet holds it',
  'no-endpoint': 'no endpoint (externalTrafficPolicy: Local)',
  'no-rule': 'not selected by the announce rules of the pool',
  'no-internal-ip': 'no InternalIP',
  'being-deleted': 'being deleted',
  'excluded-by-label': 'excluded by label',
  'to-be-deleted-by-autoscaler': 'being removed by the autoscaler',
}

/** Why no node announces the address, by reason and at most three names each: `no agent: n1; no InternalIP: n2, n3`. */
export function whyNobody(network: Network, announced: Announced): string {
  if (network.announcers.length === 0) return 'there are no nodes'
  const byReason = new Map<Misfit | 'agent-down', string[]>()
  for (const announcer of network.announcers) {
    const fit = fitOf(announcer, announced)
    const why = fit.fits ? 'agent-down' : fit.why
    byReason.set(why, [...(byReason.get(why) ?? []), announcer.name])
  }
  return [...byReason].map(([why, nodes]) => `${words[why]}: ${someOf(nodes)}`).join('; ')
}

function someOf(names: readonly string[]): string {
  const more = names.length - 3
  return `${names.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
