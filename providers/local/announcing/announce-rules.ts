// What the announce rules of pools say about a node: whether it announces an address, on which interfaces, and how gladly. Pure.
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { PathMode } from '../pod-targets.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import { matchesSelector } from '../../../src/model/selector.ts'
import type { Goal } from '../../../src/provider.ts'
import { hasInterface, reaches } from '../network/network.ts'
import type { Announcer } from '../network/network.ts'
import type { ParsedPool } from '../pools/pools.ts'

/**
 * A Service at an address. `pool` is undefined when it is gone: then every node may. Without `goal` nothing is known of the
 * Service, and the nodes and the pool decide alone.
 */
export interface Sharer {
  readonly goal: Goal | undefined
  readonly pool: ParsedPool | undefined
  /** How packets get to pods now, as the node that announces says. Undefined: it has not said yet, or they do not go there. */
  readonly path?: PathMode | undefined
}

export type Rule = NonNullable<NonNullable<AddressPool['spec']['announce']>['layer2']>[number]

/** Without rules every node with an agent announces. An empty list is a list of rules, and none holds. */
const anyNode: readonly Rule[] = [{}]

/** The rules of a pool that are for the Service. */
export function rulesFor({ goal, pool }: Sharer): readonly Rule[] {
  const rules = pool?.spec.announce?.layer2 ?? anyNode
  return rules.filter(({ serviceSelector }) => matchesSelector(serviceSelector, goal?.desired.labels ?? {}))
}

/** `interfaces`: only these of its own, by rule; undefined: the one whose subnet holds the address. */
export interface RuledFit {
  readonly interfaces: readonly string[] | undefined
  /** Sum of the weights by which rules prefer the node. */
  readonly weight: number
}

/**
 * `no-rule`: no rule selects the node. `no-interface`: no interface has a subnet that holds the address. `no-carrier`: one
 * has, or is named, but its link is down. `no-named-interface`: it has none of those that the rules name.
 * `no-common-interface`: Services that share the address are to be announced on different ones.
 */
export type RuledMisfit = 'no-rule' | 'no-interface' | 'no-carrier' | 'no-named-interface' | 'no-common-interface'

/**
 * Rules unite: the node announces by any rule that selects it and whose interface it has. Several Services at one address
 * intersect: the node announces for all of them, on interfaces that all of them allow.
 */
export function fitByRules(
  announcer: Announcer,
  address: IpAddress,
  rulesOfEach: readonly (readonly Rule[])[],
): RuledFit | RuledMisfit {
  let common: RuledFit | undefined
  for (const rules of rulesOfEach) {
    const fit = fitOfOne(announcer, address, rules)
    if (typeof fit === 'string') return fit
    common = common ? intersection(common, fit) : fit
  }
  const isNowhere = common?.interfaces?.length === 0
  return isNowhere ? 'no-common-interface' : (common ?? 'no-rule')
}

function fitOfOne(announcer: Announcer, address: IpAddress, all: readonly Rule[]): RuledFit | RuledMisfit {
  const rules = all.filter(({ nodeSelector }) => matchesSelector(nodeSelector, announcer.labels))
  if (rules.length === 0) return 'no-rule'
  const weight = weightOf(announcer, rules)
  const isFree = rules.some(({ interfaces }) => interfaces === undefined)
  if (isFree && reaches(announcer, address)) return { interfaces: undefined, weight }
  const named = rules.flatMap(({ interfaces }) => interfaces ?? [])
  if (!hasInterface(announcer, named)) return misfit(announcer, address, { isFree, named })
  // Those with carrier first, in case not all can be written down; what the node does not have is nothing to it.
  const own = announcer.interfaces.filter(({ name }) => named.includes(name))
  const ordered = [...own.filter(({ carrier }) => carrier), ...own.filter(({ carrier }) => !carrier)]
  return { interfaces: ordered.map(({ name }) => name), weight }
}

function misfit(
  announcer: Announcer,
  address: IpAddress,
  { isFree, named }: { readonly isFree: boolean; readonly named: readonly string[] },
): RuledMisfit {
  const isDown =
    announcer.interfaces.some(({ name }) => named.includes(name)) || (isFree && reaches(announcer, address, 'whatever-carrier'))
  if (isDown) return 'no-carrier'
  return isFree ? 'no-interface' : 'no-named-interface'
}

/** Each preference counts once for each rule that has it, as terms of a pod's affinity do. */
function weightOf({ labels }: Announcer, rules: readonly Rule[]): number {
  const preferences = rules.flatMap(({ preferredNodes }) => preferredNodes ?? [])
  return preferences.reduce((sum, { weight, nodeSelector }) => sum + (matchesSelector(nodeSelector, labels) ? weight : 0), 0)
}

function intersection(one: RuledFit, other: RuledFit): RuledFit {
  const weight = one.weight + other.weight
  if (!one.interfaces || !other.interfaces) return { interfaces: one.interfaces ?? other.interfaces, weight }
  return { interfaces: one.interfaces.filter(name => other.interfaces?.includes(name)), weight }
}
