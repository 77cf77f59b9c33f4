// What the conditions of an AddressPool say about announcing it: addresses in no subnet of a node, and nodes set up in a way that
// breaks it. Told at the pool, where the mistake is, and before a Service has one of its addresses. Pure.
import { reasons } from '../../src/api/reasons.ts'
import type { Reason } from '../../src/api/reasons.ts'
import { formatAddress } from '../../src/model/address.ts'
import type { IpRange } from '../../src/model/address.ts'
import { firstFew } from '../../src/model/first-few.ts'
import { matchesSelector } from '../../src/model/selector.ts'
import type { Rule } from './announce-rules.ts'
import type { Announcer, Network } from './network.ts'
import type { ParsedPool } from './pools.ts'

export interface AnnouncingCondition {
  readonly type: 'OutsideSubnets' | 'NodeTraps'
  readonly status: 'True' | 'False'
  readonly reason: Reason
  readonly message: string
}

/** The nodes that may announce for a pool, each with the rules that select it. Living or not: nodes go and come back. */
interface Involved {
  readonly announcer: Announcer
  readonly rules: readonly Rule[]
}

export function announcingConditions(pool: ParsedPool, network: Network): readonly AnnouncingCondition[] {
  const all = pool.spec.announce?.layer2 ?? [{}]
  const involved = network.announcers.flatMap((announcer): Involved[] => {
    const rules = all.filter(({ nodeSelector }) => matchesSelector(nodeSelector, announcer.labels))
    return announcer.exclusion || rules.length === 0 ? [] : [{ announcer, rules }]
  })
  return [subnets(pool, involved), traps(involved)]
}

function subnets({ ranges, name }: ParsedPool, involved: readonly Involved[]): AnnouncingCondition {
  const type = 'OutsideSubnets'
  if (involved.length === 0)
    return { type, status: 'False', reason: 'Accepted', message: 'No node that may announce has told its interfaces yet.' }
  const isNamed = ({ announcer, rules }: Involved) =>
    rules.some(rule => rule.interfaces?.some(named => announcer.interfaces.some(own => own.name === named)))
  const free = involved.filter(({ rules }) => rules.some(({ interfaces }) => interfaces === undefined))
  const networks = free.flatMap(({ announcer }) => announcer.interfaces.flatMap(each => each.networks))
  const outside = involved.some(isNamed) ? [] : without(ranges, networks)
  if (outside.length === 0)
    return { type, status: 'False', reason: 'Accepted', message: 'Nodes have interfaces for all addresses of the pool.' }
  const which = `${firstFew(outside.map(rangeText))} ${outside.length === 1 && outside[0]?.first === outside[0]?.last ? 'is' : 'are'}`
  const message = `${which} in no subnet of a node that may announce (${have(involved)}). Take the addresses of pool ${name} from a subnet of the nodes, or name the interfaces to announce on in its announce rules.`
  return { type, status: 'True', reason: 'OutsideSubnets', message }
}

/** `3 nodes have eth0 10.201.0.11/16; eth1 192.0.2.5/24`: each subnet once, as the first node has it. */
function have(involved: readonly Involved[]): string {
  const bySubnet = new Map<string, string>()
  for (const { announcer } of involved)
    for (const { name, networks, addresses } of announcer.interfaces)
      for (const [at, { first, last }] of networks.entries()) {
        const subnet = `${name} ${first}-${last}`
        if (!bySubnet.has(subnet)) bySubnet.set(subnet, `${name} ${addresses[at] ?? ''}`)
      }
  const nodes = involved.length === 1 ? '1 node has' : `${involved.length} nodes have`
  return `${nodes} ${bySubnet.size === 0 ? 'no interface with an address' : firstFew([...bySubnet.values()], '; ')}`
}

/** Where rules name interfaces, only what is said about those counts: naming another one is how to get out of a trap. */
function traps(involved: readonly Involved[]): AnnouncingCondition {
  const found = new Map<Reason, { readonly message: string; readonly nodes: string[] }>()
  for (const { announcer, rules } of involved) {
    const isFree = rules.some(({ interfaces }) => interfaces === undefined)
    const named = rules.flatMap(({ interfaces }) => interfaces ?? [])
    for (const { reason, message } of announcer.traps) {
      if (!isTold(reason) || !(isFree || reason === 'ForwardingOff' || mentions(message, named))) continue
      const known = found.get(reason)
      if (known) known.nodes.push(announcer.name)
      else found.set(reason, { message, nodes: [announcer.name] })
    }
  }
  const [first] = found.keys()
  if (first === undefined)
    return {
      type: 'NodeTraps',
      status: 'False',
      reason: 'Accepted',
      message: 'No node is known to be set up against announcing.',
    }
  const texts = [...found].map(([reason, { message, nodes }]) => `${reason} on ${firstFew(nodes)}: ${message}`)
  return { type: 'NodeTraps', status: 'True', reason: first, message: texts.join(' ') }
}

/** The traps that a pool tells of; an agent of another version may know others. */
const told: ReadonlySet<string> = new Set(Object.entries(reasons).flatMap(([reason, { on }]) => (isForPools(on) ? reason : [])))

function isTold(reason: string): reason is Reason {
  return told.has(reason)
}

function isForPools(kinds: readonly string[]): boolean {
  return kinds.includes('AddressPool') && kinds.includes('NodeReport')
}

function mentions(message: string, names: readonly string[]): boolean {
  const words = new Set(message.split(/[\s,:]+/))
  return names.some(name => words.has(name))
}

/** What of the ranges no network covers. */
function without(ranges: readonly IpRange[], networks: readonly IpRange[]): readonly IpRange[] {
  return networks.reduce<readonly IpRange[]>((left, network) => left.flatMap(range => cut(range, network)), ranges)
}

function cut(range: IpRange, by: IpRange): readonly IpRange[] {
  if (range.family !== by.family || by.last < range.first || range.last < by.first) return [range]
  const before = by.first > range.first ? [{ ...range, last: by.first - 1n }] : []
  const behind = by.last < range.last ? [{ ...range, first: by.last + 1n }] : []
  return [...before, ...behind]
}

function rangeText({ family, first, last }: IpRange): string {
  const start = formatAddress(family, first)
  return first === last ? start : `${start}-${formatAddress(family, last)}`
}
