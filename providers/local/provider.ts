// The local provider: addresses from pools, announced on the LAN by agents. Holds the picture of what is given and wires it to
// the views; what to do is decided by pure functions beside it.
import type { AddressBlock } from '../../src/api/address-block.ts'
import type { Announcement } from '../../src/api/announcement.ts'
import { parseAddress, parseAnnouncementName, announcementName } from '../../src/model/address.ts'
import type { IpAddress } from '../../src/model/address.ts'
import type { LoadBalancerId } from '../../src/model/load-balancer.ts'
import type { Capabilities, IngressPoint, Provider } from '../../src/provider.ts'
import type { LocalAction } from './actions.ts'
import { readSharing } from './annotations.ts'
import { createAllocator } from './addresses/allocator.ts'
import { createBlockIndex } from './addresses/block-index.ts'
import type { Given } from './addresses/block-index.ts'
import type { Owner } from './addresses/owner.ts'
import { createGiver } from './addresses/giver.ts'
import { createNodeAddresses } from './addresses/node-addresses.ts'
import { createSetAside } from './addresses/set-aside.ts'
import { createWaiters } from './addresses/waiters.ts'
import { applyToStore, isConcerned, planByName, sharersAt } from './announcing/announcing.ts'
import type { Announcements, AnnouncingParts } from './announcing/announcing.ts'
import { apply } from './apply.ts'
import type { ApplyParts } from './apply.ts'
import { createLoadBook } from './placement/load.ts'
import { trackNetwork } from './network/network-view.ts'
import { observe } from './observe.ts'
import type { LocalObserved } from './observe.ts'
import { plan } from './plan.ts'
import { servedProtocols } from './ports.ts'
import { fallbackMark } from './pod-targets.ts'
import { poolStatus } from './pools/pool-status.ts'
import type { PoolStatus } from './pools/pool-status.ts'
import { poolContains } from './pools/pools.ts'
import { touchedBy } from './pools/pool-changes.ts'
import { trackPools } from './pools/pool-view.ts'
import type { PoolsChange } from './pools/pool-view.ts'
import { announceableNow, isServedAt, servedOf } from './served.ts'
import type { Around, Served } from './served.ts'
import { createReservations } from './addresses/reservations.ts'
import { reserveExisting, reserveFor } from './addresses/reserve-existing.ts'
import { createRebalancer } from './placement/rebalancer.ts'
import { readSettings } from './settings.ts'
import { sharingMark } from './sharing/sharing.ts'
import { createSharingView } from './sharing/sharing-view.ts'
import type { Change, LocalDependencies } from './views.ts'
import { createWakers } from './wakers.ts'

/** IPv4 is announced by ARP, IPv6 by NDP. */
export const localCapabilities: Capabilities = {
  protocols: servedProtocols,
  targetTypes: new Set(['Node', 'Pod'] as const),
  families: new Set(['IPv4', 'IPv6'] as const),
  mixedProtocols: true,
  sharedAddresses: true,
  withoutNodePorts: true,
}

/** The pools that a class names and that do not exist. */
export function missingPools(
  { spec }: { readonly spec: { readonly local?: { readonly pools?: readonly string[] } } },
  pools: { get(name: string): unknown },
): readonly string[] {
  return (spec.local?.pools ?? []).filter(name => pools.get(name) === undefined)
}

export interface LocalProvider extends Provider<LocalObserved, LocalAction> {
  readonly announcements: Announcements
  /** Whether an address is given to it now. */
  holds(id: LoadBalancerId): boolean
  /** Ends reservations whose time is over and deletes what holds nothing; for every few seconds. */
  tidy(signal: AbortSignal): Promise<void>
  /** What the status of each AddressPool is to say; wakes names of pools whose status may have changed. */
  readonly poolStatuses: {
    get(name: string): PoolStatus | undefined
    watch(wake: (name: string) => void): () => void
  }
}

