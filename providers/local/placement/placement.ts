// Which nodes are to announce an address, in which order, on which interfaces; and what has to be written for that. Pure.
import { kindNames } from '../../../src/api/kind-names.ts'
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcedFinalizer, apiVersion } from '../../../src/api/group.ts'
import { announcementName } from '../../../src/model/address.ts'
import { firstFew } from '../../../src/model/first-few.ts'
import type { Given } from '../addresses/block-index.ts'
import type { Sharer } from '../announcing/announce-rules.ts'
import { chooseCandidates } from './candidates.ts'
import { eligibleFor, fitOf } from '../announcing/eligibility.ts'
import type { Announced } from '../announcing/eligibility.ts'
import type { Load } from './load.ts'
import type { Announcer, Network } from '../network/network.ts'
import { targetsFor, targetWishOf } from '../pod-targets.ts'
import type { TargetWish } from '../pod-targets.ts'

/** How many interfaces the schema of an Announcement takes. */
const maxInterfaces = 16

export type AnnouncementAction =
  | { readonly kind: 'put-announcement'; readonly announcement: Announcement }
  | { readonly kind: 'update-announcement'; readonly seen: Announcement; readonly spec: Announcement['spec'] }
  | { readonly kind: 'withdraw-announcement'; readonly seen: Announcement }
  | { readonly kind: 'confirm-withdrawal'; readonly seen: Announcement }

export interface PlacementInput {
  /** A given address with its Services, each with its goal, if that is known, and its pool unless that is gone. */
  readonly given: Given
  readonly sharers: readonly Sharer[]
  readonly existing: Announcement | undefined
  readonly network: Network
  readonly load: Load
  /** Of this cluster, for addresses with pod targets. */
  readonly hashSeed: number
  /** It is to go to this node, by a rebalance. */
  readonly moveTo?: string | undefined
}

/** What has to change at the Announcement of one given address; undefined when nothing has to. */
export function planAnnouncement(input: PlacementInput): AnnouncementAction | undefined {
  const { given, existing } = input
  const spec: Announcement['spec'] = {
    address: given.address.text,
    pool: given.pool,
    serviceNames: firstFew(given.owners.map(({ namespace, name }) => `${namespace}/${name}`)),
    ...targetsFor(given.owners, { wishOf: wishesOf(input.sharers), existing: existing?.spec, hashSeed: input.hashSeed }),
    ...placeCandidates(input),
  }
  if (existing) return sameSpec(existing.spec, spec) ? undefined : { kind: 'update-announcement', seen: existing, spec }
  if (spec.nodes.length === 0) return undefined
  const metadata = { name: announcementName(given.address), finalizers: [announcedFinalizer] }
  return { kind: 'put-announcement', announcement: { apiVersion, kind: kindNames.announcement.kind, metadata, spec } }
}

/** Of each sharer that is known, by its uid. */
function wishesOf(sharers: readonly Sharer[]): (uid: string) => TargetWish | undefined {
  const wishes = new Map(
    sharers.flatMap(({ goal }) => (goal ? [[goal.desired.id.uid, targetWishOf(goal.desired)] as const] : [])),
  )
  return uid => wishes.get(uid)
}

type Placed = Pick<Announcement['spec'], 'nodes' | 'interfaces' | 'nodeInterfaces'>

function placeCandidates({ given, sharers, existing, network, load, moveTo }: PlacementInput): Placed {
  const announced = { address: given.address, sharers }
  const eligible = eligibleFor(network, announced)
  const listed = existing?.spec.nodes ?? []
  const isSpared = (node: string) => {
    const announcer = network.get(node)
    return announcer !== undefined && lacksReportOnly(announcer, announced)
  }
  const nodes = chooseCandidates({
    address: given.address.text,
    eligible,
    isAlive: node => network.get(node)?.alive === true,
    listed,
    isSpared,
    announcing: existing?.status?.node || undefined,
    load,
    moveTo,
  })
  const own = (node: string) => (eligible.fits.has(node) ? eligible.fits.get(node)?.interfaces : interfacesOf(existing, node))
  return { nodes: [...nodes], ...interfacesFor(nodes.map(node => ({ node, interfaces: own(node) }))) }
}

/** A report that is gone while the agent lives is about to be written again: that is no reason to take an address away. */
function lacksReportOnly(announcer: Announcer, announced: Announced): boolean {
  if (announcer.exclusion !== 'no-agent' || !announcer.alive || announcer.drained) return false
  const fit = fitOf({ ...announcer, exclusion: undefined }, announced)
  return fit.fits || fit.why === 'no-interface' || fit.why === 'no-named-interface'
}

function interfacesOf(existing: Announcement | undefined, node: string): readonly string[] | undefined {
  const { interfaces, nodeInterfaces } = existing?.spec ?? {}
  return nodeInterfaces?.find(each => each.node === node)?.interfaces ?? interfaces
}

/** What each candidate may announce on; undefined: the interface whose subnet fits. */
interface Own {
  readonly node: string
  readonly interfaces: readonly string[] | undefined
}

/** One list for all where that says the same to each, because rules mostly do; else a list for each that has one. */
function interfacesFor(all: readonly Own[]): Omit<Placed, 'nodes'> {
  const named = all.flatMap(({ node, interfaces }) =>
    interfaces ? [{ node, interfaces: interfaces.slice(0, maxInterfaces).toSorted() }] : [],
  )
  if (named.length === 0) return {}
  const first = named[0]?.interfaces ?? []
  const isOne = named.length === all.length && named.every(({ interfaces }) => isSame(interfaces, first))
  return isOne ? { interfaces: first } : { nodeInterfaces: named }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at])
}

function sameSpec(one: Announcement['spec'], other: Announcement['spec']): boolean {
  const text = ({ pool, services, serviceNames, nodes, interfaces, nodeInterfaces, ...rest }: Announcement['spec']) =>
    JSON.stringify([
      pool,
      services.map(service => [service.uid, service.targets, service.drainSeconds]),
      serviceNames,
      nodes,
      interfaces ?? null,
      (nodeInterfaces ?? []).map(each => [each.node, each.interfaces]),
      rest.targets,
      rest.hashSeed,
      rest.fenced === true,
    ])
  return text(one) === text(other)
}
