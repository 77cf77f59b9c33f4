// Which nodes and pods become targets.
import { expect, test } from 'vitest'
import type { Endpoint, EndpointSlice, Node } from '../../../src/model/kubernetes-objects.ts'
import { skippedProblems } from './membership.ts'
import { chooseTargets } from './targets.ts'
import type { GroupWish } from './targets.ts'

const instance: GroupWish = {
  targetType: 'instance',
  ipAddressType: 'ipv4',
  servicePort: { port: 80, protocol: 'TCP', name: '' },
  nodePort: 30_080,
  nodeLabels: {},
  nodesWithEndpointsOnly: false,
}
const ip: GroupWish = { ...instance, targetType: 'ip' }

function node(name: string, providerID?: string, more: Partial<Node['metadata']> = {}, taint?: string): Node {
  const taints = taint === undefined ? {} : { taints: [{ key: taint }] }
  return { metadata: { name, ...more }, spec: { ...(providerID === undefined ? {} : { providerID }), ...taints } }
}

function slice(endpoints: readonly Endpoint[], port = 8080): EndpointSlice {
  return { metadata: { name: 'web-1' }, addressType: 'IPv4', endpoints, ports: [{ name: '', protocol: 'TCP', port }] }
}

const around = { nodes: [] as Node[], slices: [] as EndpointSlice[], isInside: () => true }

test('nodes that cannot carry traffic are left out, those without an instance are skipped with a reason', () => {
  const nodes = [
    node('a', 'aws:///us-east-1a/i-0a'),
    node('leaving', 'aws:///us-east-1a/i-0b', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    node('excluded', 'aws:///us-east-1a/i-0c', { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }),
    node('tainted', 'aws:///us-east-1a/i-0d', {}, 'ToBeDeletedByClusterAutoscaler'),
    node('nameless'),
    node('strange', 'kind://docker/kind'),
    node('fargate', 'aws:///us-east-1a/0123456789/fargate-ip-10-0-0-1.ec2.internal'),
    node('hybrid', 'eks-hybrid:///us-east-1/shop/mi-0123'),
  ]
  const { targets, skipped } = chooseTargets(instance, { ...around, nodes })
  expect(targets).toEqual([{ id: 'i-0a', port: 30_080, node: 'a' }])
  expect(skipped.map(({ node: name }) => name)).toEqual(['nameless', 'strange'])
  const alike = ['n0', 'n1', 'n2'].map(name => node(name))
  expect([nodes, alike].map(each => skippedProblems(chooseTargets(instance, { ...around, nodes: each }).skipped))).toMatchObject([
    [
      { message: 'Node nameless cannot become a target: spec.providerID is missing.' },
      { message: 'Node strange cannot become a target: spec.providerID kind://docker/kind names no instance.' },
    ],
    [{ reason: 'TargetsSkipped', message: 'Nodes n0, n1, n2 cannot become targets: spec.providerID is missing.' }],
  ])
})

test('labels restrict nodes, and endpoints do where that is asked for', () => {
  const nodes = [
    node('a', 'aws:///z/i-0a', { labels: { pool: 'edge' } }),
    node('b', 'aws:///z/i-0b', { labels: { pool: 'edge' } }),
    node('c', 'aws:///z/i-0c'),
  ]
  const slices = [slice([{ addresses: ['10.0.0.1'], nodeName: 'b' }])]
  expect(
    chooseTargets({ ...instance, nodeLabels: { pool: 'edge' } }, { ...around, nodes, slices }).targets.map(({ id }) => id),
  ).toEqual(['i-0a', 'i-0b'])
  expect(
    chooseTargets({ ...instance, nodesWithEndpointsOnly: true }, { ...around, nodes, slices }).targets.map(({ id }) => id),
  ).toEqual(['i-0b'])
})

test('ready pods are targets; while there is none, those that still serve as they shut down', () => {
  const draining: Endpoint = { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true } }
  const broken: Endpoint = { addresses: ['10.0.0.3'], conditions: { ready: false, serving: false, terminating: true } }
  const ready: Endpoint = { addresses: ['10.0.0.1'], conditions: { ready: true } }
  const ids = (endpoints: readonly Endpoint[]) =>
    chooseTargets(ip, { ...around, slices: [slice(endpoints)] }).targets.map(({ id }) => id)
  expect(ids([ready, draining, broken])).toEqual(['10.0.0.1'])
  expect(ids([draining, broken])).toEqual(['10.0.0.2'])
  expect(ids([broken])).toEqual([])
})

test('an address without a pod is a target, with each port its slice has for it', () => {
  const slices = [slice([{ addresses: ['10.0.0.1'] }], 8080), slice([{ addresses: ['10.0.0.1'] }], 9090)]
  expect(chooseTargets(ip, { ...around, slices }).targets.map(({ id, port }) => `${id}:${port}`)).toEqual([
    '10.0.0.1:8080',
    '10.0.0.1:9090',
  ])
})

test('an address outside the VPC is registered for all zones', () => {
  const slices = [slice([{ addresses: ['172.16.0.1'] }])]
  expect(chooseTargets(ip, { ...around, slices, isInside: () => false }).targets).toEqual([
    { id: '172.16.0.1', port: 8080, zone: 'all' },
  ])
})
