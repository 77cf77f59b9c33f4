// Address pools as read: ranges, what is wrong with each, and which of them a Service may use, in which order. Pure.
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { Reason } from '../../../src/api/reasons.ts'
import { formatAddress, parseRange, rangeContains, rangeSize, rangesOverlap } from '../../../src/model/address.ts'
import type { IpAddress, IpRange } from '../../../src/model/address.ts'
import type { DesiredLoadBalancer, IpFamily } from '../../../src/model/load-balancer.ts'
import { matchesSelector } from '../../../src/model/selector.ts'

export interface PoolProblem {
  readonly reason: Extract<Reason, 'InvalidRange' | 'OverlapsCluster' | 'Overlap'>
  readonly message: string
  readonly remedy: string
}

/** A pool with its addresses read. Text that cannot be read is left out and named in `problem`. */
export interface ParsedPool {
  readonly name: string
  readonly spec: AddressPool['spec']
  /** Sorted by family and address, neighbours and entries that cover each other joined. */
  readonly ranges: readonly IpRange[]
  /** A pool with a problem gives nothing new; what it has given stays. */
  readonly problem: PoolProblem | undefined
  /** Every pool that shares addresses with this one, older or younger. */
  readonly overlaps: readonly string[]
}

/** All pools in order of age (creationTimestamp, then name), and by name. */
export interface PoolBook {
  readonly ordered: readonly ParsedPool[]
  get(name: string): ParsedPool | undefined
}

/** A range that the cluster uses for something else. */
export interface ClusterRange {
  readonly range: IpRange
  /** `pod range 10.244.1.0/24 of node n1`. */
  readonly what: string
}

export function readPools(pools: Iterable<AddressPool>, clusterRanges: readonly ClusterRange[] = []): PoolBook {
  const aged = [...pools].toSorted(byAge)
  const read = aged.map(pool => ({ pool, ...readEntries(pool.spec.addresses) }))
  const older: { readonly name: string; readonly ranges: readonly IpRange[] }[] = []
  const ordered = read.map(({ pool, ranges, error }): ParsedPool => {
    const name = pool.metadata.name
    // Only pools that give addresses stand in the way of a younger one.
    const foreign = clusterRanges.find(({ range }) => shared([range], ranges))
    const rival = older.find(other => shared(other.ranges, ranges))
    if (!rival && !foreign) older.push({ name, ranges })
    const overlaps = read.filter(other => other.pool !== pool && shared(other.ranges, ranges))
    const inside = foreign ? clusterProblem(foreign, ranges) : rival && overlapProblem(rival, ranges)
    const problem = error === undefined ? inside : invalidProblem(error)
    return { name, spec: pool.spec, ranges, problem, overlaps: overlaps.map(other => other.pool.metadata.name) }
  })
  const byName = new Map(ordered.map(pool => [pool.name, pool]))
  return { ordered, get: name => byName.get(name) }
}

export function poolContains(pool: ParsedPool, address: IpAddress): boolean {
  return pool.ranges.some(range => rangeContains(range, address))
}

/**
 * Whether an address that was given from the pool may stay. A pool with an entry that cannot be read keeps all it gave: a
 * typing mistake must not take addresses away.
 */
export function poolKeeps(pool: ParsedPool, address: IpAddress): boolean {
  return pool.problem?.reason === 'InvalidRange' || poolContains(pool, address)
}

/** Why a pool is not for a Service, or undefined when it is. */
export function refusal(pool: ParsedPool, desired: DesiredLoadBalancer): 'class' | 'namespace' | 'labels' | undefined {
  const named = desired.class.spec.local?.pools ?? []
  if (named.length > 0 && !named.includes(pool.name)) return 'class'
  const allow = pool.spec.allow
  if (allow && !allowsNamespace(allow, desired)) return 'namespace'
  if (allow?.serviceSelector && !matchesSelector(allow.serviceSelector, desired.labels)) return 'labels'
  return undefined
}

type Allow = NonNullable<AddressPool['spec']['allow']>

/** By name or by label; without either all. */
function allowsNamespace({ namespaces, namespaceSelector }: Allow, { id, namespaceLabels }: DesiredLoadBalancer): boolean {
  if (!namespaces && !namespaceSelector) return true
  const isSelected = namespaceSelector !== undefined && matchesSelector(namespaceSelector, namespaceLabels)
  return isSelected || namespaces?.includes(id.namespace) === true
}

/**
 * The pools a Service may use, best first: in the order of its class when that names pools; else by priority, then pools that
 * are kept for some Services before those for all, older before younger.
 */
export function allowedPools(book: PoolBook, desired: DesiredLoadBalancer): readonly ParsedPool[] {
  const allowed = book.ordered.filter(pool => refusal(pool, desired) === undefined)
  const named = desired.class.spec.local?.pools ?? []
  if (named.length > 0) return allowed.toSorted((one, other) => named.indexOf(one.name) - named.indexOf(other.name))
  const priority = (pool: ParsedPool) => pool.spec.priority ?? Number.MAX_SAFE_INTEGER
  return allowed.toSorted((one, other) => priority(one) - priority(other) || Number(isReserved(other)) - Number(isReserved(one)))
}

