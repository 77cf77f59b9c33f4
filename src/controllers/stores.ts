// The local copies every loop reads, and the reflectors that keep them equal to the API server.
import type { AddressBlock } from '../api/address-block.ts'
import type { AddressPool } from '../api/address-pool.ts'
import type { Announcement } from '../api/announcement.ts'
import { ownGroupAnnotation } from '../api/group.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { NodeReport } from '../api/node-report.ts'
import type { Clock, Random } from '../kubernetes/clock.ts'
import { leases } from '../kubernetes/leases.ts'
import type { Lease } from '../kubernetes/leases.ts'
import { makeKey } from '../kubernetes/objects.ts'
import type { KubernetesObject, Resource } from '../kubernetes/objects.ts'
import { startReflector } from '../kubernetes/reflector.ts'
import type { Reflector } from '../kubernetes/reflector.ts'
import { createStore } from '../kubernetes/store.ts'
import type { WritableStore } from '../kubernetes/store.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { Ingress, IngressClass } from '../model/ingress-objects.ts'
import { serviceNameLabel } from '../model/kubernetes-objects.ts'
import type { EndpointSlice, Namespace, Node, Service } from '../model/kubernetes-objects.ts'
import type { Log } from '../observability/log.ts'
import {
  pruneEndpointSlice,
  pruneIngress,
  pruneInstance,
  pruneNamespace,
  pruneNode,
  pruneService,
  pruneServiceOfPods,
  pruneTargets,
} from './prune.ts'
import * as resources from './resources.ts'

export interface Stores {
  readonly services: WritableStore<Service>
  readonly slices: WritableStore<EndpointSlice>
  readonly nodes: WritableStore<Node>
  readonly namespaces: WritableStore<Namespace>
  readonly leases: WritableStore<Lease>
  readonly classes: WritableStore<LoadBalancerClass>
  readonly pools: WritableStore<AddressPool>
  readonly blocks: WritableStore<AddressBlock>
  readonly announcements: WritableStore<Announcement>
  readonly reports: WritableStore<NodeReport>
  readonly ingresses: WritableStore<Ingress>
  readonly ingressClasses: WritableStore<IngressClass>
  readonly ingressReports: WritableStore<IngressReport>
}

/** Value of the index `class` for Services of type LoadBalancer without a class. */
export const unclassed = ''

/** Empty stores with the indexes the loops ask for: Services by `namespace`, `class` and `group` (namespace/name), EndpointSlices by `service` (namespace/name). */
export function createStores(log: Log): Stores {
  const onListenerError = (error: unknown) => log.error({ error }, 'a listener of a store failed')
  const options = { onListenerError }
  return {
    services: createStore<Service>({ ...options, indexers: { namespace: namespaceOf, class: classOf, group: groupKeysOf } }),
    slices: createStore<EndpointSlice>({ ...options, indexers: { service: serviceOf } }),
    nodes: createStore<Node>(options),
    namespaces: createStore<Namespace>(options),
    leases: createStore<Lease>(options),
    classes: createStore<LoadBalancerClass>(options),
    pools: createStore<AddressPool>(options),
    blocks: createStore<AddressBlock>(options),
    announcements: createStore<Announcement>(options),
    reports: createStore<NodeReport>(options),
    ingresses: createStore<Ingress>(options),
    ingressClasses: createStore<IngressClass>(options),
    ingressReports: createStore<IngressReport>(options),
  }
}

function namespaceOf({ metadata }: Service): readonly string[] {
  return [metadata.namespace ?? '']
}

function classOf(service: Service): readonly string[] {
  return service.spec?.type === 'LoadBalancer' ? [service.spec.loadBalancerClass ?? unclassed] : []
}

function groupKeysOf({ metadata, spec }: Service): readonly string[] {
  const group = metadata.annotations?.[ownGroupAnnotation]?.trim()
  return group === undefined || spec?.type !== 'LoadBalancer' ? [] : [makeKey(metadata.namespace, group)]
}

function serviceOf({ metadata }: EndpointSlice): readonly string[] {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined ? [] : [makeKey(metadata.namespace, name)]
}

/** Pools may be for namespaces of certain labels. */
export function namespaceLabels(
  { namespaces }: Pick<Stores, 'namespaces'>,
  { metadata }: Service,
): Readonly<Record<string, string>> | undefined {
  return namespaces.get(metadata.namespace ?? '')?.metadata.labels
}

export interface ReflectionOptions {
  readonly stores: Stores
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Where the Leases of the agents and the controllers are. */
  readonly namespace: string
  /** Whether to keep what single targets are made of: ports and pods of endpoints, instances of nodes. */
  readonly keepsTargets: boolean
}

/** The reflectors of all stores. */
export interface Reflections {
  /** Resolves when every store holds its first full list. */
  readonly synced: Promise<void>
  readonly all: readonly Reflector[]
  stop(): Promise<void>
}

/** Starts one reflector per store; they never give up. */
export function reflectAll(options: ReflectionOptions): Reflections {
  const { stores, transport, clock, random, log, namespace, keepsTargets } = options
  const all: Reflector[] = []
  const reflect = <T extends KubernetesObject>(resource: Resource<T>, store: WritableStore<T>, extra: Narrowing<T> = {}) => {
    const logger = log.child({ resource: resource.plural })
    all.push(startReflector({ transport, resource, store, clock, random, logger, ...extra }))
  }
  reflect(resources.services, stores.services, { prune: keepsTargets ? pruneServiceOfPods : pruneService })
  reflect(resources.endpointSlices, stores.slices, {
    prune: keepsTargets ? pruneTargets : pruneEndpointSlice,
    labelSelector: serviceNameLabel,
  })
  reflect(resources.nodes, stores.nodes, { prune: keepsTargets ? pruneInstance : pruneNode })
  reflect(resources.namespaces, stores.namespaces, { prune: pruneNamespace })
  // With that of the controllers, which shows that the watch is alive (followAgents).
  reflect(leases, stores.leases, { namespace })
  reflect(resources.loadBalancerClasses, stores.classes)
  reflect(resources.addressPools, stores.pools)
  reflect(resources.addressBlocks, stores.blocks)
  reflect(resources.announcements, stores.announcements)
  reflect(resources.nodeReports, stores.reports)
  reflect(resources.ingresses, stores.ingresses, { prune: pruneIngress })
  reflect(resources.ingressClasses, stores.ingressClasses)
  reflect(resources.ingressReports, stores.ingressReports)
  return {
    synced: Promise.all(Object.values(stores).map(store => store.synced)).then(() => undefined),
    all,
    stop: async () => {
      await Promise.all(all.map(reflector => reflector.stop()))
    },
  }
}

interface Narrowing<T> {
  readonly prune?: (object: T) => T
  readonly namespace?: string
  readonly labelSelector?: string
}
