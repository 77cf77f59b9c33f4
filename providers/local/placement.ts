// Which nodes are to announce an address, in which order: sticky, with bounded load, and never a node that may not. Pure.
import { kindNames } from '../../src/api/kind-names.ts'
import type { Announcement } from '../../src/api/announcement.ts'
import { announcedFinalizer, apiVersion } from '../../src/api/group.ts'
import { announcementName } from '../../src/model/address.ts'
import type { Goal } from '../../src/provider.ts'
import type { Given } from './addresses/block-index.ts'
import { fitOf } from './eligibility.ts'
import type { Announced } from './eligibility.ts'
import type { Announcer, Network } from './network.ts'
import type { ParsedPool } from './pools.ts'

/** How many candidates an Announcement names. Two would do for one failure; the third covers a second before we look again. */
export const maxCandidates = 3

/** How many interfaces the schema of an Announcement takes. */
const maxInterfaces = 16

export type AnnouncementAction =
  | { readonly kind: 'put-announcement'; readonly announcement: Announcement }
  | { readonly kind: 'update-announcement'; readonly seen: Announcement; readonly spec: Announcement['spec'] }
  | { readonly kind: 'withdraw-announcement'; readonly seen: Announcement }
  | { readonly kind: 'confirm-withdrawal'; readonly seen: Announcement }

export interface PlacementInput {
  /** A given address with the goal of its Service, if that is known, and its pool unless that is gone. */
  readonly given: Given
  readonly goal: Goal | undefined
  readonly pool: ParsedPool | undefined
  readonly existing: Announcement | undefined
  readonly network: Network
  /** How many addresses each node bears (`bearerOf`), this one not counted. */
  readonly load: ReadonlyMap<string, number>
}

/** The node that carries the address, or will: who announces it, else the first candidate. */
export function bearerOf({ spec, status }: Announcement): string | undefined {
  return status?.node && spec.nodes.includes(status.node) ? status.node : spec.nodes[0]
}

/** What has to change at the Announcement of one given address; undefined when nothing has to. */
export function planAnnouncement(input: PlacementInput): AnnouncementAction | undefined {
  const { given, existing } = input
  const placed = placeCandidates(input)
  const spec: Announcement['spec'] = {
    address: given.address.text,
    pool: given.pool,
    services: given.owners.map(({ uid, namespace, name }) => ({ uid, namespace, name })),
    nodes: [...placed.nodes],
    ...(placed.interfaces && { interfaces: [...placed.interfaces] }),
  }
  if (existing) return sameSpec(existing.spec, spec) ? undefined : { kind: 'update-announcement', seen: existing, spec }
  if (spec.nodes.length === 0) return undefined
  const metadata = { name: announcementName(given.address), finalizers: [announcedFinalizer] }
  return { kind: 'put-announcement', announcement: { apiVersion, kind: kindNames.announcement.kind, metadata, spec } }
}

/** All of `planAnnouncement` for several addresses, each placed with the load that those before it make. */
export function planAnnouncements(
  inputs: readonly Omit<PlacementInput, 'load'>[],
  load: ReadonlyMap<string, number>,
): readonly AnnouncementAction[] {
  const growing = new Map(load)
  return inputs.flatMap(input => {
    const action = planAnnouncement({ ...input, load: growing })
    const first = action?.kind === 'put-announcement' ? action.announcement.spec.nodes[0] : undefined
    if (first !== undefined) growing.set(first, (growing.get(first) ?? 0) + 1)
    return action ?? []
  })
}

interface Placed {
  readonly nodes: readonly string[]
  readonly interfaces: readonly string[] | undefined
}

/**
 * The candidates in order. What is there stays while every candidate still fits and enough of them live; a dead one does no
 * harm, because agents pass over it, and rewriting thousands of lists when agents restart does. Otherwise: the node that
 * announces now, the other living ones, then new ones.
 */
