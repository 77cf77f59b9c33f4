// For tests: the loop of Ingresses over stores that a simulated API server writes to, with a provider that notes what it is asked.
/* oxlint-disable typescript/no-explicit-any, typescript/no-unsafe-type-assertion -- objects of several kinds go through one door */
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { Reason } from '../api/reasons.ts'
import type { IngressOutcome, IngressProvider } from '../ingress-provider.ts'
import { ApiError } from '../kubernetes/errors.ts'
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import type { KubernetesObject, Resource } from '../kubernetes/objects.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { WritableStore } from '../kubernetes/store.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { groupName } from '../model/ingress-group.ts'
import type { IngressGroupGoal, IngressGroupId } from '../model/ingress-group.ts'
import type { Ingress, IngressClass } from '../model/ingress-objects.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { TakeOver } from '../model/take-over.ts'
import { createLog } from '../observability/log.ts'
import { createMetrics } from '../observability/metrics.ts'
import type { Surroundings } from './controller.ts'
import { startIngressController } from './ingress.ts'
import { createStores } from './stores.ts'

export const groupAnnotation = 'example.com/group'

export const lan: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'lan', uid: 'lan', resourceVersion: '1' },
  spec: { provider: 'local', targets: 'Node', default: false },
}

export const web: IngressClass = {
  metadata: { name: 'web', uid: 'web', resourceVersion: '1' },
  spec: {
    controller: 'weir.dev/ingress',
    parameters: { apiGroup: 'weir.dev', kind: 'LoadBalancerClass', name: 'lan', scope: 'Cluster' },
  },
}

/** An Ingress with one path of one host to the Service `web`. */
export function shop(name: string, change: { group?: string; host?: string; class?: string; service?: string } = {}): Ingress {
  const { group, host = `${name}.example.com`, class: ingressClassName = 'web', service = 'web' } = change
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(group === undefined ? {} : { annotations: { [groupAnnotation]: group } }),
    },
    spec: {
      ingressClassName,
      rules: [
        {
          host,
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } }] },
        },
      ],
    },
  }
}

/** One write as it arrived: `create ingressreports default/shop`. */
export type Written = string

export interface WorldOptions {
  /** What the API server says to a write, if it is to fail. */
  readonly failing?: (write: Written) => Error | undefined
  /** The provider keeps finalizers on Ingresses. */
  readonly holds?: boolean
  /** The provider is not there at the beginning. */
  readonly late?: boolean
  /** Whether controllers of others are gone is looked at, as `takeOvers` says. */
  readonly watchesOthers?: boolean
}

export function ingressWorld({
  failing = () => undefined,
  holds = false,
  late = false,
  watchesOthers = false,
}: WorldOptions = {}) {
  const log = createLog({ level: 'silent', program: 'test' })
  const stores = createStores(log)
  const clock = simulatedClock()
  const written: Written[] = []
  const told: { readonly about: string; readonly type: string; readonly reason: Reason }[] = []
  let version = 100

  const storeOf = (resource: Resource): WritableStore<KubernetesObject> => {
    const byPlural: Readonly<Record<string, WritableStore<never>>> = {
      ingresses: stores.ingresses as never,
      ingressreports: stores.ingressReports as never,
    }
    const store = byPlural[resource.plural]
    if (!store) throw new TypeError(`no store of ${resource.plural}`)
    return store
  }
  const accept = (what: string, resource: Resource, object: KubernetesObject) => {
    const write = `${what} ${resource.plural} ${keyOf(object)}`
    written.push(write)
    const failure = failing(write)
    if (failure) throw failure
    return storeOf(resource)
  }
  const put = (store: WritableStore<KubernetesObject>, object: KubernetesObject) => {
    const uid = object.metadata.uid ?? `uid-${++version}`
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++version) } }
    store.put(stored)
    return stored as never
  }
  const conflict = (name: string) => new ApiError(`PUT ${name}`, 409, { status: { reason: 'Conflict' } })
  const change = (what: string, resource: Resource, seen: KubernetesObject, next: (old: any) => KubernetesObject) => {
    const store = accept(what, resource, seen)
    const old = store.get(keyOf(seen))
    if (!old) throw new ApiError(`PUT ${keyOf(seen)}`, 404)
    if (old.metadata.resourceVersion !== seen.metadata.resourceVersion) throw conflict(keyOf(seen))
    return put(store, next(old))
  }
  const writer: Writer = {
    get: async (_resource, name) => {
      throw new ApiError(`GET ${name}`, 404)
    },
    create: async (resource, object) => {
      const store = accept('create', resource, object)
      if (store.has(keyOf(object))) throw new ApiError('POST', 409, { status: { reason: 'AlreadyExists' } })
      return put(store, object)
    },
    createIfAbsent: async () => {
      throw new TypeError('not asked for here')
    },
    update: async (resource, object) => change('update', resource, object, () => object),
    updateStatus: async (resource, object) => change('update', resource, object, () => object),
    patch: async (resource, seen, patch) => change('patch', resource, seen, old => merged(old, patch)),
    patchStatus: async (resource, seen, patch) => change('patch', resource, seen, old => merged(old, patch)),
    remove: async (resource, seen) => {
      accept('remove', resource, seen).remove(keyOf(seen))
    },
  }
  const provider = notingProvider(holds)
  const providers: IngressProvider[] = late ? [] : [provider.provider]
  stores.classes.put(lan)
  stores.ingressClasses.put(web)
  stores.services.put(service('web'))
  const surroundings: Surroundings = {
    stores,
    writer,
    events: {
      record: ({ regarding, type, reason }) => void told.push({ about: keyOf(regarding), type, reason }),
    },
    clock,
    random: () => 0.5,
    log,
    metrics: createMetrics(),
  }
  const takeOvers = new Map<string, TakeOver>()
  const start = () =>
    startIngressController({
      surroundings,
      providers: () => providers,
      configured: new Set(['local']),
      ...(watchesOthers ? { takeOvers: () => takeOvers } : {}),
    })
  return {
    stores,
    clock,
    written,
    told,
    takeOvers,
    ...provider,
    start,
    /** The provider begins to run. */
    arrive: () => void providers.push(provider.provider),
    put: (object: Ingress) => {
      const old = stores.ingresses.get(keyOf(object))
      put(stores.ingresses, {
        ...object,
        ...(old?.status ? { status: old.status } : {}),
        metadata: { ...object.metadata, ...(old?.metadata.finalizers ? { finalizers: old.metadata.finalizers } : {}) },
      })
    },
    report: (name: string) => stores.ingressReports.get(makeKey('default', name)),
    ingress: (name: string) => stores.ingresses.get(makeKey('default', name)),
    reasonOf: (name: string) => stores.ingressReports.get(makeKey('default', name))?.status?.conditions?.[0]?.reason,
    /** What was written since the last call. */
    writes: () => written.splice(0),
  }
}

