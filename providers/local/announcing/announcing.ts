// The second phase of the local provider: Announcements, planned address by address and written when nothing more urgent waits.
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcedFinalizer } from '../../../src/api/group.ts'
import { announcementName, parseAnnouncementName } from '../../../src/model/address.ts'
import type { Sharer } from './announce-rules.ts'
import type { BlockIndex, Given } from '../addresses/block-index.ts'
import { enoughAlive } from '../placement/candidates.ts'
import type { LoadBook } from '../placement/load.ts'
import type { Network } from '../network/network.ts'
import { planAnnouncement } from '../placement/placement.ts'
import type { AnnouncementAction } from '../placement/placement.ts'
import { poolContains, poolKeeps } from '../pools/pools.ts'
import type { PoolBook } from '../pools/pools.ts'
import { isServedAt, sharersOf } from '../served.ts'
import type { Served } from '../served.ts'
import type { Agents, AnnouncementStore, Conflict, View } from '../views.ts'

/** Announcements by name. Run `plan` and `apply` for each name woken, one at a time per name, with low priority. */
export interface Announcements {
  plan(name: string): AnnouncementAction | undefined
  /** A conflict needs nothing: what changed wakes the name again. */
  apply(action: AnnouncementAction, signal: AbortSignal): Promise<'done' | Conflict>
  watch(wake: (name: string) => void): () => void
}

export interface AnnouncingParts {
  readonly index: BlockIndex
  readonly announcements: View<Announcement>
  readonly store: AnnouncementStore
  readonly agents: Agents
  readonly load: LoadBook
  readonly served: ReadonlyMap<string, Served>
  /** Uids that keep what they have though nothing is known of what they ask for. */
  readonly kept: ReadonlySet<string>
  readonly network: () => Network
  readonly pools: () => PoolBook
  readonly hashSeed: () => number
  /** Where a rebalance wants an address. */
  readonly moveTo: (name: string) => string | undefined
}

export function planByName(name: string, parts: AnnouncingParts): AnnouncementAction | undefined {
  const existing = parts.announcements.get(name)
  const address = parseAnnouncementName(name)
  const given = address && parts.index.given(address)
  if (!given) return existing && planOrphan(existing, parts)
  const sharers = sharersAt(given, parts)
  if (sharers === 'fixed') return existing && planKept(existing, given, parts)
  // Not looked at since the start, or on its way out: the Service's own loop has the word.
  if (sharers === 'unknown') return undefined
  if (existing?.metadata.deletionTimestamp !== undefined) return planConfirmation(existing, parts.agents)
  return planAnnouncement({
    given,
    sharers,
    existing,
    network: parts.network(),
    load: parts.load.without(name),
    hashSeed: parts.hashSeed(),
    moveTo: parts.moveTo(name),
  })
}

/** The Services at an address as announcing sees them, for `createRebalancer`. */
export function sharersAt(
  given: Given,
  parts: Pick<AnnouncingParts, 'served' | 'kept' | 'pools' | 'announcements'>,
): readonly Sharer[] | 'unknown' | 'fixed' {
  const served = servedAt(given, parts.served)
  const goals = served.map(({ goal }) => goal)
  // The rules of one that was not looked at since the start count as well.
  const isKnown = given.owners.every(({ uid }) => parts.served.has(uid) || parts.kept.has(uid))
  const announcement = parts.announcements.get(announcementName(given.address))
  if (goals.length > 0) return isKnown ? sharersOf(goals, given, { pools: parts.pools(), announcement }) : 'unknown'
  return given.owners.some(({ uid }) => parts.kept.has(uid)) ? 'fixed' : 'unknown'
}

/** Whether the list of candidates may have to be another one now that these nodes changed. */
export function isConcerned(nodes: readonly string[], changed: ReadonlySet<string>, network: Network): boolean {
  const living = nodes.filter(node => network.get(node)?.alive)
  // Where few live, or drained ones serve, any node may be wanted.
  return living.length < enoughAlive || nodes.some(node => changed.has(node) || network.get(node)?.drained === true)
}

