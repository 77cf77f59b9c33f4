// What EC2 answers becomes facts without holes.
import { expect, test } from 'vitest'
import { routeTableFacts, subnetFacts } from './network.ts'

test('a subnet, with the IPv6 ranges it really has', () => {
  expect(
    subnetFacts({
      SubnetId: 'subnet-a',
      AvailabilityZone: 'z1',
      VpcId: 'vpc-1',
      CidrBlock: '10.0.0.0/24',
      AvailableIpAddressCount: 9,
      Tags: [{ Key: 'Name', Value: 'one' }],
      Ipv6CidrBlockAssociationSet: [
        { Ipv6CidrBlock: '2001:db8::/64', Ipv6CidrBlockState: { State: 'associated' } },
        { Ipv6CidrBlock: '2001:db8:1::/64', Ipv6CidrBlockState: { State: 'disassociated' } },
      ],
    }),
  ).toEqual({
    id: 'subnet-a',
    zone: 'z1',
    vpcId: 'vpc-1',
    cidr: '10.0.0.0/24',
    ipv6Cidrs: ['2001:db8::/64'],
    freeAddresses: 9,
    tags: { Name: 'one' },
    outpost: false,
  })
})

test('what EC2 leaves out of a subnet is empty', () => {
  expect(subnetFacts({ SubnetId: 'subnet-b', OutpostArn: 'arn:aws:outposts:x' })).toMatchObject({
    id: 'subnet-b',
    outpost: true,
    ipv6Cidrs: [],
    tags: {},
  })
})

test('a route to an internet gateway that is gone leads nowhere', () => {
  const tables = [
    {
      VpcId: 'vpc-1',
      Associations: [{ Main: true }],
      Routes: [{ GatewayId: 'local' }, { GatewayId: 'igw-1', State: 'blackhole' as const }],
    },
    { VpcId: 'vpc-1', Associations: [{ SubnetId: 'subnet-a' }], Routes: [{ GatewayId: 'igw-1', State: 'active' as const }] },
  ]
  expect(tables.map(routeTableFacts)).toEqual([
    { vpcId: 'vpc-1', main: true, subnets: [], toInternet: false },
    { vpcId: 'vpc-1', main: false, subnets: ['subnet-a'], toInternet: true },
  ])
})
