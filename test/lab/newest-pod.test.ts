// What is told of a rollout that does not end.
import { expect, test } from 'vitest'
import { newestPod } from './newest-pod.ts'

const pod = (name: string, second: number, rest: { readonly spec?: object; readonly status: object }) => ({
  metadata: { name, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
  spec: {},
  ...rest,
})
const old = pod('controller-old', 1, { spec: { nodeName: 'n0' }, status: { phase: 'Running' } })

test('a new Pod on a node whose kubelet is silent is told with that node, not the one it replaces', () => {
  const made = pod('controller-new', 2, { spec: { nodeName: 'n1' }, status: { phase: 'Pending' } })
  expect(newestPod({ items: [old, made] })).toEqual({
    name: 'controller-new',
    words: 'controller-new is Pending on n1: its kubelet has said nothing of it.',
  })
})

test('a Pod that has no node, or waits for its image, says why', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }]
  expect(newestPod({ items: [pod('a', 1, { status: { phase: 'Pending', conditions } })] })?.words).toBe(
    'a is Pending on no node yet: 0/3 nodes are available.',
  )
  const containerStatuses = [{ state: { waiting: { reason: 'ErrImageNeverPull', message: 'weir:lab is not present' } } }]
  const status = { phase: 'Pending', containerStatuses }
  expect(newestPod({ items: [pod('a', 1, { spec: { nodeName: 'n2' }, status })] })?.words).toBe(
    'a is Pending on n2: ErrImageNeverPull, weir:lab is not present.',
  )
  expect(newestPod({ items: [] })).toBeUndefined()
})
