// Rules of security groups as data: who may reach a load balancer and its targets, made few enough for the quotas, and changed without a gap. Pure.
import { formatAddress, parseCidr } from '../../../src/model/address.ts'
import type { IpFamily } from '../../../src/model/load-balancer.ts'
import type { SecurityGroupSettings, TargetGroupProtocol } from '../settings/aws-settings.ts'

/** One rule that lets something in. `protocol` of a rule read from AWS may be any, `-1` for all. */
export interface Rule<Protocol extends string = string> {
  readonly protocol: Protocol
  /** For ICMP the type. */
  readonly from: number
  /** For ICMP the code. */
  readonly to: number
  readonly kind: 'cidr' | 'cidr6' | 'prefix-list' | 'group'
  /** A CIDR, or the id of a prefix list or security group. */
  readonly source: string
}

/** A rule of the protocols that are made here. */
export type OwnRule = Rule<'tcp' | 'udp' | 'icmp' | 'icmpv6'>

/** IANA: destination unreachable, fragmentation needed (RFC 1191) and packet too big (RFC 8201). */
const pathMtu = { cidr: { protocol: 'icmp', from: 3, to: 4 }, cidr6: { protocol: 'icmpv6', from: 2, to: 0 } } as const

/** What the managed group at the front lets in: every source to every listener. */
export function frontendRules(
  settings: Extract<SecurityGroupSettings, { readonly kind: 'managed' }>,
  listeners: readonly { readonly port: number; readonly protocol: TargetGroupProtocol }[],
): readonly OwnRule[] {
  const sources = [
    ...settings.sources.map(cidrSource),
    ...settings.prefixLists.map(source => ({ kind: 'prefix-list', source }) as const),
  ]
  const ports = listeners.flatMap(({ port, protocol }) =>
    transports(protocol).map(each => ({ protocol: each, from: port, to: port })),
  )
  const rules: OwnRule[] = sources.flatMap(source => ports.map(port => ({ ...port, ...source })))
  if (!settings.pathMtuIcmp) return rules
  return [...rules, ...settings.sources.map(cidrSource).map(source => ({ ...pathMtu[source.kind], ...source }))]
}

/** Ports of targets that must be open. */
export interface TargetPorts {
  readonly protocol: TargetGroupProtocol
  readonly ports: readonly number[]
  /** Health checks are TCP, whatever the traffic is. */
  readonly healthCheckPorts: readonly number[]
}

/**
 * What a security group of targets lets in: one rule per protocol and source, over the range of all ports, so that a cluster
 * of any size needs two. `sources` is the shared backend group; for load balancers without groups, the clients and the subnets.
 */
export function targetRules(
  targets: readonly TargetPorts[],
  sources: readonly Pick<OwnRule, 'kind' | 'source'>[],
): readonly OwnRule[] {
  const ports: Record<'tcp' | 'udp', number[]> = { tcp: [], udp: [] }
  for (const { protocol, ports: traffic, healthCheckPorts } of targets) {
    for (const transport of transports(protocol)) ports[transport].push(...traffic)
    ports.tcp.push(...healthCheckPorts)
  }
  return (['tcp', 'udp'] as const).flatMap(protocol => {
    const [from, to] = [least(ports[protocol]), greatest(ports[protocol])]
    return from === undefined || to === undefined ? [] : sources.map(({ kind, source }) => ({ protocol, from, to, kind, source }))
  })
}

export function cidrSource(cidr: string): { readonly kind: 'cidr' | 'cidr6'; readonly source: string } {
  return { kind: cidr.includes(':') ? 'cidr6' : 'cidr', source: cidr }
}

function transports(protocol: TargetGroupProtocol): readonly ('tcp' | 'udp')[] {
  return protocol === 'TCP_UDP' ? ['tcp', 'udp'] : protocol === 'UDP' ? ['udp'] : ['tcp']
}

export interface Collapsed {
  readonly rules: readonly OwnRule[]
  /** Ports between those that were asked for were opened to save rules. */
  readonly widened: boolean
  /** How many rules there are beyond the quota; 0 when they fit. */
  readonly over: number
}

