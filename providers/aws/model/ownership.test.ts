// Only what our tags call ours is ours; nothing else is taken, changed or deleted.
import { describe, expect, test } from 'vitest'
import type { Owner } from './names.ts'
import { adoptionOf, adoptTag, adoptValue, isOwnedBy, ownershipOf, ownershipTags, tagChanges, tagProblem } from './ownership.ts'

const web: Owner = { kind: 'Service', namespace: 'default', name: 'web', uid: 'u1' }
const edge: Owner = { kind: 'Group', namespace: 'shop', class: 'aws', name: 'edge' }
const lbc = {
  'elbv2.k8s.aws/cluster': 'shop',
  'service.k8s.aws/stack': 'default/web',
  'service.k8s.aws/resource': 'LoadBalancer',
}

test('a Service’s own is its own, also of a group, and not that of one deleted and made again', () => {
  const tags = ownershipTags('c1', 'load-balancer', web)
  expect(ownershipOf(tags, 'c1')).toEqual({ kind: 'ours', owner: 'default/web', ownerUid: 'u1', resource: 'load-balancer' })
  expect(isOwnedBy(tags, 'c1', web)).toBe(true)
  expect(isOwnedBy(tags, 'c1', { ...web, uid: 'u2' })).toBe(false)
  expect(isOwnedBy(tags, 'c2', web)).toBe(false)
  expect(isOwnedBy(ownershipTags('c1', 'target-group/80', edge), 'c1', edge)).toBe(true)
  expect(isOwnedBy(ownershipTags('c1', 'security-group/backend'), 'c1', web)).toBe(false)
})

test.each([
  [{}, 'foreign'],
  [{ 'weir.dev/cluster': 'c1' }, 'foreign'],
  [{ 'weir.dev/cluster': 'c2', 'weir.dev/owner': 'default/web', 'weir.dev/resource': 'load-balancer' }, 'another-cluster'],
  [lbc, 'aws-load-balancer-controller'],
  [{ ...lbc, ...ownershipTags('c1', 'load-balancer', web) }, 'ours'],
])('%j is %s', (tags, kind) => {
  expect(ownershipOf(tags, 'c1').kind).toBe(kind)
})

describe('taking over', () => {
  test.each([
    [ownershipTags('c1', 'load-balancer', web), true, 'it is ours already'],
    [ownershipTags('c1', 'load-balancer', edge), false, 'it belongs to group/shop/aws/edge'],
    [ownershipTags('c2', 'load-balancer', web), false, 'it belongs to the cluster c2'],
    [lbc, true, 'AWS Load Balancer Controller made it for default/web of the cluster shop'],
    [
      { ...lbc, 'service.k8s.aws/stack': 'default/api' },
      false,
      'AWS Load Balancer Controller made it for default/api of the cluster shop, and it lacks the tag weir.dev/adopt=default/web',
    ],
    [
      { ...lbc, 'elbv2.k8s.aws/cluster': 'other' },
      false,
      'AWS Load Balancer Controller made it for default/web of the cluster other, and it lacks the tag weir.dev/adopt=default/web',
    ],
    [{ ...lbc, 'service.k8s.aws/stack': 'default/api', [adoptTag]: 'default/web' }, true, 'its tags allow it'],
    [{ [adoptTag]: 'default/web' }, true, 'its tags allow it'],
    [{ [adoptTag]: adoptValue('default/web', 'c1') }, true, 'its tags allow it'],
    [{ [adoptTag]: adoptValue('default/web', 'c2') }, false, 'the cluster c2 left it behind for a Service of its own'],
    [{ [adoptTag]: 'default/api' }, false, 'it lacks the tag weir.dev/adopt=default/web'],
    [{ Name: 'web' }, false, 'it lacks the tag weir.dev/adopt=default/web'],
  ])('with the tags %j: %s', (tags, allowed, why) => {
    expect(adoptionOf(tags, 'c1', web, 'shop')).toEqual({ allowed, why })
  })

  test('from AWS Load Balancer Controller only when the name of the cluster is known', () => {
    expect(adoptionOf(lbc, 'c1', web)).toMatchObject({ allowed: false, why: expect.stringContaining('spec.aws.clusterName') })
  })
})

test('tags of AWS, of others by agreement, and the permission to take over are left alone', () => {
  const wanted = { team: 'shop', stage: 'live' }
  const observed = { team: 'old', gone: '1', cost: '7', 'aws:cloudformation:stack-name': 'x', [adoptTag]: 'default/web' }
  expect(tagChanges(wanted, observed, ['cost'])).toEqual({ set: wanted, remove: ['gone'] })
  expect(tagChanges(wanted, wanted)).toEqual({ set: {}, remove: [] })
  expect(tagChanges(wanted, { ...observed, mine: '1' }, ['cost'], ['mine'])).toEqual({ set: wanted, remove: ['mine'] })
})

test.each([
  ['aws:x', '', 'reserved'],
  ['AWS:x', '', 'reserved'],
  ['weir.dev/owner', '', 'marks what is ours'],
  ['cost', '', 'externalManagedTags'],
  ['k'.repeat(129), '', '128'],
  ['k', 'v'.repeat(257), '256'],
])('the tag %s is refused', (key, value, why) => {
  expect(tagProblem(key, value, ['cost'])).toContain(why)
  expect(tagProblem('team', 'shop', ['cost'])).toBeUndefined()
})
