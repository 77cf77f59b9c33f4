// What the controller's composition root hands to the local provider, and the loops that come with it.
import { createHash, randomBytes } from 'node:crypto'
import { createLocalIngressProvider } from '../providers/local/ingress/provider.ts'
import { createLocalProvider, missingPools } from '../providers/local/provider.ts'
import type { ExistingService } from '../providers/local/views.ts'
import { apiVersion } from './api/group.ts'
import { kindNames } from './api/kind-names.ts'
import type { LoadBalancerClass } from './api/load-balancer-class.ts'
import { startAnnouncementController } from './controllers/announcement.ts'
import { followClusterRanges } from './controllers/cluster-ranges.ts'
import { announcementWrites, blockWrites, objectWrites } from './controllers/compare-and-swap.ts'
import { followCopies } from './controllers/secret-copies.ts'
import { keepHeartbeatKey } from './controllers/heartbeat-key.ts'
import { startPoolController } from './controllers/pool.ts'
import type { ProviderParts, ProviderSurroundings } from './controllers/provider-parts.ts'
import { secrets, services as servicesResource } from './controllers/resources.ts'
import { namespaceLabels } from './controllers/stores.ts'
import type { Stores } from './controllers/stores.ts'
import { startTurns } from './controllers/turns.ts'
import { makeKey } from './kubernetes/objects.ts'
import { buildLoadBalancer } from './model/build.ts'
import { claim } from './model/claim.ts'
import { firstFew } from './model/first-few.ts'
import type { DesiredLoadBalancer, LoadBalancerId } from './model/load-balancer.ts'

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

/** Of the uid of kube-system, which is as old as the cluster and as unlike that of others. */
function seedOf({ namespaces }: Stores): number {
  const uid = namespaces.get('kube-system')?.metadata.uid ?? ''
  return createHash('sha256').update(uid).digest().readUInt32BE()
}

/** The addresses that Services of ours show already: nobody else may be given them, even before their Services are looked at. */
function* addressesInStatuses({ services, classes }: Stores): Iterable<ExistingService> {
  const all = [...classes.values()]
  for (const service of services.values()) {
    const addresses = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
    if (addresses.length === 0) continue
    const { kind } = claim(service, all)
    if (kind !== 'ours' && kind !== 'kept' && kind !== 'blocked') continue
    const { name, namespace = '', uid = '', creationTimestamp = '' } = service.metadata
    yield { id: { kind: 'Service', namespace, name, uid }, createdAt: creationTimestamp, addresses }
  }
}

/** Says nothing about a Service but that its own class is not known now; it keeps what it has. */
const unknownClass: LoadBalancerClass = {
  apiVersion,
  kind: kindNames.loadBalancerClass.kind,
  metadata: { name: 'unknown' },
  spec: { provider: 'local', targets: 'Node', default: false },
}

/** What a Service of ours asks for now. */
function desiredOf({ namespace, name, uid }: LoadBalancerId, stores: Stores): DesiredLoadBalancer | undefined {
  const { services, classes } = stores
  const service = services.get(makeKey(namespace, name))
  if (service?.metadata.uid !== uid) return undefined
  const verdict = claim(service, [...classes.values()])
  if (verdict.kind === 'ours') return buildLoadBalancer(service, verdict.class, namespaceLabels(stores, service)).desired
  if (verdict.kind !== 'kept' && verdict.kind !== 'blocked') return undefined
  return buildLoadBalancer(service, unknownClass, namespaceLabels(stores, service)).desired
}
