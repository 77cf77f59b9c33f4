// The page's own server over a cluster that a test changes as it likes, with an API server of a few lists.
import { createLog } from '../observability/log.ts'
import { systemClock } from '../kubernetes/clock.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { EndpointSlice } from '../model/kubernetes-objects.ts'
import { pageCluster, type PageCluster } from './cluster-under-test.ts'
import { servePage } from './serve.ts'

export interface ServedPage extends AsyncDisposable {
  readonly cluster: PageCluster
  readonly url: string
  /** Adds to what keeps the controller from seeing all. */
  readonly troubles: string[]
  /** As if the controller ended. */
  stop(): Promise<void>
  /** Another one, at the same port. */
  start(): Promise<void>
}

/** Serves it on a free port. */
export async function servedPage(): Promise<ServedPage> {
  const cluster = pageCluster()
  const troubles: string[] = []
  const listeners = new Set<(node: string) => void>()
  const log = createLog({ level: 'silent', program: 'test' })
  const around = {
    stores: cluster.stores,
    agents: {
      alive: (node: string) => !cluster.dead.has(node),
      subscribe(listener: (node: string) => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      stop() {},
    },
    troubles: () => troubles,
    transport: listsOf(cluster),
    clock: systemClock(),
    random: Math.random,
    log,
    namespace: 'weir-system',
    identity: cluster.self.identity,
    version: cluster.self.version,
    readers: async () => ({}),
  }
  let server = await servePage({ ...around, port: 0 })
  const { port } = server
  return {
    cluster,
    troubles,
    url: `http://localhost:${port}/`,
    stop: async () => server[Symbol.asyncDispose](),
    start: async () => {
      server = await servePage({ ...around, port })
    },
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  }
}

/** Answers lists from what the cluster holds; watches stay silent until they are ended. */
function listsOf({ stores, events, loadBalancers }: PageCluster): Transport {
  const lists: Readonly<Record<string, () => Iterable<object>>> = {
    '/apis/events.k8s.io/v1/events': () => events.values(),
    '/apis/weir.dev/v1alpha1/namespaces/weir-system/loadbalancers': () => loadBalancers.values(),
  }
  const slices = (selector: unknown): readonly EndpointSlice[] =>
    [...stores.slices.values()].filter(
      ({ metadata }) => `kubernetes.io/service-name=${metadata.labels?.['kubernetes.io/service-name']}` === selector,
    )
  return {
    server: 'https://api.example',
    stats: { connections: 0, requests: 0, retries: 0 },
    async request<T>({ path, query }: Parameters<Transport['request']>[0]): Promise<T> {
      const items = path.endsWith('/endpointslices') ? slices(query?.['labelSelector']) : lists[path]?.()
      if (!items) throw new Error(`nothing is at ${path}`)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever asks knows what it is
      return { metadata: { resourceVersion: '1' }, items: [...items] } as T
    },
    stream<T>({ signal, onOpen }: Parameters<Transport['stream']>[0]): AsyncIterable<T> {
      onOpen?.()
      const next = () =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
      return { [Symbol.asyncIterator]: () => ({ next }) }
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}
