// The TargetGroupBindings of the aws provider: their store, their loop, and the pods that wait for their target groups.
import type { AwsProvider } from '../providers/aws/provider.ts'
import type { LoadBalancerClass } from './api/load-balancer-class.ts'
import type { TargetGroupBinding } from './api/target-group-binding.ts'
import { createBindingStore, startBindingController } from './controllers/binding.ts'
import type { BindingController } from './controllers/binding.ts'
import { recordOf } from './controllers/binding-status.ts'
import { targetGroupBindings } from './controllers/resources.ts'
import type { ProviderSurroundings } from './controllers/provider-parts.ts'
import type { Controller } from './controllers/controller.ts'
import { keyOf } from './kubernetes/objects.ts'
import type { ObjectKey } from './kubernetes/objects.ts'
import { startReflector } from './kubernetes/reflector.ts'
import type { EndpointSlice } from './model/kubernetes-objects.ts'
import type { BindingRecord } from './provider.ts'

export interface Bindings {
  /** What is on record of each, by uid. */
  readonly records: () => Iterable<readonly [string, BindingRecord]>
  start(options: {
    readonly provider: AwsProvider
    readonly classes: () => readonly LoadBalancerClass[]
    readonly slicesOf: (service: ObjectKey) => readonly EndpointSlice[]
    readonly recheckMs: number
    readonly inspectMs: number
  }): BindingController
  /** Bindings that a class serves, by kind and name, sorted. */
  usersOf(lbClass: LoadBalancerClass, classes: readonly LoadBalancerClass[]): readonly string[]
  /** Calls back when a binding came, went, or names another class. Returns the way to stop that. */
  watchUse(changed: () => void): () => void
  /** Ends the watch. */
  readonly reflection: Controller
}

export function followBindings(around: ProviderSurroundings): Bindings {
  const { transport, clock, random, log } = around
  const store = createBindingStore()
  const reflector = startReflector({
    transport,
    resource: targetGroupBindings,
    store,
    prune: pruned,
    clock,
    random,
    logger: log.child({ resource: targetGroupBindings.plural }),
  })
  return {
    records: () => [...store.values()].map(binding => [binding.metadata.uid ?? '', recordOf(binding)] as const),
    start: ({ provider, ...options }) =>
      startBindingController({ surroundings: around, bindings: store, binder: provider.bindings, ...options }),
    usersOf: ({ metadata: { name } }, classes) =>
      [...store.values()]
        .filter(({ spec }) => spec.class === name || (spec.class === undefined && classes.length === 1))
        .map(binding => `TargetGroupBinding ${keyOf(binding)}`)
        .toSorted(),
    watchUse: changed =>
      store.subscribe(({ object, old }) => {
        if (!object || !old || object.spec.class !== old.spec.class) changed()
      }),
    reflection: { name: 'bindings', stop: () => reflector.stop() },
  }
}

/** Without what others note on them. */
function pruned({ apiVersion, kind, metadata, spec, status }: TargetGroupBinding): TargetGroupBinding {
  const {
    managedFields: _managed,
    annotations: _annotations,
    ...rest
  } = metadata as typeof metadata & { managedFields?: unknown }
  return { apiVersion, kind, metadata: rest, spec, ...(status ? { status } : {}) }
}
