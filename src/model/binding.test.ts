// What a binding asks for, and which of several goes first.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { TargetGroupBinding } from '../api/target-group-binding.ts'
import { buildBinding } from './binding.ts'
import { rivalOf } from './binding-rivals.ts'

const arn = (name: string, id = '1') => `arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/${name}/${id}`

function binding(name: string, spec: Partial<TargetGroupBinding['spec']> = {}, day = 1): TargetGroupBinding {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'TargetGroupBinding',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    spec: { targetGroupARN: arn('shop'), serviceRef: { name: 'shop', port: 80 }, multiClusterTargetGroup: false, ...spec },
  }
}

const lbClass = (name: string): LoadBalancerClass => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name },
  spec: { provider: 'aws', targets: 'Pod', default: false },
})

const service = {
  metadata: { name: 'shop' },
  spec: {
    ports: [
      { name: 'http', port: 80, nodePort: 30_080 },
      { name: 'dns', port: 53 },
    ],
  },
}
const facts = { classes: [lbClass('aws')], service, slices: [], nodes: [] }

test('a port is found by its number or its name', () => {
  for (const port of [80, 'http'] as const) {
    const built = buildBinding({ ...facts, binding: binding('a', { serviceRef: { name: 'shop', port } }) })
    expect(built).toMatchObject({ goal: { servicePort: { port: 80, protocol: 'TCP', name: 'http', nodePort: 30_080 } } })
  }
  const built = buildBinding({ ...facts, binding: binding('a', { serviceRef: { name: 'shop', port: 81 } }) })
  expect(built).toMatchObject({
    problem: { reason: 'ServicePortNotFound', message: expect.stringContaining('80 (http), 53 (dns)') },
  })
})

test('only nodes that the selector lets through are asked about', () => {
  const nodes = ['edge', 'core'].map(tier => ({ metadata: { name: tier, labels: { tier } } }))
  const built = buildBinding({ ...facts, nodes, binding: binding('a', { nodeSelector: { matchLabels: { tier: 'edge' } } }) })
  expect('goal' in built && built.goal.nodes.map(({ metadata }) => metadata.name)).toEqual(['edge'])
})

test('without a class that is named there must be exactly one', () => {
  expect(buildBinding({ ...facts, binding: binding('a') })).toHaveProperty('goal')
  expect(buildBinding({ ...facts, classes: [], binding: binding('a') })).toMatchObject({ problem: { reason: 'ClassMissing' } })
  const two = buildBinding({ ...facts, classes: [lbClass('b'), lbClass('a')], binding: binding('a') })
  expect(two).toMatchObject({ problem: { reason: 'ClassMissing', message: expect.stringContaining('a, b') } })
})

test('target groups that several clusters fill are refused by name', () => {
  const built = buildBinding({ ...facts, binding: binding('a', { multiClusterTargetGroup: true }) })
  expect(built).toMatchObject({
    problem: { reason: 'InvalidSettings', message: expect.stringContaining('multiClusterTargetGroup') },
  })
})

test('of several bindings to one target group the oldest goes first, whether they name it or give its ARN', () => {
  const { targetGroupARN: _, ...unnamed } = binding('named', {}, 1).spec
  const named: TargetGroupBinding = { ...binding('named', {}, 1), spec: { ...unnamed, targetGroupName: 'shop' } }
  const second = binding('second', {}, 2)
  const third = binding('third', {}, 3)
  const other = binding('other', { targetGroupARN: arn('other') }, 0)
  const all = [third, other, second, named]
  expect(all.map(each => rivalOf(each, all)?.metadata.name)).toEqual(['named', undefined, 'named', undefined])
})

test('a name that turned out to mean another target group is no rival', () => {
  const { targetGroupARN: _, ...unnamed } = binding('named').spec
  const group = { arn: arn('shop', '2'), name: 'shop', protocol: 'TCP', targetType: 'ip', ipAddressType: 'ipv4', vpcId: 'vpc-1' }
  const named: TargetGroupBinding = {
    ...binding('named'),
    spec: { ...unnamed, targetGroupName: 'shop' },
    status: { targetGroup: group },
  }
  const second = binding('second', {}, 2)
  expect(rivalOf(second, [named, second])).toBeUndefined()
})
