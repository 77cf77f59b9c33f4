// Which Services use a class.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { uses } from './class.ts'

const leaving = { deletionTimestamp: '2026-01-02T00:00:00Z' }
const named = (name: string, spec: Partial<LoadBalancerClass['spec']> = {}, metadata = {}): LoadBalancerClass => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  spec: { provider: 'local', targets: 'Node', default: false, ...spec },
})
const condition = { type: 'weir.dev/Ready', status: 'True', reason: 'Serving', message: '', lastTransitionTime: '' } as const
const service = (loadBalancerClass?: string, metadata: Partial<Service['metadata']> = {}): Service => ({
  metadata: { name: 'web', namespace: 'default', uid: 'u1', ...metadata },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }) },
})
const served: Service = { ...service(), status: { conditions: [condition] } }

test('of two default classes each counts, and once one is being deleted only the one that stays', () => {
  const one = named('one', { default: true })
  const two = named('two', { default: true })
  const goingTwo = named('two', { default: true }, leaving)
  expect([one, two].filter(each => uses(served, each, [one, two]))).toEqual([one, two])
  expect([one, goingTwo].filter(each => uses(served, each, [one, goingTwo]))).toEqual([one])
  expect(uses(served, goingTwo, [goingTwo])).toBe(true)
})

test('an alias that two classes have is used of the older one', () => {
  const old = named('old', { aliases: ['shared'] }, { creationTimestamp: '2025-01-01T00:00:00Z' })
  const young = named('young', { aliases: ['shared'] })
  expect(uses(service('shared'), old, [young, old])).toBe(true)
  expect(uses(service('shared'), young, [young, old])).toBe(false)
})

test('a class that is being deleted is used by what it serves or releases, and not by who came too late', () => {
  const lan = named('lan', {}, leaving)
  const finalizers = ['weir.dev/load-balancer-cleanup']
  expect(uses(service('weir.dev/lan', { finalizers }), lan, [lan])).toBe(true)
  expect(uses(service('weir.dev/lan', { finalizers, ...leaving }), lan, [lan])).toBe(true)
  expect(uses(service('weir.dev/lan'), lan, [lan])).toBe(false)
})
