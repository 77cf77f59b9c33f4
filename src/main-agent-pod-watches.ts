// What the agent watches only while an address has pod targets, or source ranges: Services, EndpointSlices, reports of all nodes, of each only what is read.
import type { NodeReport } from './api/node-report.ts'
import { defineResource } from './kubernetes/objects.ts'
import type { KubernetesObject, Resource } from './kubernetes/objects.ts'
import { startReflector } from './kubernetes/reflector.ts'
import type { Reflector, ReflectorOptions } from './kubernetes/reflector.ts'
import { createStore } from './kubernetes/store.ts'
import type { Store } from './kubernetes/store.ts'
import { nodeReports } from './main-agent-watches.ts'
import type { WatchOptions } from './main-agent-watches.ts'
import { sourceRangesAnnotation } from './model/build.ts'
import { serviceNameLabel } from './model/kubernetes-objects.ts'
import type { EndpointSlice, Service } from './model/kubernetes-objects.ts'

const services = defineResource<Service>({ group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true })
const endpointSlices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
})

export interface PodWatchOptions extends WatchOptions {
  /** The type of the only condition of reports that is read. */
  readonly condition: string
  /** False: Services alone, for their source ranges. */
  readonly pods: boolean
}

/** Starts at once. */
export function watchPodTargets({ transport, clock, random, log, condition, pods }: PodWatchOptions) {
  const reflectors: Reflector[] = []
  const follow = <T extends KubernetesObject>(
    resource: Resource<T>,
    rest: Pick<ReflectorOptions<T>, 'labelSelector' | 'fieldSelector' | 'prune'>,
  ): Store<T> => {
    const store = createStore<T>({ onListenerError: error => log.error({ error }, 'a change could not be followed') })
    reflectors.push(startReflector({ transport, resource, store, clock, random, logger: log, ...rest }))
    return store
  }
  const maybe: typeof follow = (resource, rest) => (pods ? follow(resource, rest) : createStore())
  const stores = {
    services: follow(services, { fieldSelector: 'spec.type=LoadBalancer', prune: pruneService }),
    // A Service with an address is never headless.
    slices: maybe(endpointSlices, { labelSelector: '!service.kubernetes.io/headless', prune: pruneSlice }),
    reports: maybe(nodeReports, { prune: report => pruneReport(report, condition) }),
  }
  return {
    ...stores,
    synced: Promise.all((pods ? Object.values(stores) : [stores.services]).map(store => store.synced)),
    stop: async () => void (await Promise.all(reflectors.map(reflector => reflector.stop()))),
  }
}

export function identity({ metadata: { name, namespace, uid, resourceVersion } }: KubernetesObject) {
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  }
}

function pruneService(service: Service): Service {
  const ranges = service.metadata.annotations?.[sourceRangesAnnotation]
  const { selector: _, ...spec } = service.spec
  const annotations = ranges === undefined ? {} : { annotations: { [sourceRangesAnnotation]: ranges } }
  return { metadata: { ...identity(service), ...annotations }, spec }
}

export function pruneSlice(slice: EndpointSlice): EndpointSlice {
  const owner = slice.metadata.labels?.[serviceNameLabel]
  const { addressType, endpoints, ports } = slice
  return {
    metadata: { ...identity(slice), ...(owner !== undefined && { labels: { [serviceNameLabel]: owner } }) },
    addressType,
    ports: ports ?? [],
    endpoints: (endpoints ?? []).map(({ addresses, conditions, nodeName }) => ({
      addresses: addresses.slice(0, 1),
      ...(conditions && { conditions }),
      ...(nodeName !== undefined && { nodeName }),
    })),
  }
}

function pruneReport(report: NodeReport, condition: string): NodeReport {
  const { interfaces, version, conditions = [] } = report.spec
  return {
    apiVersion: report.apiVersion,
    kind: report.kind,
    metadata: identity(report),
    spec: { interfaces, version, conditions: conditions.filter(({ type }) => type === condition) },
  }
}