export function applyToStore(
  action: AnnouncementAction,
  { store, load, announcements }: AnnouncingParts,
  signal: AbortSignal,
): Promise<'done' | Conflict> {
  if (action.kind === 'withdraw-announcement') return store.remove(action.seen, signal)
  if (action.kind === 'confirm-withdrawal') return confirmWithdrawal(action.seen, store, signal)
  if (action.kind === 'put-announcement')
    return counted(action.announcement, store.create(action.announcement, signal), { load, announcements })
  const {
    address: _,
    interfaces = null,
    nodeInterfaces = null,
    targets = null,
    hashSeed = null,
    fenced = null,
    ...spec
  } = action.spec
  const patch = { spec: { ...spec, interfaces, nodeInterfaces, targets, hashSeed, fenced } }
  const next = { ...action.seen, spec: action.spec }
  return counted(next, store.patch(action.seen, patch, signal), { load, announcements })
}

/** Takes our finalizer off, if the Announcement still is what was seen: a claim made meanwhile is a conflict. */
export async function confirmWithdrawal(
  seen: Announcement,
  store: AnnouncementStore,
  signal: AbortSignal,
): Promise<'done' | Conflict> {
  const finalizers = (seen.metadata.finalizers ?? []).filter(finalizer => finalizer !== announcedFinalizer)
  return (await store.patch(seen, { metadata: { finalizers } }, signal)) === 'conflict' ? 'conflict' : 'done'
}

/** Counted from the moment of writing, so that what is placed next sees it; taken back to what is known when it fails. */
async function counted(
  next: Announcement,
  write: Promise<Announcement | Conflict>,
  { load, announcements }: Pick<AnnouncingParts, 'load' | 'announcements'>,
): Promise<'done' | Conflict> {
  load.set(next)
  let written: Announcement | Conflict = 'conflict'
  try {
    written = await write
  } finally {
    if (written === 'conflict') {
      const known = announcements.get(next.metadata.name)
      if (known) load.set(known)
      else load.remove(next.metadata.name)
    }
  }
  return written === 'conflict' ? written : 'done'
}

/** An Announcement of an address that nobody has: an interrupted withdrawal, or one that came too late. */
function planOrphan(existing: Announcement, { index, served, agents }: AnnouncingParts): AnnouncementAction | undefined {
  const address = parseAnnouncementName(existing.metadata.name)
  const isAwaited =
    address && (index.heldBy(address) || existing.spec.services.some(({ uid }) => isServedAt(served.get(uid), address)))
  if (isAwaited) return undefined
  if (existing.metadata.deletionTimestamp === undefined) return { kind: 'withdraw-announcement', seen: existing }
  return planConfirmation(existing, agents)
}

/**
 * The same candidates, filled up from the nodes that are there now. Of the Service only is known that it keeps the address, so
 * where rules choose by its labels everything stays as it is.
 */
function planKept(existing: Announcement, given: Given, parts: AnnouncingParts): AnnouncementAction | undefined {
  if (existing.metadata.deletionTimestamp !== undefined) return planConfirmation(existing, parts.agents)
  const pools = parts.pools()
  const origin = pools.get(given.pool)
  const isHome = origin && poolKeeps(origin, given.address)
  const pool = isHome ? origin : pools.ordered.find(other => poolContains(other, given.address))
  if (pool?.spec.announce?.layer2?.some(rule => rule.serviceSelector !== undefined)) return undefined
  const load = parts.load.without(existing.metadata.name)
  return planAnnouncement({
    given,
    sharers: [{ goal: undefined, pool }],
    existing,
    network: parts.network(),
    load,
    hashSeed: parts.hashSeed(),
  })
}

/** For one being deleted: nobody else confirms for a node that is dead, or when none ever announced. */
function planConfirmation(existing: Announcement, agents: Agents): AnnouncementAction | undefined {
  const { finalizers } = existing.metadata
  const node = existing.status?.node ?? ''
  const isConfirmable = finalizers?.includes(announcedFinalizer) === true && !(node !== '' && agents.alive(node))
  return isConfirmable ? { kind: 'confirm-withdrawal', seen: existing } : undefined
}

/** Those of its owners that shall go on being reached at the address. */
function servedAt(given: Given, served: ReadonlyMap<string, Served>): readonly Served[] {
  return given.owners.flatMap(({ uid }) => {
    const candidate = served.get(uid)
    return candidate && isServedAt(candidate, given.address) ? candidate : []
  })
}
