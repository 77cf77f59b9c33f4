// Keys and paths of objects.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { apiVersionOf, defineResource, makeKey, pathOf, splitKey } from './objects.ts'

const services = defineResource({ group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true })
const pools = defineResource({
  group: 'weir.dev',
  version: 'v1alpha1',
  plural: 'addresspools',
  kind: 'AddressPool',
  namespaced: false,
})

test('paths of collections, objects and subresources', () => {
  expect(pathOf(services)).toBe('/api/v1/services')
  expect(pathOf(services, { namespace: 'default' })).toBe('/api/v1/namespaces/default/services')
  expect(pathOf(services, { namespace: 'default', name: 'web', subresource: 'status' })).toBe(
    '/api/v1/namespaces/default/services/web/status',
  )
  expect(pathOf(pools, { name: 'office' })).toBe('/apis/weir.dev/v1alpha1/addresspools/office')
  expect([apiVersionOf(services), apiVersionOf(pools)]).toEqual(['v1', 'weir.dev/v1alpha1'])
})

test('no name, however odd, leaves its place in the path', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (namespace, name) => {
      fc.pre(![namespace, name].some(piece => piece === '.' || piece === '..') && namespace !== '')
      const url = new URL(`https://api${pathOf(services, { namespace, name })}?watch=true`)
      expect(url.pathname.split('/').slice(0, 4)).toEqual(['', 'api', 'v1', 'namespaces'])
      expect(url.pathname.split('/').slice(4).map(decodeURIComponent)).toEqual([namespace, 'services', name])
    }),
  )
  expect(() => pathOf(services, { namespace: 'default', name: '..' })).toThrow(TypeError)
  expect(() => pathOf(services, { namespace: 'default', name: '' })).toThrow(TypeError)
  expect(() => pathOf(services, { name: 'web' })).toThrow('needs a namespace')
})

test('a key splits into what it was made of', () => {
  expect(splitKey(makeKey('default', 'web'))).toEqual({ namespace: 'default', name: 'web' })
  expect(splitKey(makeKey(undefined, 'node-1'))).toEqual({ namespace: undefined, name: 'node-1' })
})
