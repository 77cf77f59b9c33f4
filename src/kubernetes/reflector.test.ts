// The reflector against a server that resets, forgets history and goes away: the store ends up equal, and stop is final.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLogger } from './logger.ts'
import { defineResource } from './objects.ts'
import type { KubernetesObject } from './objects.ts'
import { startReflector } from './reflector.ts'
import type { ReflectorOptions } from './reflector.ts'
import { perfectLink, simulatedApi } from './simulated-api.ts'
import { simulatedClock } from './simulated-clock.ts'
import { createStore } from './store.ts'
import type { Transport } from './transport.ts'

type Service = KubernetesObject & { readonly spec?: { readonly type?: string; readonly secret?: string } }

const services = defineResource<Service>({ group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true })
const collection = '/api/v1/namespaces/default/services'

function start(options: Partial<ReflectorOptions<Service>> = {}) {
  const clock = simulatedClock()
  const api = simulatedApi()
  const link = perfectLink()
  const store = createStore<Service>()
  const log: string[] = []
  const write = (_: object, message: string) => void log.push(message)
  const logger = { debug: () => {}, info: write, warn: write, error: write }
  const begin = () =>
    startReflector({
      transport: api.connect(clock, link),
      resource: services,
      store,
      clock,
      random: () => 0.5,
      logger,
      ...options,
    })
  return { clock, api, link, store, log, begin }
}

const action = fc.oneof(
  fc.record({ put: fc.constantFrom('a', 'b', 'c', 'd', 'e'), type: fc.constantFrom('LoadBalancer', 'ClusterIP') }),
  fc.record({ remove: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
  fc.record({
    server: fc.constantFrom(
      'reset' as const,
      'end' as const,
      'compact' as const,
      'away' as const,
      'back' as const,
      'bookmark' as const,
    ),
  }),
  fc.record({ waitMs: fc.integer({ min: 1, max: 15_000 }) }),
)

test('whatever the server and the network do in between, the store ends up with exactly what the server holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async actions => {
      const { clock, api, link, store, begin } = start()
      const heard = new Map<string, Service>()
      store.subscribe(event => {
        expect(heard.get(event.key)).toBe(event.old)
        if (event.type === 'deleted') heard.delete(event.key)
        else heard.set(event.key, event.object)
      })
      const reflector = begin()
      for (const step of actions) {
        if ('put' in step) api.put(collection, step.put, { spec: { type: step.type } })
        else if ('remove' in step) api.remove(collection, step.remove)
        else if ('waitMs' in step) await clock.advance(step.waitMs)
        else if (step.server === 'compact') api.compact()
        else if (step.server === 'bookmark') api.bookmark()
        else if (step.server === 'away' || step.server === 'back') {
          link.up = step.server === 'back'
          if (!link.up) api.breakWatches('reset')
        } else api.breakWatches(step.server)
      }
      link.up = true
      await clock.advance(90_000)
      const expected = ['a', 'b', 'c', 'd', 'e'].flatMap(name => api.get(collection, name) ?? [])
      const plain = ({ metadata, spec }: Service) => ({
        name: metadata.name,
        version: metadata.resourceVersion,
        type: spec?.type,
      })
      const sorted = (all: Iterable<Service>) => [...all].map(plain).toSorted((one, other) => one.name.localeCompare(other.name))
      expect(sorted(store.values())).toEqual(sorted(expected))
      expect(sorted(heard.values())).toEqual(sorted(expected))
      expect(reflector.state).toMatchObject({ synced: true, trouble: undefined })
      await reflector.stop()
      expect(api.openWatches).toBe(0)
    }),
    { numRuns: 150 },
  )
})

test('a server that is away at start is tried again for ever, and said to be away in words', async () => {
  const { clock, api, link, store, log, begin } = start()
  link.up = false
  api.put(collection, 'web')
  const reflector = begin()
  await clock.advance(600_000)
  expect([store.isSynced, reflector.state.synced, reflector.state.trouble?.message]).toEqual([
    false,
    false,
    'cannot reach the API server https://simulated (timed out)',
  ])
  expect(log[0]).toMatch(/^cannot reach the API server https:\/\/simulated \(timed out\); trying again in \d+ s$/)
  // The same trouble is told once a minute, not at every try.
  expect(log.length).toBeLessThan(12)
  link.up = true
  await clock.advance(61_000)
  await store.synced
  expect([...store.keys()]).toEqual(['default/web'])
  expect(log.at(-1)).toBe('in step with the API server again')
  await reflector.stop()
})

test('a broken watch goes on where it was: nothing is listed again, nothing is missed', async () => {
  const { clock, api, store, begin } = start()
  api.put(collection, 'web')
  const reflector = begin()
  await clock.advance(1)
  const events: string[] = []
  store.subscribe(event => events.push(`${event.type} ${event.key}`))
  api.breakWatches('reset')
  await clock.advance(1)
  api.put(collection, 'api')
  api.remove(collection, 'web')
  await clock.advance(1000)
  expect(events).toEqual(['added default/api', 'deleted default/web'])
  expect(reflector.state).toMatchObject({ restarts: 1, relists: 0 })
  await reflector.stop()
})

