// Subnets are chosen by the rules that subnets.ts states, and every one that is not taken is told why.
import { describe, expect, test } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import type { SubnetFacts, SubnetQuery } from './subnets.ts'
import { chooseSubnets, needsRouteTables } from './subnets.ts'

const publicRole = { 'kubernetes.io/role/elb': '1' }
const vpc: SubnetQuery = { vpcId: 'vpc-1', scheme: 'internet-facing', ipAddressType: 'ipv4' }

function subnet(id: string, zone: string, others: Partial<SubnetFacts> = {}): SubnetFacts {
  return { id, zone, vpcId: 'vpc-1', cidr: '10.0.0.0/24', ipv6Cidrs: [], freeAddresses: 200, tags: {}, outpost: false, ...others }
}

function choose(query: Partial<SubnetQuery>, subnets: readonly SubnetFacts[], publicSubnets: readonly string[] = []) {
  const routeTables = [
    { vpcId: 'vpc-1', main: true, subnets: [], toInternet: false },
    { vpcId: 'vpc-1', main: false, subnets: publicSubnets, toInternet: true },
  ]
  const choice = chooseSubnets({ ...vpc, ...query }, { subnets, routeTables })
  return 'problem' in choice
    ? choice.problem
    : { by: choice.by, ids: choice.subnets.map(({ id }) => id), rejected: choice.rejected }
}

describe('named subnets', () => {
  const [a, b] = [subnet('subnet-a', 'z1', { tags: { Name: 'one' } }), subnet('subnet-b', 'z2', { tags: { Name: 'two' } })]

  test('are taken by id or Name, in the order they are named', () => {
    expect(choose({ named: ['two', 'subnet-a'] }, [a, b])).toEqual({ by: 'name', ids: ['subnet-b', 'subnet-a'], rejected: [] })
  })

  test('that do not exist are told, with those that do', () => {
    expect(choose({ named: ['tow', 'subnet-a'] }, [a, b])).toEqual({
      reason: 'SubnetsNotFound',
      message: 'there is no subnet "tow".',
      remedy: 'Subnets of vpc-1 are one (subnet-a, z1) and two (subnet-b, z2).',
      severity: 'blocks',
    })
  })

  test.each([
    ['two in one zone', [subnet('subnet-c', 'z1')], {}, 'subnet-c (z1) is in z1, as is subnet-a.'],
    ['one of another VPC', [subnet('subnet-c', 'z3', { vpcId: 'vpc-2' })], {}, 'subnet-c (z3) is in vpc-2, not in vpc-1.'],
    [
      'one that is full',
      [subnet('subnet-c', 'z3', { freeAddresses: 7 })],
      {},
      'subnet-c (z3) has 7 free addresses, and 8 are needed.',
    ],
  ])('%s are refused', (_, others, query, message) => {
    const problem = choose({ ...query, named: ['subnet-a', 'subnet-c'] }, [a, b, ...others])
    expect(problem).toMatchObject({ reason: 'SubnetsUnsuitable', message, severity: 'blocks' })
  })

  test('of one zone are not enough for an Application Load Balancer', () => {
    expect(choose({ leastZones: 2, named: ['one'] }, [a])).toMatchObject({
      message: 'one is in one zone, and the load balancer needs 2.',
    })
    expect(choose({ leastZones: 2, named: ['one', 'two'] }, [a, b])).toMatchObject({ ids: ['subnet-a', 'subnet-b'] })
  })

  test('a single zone with the role tag is told with all others', () => {
    const [c, d] = [subnet('subnet-c', 'z1', { tags: publicRole }), subnet('subnet-d', 'z2')]
    expect(choose({ leastZones: 2 }, [c, d])).toMatchObject({
      message:
        'no subnet of vpc-1 can carry an internet-facing load balancer: subnet-c is in one zone, and the load balancer needs 2; subnet-d has no tag kubernetes.io/role/elb.',
    })
  })

  test('without IPv6 are refused for dualstack', () => {
    expect(choose({ ipAddressType: 'dualstack', named: ['one'] }, [a])).toMatchObject({
      message: 'one (subnet-a, z1) has no IPv6 CIDR, which dualstack needs.',
    })
  })

  test('whose Name several have are refused with all of them', () => {
    const twin = subnet('subnet-c', 'z3', { tags: { Name: 'one' } })
    expect(choose({ named: ['one'] }, [a, b, twin])).toMatchObject({
      message: 'one is the name of subnet-a and subnet-c: which of them is not clear.',
    })
  })

  test('that are full are fine where the load balancer already stands', () => {
    const full = subnet('subnet-c', 'z3', { freeAddresses: 0 })
    expect(choose({ named: ['subnet-c'], existing: ['subnet-c'] }, [full])).toMatchObject({ ids: ['subnet-c'] })
  })
})

