// One look at one Service, with a provider that says what it was asked: what is written, and what the provider is told.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { ApiError } from '../kubernetes/errors.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { Writer } from '../kubernetes/writes.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import { createLog } from '../observability/log.ts'
import { createMetrics } from '../observability/metrics.ts'
import type { TakeOvers } from '../model/take-over.ts'
import type { Outcome, Provider } from '../provider.ts'
import { createOrphans } from './orphans.ts'
import { createServiceMemory } from './service-memory.ts'
import { reconcileService } from './service-reconcile.ts'
import { createStores } from './stores.ts'

const lan: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'lan', uid: 'lan', resourceVersion: '1' },
  spec: { provider: 'local', targets: 'Node', default: false },
}
const served: Service = {
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'u1',
    resourceVersion: '7',
    finalizers: ['weir.dev/load-balancer-cleanup'],
  },
  spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/lan', ports: [{ port: 80 }] },
  status: { loadBalancer: { ingress: [{ ip: '10.201.200.1' }] } },
}
const nothingLeft: Outcome = {
  ingress: [],
  readiness: { ready: false, reason: 'Withdrawing', message: 'Being withdrawn.' },
  warnings: [],
  gone: true,
  again: 'on-change',
}

interface Told {
  readonly what: string
  readonly uid: string
  readonly ports?: readonly number[]
}

interface Circumstances {
  readonly outcome?: Outcome
  readonly classes?: readonly LoadBalancerClass[]
  /** Uid of a load balancer by the same name whose Service is gone. */
  readonly orphan?: string
  readonly isHeld?: (id: LoadBalancerId) => boolean
  /** Whether it was looked at before. */
  readonly remembered?: boolean
  readonly takeOvers?: TakeOvers
  /** What the API server says to every write. */
  readonly failure?: Error
}

async function look(service: Service | undefined, circumstances: Circumstances = {}) {
  const {
    outcome = nothingLeft,
    classes = [lan],
    orphan,
    isHeld = () => false,
    remembered = false,
    failure,
    takeOvers = new Map(),
  } = circumstances
  const log = createLog({ level: 'error', program: 'test' })
  const stores = createStores(log)
  for (const each of classes) stores.classes.put(each)
  if (service) stores.services.put(service)
  const patches: unknown[] = []
  const told: Told[] = []
  const unused = (): never => {
    throw new Error('not asked for here')
  }
  const writer: Writer = {
    // What the caller put into its store.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    get: async () => stores.services.get('default/web') as never,
    create: unused,
    createIfAbsent: unused,
    update: unused,
    updateStatus: unused,
    patch: unused,
    remove: unused,
    patchStatus: async (_resource, seen, patch) => {
      patches.push(patch)
      if (failure) throw failure
      // What the caller put into its store.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return seen as never
    },
  }
  const provider: Provider = {
    name: 'local',
    capabilities: {
      protocols: new Set(['TCP']),
      targetTypes: new Set(['Node']),
      families: new Set(['IPv4']),
      mixedProtocols: false,
      sharedAddresses: false,
      withoutNodePorts: true,
    },
    check: () => [],
    observe: async () => undefined,
    plan: () => [],
    apply: async ({ id }) => {
      told.push({ what: 'apply', uid: id.uid })
      return outcome
    },
    refuse: (id, goal) => {
      const ports = goal?.desired.listeners.map(({ port }) => port)
      told.push({ what: 'refuse', uid: id.uid, ...(ports ? { ports } : {}) })
    },
    list: async () => [],
    watch: () => () => {},
  }
  const providers = new Map([['local', provider]])
  const context = {
    surroundings: {
      stores,
      writer,
      events: { record: () => {} },
      clock: simulatedClock(),
      random: () => 0.5,
      log,
      metrics: createMetrics(),
    },
    providers,
    providerNames: new Set(providers.keys()),
    classes: () => [...stores.classes.values()],
    memory: createServiceMemory(),
    orphans: createOrphans(),
    isHeld,
    takeOvers: () => takeOvers,
  }
  if (orphan !== undefined) context.orphans.add({ kind: 'Service', namespace: 'default', name: 'web', uid: orphan }, true)
  if (remembered) context.memory.note('default/web', 'u1', { membership: 'usable' })
  const again = await reconcileService(context, 'default/web', new AbortController().signal)
  return { patches, told, again, lookAgain: () => reconcileService(context, 'default/web', new AbortController().signal) }
}

