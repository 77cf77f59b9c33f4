// What the controller's composition root hands to the local provider, and the loops that come with it.
import { randomBytes } from 'node:crypto'
import { createLocalIngressProvider } from '../providers/local/ingress/provider.ts'
import { createLocalProvider, missingPools } from '../providers/local/provider.ts'
import { startAnnouncementController } from './controllers/announcement.ts'
import { followClusterRanges } from './controllers/cluster-ranges.ts'
import { announcementWrites, blockWrites, objectWrites } from './controllers/compare-and-swap.ts'
import { followCopies } from './controllers/secret-copies.ts'
import { keepHeartbeatKey } from './controllers/heartbeat-key.ts'
import { startPoolController } from './controllers/pool.ts'
import type { ProviderParts, ProviderSurroundings } from './controllers/provider-parts.ts'
import { secrets, services as servicesResource } from './controllers/resources.ts'
import { addressesInStatuses, desiredOf, seedOf } from './controllers/service-views.ts'
import { startTurns } from './controllers/turns.ts'
import { firstFew } from './model/first-few.ts'

/** Mean time between two looks for addresses whose reservation is over; it ends that much later at most. */
const tidyIntervalMs = 5000

export async function makeLocal(surroundings: ProviderSurroundings): Promise<ProviderParts> {
  const { stores, writer, clock, random, agents, log, namespace, signal } = surroundings
  const clusterRanges = await followClusterRanges(surroundings)
  const provider = createLocalProvider({
    pools: stores.pools,
    clusterRanges,
    blocks: stores.blocks,
    announcements: stores.announcements,
    nodeReports: stores.reports,
    nodes: stores.nodes,
    agents,
    existing: () => addressesInStatuses(stores),
    desired: id => desiredOf(id, stores),
    hashSeed: () => seedOf(stores),
    blockStore: blockWrites(writer),
    announcementStore: announcementWrites(writer),
    now: () => clock.now(),
    log: log.child({ provider: 'local' }),
    signal,
  })
  const copies = followCopies(surroundings)
  const ingress = createLocalIngressProvider({
    services: stores.services,
    nodeReports: stores.reports,
    serviceStore: objectWrites(writer, servicesResource),
    copying: {
      copies: copies.store,
      isComplete: () => copies.store.isSynced,
      store: objectWrites(writer, secrets),
      now: () => clock.monotonic(),
      unusedMs: unusedCopyMs(process.env),
      log: log.child({ provider: 'local' }),
    },
    signal,
  })
  return {
    provider,
    ingress,
    holds: id => provider.holds(id),
    classTrouble: subject => {
      const missing = missingPools(subject, stores.pools)
      const named = subject.spec.local?.pools ?? []
      if (missing.length === 0 || missing.length < named.length) return undefined
      return {
        reason: 'UnknownPool',
        message: `No AddressPool that the class names exists (${firstFew(missing)}). Make one of them, or name others.`,
      }
    },
    classRemark: subject => {
      const missing = missingPools(subject, stores.pools)
      return missing.length === 0 ? undefined : `It names pools that do not exist: ${firstFew(missing)}.`
    },
    start: (services, classLoop) => {
      const unwatch = stores.pools.subscribe(({ type }) => type !== 'updated' && classLoop.look())
      signal.addEventListener('abort', unwatch, { once: true })
      void keepHeartbeatKey({ writer, namespace, clock, random: randomBytes, logger: log }, signal)
      return [
        copies.following,
        startAnnouncementController({
          surroundings,
          announcing: provider.announcements,
          isBusy: () => services.isBusy(),
        }),
        startPoolController(surroundings, provider.poolStatuses),
        startTurns({
          name: 'tidy',
          intervalMs: () => tidyIntervalMs,
          turn: turn => provider.tidy(turn),
          clock,
          random,
          log,
        }),
      ]
    },
  }
}

/** Ten minutes, or as the environment says. */
function unusedCopyMs(environment: Readonly<Record<string, string | undefined>>): number {
  const seconds = Number(environment['WEIR_UNUSED_COPY_SECONDS'] ?? 600)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 600_000
}
