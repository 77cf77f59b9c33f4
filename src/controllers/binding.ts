// The loop of TargetGroupBindings: endpoints, nodes, Services and classes lead to the bindings they concern.
import { isDeepStrictEqual } from 'node:util'
import { kindReadyCondition } from '../api/conditions.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { TargetGroupBinding } from '../api/target-group-binding.ts'
import { findCondition } from '../kubernetes/conditions.ts'
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { createQueue } from '../kubernetes/queue.ts'
import { createStore } from '../kubernetes/store.ts'
import type { Store, StoreEvent, WritableStore } from '../kubernetes/store.ts'
import { serviceNameLabel } from '../model/kubernetes-objects.ts'
import type { EndpointSlice, Service } from '../model/kubernetes-objects.ts'
import { bindingId } from '../model/binding.ts'
import type { TargetBinder } from '../provider.ts'
import { latest, reconcileBinding } from './binding-reconcile.ts'
import type { BindingContext } from './binding-reconcile.ts'
import { recordOf } from './binding-status.ts'
import type { Controller, Surroundings } from './controller.ts'
import { targetMark } from './membership.ts'
import type { WaitingGroup } from './readiness-gate.ts'

/** Name of the index by the key of the Service. */
const byService = 'service'

/** Bindings as the loop needs them. */
export function createBindingStore(): WritableStore<TargetGroupBinding> {
  return createStore<TargetGroupBinding>({ indexers: { [byService]: binding => [serviceOf(binding)] } })
}

function serviceOf({ metadata, spec }: TargetGroupBinding): ObjectKey {
  return makeKey(metadata.namespace, spec.serviceRef.name)
}

export interface BindingControllerOptions {
  readonly surroundings: Surroundings
  readonly bindings: Store<TargetGroupBinding>
  readonly binder: TargetBinder
  readonly classes: () => readonly LoadBalancerClass[]
  readonly slicesOf: (service: ObjectKey) => readonly EndpointSlice[]
  readonly recheckMs: number
  readonly inspectMs: number
}

export interface BindingController extends Controller {
  /** Looks at every binding: what they share has changed. */
  lookAtAll(): void
  /** Looks at the bindings of a Service: one of its pods may be registered now. */
  lookAtService(service: ObjectKey): void
  /** Whether pods of a Service are to be targets of bindings. */
  isBound(service: Service): boolean
  /** The target groups that bindings fill with a Service; undefined while one of them has not been looked at. */
  groupsOf(service: Service, signal: AbortSignal): Promise<readonly WaitingGroup[] | undefined>
}

/** Endpoints of a rollout change together, and nodes of a scale-up: each burst is one call. */
const endpointDelayMs = 100
const nodeDelayMs = 1000

/** Calls to a provider wait much and work little. */
const concurrency = 32

export function startBindingController(options: BindingControllerOptions): BindingController {
  const { surroundings, bindings, binder } = options
  const { stores, clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'binding' })
  const context: BindingContext = {
    ...options,
    surroundings: { ...surroundings, log },
    ahead: new Map(),
    inspected: new Map(),
    warned: new Map(),
  }
  const queue = createQueue({
    name: 'binding',
    work: (key, signal) => reconcileBinding(context, key, signal),
    clock,
    random,
    logger: log,
    concurrency,
    metrics: metrics.queue('binding'),
  })
  const lookAtService = (service: ObjectKey, delayMs = 0) => {
    for (const binding of bindings.byIndex(byService, service)) queue.addAfter(keyOf(binding), delayMs)
  }
  const lookAtAll = () => {
    for (const key of bindings.keys()) queue.add(key, { priority: 'low' })
  }
  const lookAtLosers = () => {
    for (const binding of bindings.values()) if (reasonOf(binding) === 'TargetGroupTaken') queue.add(keyOf(binding))
  }
  const subscriptions = [
    bindings.subscribe(
      event => {
        if (!asksForSomethingElse(event)) return
        queue.add(event.key)
        // What one gives up another one may wait for; of two new ones the younger may have come first.
        if (event.type === 'deleted') lookAtLosers()
      },
      { replay: true },
    ),
    stores.services.subscribe(({ key, object, old }) => {
      if (!isDeepStrictEqual(object?.spec.ports, old?.spec.ports) || !object || !old) lookAtService(key)
    }),
    stores.slices.subscribe(({ object, old }) => {
      const { metadata } = object ?? old
      const name = metadata.labels?.[serviceNameLabel]
      if (name !== undefined) lookAtService(makeKey(metadata.namespace, name), endpointDelayMs)
    }),
    stores.nodes.subscribe(({ object, old }) => {
      if (targetMark(object) === targetMark(old)) return
      for (const binding of bindings.values())
        if (binding.status?.targetGroup?.targetType === 'instance') queue.addAfter(keyOf(binding), nodeDelayMs)
    }),
    stores.classes.subscribe(({ object, old }) => {
      if (!isDeepStrictEqual(object?.spec, old?.spec)) lookAtAll()
    }),
  ]
  const activeOf = (service: Service) => bindings.byIndex(byService, keyOf(service)).filter(isActive)
  return {
    name: 'binding',
    lookAtAll,
    lookAtService,
    isBound: service => activeOf(service).length > 0,
    async groupsOf(service, signal) {
      const groups: WaitingGroup[] = []
      for (const { metadata } of activeOf(service)) {
        const binding = latest(context, makeKey(metadata.namespace, metadata.name))
        if (!binding) continue
        const record = recordOf(binding)
        if (!record.targetGroup) return undefined
        if (record.targetGroup.targetType !== 'ip') continue
        const health = await binder.health(bindingId(binding), record, signal)
        if (!health) continue
        groups.push({ targetType: 'ip', health: new Map([...health].map(([target, state]) => [target, forgiving(state)])) })
      }
      return groups
    },
    stop: async graceMs => {
      for (const unsubscribe of subscriptions) unsubscribe()
      await queue.drain(graceMs)
    },
  }
}

/** A group that no load balancer leads to has nobody who checks its targets: waiting for that could last for ever. */
function forgiving(health: { readonly state: string; readonly reason: string }) {
  return health.state === 'unused' ? { state: 'healthy', reason: '' } : health
}

function reasonOf({ status }: Pick<TargetGroupBinding, 'status'>): string | undefined {
  return findCondition(status?.conditions, kindReadyCondition)?.reason
}

/** Looked at for the first time, or filled; one that is refused fills nothing that a pod could wait for. */
function isActive(binding: TargetGroupBinding): boolean {
  const reason = reasonOf(binding)
  return (
    binding.metadata.deletionTimestamp === undefined &&
    (reason === undefined || reason === 'Accepted' || reason === 'NoReadyEndpoints')
  )
}

/** Not for a status, which the loop writes itself. */
function asksForSomethingElse({ object, old }: StoreEvent<TargetGroupBinding>): boolean {
  if (!object || !old) return true
  const isLeaving = ({ metadata }: TargetGroupBinding) => metadata.deletionTimestamp !== undefined
  return isLeaving(object) !== isLeaving(old) || !isDeepStrictEqual(object.spec, old.spec)
}
