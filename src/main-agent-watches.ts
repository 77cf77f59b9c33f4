// What the agent watches in the API server: Announcements, Leases, its own Node and report, and the keys of the heartbeats.
import { usesPods } from '../providers/local/agent/forwarding/uses-pods.ts'
import type { SecretView } from '../providers/local/agent/heartbeat/follow-keys.ts'
import type { NodeView } from '../providers/local/agent/ports.ts'
import type { Announcement } from './api/announcement.ts'
import { agentLeaseLabel, group, version as apiVersion } from './api/group.ts'
import type { NodeReport } from './api/node-report.ts'
import type { Clock, Random } from './kubernetes/clock.ts'
import { leases } from './kubernetes/leases.ts'
import type { Lease } from './kubernetes/leases.ts'
import { defineResource } from './kubernetes/objects.ts'
import type { KubernetesObject, Resource } from './kubernetes/objects.ts'
import { startReflector } from './kubernetes/reflector.ts'
import type { Reflector, ReflectorOptions } from './kubernetes/reflector.ts'
import { createStore } from './kubernetes/store.ts'
import type { Store } from './kubernetes/store.ts'
import type { Transport } from './kubernetes/transport.ts'
import { heartbeatSecretName } from './model/heartbeat-keys.ts'
import type { Log } from './observability/log.ts'

type NodeObject = KubernetesObject & NodeView
type SecretObject = KubernetesObject & SecretView

// Declared here and not taken from the schemas, so that the agent does not carry a schema library in its memory.
export const announcements = ours<Announcement>('announcements', 'Announcement')
export const nodeReports = ours<NodeReport>('nodereports', 'NodeReport')
const secrets = defineResource<SecretObject>({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true })
const nodes = defineResource<NodeObject>({ group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false })

function ours<T extends KubernetesObject>(plural: string, kind: string): Resource<T> {
  return defineResource<T>({ group, version: apiVersion, plural, kind, namespaced: false })
}

export interface WatchOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The name of this node. */
  readonly node: string
  /** Where Weir lives. */
  readonly namespace: string
}

/** Starts at once. `synced`: what the agent needs before it can work has come. */
export function watchCluster({ transport, clock, random, log, node, namespace }: WatchOptions) {
  const reflectors: Reflector[] = []
  const follow = <T extends KubernetesObject>(
    resource: Resource<T>,
    rest: Pick<ReflectorOptions<T>, 'namespace' | 'labelSelector' | 'fieldSelector' | 'prune'> = {},
  ): Store<T> => {
    const store = createStore<T>({ onListenerError: error => log.error({ error }, 'a change could not be followed') })
    reflectors.push(startReflector({ transport, resource, store, clock, random, logger: log, ...rest }))
    return store
  }
  const stores = {
    announcements: follow(announcements, { prune: withoutServicesOfNodes }),
    leases: leasesByNode(follow(leases, { namespace, labelSelector: `${agentLeaseLabel}=node` }), namespace),
    nodes: follow(nodes, { fieldSelector: `metadata.name=${node}`, prune: withAddressesOnly }),
  }
  const needed = [...reflectors]
  // Not among what is waited for. Our own report, so that it is written again when somebody deletes or changes it.
  const reports = follow(nodeReports, { fieldSelector: `metadata.name=${node}` })
  // Nor these: without keys Leases decide alone.
  const heartbeatSecrets = follow(secrets, {
    namespace,
    fieldSelector: `metadata.name=${heartbeatSecretName}`,
  })
  return {
    ...stores,
    reports,
    secrets: heartbeatSecrets,
    /** All of them, and those that the agent cannot work without. */
    reflectors,
    needed,
    synced: Promise.all(Object.values(stores).map(store => store.synced)),
    stop: async () => void (await Promise.all(reflectors.map(reflector => reflector.stop()))),
  }
}

function withoutServicesOfNodes(object: Announcement): Announcement {
  const { name, uid, resourceVersion, deletionTimestamp, finalizers } = object.metadata
  const metadata = { name, uid, resourceVersion, deletionTimestamp, finalizers }
  const present = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined))
  // Whose pods are the targets has to be known; otherwise the Services are the controller's business.
  const services = usesPods(object) || object.spec.fenced ? object.spec.services : []
  return { ...object, metadata: { name, ...present }, spec: { ...object.spec, services } }
}

function withAddressesOnly({ metadata: { name, uid, resourceVersion }, status }: NodeObject): NodeObject {
  const kept = { name, ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) }
  return { metadata: kept, ...(status?.addresses && { status: { addresses: status.addresses } }) }
}

/** The agent asks by the name of the node; the store's keys carry the namespace. */
function leasesByNode(store: Store<Lease>, namespace: string) {
  return {
    get: (node: string) => store.get(`${namespace}/${node}`),
    values: () => store.values(),
    synced: store.synced,
    get isSynced() {
      return store.isSynced
    },
    subscribe: (...heard: Parameters<Store<Lease>['subscribe']>) => store.subscribe(...heard),
  }
}
