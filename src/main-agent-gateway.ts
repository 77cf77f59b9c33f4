// The gateway within the agent: what it watches for it, and the server of the node's Envoys, from when all of that is known.
import type { GatewayPart, GatewayReport } from '../providers/local/agent/gateway/start.ts'
import type { ProgramOptions } from '../providers/local/agent/options.ts'
import type { CopiedSecret } from '../providers/local/gateway/record.ts'
import { copiedSecretLabel, gatewayLabel, group, version as apiVersion } from './api/group.ts'
import type { IngressReport } from './api/ingress-report.ts'
import type { LoadBalancerClass } from './api/load-balancer-class.ts'
import { defineResource } from './kubernetes/objects.ts'
import type { KubernetesObject, Resource } from './kubernetes/objects.ts'
import { startReflector } from './kubernetes/reflector.ts'
import type { Reflector, ReflectorOptions } from './kubernetes/reflector.ts'
import { createStore } from './kubernetes/store.ts'
import type { Store } from './kubernetes/store.ts'
import { identity, pruneSlice } from './main-agent-pod-watches.ts'
import type { WatchOptions } from './main-agent-watches.ts'
import type { Ingress } from './model/ingress-objects.ts'
import type { EndpointSlice, Service } from './model/kubernetes-objects.ts'

export interface GatewayFollowing extends AsyncDisposable {
  /** Undefined until Envoys can connect. */
  readonly report: GatewayReport | undefined
}

const retryMs = 10_000

/** Begins at once, and goes on trying until it is disposed. */
export function followGateway(
  options: WatchOptions &
    Pick<ProgramOptions, 'gatewaySocket' | 'gatewayGroup'> & {
      readonly version: string
      readonly onReport: () => void
    },
): GatewayFollowing {
  const { clock, log, gatewaySocket, gatewayGroup, version, onReport } = options
  const stopping = new AbortController()
  let part: GatewayPart | undefined
  const watches = watchForGateway(options)
  const ended = new Promise<void>(resolve => stopping.signal.addEventListener('abort', () => resolve(), { once: true }))

  const begin = async () => {
    await Promise.race([watches.synced, ended])
    if (stopping.signal.aborted) return
    const { startGateway } = await import('../providers/local/agent/gateway/start.ts')
    for (;;) {
      try {
        const { synced: _, stop: _stop, ...stores } = watches
        part = await startGateway({
          stores,
          path: gatewaySocket,
          ...(gatewayGroup !== undefined && { group: gatewayGroup }),
          clock,
          logger: log,
          version,
          onReport,
        })
        log.info({ socket: gatewaySocket }, 'Envoys of this node can connect')
        onReport()
        return
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        log.error({ error: message, socket: gatewaySocket, againAfterMs: retryMs }, 'Envoys of this node cannot connect')
        await clock.sleep(retryMs, stopping.signal).catch(() => {})
        if (stopping.signal.aborted) return
      }
    }
  }
  const work = begin()
  return {
    get report() {
      return part?.report
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await work
      await part?.[Symbol.asyncDispose]()
      await watches.stop()
    },
  }
}

const services = defineResource<Service>({ group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true })
const secrets = defineResource<CopiedSecret>({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true })
const slices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
})
const ingresses = defineResource<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
})
const reports = defineResource<IngressReport>({
  group,
  version: apiVersion,
  plural: 'ingressreports',
  kind: 'IngressReport',
  namespaced: true,
})
const classes = defineResource<LoadBalancerClass>({
  group,
  version: apiVersion,
  plural: 'loadbalancerclasses',
  kind: 'LoadBalancerClass',
  namespaced: false,
})

function watchForGateway({ transport, clock, random, log, namespace }: WatchOptions) {
  const reflectors: Reflector[] = []
  const follow = <T extends KubernetesObject>(
    resource: Resource<T>,
    rest: Pick<ReflectorOptions<T>, 'namespace' | 'labelSelector' | 'prune'> = {},
  ): Store<T> => {
    const store = createStore<T>({ onListenerError: error => log.error({ error }, 'a change could not be followed') })
    reflectors.push(startReflector({ transport, resource, store, clock, random, logger: log, ...rest }))
    return store
  }
  const stores = {
    services: follow(services, { prune: pruneService }),
    slices: follow(slices, { prune: pruneSlice }),
    ingresses: follow(ingresses, { prune: pruneIngress }),
    reports: follow(reports, {
      prune: report => ({ apiVersion: report.apiVersion, kind: report.kind, metadata: identity(report), spec: report.spec }),
    }),
    classes: follow(classes, {
      prune: found => ({ apiVersion: found.apiVersion, kind: found.kind, metadata: identity(found), spec: found.spec }),
    }),
    secrets: follow(secrets, { namespace, labelSelector: copiedSecretLabel }),
  }
  return {
    ...stores,
    synced: Promise.all(Object.values(stores).map(store => store.synced)),
    stop: async () => void (await Promise.all(reflectors.map(reflector => reflector.stop()))),
  }
}

function pruneService(service: Service): Service {
  const { type, ports, externalName, ipFamilies } = service.spec
  const { labels = {}, deletionTimestamp } = service.metadata
  const label = labels[gatewayLabel]
  return {
    metadata: {
      ...identity(service),
      ...(label !== undefined && { labels: { [gatewayLabel]: label } }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    spec: {
      ...(type && { type }),
      ...(ports && { ports }),
      ...(externalName !== undefined && { externalName }),
      ...(ipFamilies && { ipFamilies }),
    },
  }
}

function pruneIngress(ingress: Ingress): Ingress {
  const { annotations = {}, creationTimestamp, deletionTimestamp } = ingress.metadata
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...kept } = annotations
  return {
    ...(ingress.spec && { spec: ingress.spec }),
    metadata: {
      ...identity(ingress),
      annotations: kept,
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
  }
}
