// A copy of the cluster in memory that can be changed: what is written there, nobody else ever sees.
import { applyPatch } from './merge-patch.ts'
import type { LoadBalancer } from '../../api/load-balancer.ts'
import { type ClusterRanges, rangesOf } from '../../controllers/cluster-ranges.ts'
import type { Secret } from '../../controllers/resources.ts'
import { createStores, type Stores } from '../../controllers/stores.ts'
import type { Clock } from '../../kubernetes/clock.ts'
import { silentLogger } from '../../kubernetes/logger.ts'
import { type KubernetesObject, keyOf } from '../../kubernetes/objects.ts'
import { createStore, type WritableStore } from '../../kubernetes/store.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import type { Log } from '../../observability/log.ts'
import type { Part, Snapshot } from '../snapshot.ts'

export interface ImaginedCluster {
  readonly stores: Stores
  readonly loadBalancers: readonly LoadBalancer[]
  readonly clusterRanges: ClusterRanges
  /** Those of manifests; others are read where they are named. */
  readonly secrets: WritableStore<Secret>
  readonly transport: Transport
  readonly systemNamespace: string
  readonly clock: Clock
}

/** What an imagined cluster is made of. */
export const imaginedParts = [
  'services',
  'slices',
  'nodes',
  'namespaces',
  'serviceCidrs',
  'leases',
  'classes',
  'pools',
  'blocks',
  'announcements',
  'reports',
  'loadBalancers',
  'ingresses',
  'ingressClasses',
  'ingressReports',
] as const satisfies readonly Part[]

export const silentLog: Log = { ...silentLogger, child: () => silentLog }

export function imagine(
  snapshot: Snapshot,
  around: Pick<ImaginedCluster, 'transport' | 'systemNamespace' | 'clock'>,
): ImaginedCluster {
  const stores = createStores(silentLog)
  const { services, slices, nodes, namespaces, leases, classes, pools, blocks, announcements, reports } = stores
  services.replace(snapshot.services)
  slices.replace(snapshot.slices)
  nodes.replace(snapshot.nodes)
  namespaces.replace(snapshot.namespaces)
  leases.replace(snapshot.leases)
  classes.replace(snapshot.classes)
  pools.replace(snapshot.pools)
  blocks.replace(snapshot.blocks)
  announcements.replace(snapshot.announcements)
  reports.replace(snapshot.reports)
  stores.ingresses.replace(snapshot.ingresses)
  stores.ingressClasses.replace(snapshot.ingressClasses)
  stores.ingressReports.replace(snapshot.ingressReports)
  const cidrs = createStore<Snapshot['serviceCidrs'][number]>()
  cidrs.replace(snapshot.serviceCidrs)
  return {
    stores,
    loadBalancers: snapshot.loadBalancers,
    clusterRanges: rangesOf(nodes, cidrs),
    secrets: createStore<Secret>(),
    ...around,
  }
}

/** Writes into one store of an imagined cluster, by the rules of those into a true one. */
export interface ImaginedWrites<T extends KubernetesObject> {
  read(name: string): Promise<T | undefined>
  create(object: T): Promise<T | 'conflict'>
  update(object: T): Promise<T | 'conflict'>
  patch(seen: T, patch: object): Promise<T | 'conflict'>
  /** At once: whoever holds it by a finalizer is thought to have let go. */
  remove(seen: T): Promise<'done'>
}

export function imaginedWrites<T extends KubernetesObject>(
  store: WritableStore<T>,
  { now }: Pick<Clock, 'now'>,
): ImaginedWrites<T> {
  let writes = 0
  const put = (object: T): T => {
    writes++
    const { metadata } = object
    const written = {
      ...object,
      metadata: {
        creationTimestamp: new Date(now()).toISOString(),
        ...metadata,
        uid: metadata.uid ?? `imagined-${keyOf(object)}`,
        resourceVersion: `imagined-${writes}`,
      },
    }
    store.put(written)
    return written
  }
  return {
    read: async name => store.get(name),
    create: async object => (store.has(keyOf(object)) ? 'conflict' : put(object)),
    update: async object => put(object),
    patch: async (seen, patch) => {
      const found = store.get(keyOf(seen))
      return found ? put(applyPatch(found, patch)) : 'conflict'
    },
    remove: async seen => {
      store.remove(keyOf(seen))
      return 'done'
    },
  }
}
