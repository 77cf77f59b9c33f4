// The loop of Services: what happens anywhere that can concern one puts its key into the queue, and each key is looked at whole.
import { isDeepStrictEqual } from 'node:util'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { createLimiter } from '../kubernetes/limiter.ts'
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { Queue } from '../kubernetes/queue.ts'
import type { StoreEvent } from '../kubernetes/store.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { listenersOf } from '../model/build.ts'
import { buildMembership } from '../model/endpoints.ts'
import { serviceNameLabel } from '../model/kubernetes-objects.ts'
import type { EndpointSlice, Service } from '../model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import type { TakeOvers } from '../model/take-over.ts'
import type { Provider } from '../provider.ts'
import type { Controller, Surroundings } from './controller.ts'
import type { HeldElsewhere } from './held-elsewhere.ts'
import { createOrphans } from './orphans.ts'
import { asksForSomethingElse, ourPartWasChanged } from './service-changes.ts'
import { createServiceMemory, membershipMark } from './service-memory.ts'
import { modelOfService } from './service-model.ts'
import type { ServiceModel } from './service-model.ts'
import { reconcileService } from './service-reconcile.ts'
import { idOf } from '../model/service-id.ts'
import type { ServiceContext } from './service-context.ts'

export interface ServiceControllerOptions {
  readonly surroundings: Surroundings
  readonly providers: ReadonlyMap<string, Provider>
  /** Whether a provider holds anything for it now: what was released may be served by another controller next. */
  readonly isHeld: (id: LoadBalancerId) => boolean
  readonly heldElsewhere?: HeldElsewhere
  /** Whether the controllers behind aliases are gone. Absent: it is as if none was ever there. */
  readonly takeOvers?: () => TakeOvers
}

export interface ServiceController extends Controller {
  /** Releases what is held for a load balancer unless its Service is there and to be served. */
  releaseOrphan(id: LoadBalancerId): void
  /** Looks again at a Service, after everything that is more urgent. */
  look(key: ObjectKey): void
  /** Looks at every Service again: another controller came or went. */
  lookAtAll(): void
  /** What is known and wanted of a Service, without a request to anybody. */
  modelOf(key: ObjectKey): ServiceModel
  /** Whether many Services wait to be looked at. */
  isBusy(): boolean
  /** Resolves when nothing is waiting and nothing is in work. */
  idle(): Promise<void>
}

/**
 * Keys in work at once. Nearly all of them wait: for the write of their block, which carries all that wait for it, and then
 * for their turn to be patched. With four blocks' worth of keys a backlog of 1,000 is given all its addresses by four writes
 * side by side before the first patch, and no patch waits for a block any more.
 */
const concurrency = 1024

/** Of a longer backlog a block's worth begins together, for the same reason: one by one, each would ask for a write of its own. */
const step = 256

/**
 * Patches under way at once: enough to keep an API server busy, and less than the hundred requests it takes on one
 * connection, so that renewals of Leases, blocks and whatever else is urgent never stand in line behind a backlog.
 */
const patchesAtOnce = 64

/** With so many Services waiting or in work, others stand back. */
const busyFrom = 16

/** Endpoints come and go in bursts; the condition follows at most so often. */
const membershipDelayMs = 300

const noTakeOvers: TakeOvers = new Map()

