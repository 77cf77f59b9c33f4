// Carries out rebalances that people ask for with an annotation of an AddressPool: once per value, a few addresses at a time.
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { Announcement } from '../../../src/api/announcement.ts'
import { rebalanceAnnotation } from '../../../src/api/group.ts'
import { announcementName } from '../../../src/model/address.ts'
import type { Given } from '../addresses/block-index.ts'
import type { Sharer } from '../announcing/announce-rules.ts'
import { eligibleFor } from '../announcing/eligibility.ts'
import { bearerOf } from './load.ts'
import type { Load } from './load.ts'
import type { Network } from '../network/network.ts'
import { planMoves } from './rebalance.ts'
import type { Movable, Move } from './rebalance.ts'
import type { Log, View } from '../views.ts'

/** So many addresses are on their way at once: a move costs a client nothing, but a LAN does not relearn thousands at once. */
const mostUnderway = 4

/** So many moves are planned in one go, to be short. */
const mostPlanned = 64

/** A rebalance that is over. */
export interface Rebalanced {
  /** Of the annotation. */
  readonly value: string
  readonly moved: number
}

export interface Rebalancer {
  /** The node an address is to move to now. */
  moveTo(name: string): string | undefined
  /** The rebalance of a pool that is over, if its status does not know yet. */
  finished(pool: string): Rebalanced | undefined
  /** Something changed: pools, Announcements, nodes, Services. Cheap while nobody asks for a rebalance. */
  look(): void
}

export interface RebalancerParts {
  readonly pools: View<AddressPool>
  readonly announcements: View<Announcement>
  readonly given: { all(): Iterable<Given>; at(announcement: string): Given | undefined }
  /** The Services at an address; `unknown` while one of them has not been looked at; `fixed` when it is not to move. */
  readonly sharers: (given: Given) => readonly Sharer[] | 'unknown' | 'fixed'
  readonly network: () => Network
  readonly load: () => Load
  readonly wakeName: (announcement: string) => void
  readonly wakePool: (pool: string) => void
  readonly log: Log
}

interface Running {
  readonly value: string
  planned: Move[]
  /** By Announcement: where to. Until the node there has claimed it. */
  readonly underway: Map<string, string>
  moved: number
  /** Each address goes once: where a node lives and takes nothing, asking again would have no end. */
  readonly tried: Set<string>
  /** The address whose Services are not known yet. */
  waitsFor: Given | undefined
}

export function createRebalancer(parts: RebalancerParts): Rebalancer {
  const running = new Map<string, Running>()
  const finished = new Map<string, Rebalanced>()
  let isDue = false

  const advance = (pool: string, run: Running) => {
    for (const [name, to] of run.underway)
      if (hasArrived(parts.announcements.get(name), to) || !canGo(name, to, parts)) run.underway.delete(name)
    if (run.planned.length === 0 && run.underway.size === 0) {
      if (run.waitsFor && parts.sharers(run.waitsFor) === 'unknown') return
      const movables = movablesOf(pool, run.tried, parts)
      run.waitsFor = 'waitsFor' in movables ? movables.waitsFor : undefined
      if ('waitsFor' in movables) return
      const load = parts.load()
      run.planned = [...planMoves(movables, node => load.of(node), mostPlanned)]
      if (run.planned.length === 0) {
        running.delete(pool)
        finished.set(pool, { value: run.value, moved: run.moved })
        parts.log.info({ pool, moved: run.moved }, 'pool rebalanced')
        parts.wakePool(pool)
        return
      }
    }
    while (run.underway.size < mostUnderway) {
      const next = run.planned.shift()
      if (!next) return
      const { name, from, to } = next
      const announcement = parts.announcements.get(name)
      // What changed since it was planned is left as it is; the next plan knows.
      if (!announcement || bearerOf(announcement) !== from || !canGo(name, to, parts)) continue
      run.underway.set(name, to)
      run.tried.add(name)
      run.moved++
      parts.wakeName(name)
    }
  }
  const lookNow = () => {
    isDue = false
    for (const { metadata, status } of parts.pools.values()) {
      const { name } = metadata
      const value = metadata.annotations?.[rebalanceAnnotation]?.slice(0, 256)
      const isAsked = value !== undefined && value !== status?.rebalanced && value !== finished.get(name)?.value
      if (!isAsked) running.delete(name)
      else if (running.get(name)?.value !== value)
        running.set(name, { value, planned: [], underway: new Map(), tried: new Set(), moved: 0, waitsFor: undefined })
    }
    for (const [pool, run] of running) {
      if (parts.pools.get(pool)) advance(pool, run)
      else running.delete(pool)
    }
  }
  return {
    moveTo(name) {
      for (const { underway } of running.values()) {
        const to = underway.get(name)
        const announcement = to === undefined ? undefined : parts.announcements.get(name)
        if (announcement && announcement.spec.nodes[0] !== to) return to
      }
      return undefined
    },
    finished: pool => finished.get(pool),
    look() {
      if (isDue) return
      isDue = true
      queueMicrotask(lookNow)
    },
  }
}

/** Whether the move is over, well or not: nobody has to let go any more. */
function hasArrived(announcement: Announcement | undefined, to: string): boolean {
  if (!announcement || announcement.metadata.deletionTimestamp !== undefined) return true
  const { spec, status } = announcement
  const node = status?.node ?? ''
  return node !== '' && spec.nodes.includes(node) && (spec.nodes[0] === to || node === to)
}

/** Whether the node still may have the address. */
function canGo(name: string, to: string, { given, sharers, network }: RebalancerParts): boolean {
  const at = given.at(name)
  const services = at ? sharers(at) : 'unknown'
  if (!at || typeof services === 'string') return false
  const eligible = eligibleFor(network(), { address: at.address, sharers: services })
  return eligible.mayBeListed(to) && network().get(to)?.alive === true
}

/** `waitsFor`: an address not looked at yet. It could not be moved, so without it nothing is planned. */
function movablesOf(
  pool: string,
  tried: ReadonlySet<string>,
  { given, sharers, network, announcements }: RebalancerParts,
): readonly Movable[] | { readonly waitsFor: Given } {
  const movables: Movable[] = []
  for (const each of given.all()) {
    if (each.pool !== pool || each.owners.length === 0) continue
    const services = sharers(each)
    if (services === 'unknown') return { waitsFor: each }
    if (services === 'fixed') continue
    const name = announcementName(each.address)
    const announcement = announcements.get(name)
    const bearer = announcement && bearerOf(announcement)
    const { tiers, isLastResort } = eligibleFor(network(), { address: each.address, sharers: services })
    const nodes = tiers[0]?.nodes ?? []
    if (bearer !== undefined && !tried.has(name) && nodes.length > 0 && !isLastResort) movables.push({ name, bearer, nodes })
  }
  return movables
}