/** How many entries each prefix list counts for; 1 when it is not known. */
export type Weights = Readonly<Record<string, number>>

export interface CollapseOptions {
  readonly weights?: Weights
  /** Ports that something listens on. A range never grows over one of them that the source was not let in to. */
  readonly listening?: readonly { readonly protocol: string; readonly port: number }[]
}

/**
 * The same doors with no more than `limit` rules. First without opening anything more: sources inside of others go, neighbouring networks and
 * ports are joined. If that is not enough, the ports of each source become one range, over ports where nothing listens. Sources
 * are never widened: what does not fit then is told in `over`.
 */
export function collapse(
  rules: readonly OwnRule[],
  limit: number,
  { weights = {}, listening = [] }: CollapseOptions = {},
): Collapsed {
  const exact = joinPorts(joinSources(joinPorts(rules)))
  if (ruleCount(exact, weights) <= limit) return { rules: exact, widened: false, over: 0 }
  const nothingBetween = (last: OwnRule, next: OwnRule) =>
    !listening.some(({ protocol, port }) => protocol === next.protocol && last.to < port && port < next.from)
  const wide = joinSources(joinPorts(rules, nothingBetween))
  const widened = ruleCount(wide, weights) < ruleCount(exact, weights)
  const chosen = widened ? wide : exact
  return { rules: chosen, widened, over: Math.max(0, ruleCount(chosen, weights) - limit) }
}

/** What counts against the quota of one group: the greater of what counts for IPv4 and for IPv6. */
export function ruleCount(rules: readonly Rule[], weights: Weights = {}): number {
  let [ipv4, ipv6] = [0, 0]
  for (const { kind, source } of rules) {
    const weight = kind === 'prefix-list' ? (weights[source] ?? 1) : 1
    if (kind !== 'cidr6') ipv4 += weight
    if (kind !== 'cidr') ipv6 += weight
  }
  return Math.max(ipv4, ipv6)
}

/** Joins the port ranges of each protocol and source that touch, and those between which `mayJoin` allows it. */
function joinPorts(
  rules: readonly OwnRule[],
  mayJoin: (last: OwnRule, next: OwnRule) => boolean = () => false,
): readonly OwnRule[] {
  const result: OwnRule[] = []
  for (const group of Map.groupBy(rules, rule => `${rule.protocol} ${sourceKey(rule)}`).values()) {
    if (group[0]?.protocol === 'icmp' || group[0]?.protocol === 'icmpv6') {
      // Type and code are no range.
      result.push(...new Map(group.map(rule => [ruleKey(rule), rule])).values())
      continue
    }
    let last: OwnRule | undefined
    for (const rule of group.toSorted((one, other) => one.from - other.from || one.to - other.to)) {
      if (last && (rule.from <= last.to + 1 || mayJoin(last, rule))) last = { ...last, to: Math.max(last.to, rule.to) }
      else {
        if (last) result.push(last)
        last = rule
      }
    }
    if (last) result.push(last)
  }
  return result.toSorted(byText)
}

/** Leaves out networks inside of others and joins halves of a network, among rules of the same ports. */
function joinSources(rules: readonly OwnRule[]): readonly OwnRule[] {
  const result: OwnRule[] = []
  for (const group of Map.groupBy(rules, ({ protocol, from, to, kind }) => `${protocol} ${from} ${to} ${kind}`).values()) {
    const [first] = group
    if (!first) continue
    const sources = group.map(({ source }) => source)
    const joined = first.kind === 'cidr' || first.kind === 'cidr6' ? joinNetworks(sources) : [...new Set(sources)]
    result.push(...joined.map(source => ({ ...first, source })))
  }
  return result.toSorted(byText)
}