describe('discovery', () => {
  test('takes the subnets with the role tag, one per zone, sorted by zone', () => {
    const subnets = [
      subnet('subnet-c', 'z2', { tags: publicRole }),
      subnet('subnet-b', 'z1', { tags: publicRole }),
      subnet('subnet-a', 'z1', { tags: { 'kubernetes.io/role/elb': '' } }),
      subnet('subnet-d', 'z3', { tags: { 'kubernetes.io/role/elb': 'no' } }),
    ]
    expect(choose({}, subnets)).toEqual({
      by: 'role-tag',
      ids: ['subnet-a', 'subnet-c'],
      rejected: [
        { subnet: 'subnet-d', zone: 'z3', why: 'has no tag kubernetes.io/role/elb' },
        { subnet: 'subnet-b', zone: 'z1', why: 'is in z1, where subnet-a was taken' },
      ],
    })
  })

  test('prefers the subnet with this cluster’s tag, and leaves those of others', () => {
    const of = (cluster: string) => ({ ...publicRole, [`kubernetes.io/cluster/${cluster}`]: 'shared' })
    const subnets = [
      subnet('subnet-a', 'z1', { tags: publicRole }),
      subnet('subnet-b', 'z1', { tags: of('shop') }),
      subnet('subnet-c', 'z2', { tags: of('bank') }),
    ]
    expect(choose({ clusterName: 'shop' }, subnets)).toMatchObject({ ids: ['subnet-b'] })
    expect(choose({}, subnets)).toMatchObject({ ids: ['subnet-a', 'subnet-c'] })
  })

  test.each([
    ['internet-facing', ['subnet-a']],
    ['internal', ['subnet-b']],
  ] as const)('without any role tag goes by reachability: %s', (scheme, ids) => {
    const subnets = [subnet('subnet-a', 'z1'), subnet('subnet-b', 'z2')]
    expect(needsRouteTables({ ...vpc, scheme }, subnets)).toBe(true)
    expect(choose({ scheme }, subnets, ['subnet-a'])).toMatchObject({ by: 'reachability', ids })
  })

  test('needs no route tables when a subnet has the role tag, or subnets are named', () => {
    expect(needsRouteTables(vpc, [subnet('subnet-a', 'z1', { tags: publicRole })])).toBe(false)
    expect(needsRouteTables({ ...vpc, named: ['x'] }, [])).toBe(false)
  })

  test('that finds none names every candidate and why it was rejected', () => {
    const subnets = [
      subnet('subnet-a', 'z1', { tags: publicRole, freeAddresses: 3 }),
      subnet('subnet-b', 'z1', { tags: publicRole, freeAddresses: 3 }),
      subnet('subnet-c', 'z2'),
      subnet('subnet-d', 'z2', { tags: { ...publicRole, 'kubernetes.io/cluster/bank': 'owned' } }),
      subnet('subnet-e', 'z3', { tags: publicRole, outpost: true }),
      subnet('subnet-x', 'z3', { vpcId: 'vpc-2' }),
    ]
    expect(choose({ clusterName: 'shop' }, subnets)).toEqual({
      reason: 'SubnetsNotFound',
      message:
        'no subnet of vpc-1 can carry an internet-facing load balancer: subnet-a and subnet-b have 3 free addresses, and 8 are needed; ' +
        'subnet-c has no tag kubernetes.io/role/elb; subnet-d belongs to the cluster bank; subnet-e is on an Outpost.',
      remedy: 'Tag at least one suitable subnet per zone with kubernetes.io/role/elb=1, or name subnets.',
      severity: 'blocks',
    })
    expect(choose({}, [])).toMatchObject({ message: expect.stringContaining('the VPC has no subnets') })
  })
})

test('a load balancer keeps the subnets it has, unless they cannot carry what it becomes', () => {
  const subnets = [
    subnet('subnet-a', 'z1', { freeAddresses: 0 }),
    subnet('subnet-b', 'z2', { tags: publicRole, ipv6Cidrs: ['2001:db8::/64'] }),
  ]
  expect(choose({ existing: ['subnet-a'] }, subnets)).toMatchObject({ by: 'existing', ids: ['subnet-a'] })
  const both = subnets.map(({ id }) => id)
  expect(choose({ existing: both.toReversed() }, subnets)).toMatchObject({ by: 'existing', ids: both })
  expect(choose({ existing: ['subnet-gone'] }, subnets)).toMatchObject({ by: 'role-tag', ids: ['subnet-b'] })
  expect(choose({ existing: ['subnet-a'], ipAddressType: 'dualstack' }, subnets)).toMatchObject({ ids: ['subnet-b'] })
})

const anySubnet = fc.record({
  id: fc.stringMatching(/^subnet-[0-9a-f]{4}$/),
  zone: fc.constantFrom('z1', 'z2', 'z3'),
  vpcId: fc.constantFrom('vpc-1', 'vpc-2'),
  cidr: fc.constant('10.0.0.0/24'),
  ipv6Cidrs: fc.constantFrom([], ['2001:db8::/64']),
  freeAddresses: fc.integer({ min: 0, max: 20 }),
  tags: fc.constantFrom({}, publicRole, { Name: 'a' }, { 'kubernetes.io/cluster/bank': '' }),
  outpost: fc.boolean(),
})

property.prop([fc.uniqueArray(anySubnet, { selector: ({ id }) => id }), fc.constantFrom('ipv4', 'dualstack'), fc.boolean()])(
  'at most one subnet per zone is taken, all can carry the load balancer, and each of the others has its reason',
  (subnets, ipAddressType, isPublic) => {
    const scheme = isPublic ? 'internet-facing' : 'internal'
    const choice = chooseSubnets({ ...vpc, scheme, ipAddressType, clusterName: 'shop' }, { subnets, routeTables: [] })
    const chosen = 'subnets' in choice ? choice.subnets : []
    expect(new Set(chosen.map(({ zone }) => zone)).size).toBe(chosen.length)
    for (const { freeAddresses, vpcId, ipv6Cidrs } of chosen) {
      expect([vpcId, freeAddresses >= 8, ipAddressType === 'ipv4' || ipv6Cidrs.length > 0]).toEqual(['vpc-1', true, true])
    }
    const named = [...chosen.map(({ id }) => id), ...choice.rejected.map(({ subnet }) => subnet)]
    expect(named.toSorted()).toEqual(
      subnets
        .filter(({ vpcId }) => vpcId === 'vpc-1')
        .map(({ id }) => id)
        .toSorted(),
    )
    if ('problem' in choice) for (const { subnet } of choice.rejected) expect(choice.problem.message).toContain(subnet)
  },
)
