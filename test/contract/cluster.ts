// A true API server with Weir's kinds, and shorthand to make and read what controllers work on. No kubelet, no pods.
import { join } from 'node:path'
import type { LoadBalancerClass } from '../../src/api/load-balancer-class.ts'
import type { AddressPool } from '../../src/api/address-pool.ts'
import type { Condition as ReadyCondition } from '../../src/api/common-schemas.ts'
import type { Service, ServicePort } from '../../src/model/kubernetes-objects.ts'
import { startControlPlane } from '../lab/lab.ts'
import type { ControlPlane, ControlPlaneOptions } from '../lab/lab.ts'
import { waitFor } from '../lab/waiting.ts'

/** What the API server answers, of whatever kind; tests look into it as they like. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

const root = join(import.meta.dirname, '..', '..')

export interface Cluster extends AsyncDisposable {
  readonly plane: ControlPlane
  create(path: string, object: object): Promise<Json>
  /** A JSON merge patch. */
  patch(path: string, change: object): Promise<Json>
  get(path: string): Promise<Json>
  /** The object, or undefined when there is none. */
  find(path: string): Promise<Json>
  remove(path: string): Promise<void>
  list(path: string): Promise<readonly Json[]>
  /** A Service of type LoadBalancer with one TCP port, and an EndpointSlice with one ready endpoint unless told otherwise. */
  service(name: string, options?: ServiceOptions): Promise<Service>
  /** Sets the only endpoint of a Service ready or not. */
  endpoints(name: string, ready: boolean, node?: string): Promise<void>
  lbClass(name: string, spec?: Partial<LoadBalancerClass['spec']>): Promise<Json>
  pool(name: string, addresses: readonly string[], spec?: Partial<AddressPool['spec']>): Promise<Json>
  /** Waits until the condition weir.dev/Ready of a Service has the reason. */
  untilReason(name: string, reason: string, namespace?: string): Promise<Service>
  /** Waits until an object at `path` satisfies `holds`. */
  until(path: string, holds: (object: Json) => unknown, what?: string): Promise<Json>
  untilGone(path: string): Promise<void>
  /** Events about an object of that name, oldest first. */
  events(name: string): Promise<readonly { type: string; reason: string; note: string; series?: { count: number } }[]>
}

export interface ServiceOptions {
  readonly namespace?: string
  readonly class?: string | undefined
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly spec?: object
  readonly metadata?: object
  /** False makes no EndpointSlice. */
  readonly endpoints?: boolean
}

export const servicePath = (name: string, namespace = 'default') => `/api/v1/namespaces/${namespace}/services/${name}`
export const weirPath = (plural: string, name = '') => `/apis/weir.dev/v1alpha1/${plural}${name && `/${name}`}`

export function readyOf(service: Pick<Service, 'status'>): ReadyCondition | undefined {
  return service.status?.conditions?.find(({ type }) => type === 'weir.dev/Ready')
}

export function addressesOf(service: Service): readonly string[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
}

/** Starts the API server (about 5 s) with the CRDs and the namespace weir-system in it. */
export async function startCluster(options: ControlPlaneOptions = {}): Promise<Cluster> {
  const plane = await startControlPlane(options)
  const crds = join(root, 'crds')
  await plane.kubectl(['apply', '-f', crds])
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', crds])
  const call: (...args: Parameters<typeof plane.api.call>) => Promise<Json> = (...args) => plane.api.call(...args)
  const get = (path: string) => call('GET', path)
  const find = async (path: string) => {
    try {
      return await get(path)
    } catch (error) {
      if (String(error).includes(': 404 ')) return undefined
      throw error
    }
  }
  const create = (path: string, object: object) => call('POST', path, object)
  const until: Cluster['until'] = (path, holds, what = `${path} to be as expected`) => {
    let last: unknown
    return waitFor(
      async () => {
        last = await find(path)
        return last && holds(last) ? last : undefined
      },
      { what, explain: () => JSON.stringify(last) },
    )
  }
  await create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'weir-system' } })
  const list = async (path: string) => (await get(path)).items
  return {
    plane,
    create,
    patch: (path, change) => call('PATCH', path, change),
    get,
    find,
    remove: path => call('DELETE', path),
    list,
    async service(name, service = {}) {
      const { namespace = 'default', annotations, labels, metadata, spec } = service
      const lbClass = 'class' in service ? service.class : 'weir.dev/lan'
      const made = await create(`/api/v1/namespaces/${namespace}/services`, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, annotations, labels, ...metadata },
        spec: { type: 'LoadBalancer', loadBalancerClass: lbClass, ports: [{ port: 80, protocol: 'TCP' }], ...spec },
      })
      if (service.endpoints !== false) await create(slicesPath(namespace), slice(name, true, 'n0', made.spec.ports))
      return made
    },
    async endpoints(name, ready, node = 'n0') {
      await call('PATCH', `${slicesPath('default')}/${name}`, { endpoints: slice(name, ready, node).endpoints })
    },
    lbClass: (name, spec = {}) =>
      create(weirPath('loadbalancerclasses'), {
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'LoadBalancerClass',
        metadata: { name },
        spec: { provider: 'local', ...spec },
      }),
    pool: (name, addresses, spec = {}) =>
      create(weirPath('addresspools'), {
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'AddressPool',
        metadata: { name },
        spec: { addresses, ...spec },
      }),
    untilReason: (name, reason, namespace) =>
      until(servicePath(name, namespace), service => readyOf(service)?.reason === reason, `${name} to be ${reason}`),
    until,
    untilGone: async path => {
      await waitFor(async () => (await find(path)) === undefined, { what: `${path} to be gone` })
    },
    async events(name) {
      const all = await list('/apis/events.k8s.io/v1/events')
      const time = (event: Json) => String(event.eventTime ?? event.metadata.creationTimestamp)
      return all
        .filter((event: Json) => event.regarding?.name === name)
        .toSorted((one: Json, other: Json) => (time(one) < time(other) ? -1 : 1))
    },
    [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose](),
  }
}

const slicesPath = (namespace: string) => `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`

/** With the ports of the Service, as they are found by name and protocol. */
function slice(service: string, ready: boolean, nodeName = 'n0', ports: readonly ServicePort[] = [{ port: 80 }]) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: service, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.0.10'], nodeName, conditions: { ready, serving: ready, terminating: false } }],
    ports: ports.map(({ name = '', protocol = 'TCP' }, index) => ({ name, port: 8080 + index, protocol })),
  }
}