export function service(name: string): Service {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1' },
    spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
  }
}

/** Groups are named by an annotation; each has one address, and is ready unless it is said otherwise. */
function notingProvider(holds: boolean) {
  const applied: { readonly group: string; readonly members: readonly string[] }[] = []
  const synced: string[] = []
  const unready = new Set<string>()
  const outside = new Map<string, { readonly id: IngressGroupId; readonly members: readonly string[] }>()
  const broken = new Map<string, Error>()
  let wake: (id: IngressGroupId) => void = () => {}
  const idOf = (name: string): IngressGroupId => ({ kind: 'IngressGroup', class: 'lan', namespace: '', name, uid: name })
  const provider: IngressProvider = {
    name: 'local',
    groupOf: ({ metadata }) => idOf(metadata.annotations?.[groupAnnotation] ?? 'all'),
    read: () => ({ settings: undefined, problems: [], secrets: [], services: [] }),
    ...(holds
      ? {
          holding: ({ uid }: { readonly uid: string }) =>
            [...outside.values()].filter(({ members }) => members.includes(uid)).map(({ id }) => id),
        }
      : {}),
    observe: async () => undefined,
    plan: () => [],
    apply: async ({ id, goal }): Promise<IngressOutcome> => {
      const name = groupName(id)
      const failure = broken.get(name)
      if (failure) throw failure
      applied.push({ group: name, members: goal?.members.map(({ id: { name: member } }) => member) ?? [] })
      if (goal) outside.set(name, { id, members: goal.members.map(({ id: { uid } }) => uid) })
      else outside.delete(name)
      const ready = !unready.has(name)
      return {
        ingress: ready ? [{ ip: `10.0.0.${name.length}`, ipMode: 'VIP' }] : [],
        readiness: ready
          ? { ready, reason: 'Routed', message: '' }
          : { ready, reason: 'GatewayNotReady', message: 'It is not ready.' },
        members: new Map(),
        gone: goal === undefined,
        again: 'on-change',
      }
    },
    syncTargets: async ({ name }: IngressGroupId, _goal: IngressGroupGoal) => {
      synced.push(name)
      return { readiness: { ready: true, reason: 'Routed', message: '' }, again: 'on-change' }
    },
    list: async () => [...outside.values()].map(({ id }) => id),
    watch(listener) {
      wake = listener
      return () => {}
    },
  }
  return { provider, applied, synced, unready, outside, broken, idOf, wake: (name: string) => wake(idOf(name)) }
}

/** RFC 7386, as far as it is used here. */
function merged(old: any, patch: any): any {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const next = { ...old }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete next[key]
    else next[key] = merged(typeof next[key] === 'object' ? next[key] : {}, value)
  }
  return next
}
