// What the conditions of an AddressPool say about announcing it: addresses in no subnet of a node, and nodes set up in a way that
// breaks it. Told at the pool, where the mistake is, and before a Service has one of its addresses. Pure.
import { reasons } from '../../../src/api/reasons.ts'
import type { Reason } from '../../../src/api/reasons.ts'
import { formatAddress } from '../../../src/model/address.ts'
import type { IpRange } from '../../../src/model/address.ts'
import { firstFew } from '../../../src/model/first-few.ts'
import { matchesSelector } from '../../../src/model/selector.ts'
import type { Rule } from '../announcing/announce-rules.ts'
import { subnetsOf } from '../network/interface-words.ts'
import type { Announcer, Network } from '../network/network.ts'
import type { ParsedPool } from './pools.ts'

export interface AnnouncingCondition {
  readonly type: 'OutsideSubnets' | 'NodeTraps' | 'NoAnnouncer'
  readonly status: 'True' | 'False'
  readonly reason: Reason
  readonly message: string
}

/** A node that may announce for a pool, each with the rules that select it. Living or not: nodes go and come back. */
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
  return [subnets(pool, involved), traps(involved), nobody(pool, network, involved)]
}

/** Whether the announce rules, as they are written, let no node announce anything of the pool. */
function nobody({ name, spec }: ParsedPool, { announcers }: Network, involved: readonly Involved[]): AnnouncingCondition {
  const type = 'NoAnnouncer'
  const rules = spec.announce?.layer2
  const none = (message: string): AnnouncingCondition => ({ type, status: 'True', reason: 'NoAnnouncer', message })
  if (rules?.length === 0)
    return none(
      'The list of announce rules (spec.announce.layer2) is empty, so no node announces. Leave spec.announce out to let every node announce, or write a rule.',
    )
  const selected = announcers.filter(({ labels }) =>
    (rules ?? [{}]).some(({ nodeSelector }) => matchesSelector(nodeSelector, labels)),
  )
  if (announcers.length > 0 && selected.length === 0)
    return none(
      `The announce rules select none of ${nodesText(announcers.length)} (${firstFew((rules ?? []).map(selectorText))}). Label nodes so that a rule selects them, or change the rules of pool ${name}.`,
    )
  const missing = missingNames(involved)
  if (missing.length > 0 && involved.every(each => namedOf(each).length > 0 && !isFree(each) && !hasNamed(each)))
    return none(
      `No node that the announce rules select has the ${missing.length === 1 ? 'interface' : 'interfaces'} ${firstFew(missing)} that they name (${have(involved)}). Name interfaces that the nodes have, or leave interfaces out to announce on the one whose subnet holds the address.`,
    )
  return { type, status: 'False', reason: 'Accepted', message: 'The announce rules leave somebody to announce.' }
}

function subnets({ ranges, name }: ParsedPool, involved: readonly Involved[]): AnnouncingCondition {
  const type = 'OutsideSubnets'
  const fine = (message: string): AnnouncingCondition => ({ type, status: 'False', reason: 'Accepted', message })
  if (involved.length === 0)
    return fine('No node that the announce rules select may announce now, or none has told its interfaces yet.')
  const free = involved.filter(isFree)
  if (free.length === 0) return fine('The announce rules name the interfaces, so that subnets do not count.')
  const networks = free.flatMap(({ announcer }) => announcer.interfaces.flatMap(each => each.networks))
  const outside = involved.some(hasNamed) ? [] : without(ranges, networks)
  if (outside.length === 0) return fine('Nodes have interfaces for all addresses of the pool.')
  const which = `${firstFew(outside.map(rangeText))} ${outside.length === 1 && outside[0]?.first === outside[0]?.last ? 'is' : 'are'}`
  const missing = missingNames(involved)
  const named =
    missing.length === 0
      ? 'name the interfaces to announce on in its announce rules'
      : `name interfaces that the nodes have in its announce rules: none has ${firstFew(missing)}`
  const message = `${which} in no subnet of a node that may announce (${have(involved)}). Take the addresses of pool ${name} from a subnet of the nodes, or ${named}.`
  return { type, status: 'True', reason: 'OutsideSubnets', message }
}

function namedOf({ rules }: Involved): readonly string[] {
  return rules.flatMap(({ interfaces }) => interfaces ?? [])
}

/** Whether a rule lets the node announce on the interface whose subnet holds the address. */
function isFree({ rules }: Involved): boolean {
  return rules.some(({ interfaces }) => interfaces === undefined)
}

function hasNamed(each: Involved): boolean {
  return namedOf(each).some(named => each.announcer.interfaces.some(({ name }) => name === named))
}

/** Interfaces that rules name for nodes of which none has them. */
function missingNames(involved: readonly Involved[]): readonly string[] {
  const there = new Set(involved.flatMap(({ announcer }) => announcer.interfaces.map(({ name }) => name)))
  return [...new Set(involved.flatMap(namedOf))].filter(name => !there.has(name))
}

/** `nodeSelector rack=zz`, as far as it is a list of labels. */
function selectorText({ nodeSelector }: Rule): string {
  const labels = Object.entries(nodeSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  const expressions = (nodeSelector?.matchExpressions ?? []).map(({ key, operator, values = [] }) =>
    [key, operator, ...(values.length > 0 ? [`(${values.slice(0, 3).join(', ')})`] : [])].join(' '),
  )
  return `nodeSelector ${[...labels, ...expressions].join(', ')}`
}

function nodesText(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`
}

/** `3 nodes have eth0 10.201.0.11/16; eth1 192.0.2.5/24`: each subnet once, as the first node has it. */
function have(involved: readonly Involved[]): string {
  const texts = subnetsOf(involved.map(({ announcer }) => announcer))
  const nodes = `${nodesText(involved.length)} ${involved.length === 1 ? 'has' : 'have'}`
  return `${nodes} ${texts.length === 0 ? 'no interface with an address' : firstFew(texts, '; ', { whole: true })}`
}

/** Where rules name interfaces, only what is said about those counts: naming another one is how to get out of a trap. */
function traps(involved: readonly Involved[]): AnnouncingCondition {
  const found = new Map<Reason, { readonly message: string; readonly nodes: string[] }>()
  for (const { announcer, rules } of involved) {
    const named = rules.flatMap(({ interfaces }) => interfaces ?? [])
    for (const { reason, message } of announcer.traps) {
      if (!isTold(reason) || !(isFree({ announcer, rules }) || reason === 'ForwardingOff' || mentions(message, named))) continue
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