export function startServiceController(options: ServiceControllerOptions): ServiceController {
  const { surroundings, providers, isHeld } = options
  const { stores, clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'service' })
  const memory = createServiceMemory()
  const orphans = createOrphans()
  let classes: readonly LoadBalancerClass[] | undefined
  const context: ServiceContext = {
    surroundings: { ...surroundings, log, writer: limited(surroundings.writer) },
    providers,
    providerNames: new Set(providers.keys()),
    classes: () => (classes ??= [...stores.classes.values()]),
    memory,
    orphans,
    isHeld,
    heldElsewhere: options.heldElsewhere,
    takeOvers: options.takeOvers ?? (() => noTakeOvers),
  }
  const queue = createQueue({
    name: 'service',
    work: async (key, signal) => reconcileService(context, key, signal),
    clock,
    random,
    logger: log,
    concurrency,
    step,
    firstDelayMs: 500,
    longestDelayMs: 60_000,
    metrics: metrics.queue('service'),
  })
  const releaseOrphan = (id: LoadBalancerId, sure: boolean) => queue.add(orphans.add(id, sure), { priority: 'low' })

  const onService = (event: StoreEvent<Service>) => {
    if (event.type === 'deleted') {
      const wasKnown = memory.get(event.key)?.uid === event.old.metadata.uid
      memory.forget(event.key)
      // Its finalizer may have been taken by force, and a Service that only waited for an address had none.
      if (wasKnown) releaseOrphan(idOf(event.old), true)
      return
    }
    memory.caughtUp(event.key)
    const isNews =
      event.type === 'added' ||
      asksForSomethingElse(event.old, event.object) ||
      ourPartWasChanged(event.old, event.object, memory.get(event.key)?.written)
    // One that stood in line has perhaps nothing on it that tells.
    if (isNews && (mayConcern(event.object) || memory.get(event.key))) queue.add(event.key)
  }
  const subscriptions = [
    stores.services.subscribe(onService, { replay: true }),
    stores.classes.subscribe(event => {
      classes = undefined
      // Not for a status: the class loop writes that itself, as Services come and go.
      if (event.type !== 'updated' || choosesDifferently(event.old, event.object)) lookAtAll(queue, stores.services.values())
    }),
    stores.namespaces.subscribe(({ key, object, old }) => {
      // Of a new one no Service is there yet; pools select by its labels.
      if (!object || !old || isDeepStrictEqual(object.metadata.labels, old.metadata.labels)) return
      for (const service of stores.services.values())
        if (service.metadata.namespace === key && service.spec.type === 'LoadBalancer')
          queue.add(keyOf(service), { priority: 'low' })
    }),
    stores.slices.subscribe(event => {
      const key = serviceKeyOf(event.object ?? event.old)
      const known = key === undefined ? undefined : memory.get(key)
      if (key === undefined || known?.membership === undefined) return
      const service = stores.services.get(key)
      const ports = listenersOf(service?.spec ?? {})
      const membership = buildMembership(stores.slices.byIndex('service', key), service?.spec.ipFamilies, ports)
      const mark = membershipMark(membership, service?.spec.externalTrafficPolicy ?? 'Cluster')
      if (mark !== known.membership) queue.addAfter(key, membershipDelayMs, { priority: 'low' })
    }),
    ...[...providers.values()].map(provider =>
      provider.watch(id => {
        const key = makeKey(id.namespace, id.name)
        if (stores.services.get(key)?.metadata.uid === id.uid) queue.add(key)
        else releaseOrphan(id, false)
      }),
    ),
  ]
  return {
    name: 'service',
    releaseOrphan: id => releaseOrphan(id, false),
    look: key => queue.add(key, { priority: 'low' }),
    lookAtAll: () => lookAtAll(queue, stores.services.values()),
    modelOf: key => modelOfService(context, key),
    isBusy: () => queue.size + queue.working >= busyFrom,
    idle: () => queue.idle(),
    stop: async graceMs => {
      for (const unsubscribe of subscriptions) unsubscribe()
      await queue.drain(graceMs)
    },
  }
}

function limited(writer: Writer): Writer {
  const limit = createLimiter(patchesAtOnce)
  return { ...writer, patchStatus: (...request) => limit(() => writer.patchStatus(...request)) }
}

/** Everything but a Service that is no load balancer and carries nothing that could be ours; the claim decides about the rest. */
function mayConcern(service: Service): boolean {
  const hasConditions = (service.status?.conditions?.length ?? 0) > 0
  return service.spec.type === 'LoadBalancer' || hasConditions || (service.metadata.finalizers?.length ?? 0) > 0
}

/** Whether two states of one class can mean different things to a Service. */
function choosesDifferently(old: LoadBalancerClass, next: LoadBalancerClass): boolean {
  const isLeaving = ({ metadata }: LoadBalancerClass) => metadata.deletionTimestamp !== undefined
  return isLeaving(old) !== isLeaving(next) || !isDeepStrictEqual(old.spec, next.spec)
}

/** A change of a class can claim, refuse or free any Service. */
function lookAtAll(queue: Queue, all: Iterable<Service>): void {
  for (const service of all) if (mayConcern(service)) queue.add(keyOf(service), { priority: 'low' })
}

function serviceKeyOf({ metadata }: EndpointSlice): ObjectKey | undefined {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined ? undefined : makeKey(metadata.namespace, name)
}
