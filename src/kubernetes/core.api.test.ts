// The core against a true API server: writes and their preconditions, one connection for everything, and a server that is killed.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startControlPlane } from '../../test/lab/lab.ts'
import type { ControlPlane } from '../../test/lab/lab.ts'
import { systemClock } from './clock.ts'
import { setCondition } from './conditions.ts'
import type { Condition } from './conditions.ts'
import { loadCredentials } from './load-credentials.ts'
import { isAlreadyExists, isConflict, isGone, isNotFound } from './errors.ts'
import { createEventRecorder } from './events.ts'
import { electLeader } from './leader-election.ts'
import { keepLease } from './lease-keeper.ts'
import { leases } from './leases.ts'
import { watchFrom } from './list-watch.ts'
import { silentLogger } from './logger.ts'
import { defineResource } from './objects.ts'
import type { KubernetesObject } from './objects.ts'
import { startReflector } from './reflector.ts'
import { createStore } from './store.ts'
import type { StoreEvent } from './store.ts'
import { createTransport } from './transport.ts'
import { createWriter } from './writes.ts'

interface Service extends KubernetesObject {
  readonly spec?: { readonly type?: string; readonly ports?: readonly { readonly port: number }[] }
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] }
    readonly conditions?: readonly Condition[]
  }
}
interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

const services = defineResource<Service>({ group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true })
const configMaps = defineResource<ConfigMap>({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})
const namespaces = defineResource({ group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false })

let plane: ControlPlane
beforeAll(async () => {
  plane = await startControlPlane()
})
afterAll(async () => {
  await plane?.[Symbol.asyncDispose]()
})

const clock = systemClock()
const context = { clock, random: Math.random, logger: silentLogger }

async function connect() {
  const credentials = await loadCredentials({ clock, kubeconfig: plane.kubeconfig })
  return createTransport({ ...context, credentials, userAgent: 'test' })
}

/** A namespace of its own for each test. */
async function inNamespace(name: string) {
  const transport = await connect()
  const writer = createWriter(transport)
  await writer.createIfAbsent(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return { transport, writer, [Symbol.asyncDispose]: () => transport.close() }
}

function loadBalancer(namespace: string, name: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = clock.monotonic() + 60_000
  while (!(await holds())) {
    if (clock.monotonic() > deadline) throw new Error(`waited a minute for ${what}`)
    await clock.sleep(20)
  }
}

const ready = { type: 'weir.dev/Ready', status: 'True', reason: 'Announced', message: '10.0.0.1 is announced' } as const

test('one patch of a Service status carries finalizer, address and condition, and leaves spec alone', async () => {
  await using ns = await inNamespace('one-patch')
  const created = await ns.writer.create(services, loadBalancer('one-patch', 'web'))
  const patched = await ns.writer.patchStatus(services, created, {
    metadata: { finalizers: ['weir.dev/cleanup'] },
    spec: { type: 'ClusterIP' },
    status: {
      loadBalancer: { ingress: [{ ip: '10.0.0.1', ipMode: 'VIP' }] },
      conditions: setCondition(created.status?.conditions, ready, clock.now()),
    },
  })
  expect(patched.metadata.finalizers).toEqual(['weir.dev/cleanup'])
  expect(patched.spec?.type).toBe('LoadBalancer')
  expect(patched.status).toMatchObject({ loadBalancer: { ingress: [{ ip: '10.0.0.1', ipMode: 'VIP' }] }, conditions: [ready] })
  const cleared = await ns.writer.patchStatus(services, patched, {
    metadata: { finalizers: null },
    status: { loadBalancer: null },
  })
  expect([cleared.metadata.finalizers, cleared.status?.loadBalancer?.ingress]).toEqual([undefined, undefined])
})

test('a patch decided on an older version, or on an object that was replaced by another, is a conflict and changes nothing', async () => {
  await using ns = await inNamespace('conflicts')
  const first = await ns.writer.create(services, loadBalancer('conflicts', 'web'))
  const second = await ns.writer.patch(services, first, { metadata: { labels: { changed: 'yes' } } })
  const patch = { status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } }
  const stale = await ns.writer.patchStatus(services, first, patch).catch((error: unknown) => error)
  expect([isConflict(stale), stale]).toMatchObject([true, { retry: 'now' }])
  await ns.writer.remove(services, second)
  const other = await ns.writer.create(services, loadBalancer('conflicts', 'web'))
  for (const seen of [second, { metadata: { ...other.metadata, uid: second.metadata.uid ?? '' } }]) {
    const refused = await ns.writer.patchStatus(services, seen, patch).catch((error: unknown) => error)
    expect([isConflict(refused), refused]).toMatchObject([true, { retry: 'now' }])
    const kept = await ns.writer.remove(services, seen).catch((error: unknown) => error)
    expect(isConflict(kept)).toBe(true)
  }
  expect((await ns.writer.get(services, 'web', 'conflicts')).status?.loadBalancer?.ingress).toBeUndefined()
})