/** All views are complete before anything of the provider but `check` is called. Subscriptions end with `dependencies.signal`. */
export function createLocalProvider(dependencies: LocalDependencies): LocalProvider {
  const { agents, announcements, announcementStore, log } = dependencies
  const supported = localCapabilities.families
  const services = createWakers<LoadBalancerId>()
  const names = createWakers<string>()
  const poolNames = createWakers<string>()
  const waiters = createWaiters()
  const load = createLoadBook()
  const served = new Map<string, Served>()
  const kept = new Set<string>()

  const sharing = createSharingView({
    desired: dependencies.desired,
    announcements,
    around: () => ({ network: network.current(), pools: pools.book() }),
  })
  const index = createBlockIndex({
    onFreed: address => {
      if (nodeAddresses.reclaim(address)) tellLine(address)
      // Who waits for exactly this address knows what it does.
      else giver.freed(address)
    },
    onReserved: address => tellPools(address),
    onGiven: (now, before) => {
      for (const owner of lostOwners(now, before)) if (served.has(owner.uid)) services.wake(idOf(owner))
      const address = (now ?? before)?.address
      if (!address) return
      if (now) tellLine(address)
      // Its condition names the pool.
      if (now && before && now.pool !== before.pool) tellSharers(now)
      if (now && (now.owners.length > 1 || (before?.owners.length ?? 0) > 1)) tellSharers(now)
      if (now?.sharing !== undefined && now.sharing !== before?.sharing) tellKey(now.sharing)
      names.wake(announcementName(address))
      tellPools(address)
    },
  })
  const tellPools = (address: IpAddress) => {
    for (const pool of pools.book().ordered) if (poolContains(pool, address)) poolNames.wake(pool.name)
  }
  /** Who waits for an address is told whose it is; that has changed. */
  const tellLine = (address: IpAddress) => {
    for (const { id } of waiters.lineOf(address)) services.wake(id)
  }
  const tellSharers = ({ owners }: Given, except?: string) => {
    for (const owner of owners) if (owner.uid !== except && served.has(owner.uid)) services.wake(idOf(owner))
  }
  /** Who waits for any address may join one that is shared now. */
  const tellKey = (key: string) => {
    for (const { id } of waiters.all()) {
      const goal = served.get(id.uid)?.goal
      if (goal && readSharing(goal.desired.annotations).key === key) services.wake(id)
    }
  }
  const setAside = createSetAside(index)
  const nodeAddresses = createNodeAddresses(index)
  const allocator = createAllocator({ index, store: dependencies.blockStore, signal: dependencies.signal })
  const pools = trackPools(dependencies.pools, dependencies.clusterRanges, dependencies.signal)
  const network = trackNetwork(dependencies, dependencies.signal)
  const giver = createGiver({
    index,
    allocator,
    waiters,
    pools: pools.book,
    timestamp: () => `${new Date(dependencies.now()).toISOString().slice(0, 19)}Z`,
    wake: services.wake,
    gaveUnasked: address => setAside.gaveUnasked(address),
  })
  const reservations = createReservations({
    index,
    allocator,
    pools: pools.book,
    stationOf: address => setAside.stationOf(address),
    isAwaited: address => waiters.lineOf(address).length > 0,
    now: dependencies.now,
  })
  const isAnnounced = (address: IpAddress) => announcements.get(announcementName(address)) !== undefined
  const parts: ApplyParts = {
    index,
    allocator,
    giver,
    waiters,
    announcementStore,
    pools: pools.book,
    supported,
    isAnnounced,
    sharingOf: sharing.termsFor,
    reservationFor: reservations.reservationFor,
  }
  const announcing: AnnouncingParts = {
    index,
    announcements,
    store: announcementStore,
    agents,
    load,
    served,
    kept,
    network: network.current,
    pools: pools.book,
    hashSeed: dependencies.hashSeed,
    moveTo: name => rebalancer.moveTo(name),
  }
  const rebalancer = createRebalancer({
    pools: dependencies.pools,
    announcements,
    given: { all: () => index.all(), at: name => givenAt(name) },
    sharers: given => sharersAt(given, announcing),
    network: network.current,
    load: () => load.without(''),
    wakeName: names.wake,
    wakePool: poolNames.wake,
    log,
  })
  const givenAt = (name: string) => {
    const address = parseAnnouncementName(name)
    return address && index.given(address)
  }

  const surroundings = (): Around => ({
    index,
    announcements,
    network: network.current(),
    pools: pools.book(),
    served,
  })

  const onBlock = (change: Change<AddressBlock>) => {
    if (change.object) index.put(change.object)
    // What is told of the block before one of the same name is old news.
    else if (index.block(change.key)?.metadata.uid === change.old.metadata.uid) index.remove(change.key)
  }
  const onAnnouncement = (change: Change<Announcement>) => {
    if (change.object) load.set(change.object)
    else load.remove(change.key)
    names.wake(change.key)
    rebalancer.look()
    if (!change.object || change.object.metadata.deletionTimestamp !== undefined) wakeHolders(change.object ?? change.old)
    // A claim is no news to its Service; that a stranger has the address, or that pods are not reached as they should be, is.
    else if (change.object.status?.conflict?.mac !== change.old?.status?.conflict?.mac) wakeHolders(change.object)
    else if (change.object.status?.defended?.since !== change.old?.status?.defended?.since) wakeHolders(change.object)
    else if (fallbackMark(change.object) !== fallbackMark(change.old)) wakeHolders(change.object)
  }
  const wakeHolders = (announcement: Announcement) => {
    const address = parseAnnouncementName(announcement.metadata.name)
    const holders = (address && index.given(address)?.owners) ?? announcement.spec.services
    for (const holder of holders) services.wake(idOf(holder))
  }
  let isStarted = false
  const shelf = () => ({ index, book: pools.book(), log, dependencies })
  const onPools = (change: PoolsChange) => {
    // Before anybody is called who could be given them.
    if (isStarted) reserveExisting(shelf())
    for (const name of change.changed) poolNames.wake(name)
    const touched = touchedBy(change, pools.book())
    for (const waiter of waiters.all()) {
      const goal = served.get(waiter.id.uid)?.goal
      if (goal && !touched.mayUse(goal.desired)) continue
      // Held before anybody is called, so that a Service that comes in between does not slip ahead.
      if (goal) giver.offer(waiter, plan(goal, observeNow(waiter.id), supported))
      services.wake(waiter.id)
    }
    for (const given of index.all()) {
      if (!touched.holds(given)) continue
      for (const owner of given.owners) services.wake(idOf(owner))
      names.wake(announcementName(given.address))
    }
  }
  const onNodeAddresses = (changed: Iterable<string>) => {
    for (const address of nodeAddresses.update(changed, network.current())) tellPools(address)
  }
  const onNodes = (changed: ReadonlySet<string>) => {
    onNodeAddresses(changed)
    rebalancer.look()
    for (const { name } of pools.book().ordered) poolNames.wake(name)
    const around = surroundings()
    for (const [uid, entry] of served) {
      if (announceableNow(entry.goal, entry.addresses, around) === entry.announceable) continue
      const { id } = entry.goal.desired
      if (id.uid === uid) services.wake(id)
    }
    for (const announcement of announcements.values()) {
      const { spec, metadata, status } = announcement
      if (isConcerned(spec.nodes, changed, network.current())) names.wake(metadata.name)
      if (metadata.deletionTimestamp === undefined || !changed.has(status?.node ?? '')) continue
      names.wake(metadata.name)
      wakeHolders(announcement)
    }
    // Addresses that nobody could announce so far have no Announcement yet.
    for (const given of index.all()) {
      const name = announcementName(given.address)
      if (!announcements.get(name)) names.wake(name)
    }
  }
  const subscriptions = [
    dependencies.blocks.subscribe(onBlock, { replay: true }),
    announcements.subscribe(onAnnouncement, { replay: true }),
    pools.subscribe(onPools),
    // Annotations are no news for those who read specs.
    dependencies.pools.subscribe(() => rebalancer.look()),
    network.subscribe(onNodes),
  ]
  dependencies.signal.addEventListener('abort', () => subscriptions.forEach(end => end()), { once: true })

  /** Once, before anything is given. */
  const start = () => {
    if (isStarted) return
    isStarted = true
    onNodeAddresses(network.current().announcers.map(({ name }) => name))
    reserveExisting(shelf())
  }

  return {
    name: 'local',
    capabilities: localCapabilities,
    check: desired => readSettings(desired, supported).problems,
    observe: async (id, signal) => {
      signal.throwIfAborted()
      start()
      return observeNow(id)
    },
    plan: (goal, observed) => plan(goal, observed, supported),
    apply: async (work, signal) => {
      const { id, goal } = work
      // Forgotten first, so that nobody announces anew what is being withdrawn.
      if (!goal) served.delete(id.uid)
      kept.delete(id.uid)
      const before = served.get(id.uid)?.goal.desired
      const outcome = await apply(work, parts, signal)
      if (goal) served.set(id.uid, servedOf(goal, outcome.ingress, surroundings()))
      const isChanged = goal !== undefined && before !== undefined && sharingMark(before) !== sharingMark(goal.desired)
      for (const given of index.givenTo(id.uid)) {
        names.wake(announcementName(given.address))
        // Those who share the address or would like to look whether they still get on, or do by now.
        if (!isChanged) continue
        tellSharers(given, id.uid)
        tellLine(given.address)
      }
      rebalancer.look()
      return outcome
    },
    refuse: (id, goal) => {
      start()
      waiters.remove(id.uid)
      giver.settle(id.uid, goal ? goal.desired.statusAddresses : 'adopted')
      // What clients use stays announced, by the nodes that are there now.
      const shown = goal?.desired.statusAddresses.map((ip): IngressPoint => ({ ip, ipMode: 'VIP' })) ?? []
      if (goal) served.set(id.uid, servedOf(goal, shown, surroundings()))
      else {
        kept.add(id.uid)
        reserveFor(shelf(), id)
      }
      rebalancer.look()
      for (const given of index.givenTo(id.uid)) names.wake(announcementName(given.address))
    },
    list: async signal => {
      signal.throwIfAborted()
      const ids = new Map<string, LoadBalancerId>()
      for (const given of index.all()) for (const owner of given.owners) ids.set(owner.uid, idOf(owner))
      return [...ids.values()]
    },
    tidy: signal => reservations.tidy(signal),
    holds: ({ uid }) => index.givenTo(uid).length > 0,
    watch: services.watch,
    announcements: {
      plan: name => {
        start()
        return planByName(name, announcing)
      },
      apply: async (action, signal) => (isOutdated(action) ? 'done' : applyToStore(action, announcing, signal)),
      watch: names.watch,
    },
    poolStatuses: {
      get: name => {
        const pool = pools.book().get(name)
        if (!pool) return undefined
        const used = index.usedIn(pool.ranges)
        const usedByItself = pool.spec.avoidBuggyIPs ? index.usedIn(pool.ranges, { avoidBuggyIPs: true }) : used
        const ofNodes = nodeAddresses.all().filter(each => !index.given(each.address))
        const rebalanced = rebalancer.finished(name)
        return {
          ...poolStatus(pool, { used, usedByItself, ofNodes, reserved: [...index.reservations()] }, network.current()),
          ...(rebalanced && { rebalanced }),
        }
      },
      watch: poolNames.watch,
    },
  }

  function observeNow(id: LoadBalancerId): LocalObserved {
    return observe(id, {
      index,
      announcements,
      agents,
      pools: pools.book(),
      network: network.current(),
      setAside,
      desired: dependencies.desired,
    })
  }

  /** Whether the address went away between planning and writing; an Announcement for it would only have to be withdrawn. */
  function isOutdated(action: Parameters<Announcements['apply']>[0]): boolean {
    if (action.kind !== 'put-announcement') return false
    const address = parseAddress(action.announcement.spec.address)
    return !address || !action.announcement.spec.services.some(({ uid }) => isServedAt(served.get(uid), address))
  }
}

function lostOwners(now: Given | undefined, before: Given | undefined): readonly Owner[] {
  return (before?.owners ?? []).filter(owner => !now?.owners.some(other => other.uid === owner.uid))
}

function idOf({ uid, namespace, name }: Owner): LoadBalancerId {
  return { kind: 'Service', namespace, name, uid }
}
