// Names can be read, are names to AWS whatever the objects are called, and are the same exactly for the same thing.
import { describe, expect, test } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import {
  backendSecurityGroupName,
  frontendSecurityGroupName,
  groupOfText,
  loadBalancerName,
  ownerText,
  targetGroupKey,
  targetGroupName,
  validName,
} from './names.ts'
import type { Owner } from './names.ts'

const web: Owner = { kind: 'Service', namespace: 'default', name: 'web', uid: 'u1' }
const edge: Owner = { kind: 'Group', namespace: 'shop', class: 'aws.public', name: 'edge' }
const balancer = { scheme: 'internal', vpcId: 'vpc-1', withSecurityGroups: true }
const group = { protocol: 'TCP', targetType: 'ip', ipAddressType: 'ipv4', vpcId: 'vpc-1' }

test('they begin with whose they are', () => {
  expect(loadBalancerName('c1', web, balancer)).toMatch(/^weir-default-web-[0-9a-f]{10}$/)
  expect(loadBalancerName('c1', edge, balancer)).toMatch(/^weir-shop-edge-[0-9a-f]{10}$/)
  expect(targetGroupName('c1', web, '80', group)).toMatch(/^weir-default-web-[0-9a-f]{10}$/)
  expect(backendSecurityGroupName('c1', 'vpc-1')).toMatch(/^weir-backend-[0-9a-f]{10}$/)
  expect([ownerText(web), ownerText(edge)]).toEqual(['default/web', 'group/shop/aws.public/edge'])
  expect(groupOfText(ownerText(edge))).toMatchObject({ namespace: 'shop', class: 'aws.public', name: 'edge' })
  expect(groupOfText(ownerText(web))).toBeUndefined()
  expect(targetGroupKey(443, 'canary', 80)).toBe('443/canary:80')
})

test('both names of a Service stay readable, the shorter one whole', () => {
  const long = { ...web, namespace: 'production-of-the-shop', name: 'checkout-frontend' }
  expect(loadBalancerName('c1', long, balancer)).toMatch(/^weir-product-checkout-[0-9a-f]{10}$/)
  expect(loadBalancerName('c1', { ...long, name: 'web' }, balancer)).toMatch(/^weir-production-o-web-[0-9a-f]{10}$/)
})

describe('another name for', () => {
  test.each([
    ['another cluster', loadBalancerName('c2', web, balancer)],
    ['a Service made again', loadBalancerName('c1', { ...web, uid: 'u2' }, balancer)],
    ['another scheme', loadBalancerName('c1', web, { ...balancer, scheme: 'internet-facing' })],
    ['another VPC', loadBalancerName('c1', web, { ...balancer, vpcId: 'vpc-2' })],
    ['none instead of some security groups', loadBalancerName('c1', web, { ...balancer, withSecurityGroups: false })],
    ['a target group', targetGroupName('c1', web, '80', group)],
    ['another listener', targetGroupName('c1', web, '81', group)],
    ['another protocol', targetGroupName('c1', web, '80', { ...group, protocol: 'TLS' })],
    ['another target type', targetGroupName('c1', web, '80', { ...group, targetType: 'instance' })],
    ['another family', targetGroupName('c1', web, '80', { ...group, ipAddressType: 'ipv6' })],
    ['a security group', frontendSecurityGroupName('c1', web, 'vpc-1')],
  ])('%s', (_, name) => {
    expect(name).not.toBe(loadBalancerName('c1', web, balancer))
  })

  test('names whose parts only look the same when put together', () => {
    const one = loadBalancerName('c1', { ...web, namespace: 'ab', name: 'c' }, balancer)
    expect(one).not.toBe(loadBalancerName('c1', { ...web, namespace: 'a', name: 'bc' }, balancer))
  })
})

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)

property.prop([fc.string(), label, label, fc.uuid(), fc.string()])(
  'every name is one to AWS',
  (cluster, namespace, name, uid, key) => {
    const owner: Owner = { kind: 'Service', namespace, name, uid }
    const all = [
      loadBalancerName(cluster, owner, balancer),
      targetGroupName(cluster, owner, key, group),
      frontendSecurityGroupName(cluster, owner, 'v'),
    ]
    for (const each of all) expect([each, validName(each)]).toEqual([each, undefined])
    expect(loadBalancerName(cluster, { ...owner }, { ...balancer })).toBe(all[0])
  },
)