test('objects are created once, replaced only as they were seen, and deleted whether they are there or not', async () => {
  await using ns = await inNamespace('writes')
  const map: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'writes', name: 'map' }, data: { a: '1' } }
  const { object, created } = await ns.writer.createIfAbsent(configMaps, map)
  const again = await ns.writer.createIfAbsent(configMaps, map)
  expect([created, again.created, again.object.metadata.uid]).toEqual([true, false, object.metadata.uid])
  expect(isAlreadyExists(await ns.writer.create(configMaps, map).catch((error: unknown) => error))).toBe(true)
  const updated = await ns.writer.update(configMaps, { ...object, data: { a: '2' } })
  expect(isConflict(await ns.writer.update(configMaps, { ...object, data: { a: '3' } }).catch((error: unknown) => error))).toBe(
    true,
  )
  await ns.writer.remove(configMaps, updated)
  await ns.writer.remove(configMaps, updated)
  expect(isNotFound(await ns.writer.get(configMaps, 'map', 'writes').catch((error: unknown) => error))).toBe(true)
})

test('a thousand requests and ten watches use one connection', async () => {
  await using ns = await inNamespace('connections')
  const created = await ns.writer.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'connections', name: 'map' },
  })
  const stores = Array.from({ length: 10 }, () => createStore<ConfigMap>())
  const reflectors = stores.map(store =>
    startReflector({ ...context, transport: ns.transport, resource: configMaps, store, namespace: 'connections' }),
  )
  await Promise.all(stores.map(store => store.synced))
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      for (let i = 0; i < 16; i++)
        expect((await ns.writer.get(configMaps, 'map', 'connections')).metadata.uid).toBe(created.metadata.uid)
    }),
  )
  await Promise.all(reflectors.map(reflector => reflector.stop()))
  expect(ns.transport.stats.requests).toBeGreaterThan(1024)
  expect(ns.transport.stats.connections).toBe(1)
})

test('a list of more than one page is whole, and the watch goes on exactly behind it', async () => {
  await using ns = await inNamespace('pages')
  const map = (name: string): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'pages', name, labels: { mine: 'yes' } },
  })
  const names = Array.from({ length: 1203 }, (_, i) => `map-${i}`)
  for (let i = 0; i < names.length; i += 100)
    await Promise.all(names.slice(i, i + 100).map(name => ns.writer.create(configMaps, map(name))))
  const store = createStore<ConfigMap>()
  const reflector = startReflector({
    ...context,
    transport: ns.transport,
    resource: configMaps,
    store,
    namespace: 'pages',
    labelSelector: 'mine=yes',
  })
  await store.synced
  expect(store.size).toBe(1203)
  const events: StoreEvent<ConfigMap>[] = []
  store.subscribe(event => events.push(event))
  const last = await ns.writer.create(configMaps, map('last'))
  await ns.writer.remove(configMaps, last)
  await until('both events', () => events.length === 2)
  expect(events.map(event => [event.type, event.key])).toEqual([
    ['added', 'pages/last'],
    ['deleted', 'pages/last'],
  ])
  expect(store.get('pages/map-7')?.metadata).not.toHaveProperty('managedFields')
  await reflector.stop()
})

test('an API server killed with -9 and started again: the running reflector converges, and a write is taken up again', async () => {
  await using ns = await inNamespace('killed')
  const map = (name: string, value: string): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'killed', name },
    data: { value },
  })
  const kept = await ns.writer.create(configMaps, map('kept', '1'))
  const gone = await ns.writer.create(configMaps, map('gone', '1'))
  const store = createStore<ConfigMap>()
  const reflector = startReflector({ ...context, transport: ns.transport, resource: configMaps, store, namespace: 'killed' })
  await store.synced
  const told: string[] = []
  store.subscribe(event => told.push(`${event.type} ${event.key}`))

  await plane.kill('kube-apiserver')
  const refused = `cannot reach the API server ${plane.server} (connection refused)`
  await until('the reflector to say why', () => reflector.state.trouble?.message === refused)
  await plane.restart('kube-apiserver')
  // Another client, before the reflector may be back.
  await using other = await inNamespace('killed')
  await other.writer.update(configMaps, { ...kept, data: { value: '2' } })
  await other.writer.remove(configMaps, gone)
  await other.writer.create(configMaps, map('new', '1'))

  await until(
    'the store to converge',
    () => store.get('killed/kept')?.data?.['value'] === '2' && store.has('killed/new') && !store.has('killed/gone'),
  )
  expect(told.toSorted()).toEqual(['added killed/new', 'deleted killed/gone', 'updated killed/kept'])
  expect(reflector.state.trouble).toBeUndefined()
  await ns.writer.patch(configMaps, store.get('killed/new') ?? kept, { data: { value: '3' } })
  await until('the write to come back', () => store.get('killed/new')?.data?.['value'] === '3')
  await reflector.stop()
})

test('a watch from before the memory of a restarted server is answered with Gone', async () => {
  await using ns = await inNamespace('gone')
  const read = async () => {
    const selection = {
      resource: configMaps,
      random: Math.random,
      resourceVersion: '1',
      signal: AbortSignal.timeout(10_000),
      onOpen: () => {},
    }
    for await (const event of watchFrom(ns.transport, selection)) return event
    return undefined
  }
  expect(isGone(await read().catch((error: unknown) => error))).toBe(true)
})

