// What EC2 answers, page by page, becomes facts without holes.
import { expect, test } from 'vitest'
import { fetchRouteTables, fetchSecurityGroups, fetchSubnets } from './network.ts'
import type { NetworkReader } from './network.ts'

const signal = new AbortController().signal

const reader: NetworkReader = {
  describeSubnets: async ({ NextToken }) =>
    NextToken === undefined
      ? {
          Subnets: [
            {
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
            },
          ],
          NextToken: 'more',
        }
      : { Subnets: [{ SubnetId: 'subnet-b', OutpostArn: 'arn:aws:outposts:x' }], NextToken: '' },
  describeRouteTables: async () => ({
    RouteTables: [
      {
        VpcId: 'vpc-1',
        Associations: [{ Main: true }],
        Routes: [{ GatewayId: 'local' }, { GatewayId: 'igw-1', State: 'blackhole' }],
      },
      { VpcId: 'vpc-1', Associations: [{ SubnetId: 'subnet-a' }], Routes: [{ GatewayId: 'igw-1', State: 'active' }] },
    ],
  }),
  describeSecurityGroups: async ({ Filters }) => ({
    SecurityGroups: [{ GroupId: 'sg-1', GroupName: 'front', VpcId: Filters[0]?.Values[0] }],
  }),
}

test('subnets of all pages, with the IPv6 ranges they really have', async () => {
  expect(await fetchSubnets(reader, 'vpc-1', signal)).toEqual([
    {
      id: 'subnet-a',
      zone: 'z1',
      vpcId: 'vpc-1',
      cidr: '10.0.0.0/24',
      ipv6Cidrs: ['2001:db8::/64'],
      freeAddresses: 9,
      tags: { Name: 'one' },
      outpost: false,
    },
    expect.objectContaining({ id: 'subnet-b', outpost: true, ipv6Cidrs: [], tags: {} }),
  ])
})

test('a route to an internet gateway that is gone leads nowhere', async () => {
  expect(await fetchRouteTables(reader, 'vpc-1', signal)).toEqual([
    { vpcId: 'vpc-1', main: true, subnets: [], toInternet: false },
    { vpcId: 'vpc-1', main: false, subnets: ['subnet-a'], toInternet: true },
  ])
})

test('security groups of the VPC', async () => {
  expect(await fetchSecurityGroups(reader, 'vpc-1', signal)).toEqual([{ id: 'sg-1', name: 'front', vpcId: 'vpc-1', tags: {} }])
})