export function placeCandidates({ given, goal, pool, existing, network, load }: PlacementInput): Placed {
  const fitting = new Map<string, readonly string[] | undefined>()
  const listed = existing?.spec.nodes ?? []
  const announced = { address: given.address, pool, goal }
  for (const announcer of network.announcers) {
    const fit = fitOf(announcer, announced)
    if (fit.fits) fitting.set(announcer.name, fit.interfaces)
    else if (listed.includes(announcer.name) && lacksReportOnly(announcer, announced))
      fitting.set(announcer.name, existing?.spec.interfaces)
  }
  const isAlive = (node: string) => network.get(node)?.alive === true
  const living = [...fitting.keys()].filter(isAlive)
  const kept = listed.filter(node => fitting.has(node))
  const nodes = isEnough(listed, kept, kept.filter(isAlive).length, living.length)
    ? kept
    : refill({ given, kept: kept.filter(isAlive), living, load, announcing: existing?.status?.node })
  return { nodes, interfaces: unionOf(nodes.map(node => fitting.get(node))) }
}

/** A report that is gone while the agent lives is about to be written again: that is no reason to take an address away. */
function lacksReportOnly(announcer: Announcer, announced: Announced): boolean {
  if (announcer.exclusion !== 'no-agent' || !announcer.alive) return false
  const fit = fitOf({ ...announcer, exclusion: undefined }, announced)
  return fit.fits || fit.why === 'no-interface'
}

function isEnough(listed: readonly string[], kept: readonly string[], keptAlive: number, living: number): boolean {
  if (living === 0) return true
  return kept.length === listed.length && keptAlive >= Math.min(2, living)
}

function refill(options: {
  readonly given: Given
  readonly kept: readonly string[]
  readonly living: readonly string[]
  readonly load: ReadonlyMap<string, number>
  readonly announcing: string | undefined
}): readonly string[] {
  const { given, kept, living, load, announcing } = options
  const first = kept.filter(node => node === announcing)
  const sticky = [...first, ...kept.filter(node => node !== announcing)]
  const fresh = byPreference(given.address.text, living).filter(node => !sticky.includes(node))
  if (sticky.length > 0) return [...sticky, ...fresh].slice(0, maxCandidates)
  const bearer = fresh.find(node => isWithinBound(node, living, load)) ?? fresh[0]
  return bearer === undefined ? [] : [bearer, ...fresh.filter(node => node !== bearer)].slice(0, maxCandidates)
}

/**
 * Whether a node may take one more: at most 1.25 times the mean plus one (consistent hashing with bounded loads, Mirrokni,
 * Thorup, Zadimoghaddam 2016). The least loaded node always may, so there is always one.
 */
function isWithinBound(node: string, living: readonly string[], load: ReadonlyMap<string, number>): boolean {
  const loadOf = (name: string) => load.get(name) ?? 0
  const mean = (living.reduce((sum, name) => sum + loadOf(name), 0) + 1) / living.length
  return loadOf(node) + 1 <= 1.25 * mean + 1
}

/** The nodes in an order of the address's own (rendezvous hashing), so that standbys spread as evenly as bearers. */
function byPreference(address: string, nodes: readonly string[]): readonly string[] {
  const ranked = nodes.map(node => ({ node, rank: hash(`${node}#${address}`) }))
  return ranked.toSorted((one, other) => one.rank - other.rank || (one.node < other.node ? -1 : 1)).map(({ node }) => node)
}

/** FNV-1a with the finalizer of MurmurHash3, because short texts that differ in the last letter must come far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

/** Undefined (the interface whose subnet fits) as soon as one candidate is free to choose. Of too many each gets its share. */
function unionOf(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const named = lists.filter(list => list !== undefined)
  if (named.length === 0 || named.length < lists.length) return undefined
  const all = new Set(named.flat())
  if (all.size <= maxInterfaces) return [...all].toSorted()
  const share = Math.floor(maxInterfaces / named.length)
  return [...new Set(named.flatMap(list => list.slice(0, share)))].toSorted()
}

function sameSpec(one: Announcement['spec'], other: Announcement['spec']): boolean {
  const text = ({ pool, services, nodes, interfaces }: Announcement['spec']) =>
    JSON.stringify([pool, services.map(service => service.uid), nodes, interfaces ?? null])
  return text(one) === text(other)
}