test('an API server that is frozen with its connections open is noticed, and the store converges after', async () => {
  await using ns = await inNamespace('frozen')
  const store = createStore<ConfigMap>()
  const reflector = startReflector({ ...context, transport: ns.transport, resource: configMaps, store, namespace: 'frozen' })
  await store.synced
  await plane.pause('kube-apiserver')
  try {
    await expect(ns.transport.request({ path: '/readyz', timeoutMs: 200, retry: 'never' })).rejects.toThrow(
      'no answer within 0.2 s',
    )
    // The request that timed out made the connection suspect; its ping stays unanswered.
    await until('the watch to be given up', () => reflector.state.trouble !== undefined)
  } finally {
    await plane.resume('kube-apiserver')
  }
  await ns.writer.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'frozen', name: 'after' } })
  await until('the store to converge', () => store.has('frozen/after'))
  await reflector.stop()
})

test('an API server that is away at start is waited for', async () => {
  await plane.kill('kube-apiserver')
  const transport = await connect()
  const store = createStore<KubernetesObject>()
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) }
  const reflector = startReflector({ ...context, logger, transport, resource: namespaces, store })
  await until('a warning', () => warnings.length > 0)
  expect(warnings[0]).toMatch(
    /^cannot reach the API server https:\/\/127\.0\.0\.1:\d+ \(connection refused\); trying again in \d+ s$/,
  )
  await plane.restart('kube-apiserver')
  await store.synced
  expect(store.has('default')).toBe(true)
  await reflector.stop()
  await transport.close()
})

test('leadership passes on at once when the leader ends, and each holder is seen in the Lease', async () => {
  await using ns = await inNamespace('election')
  const stand = (identity: string, lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) =>
    electLeader({
      ...context,
      transport: ns.transport,
      namespace: 'election',
      name: 'controller',
      identity,
      lead,
      signal,
      retryPeriodMs: 200,
    })
  const stopping = new AbortController()
  const order: string[] = []
  const first = stand(
    'first',
    async signal => {
      order.push('first leads')
      await clock.sleep(600_000, signal).catch(() => {})
      order.push('first ended')
    },
    stopping.signal,
  )
  await until('the first to lead', () => order.length > 0)
  expect((await ns.writer.get(leases, 'controller', 'election')).spec?.holderIdentity).toBe('first')
  const second = stand('second', async () => void order.push('second leads'), new AbortController().signal)
  await clock.sleep(500)
  stopping.abort()
  await Promise.all([first, second])
  expect(order).toEqual(['first leads', 'first ended', 'second leads'])
  expect((await ns.writer.get(leases, 'controller', 'election')).spec).toMatchObject({ holderIdentity: '', leaseTransitions: 1 })
})

test('a keeper makes and renews its Lease', async () => {
  await using ns = await inNamespace('keeper')
  const keeper = keepLease({
    ...context,
    transport: ns.transport,
    namespace: 'keeper',
    name: 'node-1',
    identity: 'agent',
    durationMs: 10_000,
    intervalMs: 50,
    labels: { 'weir.dev/agent': 'node-1' },
  })
  await until('the first renewal', () => keeper.lastSuccess !== undefined)
  const first = await ns.writer.get(leases, 'node-1', 'keeper')
  await until(
    'another one',
    async () => (await ns.writer.get(leases, 'node-1', 'keeper')).spec?.renewTime !== first.spec?.renewTime,
  )
  await keeper.stop({ release: true })
  expect((await ns.writer.get(leases, 'node-1', 'keeper')).spec?.holderIdentity ?? '').toBe('')
})

test('an event and its repeat are accepted, as kubectl shows them', async () => {
  await using ns = await inNamespace('events')
  const web = await ns.writer.create(services, loadBalancer('events', 'web'))
  const recorder = createEventRecorder({
    ...context,
    transport: ns.transport,
    reportingController: 'weir.dev/controller',
    reportingInstance: 'weir-0',
  })
  const event = {
    regarding: web,
    type: 'Warning',
    reason: 'PoolExhausted',
    action: 'AllocateAddress',
    note: 'pool office has no free address',
  } as const
  recorder.record(event)
  recorder.record(event)
  recorder.record({ ...event, regarding: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'events' } } })
  await clock.sleep(100)
  for (let i = 0; i < 3; i++) recorder.record(event)
  await recorder.stop()
  expect(recorder.dropped).toBe(0)
  const shown = await plane.kubectl(['describe', 'service', 'web', '-n', 'events'])
  expect(shown).toMatch(/Warning\s+PoolExhausted\s.*pool office has no free address/)
  const listed: { items: { regarding: { name: string }; series?: { count: number } }[] } = JSON.parse(
    await plane.kubectl(['get', 'events.events.k8s.io', '-n', 'events', '-o', 'json']),
  )
  expect(listed.items.map(item => [item.regarding.name, item.series?.count])).toEqual([['web', 5]])
})