/** The pool by which a Service may hold the address it has. */
export function homeOf(
  pools: PoolBook,
  desired: DesiredLoadBalancer,
  given: { readonly address: IpAddress; readonly pool: string },
): ParsedPool | undefined {
  const origin = pools.get(given.pool)
  if (origin && poolKeeps(origin, given.address) && refusal(origin, desired) === undefined) return origin
  return allowedPools(pools, desired).find(pool => poolContains(pool, given.address))
}

/** How many addresses of the family the pool has. */
export function poolSize(pool: ParsedPool, family?: IpFamily): bigint {
  const ranges = family === undefined ? pool.ranges : pool.ranges.filter(range => range.family === family)
  return ranges.reduce((sum, range) => sum + rangeSize(range), 0n)
}

/** Whether the pool has addresses of the family. */
export function givesFamily(pool: ParsedPool, family: IpFamily): boolean {
  return pool.ranges.some(range => range.family === family)
}

/** How many addresses the pool gives to Services that do not ask for a certain one; a pool with a problem gives none. */
export function givableSize(pool: ParsedPool): bigint {
  return pool.problem ? 0n : poolSize(pool) - avoidedCount(pool)
}

/** How many addresses the pool does not give by itself because of `avoidBuggyIPs`. */
export function avoidedCount(pool: ParsedPool): bigint {
  const avoided = pool.spec.avoidBuggyIPs ? pool.ranges.filter(({ family }) => family === 'IPv4') : []
  return avoided.reduce((sum, range) => sum + endingIn(range, 0n) + endingIn(range, 255n), 0n)
}

/** How many addresses of the range have this last byte. */
function endingIn({ first, last }: IpRange, end: bigint): bigint {
  const upTo = (value: bigint) => (value + 256n - end) / 256n
  return upTo(last) - upTo(first - 1n)
}

/** `office 10.201.200.0/24`, for messages; long lists of addresses are cut. */
export function poolText(pool: ParsedPool): string {
  const shown = pool.spec.addresses.slice(0, 3).join(', ')
  const more = pool.spec.addresses.length - 3
  return `${pool.name} ${shown}${more > 0 ? ` and ${more} more` : ''}`
}

function isReserved(pool: ParsedPool): boolean {
  const { namespaces, namespaceSelector, serviceSelector } = pool.spec.allow ?? {}
  return [namespaces, namespaceSelector, serviceSelector].some(limit => limit !== undefined)
}

function byAge(one: AddressPool, other: AddressPool): number {
  const age = (pool: AddressPool) => `${pool.metadata.creationTimestamp ?? ''} ${pool.metadata.name}`
  return age(one) < age(other) ? -1 : 1
}

function readEntries(entries: readonly string[]): { readonly ranges: readonly IpRange[]; readonly error: string | undefined } {
  const ranges: IpRange[] = []
  let error: string | undefined
  for (const entry of entries) {
    const range = parseRange(entry)
    if ('error' in range) error ??= range.error
    else ranges.push(range)
  }
  return { ranges: joined(ranges), error }
}

/** Sorted, and with ranges that touch or cover each other made one, so that no address is counted or given twice. */
function joined(ranges: readonly IpRange[]): readonly IpRange[] {
  const result: IpRange[] = []
  for (const range of ranges.toSorted(byPlace)) {
    const last = result.at(-1)
    if (last?.family !== range.family || last.last + 1n < range.first) result.push(range)
    else if (last.last < range.last) result[result.length - 1] = { ...last, last: range.last }
  }
  return result
}

function byPlace(one: IpRange, other: IpRange): number {
  if (one.family !== other.family) return one.family < other.family ? -1 : 1
  return one.first < other.first ? -1 : one.first > other.first ? 1 : 0
}

function invalidProblem(error: string): PoolProblem {
  return {
    reason: 'InvalidRange',
    message: `${error}. The pool gives no new addresses; what it has given stays.`,
    remedy: 'Correct the entry: a CIDR (192.0.2.0/24), a range (192.0.2.10-192.0.2.20) or a single address.',
  }
}

function clusterProblem({ range, what }: ClusterRange, ranges: readonly IpRange[]): PoolProblem {
  const both = shared([range], ranges)
  return {
    reason: 'OverlapsCluster',
    message: `${both ? rangeText(both) : 'some addresses are'} in the ${what}. The pool gives no new addresses; what it has given stays.`,
    remedy: 'Take that range out of the pool: traffic to it would not reach the pods or Services that have it.',
  }
}

function overlapProblem(rival: Pick<ParsedPool, 'name' | 'ranges'>, ranges: readonly IpRange[]): PoolProblem {
  const both = shared(rival.ranges, ranges)
  return {
    reason: 'Overlap',
    message: `${both ? rangeText(both) : 'some addresses'} also in the older pool ${rival.name}. This pool gives no new addresses; what it has given stays.`,
    remedy: 'Take the shared addresses out of one of the pools.',
  }
}

/** The first addresses that both have. */
function shared(one: readonly IpRange[], other: readonly IpRange[]): IpRange | undefined {
  for (const range of one) {
    const against = other.find(candidate => rangesOverlap(range, candidate))
    if (!against) continue
    const first = range.first > against.first ? range.first : against.first
    const last = range.last < against.last ? range.last : against.last
    return { family: range.family, first, last }
  }
  return undefined
}

function rangeText({ family, first, last }: IpRange): string {
  const start = formatAddress(family, first)
  return first === last ? `${start} is` : `${start}-${formatAddress(family, last)} are`
}
