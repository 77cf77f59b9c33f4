// Eligible nodes: exactly the predicates of Kubernetes, no more.
import { describe, expect, test } from 'vitest'
import type { Node } from './kubernetes-objects.ts'
import {
  announcingExclusion,
  eligibleNodes,
  excludeLabel,
  internalIPs,
  isDrained,
  isEligible,
  nodeExclusion,
  outOfServiceTaint,
  toBeDeletedTaint,
} from './nodes.ts'

const labelled = (value: string): Node => ({ metadata: { name: 'n0', labels: { [excludeLabel]: value } } })
const tainted = (key: string): Node => ({ metadata: { name: 'n0' }, spec: { taints: [{ key, effect: 'NoSchedule' }] } })

describe('a node may carry traffic', () => {
  test.each<[string, Node]>([
    ['when nothing speaks against it', { metadata: { name: 'n0' } }],
    ['when it is cordoned', tainted('node.kubernetes.io/unschedulable')],
    ['when it is not ready', tainted('node.kubernetes.io/not-ready')],
    ['when it runs the control plane', tainted('node-role.kubernetes.io/control-plane')],
    ...['false', 'False', 'FALSE', 'f', 'F', '0'].map((value): [string, Node] => [
      `when the exclude label is ${value}`,
      labelled(value),
    ]),
  ])('%s', (_, node) => {
    expect(isEligible(node)).toBe(true)
  })
})

describe('a node may not carry traffic', () => {
  test.each<[string, Node]>([
    ['being-deleted', { metadata: { name: 'n0', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['excluded-by-label', labelled('true')],
    ['excluded-by-label', labelled('')],
    ['excluded-by-label', labelled('no')],
    ['to-be-deleted-by-autoscaler', tainted(toBeDeletedTaint)],
  ])('%s', (why, node) => {
    expect(nodeExclusion(node)).toBe(why)
  })
})

test('a node that is out of service or has no network announces nothing, and may serve load balancers of others', () => {
  const network = (status: string): Node => ({
    metadata: { name: 'n0' },
    status: { conditions: [{ type: 'NetworkUnavailable', status }] },
  })
  expect(announcingExclusion(tainted(outOfServiceTaint))).toBe('out-of-service')
  expect(announcingExclusion(network('True'))).toBe('network-unavailable')
  for (const node of [network('False'), network('Unknown'), tainted('node.kubernetes.io/unschedulable')])
    expect(announcingExclusion(node)).toBeUndefined()
  expect(isEligible(tainted(outOfServiceTaint))).toBe(true)
})

test('a node is drained by its label, whatever that says but a spelling of false', () => {
  const drained = (value: string): Node => ({ metadata: { name: 'n0', labels: { 'weir.dev/drain': value } } })
  expect(['', 'true', 'maintenance'].map(value => isDrained(drained(value)))).toEqual([true, true, true])
  expect(['false', '0'].map(value => isDrained(drained(value)))).toEqual([false, false])
  expect(isDrained({ metadata: { name: 'n0' } })).toBe(false)
})

test('eligible nodes come sorted by name', () => {
  const nodes = [{ metadata: { name: 'n2' } }, { ...labelled('true') }, { metadata: { name: 'n1' } }]
  expect(eligibleNodes(nodes)).toEqual(['n1', 'n2'])
})

test('the internal addresses of a node are those of type InternalIP that can be read', () => {
  const addresses = [
    { type: 'Hostname', address: 'n0' },
    { type: 'InternalIP', address: '10.201.0.10' },
    { type: 'ExternalIP', address: '198.51.100.4' },
    { type: 'InternalIP', address: 'nonsense' },
    { type: 'InternalIP', address: '2001:db8::a' },
  ]
  expect(internalIPs({ metadata: { name: 'n0' }, status: { addresses } }).map(ip => ip.text)).toEqual([
    '10.201.0.10',
    '2001:db8::a',
  ])
  expect(internalIPs({ metadata: { name: 'n0' } })).toEqual([])
})
