// What a backend of an Ingress means: a port of a Service, or a clear reason why requests get 503.
import { describe, expect, test } from 'vitest'
import type { IngressBackend } from '../ingress-objects.ts'
import { backendText, resolveBackend } from './backend.ts'
import { answer, facts, ingress, modelOf, to } from './examples-under-test.ts'

const find = (backend: IngressBackend | undefined, more: object = {}) => resolveBackend(backend, 'default', { ...facts, ...more })

test.each([
  ['web:80', 80],
  ['web:http', 80],
  ['web:8080', 8080],
  ['web:admin', 8080],
])('%s is port %i of the Service', (text, port) => {
  expect(find(to(text))).toMatchObject({ kind: 'service', namespace: 'default', name: 'web', port: { port } })
})

describe('answered with 503 and told:', () => {
  test.each([
    ['a Service that is not there', to('missing:80'), 'ServiceNotFound', 'no Service default/missing'],
    ['a port that is not there', to('web:81'), 'ServicePortNotFound', '53/UDP (dns), 80 (http), 8080 (admin)'],
    ['a name that no port has', to('web:grpc'), 'ServicePortNotFound', 'no TCP port grpc'],
    ['a port of UDP', to('web:53'), 'ServicePortNotFound', 'no TCP port 53'],
    ['a port of UDP by name', to('web:dns'), 'ServicePortNotFound', 'no TCP port dns'],
    ['no port at all', { service: { name: 'web' } }, 'ServicePortNotFound', 'names no port'],
    ['an empty port', { service: { name: 'web', port: {} } }, 'ServicePortNotFound', 'names no port'],
    ['nothing', {}, 'UnsupportedBackend', 'names no Service'],
    ['no backend', undefined, 'UnsupportedBackend', 'names no Service'],
    [
      'a resource',
      { resource: { apiGroup: 'k8s.example.com', kind: 'StorageBucket', name: 'static' } },
      'UnsupportedBackend',
      'k8s.example.com/StorageBucket static',
    ],
    [
      'a resource of the core group',
      { resource: { apiGroup: null, kind: 'Secret', name: 's' } },
      'UnsupportedBackend',
      'Secret s',
    ],
    ['a Service outside the cluster', to('outside:80'), 'UnsupportedBackend', 'ExternalName'],
  ] as const)('%s', (_, backend, reason, message) => {
    expect(find(backend)).toMatchObject({
      kind: 'unavailable',
      problem: { reason, message: expect.stringContaining(message), severity: 'blocks' },
    })
  })
})

test('a Service outside the cluster is a backend where that is allowed', () => {
  const expected = { kind: 'external-name', hostname: 'db.example.net', port: 5432 }
  expect(find(to('outside:5432'), { externalNames: true })).toMatchObject(expected)
  expect(find(to('outside:http'), { externalNames: true })).toMatchObject({ problem: { reason: 'ServicePortNotFound' } })
})

test('a backend is shown as it was written', () => {
  const resource = { kind: 'StorageBucket', name: 'static' }
  const shown = [to('web:80'), to('web:http'), { resource }, { service: { name: 'web' } }, undefined].map(backendText)
  expect(shown).toEqual(['web:80', 'web:http', 'StorageBucket/static', 'web:', ''])
})

test('a route that answers 503 takes its requests all the same, and the other rules are served', () => {
  const rules = { 'shop.example.com': { 'Prefix /': 'web', 'Prefix /gone': 'missing' } }
  const model = modelOf([
    ingress({ rules }),
    ingress({ name: 'later', day: 2, rules: { 'shop.example.com': { 'Prefix /gone': 'web' } } }),
  ])
  expect(answer(model, 'shop.example.com', '/gone/x')).toBe('503')
  expect(answer(model, 'shop.example.com', '/')).toBe('web')
})