test('a bookmark moves the point to resume from, so that forgotten history does not hurt a quiet kind', async () => {
  const { clock, api, begin } = start()
  api.put(collection, 'web')
  const reflector = begin()
  await clock.advance(1)
  api.put('/api/v1/namespaces/default/pods', 'busy')
  api.bookmark()
  await clock.advance(1)
  api.compact()
  api.breakWatches('end')
  await clock.advance(5000)
  expect(reflector.state).toMatchObject({ relists: 0, trouble: undefined })
  await reflector.stop()
})

test('forgotten history leads to one new list, which tells only what changed', async () => {
  const { clock, api, link, store, begin } = start()
  api.put(collection, 'gone')
  api.put(collection, 'same')
  const reflector = begin()
  await clock.advance(1)
  const events: string[] = []
  store.subscribe(event => events.push(`${event.type} ${event.key}`))
  link.up = false
  api.breakWatches('reset')
  await clock.advance(1)
  api.remove(collection, 'gone')
  api.put(collection, 'new')
  api.compact()
  link.up = true
  await clock.advance(30_000)
  expect(events.toSorted()).toEqual(['added default/new', 'deleted default/gone'])
  expect(reflector.state.relists).toBe(1)
  await reflector.stop()
})

test('a server whose watches all end at once is asked ever more rarely', async () => {
  const { clock, api, begin } = start()
  const reflector = begin()
  for (let i = 0; i < 600; i++) {
    await clock.advance(100)
    api.breakWatches('end')
  }
  expect(reflector.state.restarts).toBeGreaterThan(3)
  expect(reflector.state.restarts).toBeLessThan(20)
  await reflector.stop()
})

test('after stop nothing is told, also when stop comes from a listener in the middle of a list', async () => {
  const { clock, api, store, begin } = start()
  for (const name of ['a', 'b', 'c']) api.put(collection, name)
  const reflector = begin()
  const told: string[] = []
  store.subscribe(event => {
    told.push(event.key)
    void reflector.stop()
  })
  await clock.advance(1000)
  api.put(collection, 'd')
  await clock.advance(60_000)
  expect(told).toEqual(['default/a'])
  expect(store.isSynced).toBe(false)
  expect([api.openWatches, clock.pending]).toEqual([0, 0])
})

test('after stop nothing is told that had arrived before', async () => {
  const { clock, api, store } = start()
  const real = api.connect(clock)
  const arrived = ['a', 'b'].map(name => ({
    type: 'ADDED',
    object: { metadata: { name, namespace: 'default', resourceVersion: '200' } },
  }))
  const transport: Transport = {
    ...real,
    async *stream<T>(): AsyncGenerator<T> {
      // Both lines came in one piece; no signal can take back the second.
      const lines: T[] = JSON.parse(JSON.stringify(arrived))
      yield* lines
    },
  }
  const reflector = startReflector({ transport, resource: services, store, clock, random: () => 0.5, logger: silentLogger })
  const told: string[] = []
  store.subscribe(event => {
    told.push(event.key)
    void reflector.stop()
  })
  await clock.advance(60_000)
  expect(told).toEqual(['default/a'])
})

test('a stop while waiting for the next try ends at once and leaves nothing running', async () => {
  const { clock, api, link, begin } = start()
  const reflector = begin()
  await clock.advance(1)
  link.up = false
  api.breakWatches('reset')
  await clock.advance(1)
  expect(reflector.state.trouble).toBeDefined()
  await reflector.stop()
  expect([api.openWatches, clock.pending]).toEqual([0, 0])
})

test('objects say what they are, without managedFields and without what is pruned', async () => {
  const { clock, api, store, begin } = start({
    prune: ({ spec, ...rest }) => ({ ...rest, spec: { ...(spec?.type && { type: spec.type }) } }),
  })
  api.put(collection, 'listed', {
    metadata: { managedFields: [{ manager: 'kubectl' }] },
    spec: { type: 'LoadBalancer', secret: 'x' },
  })
  const reflector = begin()
  await clock.advance(1)
  api.put(collection, 'watched', {
    metadata: { managedFields: [{ manager: 'kubectl' }] },
    spec: { type: 'ClusterIP', secret: 'x' },
  })
  await clock.advance(1)
  for (const name of ['listed', 'watched']) {
    const object = store.get(`default/${name}`)
    expect(object).toMatchObject({
      apiVersion: 'v1',
      kind: 'Service',
      spec: { type: name === 'listed' ? 'LoadBalancer' : 'ClusterIP' },
    })
    expect(JSON.stringify(object)).not.toMatch(/managedFields|secret/)
  }
  await reflector.stop()
})
