// Services that others forward to.
import { expect, test } from 'vitest'
import { createStore } from '../kubernetes/store.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { followReferences } from './references.ts'

const service = (name: string, names = '', version = '1'): Service => ({
  metadata: { name, namespace: 'default', uid: name, resourceVersion: version, annotations: { to: names } },
  spec: {},
})
const namesOf = ({ metadata }: Service) => (metadata.annotations?.['to'] ?? '').split(' ').filter(Boolean)

test('a Service knows who names it, as that changes and goes', () => {
  const store = createStore<Service>()
  store.put(service('web', 'canary blue'))
  const references = followReferences(store, namesOf)
  store.put(service('shop', 'canary'))
  expect([...references.to('default/canary')]).toEqual(['default/web', 'default/shop'])
  store.put(service('web', 'blue', '2'))
  store.remove('default/shop')
  expect([...references.to('default/canary')]).toEqual([])
  expect([...references.to('default/blue')]).toEqual(['default/web'])
  references.stop()
})