/** The fewest CIDRs that hold exactly the same addresses. What is no CIDR is kept as it is. */
export function joinNetworks(cidrs: readonly string[]): readonly string[] {
  const unread = cidrs.filter(cidr => parseCidr(cidr) === undefined)
  const parsed = cidrs.flatMap(cidr => parseCidr(cidr) ?? [])
  const joined = (['IPv4', 'IPv6'] as const).flatMap(family => {
    const blocks: Block[] = []
    const networks = parsed
      .filter(({ network }) => network.family === family)
      .map(({ network, prefixLength }) => ({ first: network.first, last: network.last, prefixLength }))
      .toSorted((one, other) => compare(one.first, other.first) || one.prefixLength - other.prefixLength)
    for (const network of networks) {
      const before = blocks.at(-1)
      if (before && network.last <= before.last) continue
      blocks.push(network)
      for (let merged = mergeLast(blocks); merged; merged = mergeLast(blocks)) blocks.splice(-2, 2, merged)
    }
    return blocks.map(({ first, prefixLength }) => cidrText(family, first, prefixLength))
  })
  return [...joined, ...new Set(unread)]
}

interface Block {
  readonly first: bigint
  readonly last: bigint
  readonly prefixLength: number
}

/** The network that the last two are the halves of. */
function mergeLast(blocks: readonly Block[]): Block | undefined {
  const [one, other] = blocks.slice(-2)
  if (!one || !other || one.prefixLength !== other.prefixLength || one.last + 1n !== other.first) return undefined
  const size = other.last - one.first + 1n
  return one.first % size === 0n ? { first: one.first, last: other.last, prefixLength: one.prefixLength - 1 } : undefined
}

function cidrText(family: IpFamily, first: bigint, prefixLength: number): string {
  return `${formatAddress(family, first)}/${prefixLength}`
}

/** One call for a security group. */
export type RuleStep<R extends Rule = Rule> = { readonly authorize: readonly R[] } | { readonly revoke: readonly R[] }

/**
 * What leads from `observed` to `wanted`: the new is let in before the old is shut out. Only where both together are more than
 * `limit` allows, some of the old must go first; then as few as possible at a time. `observed` holds only rules that are ours to revoke.
 */
export function ruleSteps<R extends Rule, Found extends Rule>(
  wanted: readonly R[],
  observed: readonly Found[],
  limit: number,
  weights: Weights = {},
): readonly RuleStep<R | Found>[] {
  const [have, want] = [new Set(observed.map(ruleKey)), new Set(wanted.map(ruleKey))]
  const missing = [...new Map(wanted.map(rule => [ruleKey(rule), rule])).values()].filter(rule => !have.has(ruleKey(rule)))
  const stale = observed.filter(rule => !want.has(ruleKey(rule)))
  const steps: RuleStep<R | Found>[] = []
  let present: readonly Rule[] = observed
  while (missing.length > 0) {
    const fitting = fittingCount(present, missing, limit, weights)
    // Without anything left to take away, AWS has the last word on the quota.
    const next = missing.splice(0, fitting > 0 || stale.length > 0 ? fitting : missing.length)
    if (next.length > 0) steps.push({ authorize: next })
    present = [...present, ...next]
    if (missing.length > 0 && stale.length > 0) {
      const gone = stale.splice(0, missing.length)
      steps.push({ revoke: gone })
      present = present.filter(rule => !gone.some(each => ruleKey(each) === ruleKey(rule)))
    }
  }
  return stale.length > 0 ? [...steps, { revoke: stale }] : steps
}

function fittingCount(present: readonly Rule[], missing: readonly Rule[], limit: number, weights: Weights): number {
  let count = 0
  while (count < missing.length && ruleCount([...present, ...missing.slice(0, count + 1)], weights) <= limit) count++
  return count
}

/** Two rules with the same key are one to AWS; descriptions do not count. */
export function ruleKey(rule: Rule): string {
  return `${rule.protocol} ${rule.from}-${rule.to} ${sourceKey(rule)}`
}

function sourceKey({ kind, source }: Rule): string {
  const cidr = kind === 'cidr' || kind === 'cidr6' ? parseCidr(source) : undefined
  return cidr ? `${kind} ${cidrText(cidr.network.family, cidr.network.first, cidr.prefixLength)}` : `${kind} ${source}`
}

function byText(one: Rule, other: Rule): number {
  const [first, second] = [ruleKey(one), ruleKey(other)]
  return first < second ? -1 : first > second ? 1 : 0
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function least(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((one, other) => Math.min(one, other))
}

function greatest(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((one, other) => Math.max(one, other))
}
