// What the health of targets means for pods that wait for it.
import { expect, test } from 'vitest'
import { podConditions } from './health.ts'
import type { GatedPod, GroupHealth } from './health.ts'

const pod: GatedPod = {
  namespace: 'default',
  name: 'web-1',
  uid: 'u1',
  targets: [
    { group: 'a', id: '10.0.0.1', port: 80 },
    { group: 'b', id: '10.0.0.1', port: 81 },
  ],
}
const health =
  (a: 'healthy' | 'initial', b: 'healthy' | 'initial') =>
  (group: string): GroupHealth =>
    new Map([[`10.0.0.1 ${group === 'a' ? 80 : 81}`, { state: group === 'a' ? a : b, reason: '' }]])

test('a pod is let in when it is healthy in all its groups', () => {
  expect(podConditions([pod], health('healthy', 'initial'))).toMatchObject([
    { condition: { status: 'False', message: expect.stringContaining('Port 81') } },
  ])
  expect(podConditions([pod], health('healthy', 'healthy'))).toMatchObject([{ name: 'web-1', condition: { status: 'True' } }])
})

test('a pod in no group is let in at once', () => {
  expect(podConditions([{ ...pod, targets: [] }], () => undefined)).toMatchObject([{ condition: { status: 'True' } }])
})

test('what a condition says already is not written again, and True stays', () => {
  expect(
    podConditions([{ ...pod, condition: { status: 'False', reason: 'TargetsNotHealthy' } }], health('initial', 'initial')),
  ).toEqual([])
  expect(
    podConditions([{ ...pod, condition: { status: 'True', reason: 'TargetsHealthy' } }], health('initial', 'initial')),
  ).toEqual([])
})

test('a pod that is not registered yet waits', () => {
  expect(podConditions([pod], () => new Map())).toMatchObject([
    { condition: { status: 'False', message: expect.stringContaining('not registered') } },
  ])
})
