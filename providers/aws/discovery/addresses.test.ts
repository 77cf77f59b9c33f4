// Fixed addresses find their subnet, or the user is told which one does not.
import { describe, expect, test } from 'vitest'
import type { SubnetSettings } from '../settings/aws-settings.ts'
import { mapAddresses } from './addresses.ts'
import type { SubnetFacts } from './subnets.ts'

function subnet(id: string, cidr: string, ipv6: string): SubnetFacts {
  return { id, zone: id, vpcId: 'vpc-1', cidr, ipv6Cidrs: [ipv6], freeAddresses: 200, tags: {}, outpost: false }
}
const subnets = [subnet('a', '10.0.1.0/24', '2001:db8:0:1::/64'), subnet('b', '10.0.2.0/24', '2001:db8:0:2::/64')]

describe('one per subnet', () => {
  test.each<[string, SubnetSettings, object[]]>([
    ['nothing', {}, [{ subnetId: 'a' }, { subnetId: 'b' }]],
    [
      'Elastic IPs in the order of the subnets',
      { eipAllocations: ['e1', 'e2'] },
      [
        { subnetId: 'a', allocationId: 'e1' },
        { subnetId: 'b', allocationId: 'e2' },
      ],
    ],
    [
      'addresses where they fit',
      { privateIpv4Addresses: ['10.0.2.9', '10.0.1.9'], ipv6Addresses: ['2001:db8:0:2::9', '2001:db8:0:1::9'] },
      [
        { subnetId: 'a', privateIpv4: '10.0.1.9', ipv6: '2001:db8:0:1::9' },
        { subnetId: 'b', privateIpv4: '10.0.2.9', ipv6: '2001:db8:0:2::9' },
      ],
    ],
    [
      'prefixes where they fit, the others by AWS',
      { sourceNatIpv6Prefixes: ['2001:db8:0:2:1::/80', 'auto_assigned'] },
      [
        { subnetId: 'a', sourceNatPrefix: 'auto_assigned' },
        { subnetId: 'b', sourceNatPrefix: '2001:db8:0:2:1::/80' },
      ],
    ],
  ])('%s', (_, settings, mappings) => {
    expect(mapAddresses(subnets, settings)).toEqual({ mappings, problems: [] })
  })
})

describe('refused', () => {
  test.each<[string, SubnetSettings, string]>([
    ['too few Elastic IPs', { eipAllocations: ['e1'] }, 'There is 1 Elastic IP for 2 subnets.'],
    [
      'too many addresses',
      { privateIpv4Addresses: ['10.0.1.9', '10.0.2.9', '10.0.2.10'] },
      'There are 3 private IPv4 addresses for 2 subnets.',
    ],
    ['an address outside', { privateIpv4Addresses: ['10.0.1.9', '10.0.3.9'] }, '10.0.3.9 is in no subnet of the load balancer.'],
    ['two in one subnet', { privateIpv4Addresses: ['10.0.1.9', '10.0.1.10'] }, '10.0.1.9 and 10.0.1.10 (a) are in one subnet.'],
    [
      'a prefix outside',
      { sourceNatIpv6Prefixes: ['2001:db8:0:9:1::/80', 'auto_assigned'] },
      'Of 2001:db8:0:9:1::/80 not each is in a subnet of its own.',
    ],
  ])('%s', (_, settings, message) => {
    expect(mapAddresses(subnets, settings).problems).toMatchObject([
      { reason: 'FixedAddressesInvalid', severity: 'blocks', message },
    ])
  })

  test('with the ranges there are', () => {
    const { problems } = mapAddresses(subnets, { privateIpv4Addresses: ['10.0.1.9', '10.0.3.9'] })
    expect(problems[0]?.remedy).toBe('Give exactly one inside each subnet: a 10.0.1.0/24 and b 10.0.2.0/24.')
  })
})
