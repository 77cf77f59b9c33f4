// The store: indexes agree with the content, and its events tell the whole story.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KubernetesObject } from './objects.ts'
import { createStore } from './store.ts'
import type { StoreEvent } from './store.ts'

type Service = KubernetesObject & { readonly spec: { readonly class: string } }

function service(name: string, version: number, of = 'weir.dev/a', uid = `uid-${name}`): Service {
  return { metadata: { namespace: 'default', name, uid, resourceVersion: String(version) }, spec: { class: of } }
}

const byClass = { indexers: { class: (object: Service) => [object.spec.class] } }

const operation = fc.oneof(
  fc.record({ put: fc.constantFrom('a', 'b', 'c', 'd'), of: fc.constantFrom('x', 'y', 'z'), uid: fc.constantFrom('1', '2') }),
  fc.record({ remove: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ replace: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')), of: fc.constantFrom('x', 'y') }),
)

test('the events alone rebuild the content, with the right old object each time, and indexes hold exactly what a scan finds', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), operations => {
      const store = createStore<Service>(byClass)
      const heard = new Map<string, Service>()
      store.subscribe(event => {
        expect(heard.get(event.key)).toBe(event.old)
        expect(store.get(event.key)).toBe(event.object)
        if (event.type === 'updated') expect(event.object.metadata.uid).toBe(event.old.metadata.uid)
        if (event.type === 'deleted') heard.delete(event.key)
        else heard.set(event.key, event.object)
      })
      let version = 0
      for (const action of operations) {
        if ('put' in action) store.put(service(action.put, ++version, action.of, action.uid))
        else if ('remove' in action) store.remove(`default/${action.remove}`)
        else store.replace(action.replace.map(name => service(name, ++version, action.of)))
        expect(new Map([...store.values()].map(object => [`default/${object.metadata.name}`, object]))).toEqual(heard)
        for (const value of ['x', 'y', 'z']) {
          const scanned = [...store.values()].filter(object => object.spec.class === value)
          expect(new Set(store.byIndex('class', value))).toEqual(new Set(scanned))
        }
        expect(new Set(store.indexValues('class'))).toEqual(new Set([...store.values()].map(object => object.spec.class)))
      }
    }),
  )
})

test('a list that brings what is here already is told to nobody', () => {
  const store = createStore<Service>()
  store.replace([service('web', 1), service('api', 2)])
  const events: StoreEvent<Service>[] = []
  store.subscribe(event => events.push(event))
  store.replace([service('web', 1), service('api', 3)])
  expect(events.map(event => [event.type, event.key])).toEqual([['updated', 'default/api']])
})

test('an object that was replaced by another of the same name is told as deleted and added', () => {
  const store = createStore<Service>()
  store.put(service('web', 1, 'x', 'first'))
  const told: string[] = []
  store.subscribe(event => told.push(`${event.type} ${(event.object ?? event.old)?.metadata.uid}`))
  store.put(service('web', 2, 'x', 'second'))
  expect(told).toEqual(['deleted first', 'added second'])
})

test('a listener that throws is reported and keeps nobody else from hearing', () => {
  const errors: unknown[] = []
  const store = createStore<Service>({ onListenerError: error => errors.push(error) })
  const heard: string[] = []
  store.subscribe(() => {
    throw new Error('broken')
  })
  store.subscribe(event => heard.push(event.key))
  store.put(service('web', 1))
  expect(heard).toEqual(['default/web'])
  expect(errors).toHaveLength(1)
})

test('who subscribes late can have what is there replayed; who unsubscribed hears nothing', async () => {
  const store = createStore<Service>()
  expect(store.isSynced).toBe(false)
  store.replace([service('web', 1)])
  await store.synced
  const heard: string[] = []
  const leave = store.subscribe(event => heard.push(`${event.type} ${event.key}`), { replay: true })
  leave()
  store.put(service('api', 2))
  expect(heard).toEqual(['added default/web'])
})

test('asking for an index that was never declared is a mistake', () => {
  expect(() => createStore<Service>().byIndex('owner', 'x')).toThrow('no index named owner')
})
