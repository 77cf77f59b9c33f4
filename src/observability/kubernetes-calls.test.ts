// Requests as metrics: names of objects never become labels.
import { expect, test } from 'vitest'
import { kubernetesCall } from './kubernetes-calls.ts'

const call = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, status?: number, isStream = false) =>
  kubernetesCall({ method, path, status, ms: 3, isStream })

test.for([
  ['GET', '/api/v1/services', 'list services'],
  ['GET', '/api/v1/namespaces/shop/services', 'list services'],
  ['GET', '/api/v1/namespaces/shop/services/web', 'get services'],
  ['PATCH', '/api/v1/namespaces/shop/services/web/status', 'patch services/status'],
  ['GET', '/api/v1/namespaces/kube-system', 'get namespaces'],
  ['GET', '/api/v1/namespaces', 'list namespaces'],
  ['POST', '/apis/events.k8s.io/v1/namespaces/shop/events', 'create events'],
  ['PUT', '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases/n1', 'update leases'],
  ['DELETE', '/apis/weir.dev/v1alpha1/announcements/ip-192-0-2-1', 'delete announcements'],
  ['GET', '/version', 'other'],
] as const)('%s %s is "%s"', ([method, path, operation]) => {
  expect(call(method, path, 200)).toMatchObject({ service: 'kubernetes', operation, outcome: 'ok' })
})

test('a watch is one, and outcomes are few words', () => {
  expect(call('GET', '/api/v1/services', 200, true)).toMatchObject({ operation: 'watch services', isWatch: true })
  const outcomes = [200, 401, 403, 404, 409, 410, 422, 429, 500, 503, undefined].map(
    status => call('GET', '/api/v1/nodes', status).outcome,
  )
  expect(outcomes).toEqual([
    'ok',
    'denied',
    'denied',
    'not-found',
    'conflict',
    'conflict',
    'refused',
    'throttled',
    'failed',
    'failed',
    'unreachable',
  ])
})