test('a Service that went to another class keeps what its new load balancer wrote into its status', async () => {
  // Through another type it came back without a class, and somebody else serves it now.
  const { metadata, status } = served
  const moved: Service = { metadata, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] }, ...(status ? { status } : {}) }
  const released = await look(moved)
  expect(released.patches).toEqual([{ metadata: { finalizers: [] } }])
  const leaving = await look(moved, { outcome: { ...nothingLeft, gone: false } })
  expect(leaving.patches).toEqual([{ status: { conditions: [expect.objectContaining({ reason: 'Withdrawing' })] } }])
})

test('a Service that is deleted loses its addresses from the status at once, and the finalizer when all is gone', async () => {
  const deleted = { ...served, metadata: { ...served.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  const leaving = await look(deleted, { outcome: { ...nothingLeft, gone: false } })
  expect(leaving.patches).toEqual([
    { status: { loadBalancer: null, conditions: [expect.objectContaining({ reason: 'Withdrawing' })] } },
  ])
  expect((await look(deleted)).patches).toEqual([{ metadata: { finalizers: [] }, status: { loadBalancer: null } }])
})

test('a Service with a mistake is refused at its provider too, and what it has stays', async () => {
  const broken = { ...served, spec: { ...served.spec, loadBalancerSourceRanges: ['10.0.0.0/99'] } }
  const { patches, told } = await look(broken)
  expect(told).toEqual([{ what: 'refuse', uid: 'u1', ports: [80] }])
  expect(patches).toEqual([{ status: { conditions: [expect.objectContaining({ reason: 'InvalidSourceRanges' })] } }])
})

test('a Service whose class is gone is refused at every provider, because nobody knows which one it waits at', async () => {
  const { patches, told } = await look(served, { classes: [] })
  expect(told).toEqual([{ what: 'refuse', uid: 'u1' }])
  expect(patches).toEqual([{ status: { conditions: [expect.objectContaining({ reason: 'ClassMissing' })] } }])
})

test('an orphan is looked at again when its provider asks for that, whether its name is taken by a new Service or not', async () => {
  const leaving: Outcome = { ...nothingLeft, gone: false, again: { afterMs: 200 } }
  for (const successor of [undefined, { ...served, metadata: { ...served.metadata, uid: 'u2' } }]) {
    const { told, again } = await look(successor, { outcome: leaving, orphan: 'u1' })
    expect(told[0]).toEqual({ what: 'apply', uid: 'u1' })
    expect(again).toEqual({ againAfterMs: 200 })
  }
})

test('what was released and is deleted under another controller later is left to that controller', async () => {
  const { metadata, status } = served
  const finalizers = ['service.kubernetes.io/load-balancer-cleanup']
  const cloudy: Service = {
    metadata: { ...metadata, finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    ...(status ? { status } : {}),
  }
  const address = new Set(['u1'])
  const isHeld = ({ uid }: { readonly uid: string }) => address.has(uid)
  expect((await look(cloudy, { isHeld })).patches).toHaveLength(1)
  address.clear()
  expect(await look(cloudy, { isHeld })).toMatchObject({ patches: [], told: [], again: undefined })
})

test('who was looked at and is nobody of ours any more gives back at its provider what its status does not tell of', async () => {
  const { metadata, status } = served
  const plain: Service = {
    metadata: { ...metadata, finalizers: [] },
    spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
    ...(status ? { status } : {}),
  }
  const stranger = await look(plain)
  expect(stranger).toMatchObject({ patches: [], told: [], again: undefined })
  const waiter = await look(plain, { remembered: true })
  expect(waiter).toMatchObject({ told: [], again: { againAfterMs: 0 } })
  expect(await waiter.lookAgain()).toBeUndefined()
  expect(waiter.told).toEqual([{ what: 'apply', uid: 'u1' }])
  await waiter.lookAgain()
  expect(waiter).toMatchObject({ patches: [], told: [{ what: 'apply', uid: 'u1' }] })
})

test('a Service that changes under our hands is left to the backoff of the queue, one that is gone needs nothing more', async () => {
  const deleted = { ...served, metadata: { ...served.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  const conflict = new ApiError('PATCH services', 409, { status: { reason: 'Conflict' } })
  await expect(look(deleted, { failure: conflict })).rejects.toMatchObject({ retry: 'now' })
  const gone = new ApiError('PATCH services', 404, { status: { reason: 'NotFound' } })
  expect(await look(deleted, { failure: gone })).toMatchObject({ again: undefined })
})
