// Which load balancers are orphans.
import { expect, test } from 'vitest'
import type { Service } from '../model/kubernetes-objects.ts'
import { findOrphans } from './sweep.ts'

const id = { kind: 'Service', namespace: 'default', name: 'web', uid: 'u1' } as const

test('orphans are those whose Service is gone, is another one, or is no load balancer any more', () => {
  const service = (uid: string, type: 'LoadBalancer' | 'ClusterIP'): Service => ({ metadata: { name: 'x', uid }, spec: { type } })
  const services = new Map([
    ['default/web', service('u1', 'LoadBalancer')],
    ['default/again', service('new', 'LoadBalancer')],
    ['default/plain', service('u3', 'ClusterIP')],
  ])
  const listed = [
    id,
    { ...id, name: 'again', uid: 'old' },
    { ...id, name: 'plain', uid: 'u3' },
    { ...id, name: 'gone', uid: 'u4' },
  ]
  const orphans = findOrphans(listed, { get: key => services.get(key) })
  expect(orphans.map(({ name }) => name)).toEqual(['again', 'plain', 'gone'])
})
