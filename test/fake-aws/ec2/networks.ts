// Describes VPCs, subnets, route tables and availability zones.
import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeRouteTablesRequest,
  DescribeRouteTablesResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
} from '@aws-sdk/client-ec2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { RouteTable, Subnet, Vpc } from '../records.ts'
import type { Kind } from './describe.ts'
import { described } from './describe.ts'
import { ec2TagList, filtered } from './filters.ts'
import { freeAddresses } from './load-balancer-interfaces.ts'

/** Sources: API_DescribeVpcs, API_DescribeSubnets, API_DescribeRouteTables (filters and MaxResults). */
export const vpcKind: Kind<Vpc> = {
  prefix: 'vpc',
  code: 'InvalidVpcID',
  word: 'vpc ID',
  pageSizes: [5, 1000],
  filters: {
    'vpc-id': vpc => [vpc.id],
    cidr: vpc => [vpc.cidrs[0]],
    'cidr-block-association.cidr-block': vpc => vpc.cidrs,
    'ipv6-cidr-block-association.ipv6-cidr-block': vpc => vpc.ipv6Cidrs,
    state: () => ['available'],
    'is-default': () => ['false'],
  },
}

export const subnetKind: Kind<Subnet> = {
  prefix: 'subnet',
  code: 'InvalidSubnetID',
  word: 'subnet ID',
  pageSizes: [5, 1000],
  filters: {
    'subnet-id': subnet => [subnet.id],
    'vpc-id': subnet => [subnet.vpcId],
    'availability-zone': subnet => [subnet.zone],
    'availability-zone-id': subnet => [zoneId(subnet.zone)],
    'cidr-block': subnet => [subnet.cidr],
    'ipv6-cidr-block-association.ipv6-cidr-block': subnet => [subnet.ipv6Cidr],
    'map-public-ip-on-launch': subnet => [String(subnet.public)],
    state: () => ['available'],
  },
}

export const routeTableKind: Kind<RouteTable> = {
  prefix: 'rtb',
  code: 'InvalidRouteTableID',
  word: 'routeTable ID',
  pageSizes: [5, 100],
  filters: {
    'route-table-id': table => [table.id],
    'vpc-id': table => [table.vpcId],
    'association.subnet-id': table => table.subnets,
    'association.main': table => [String(table.main)],
    'association.route-table-id': table => [table.id],
    'route.gateway-id': table => [table.gateway],
  },
}

/** The zone's id, which means the same place in every account. */
export function zoneId(zone: string): string {
  return `use1-az${zone.charCodeAt(zone.length - 1) - 96}`
}

function describeVpcs(input: DescribeVpcsRequest, call: Call): DescribeVpcsResult {
  const { items, next } = described(call, vpcKind, call.seen.vpcs, { ...input, ids: input.VpcIds })
  return {
    Vpcs: items.map(vpc => ({
      VpcId: vpc.id,
      State: 'available',
      ...(vpc.cidrs[0] === undefined ? {} : { CidrBlock: vpc.cidrs[0] }),
      CidrBlockAssociationSet: vpc.cidrs.map((CidrBlock, index) => ({
        CidrBlock,
        AssociationId: `vpc-cidr-assoc-${vpc.id.slice(4)}${index}`,
        CidrBlockState: { State: 'associated' },
      })),
      Ipv6CidrBlockAssociationSet: vpc.ipv6Cidrs.map(Ipv6CidrBlock => ({
        Ipv6CidrBlock,
        Ipv6CidrBlockState: { State: 'associated' },
      })),
      OwnerId: call.settings.account,
      IsDefault: false,
      Tags: ec2TagList(vpc.tags),
    })),
    ...next,
  }
}

function describeSubnets(input: DescribeSubnetsRequest, call: Call): DescribeSubnetsResult {
  const { items, next } = described(call, subnetKind, call.seen.subnets, { ...input, ids: input.SubnetIds })
  return {
    Subnets: items.map(subnet => ({
      SubnetId: subnet.id,
      SubnetArn: `arn:aws:ec2:${call.settings.region}:${call.settings.account}:subnet/${subnet.id}`,
      VpcId: subnet.vpcId,
      State: 'available',
      CidrBlock: subnet.cidr,
      AvailabilityZone: subnet.zone,
      AvailabilityZoneId: zoneId(subnet.zone),
      AvailableIpAddressCount: freeAddresses(call, subnet),
      MapPublicIpOnLaunch: subnet.public,
      OwnerId: call.settings.account,
      Ipv6CidrBlockAssociationSet:
        subnet.ipv6Cidr === undefined ? [] : [{ Ipv6CidrBlock: subnet.ipv6Cidr, Ipv6CidrBlockState: { State: 'associated' } }],
      Tags: ec2TagList(subnet.tags),
    })),
    ...next,
  }
}

function describeRouteTables(input: DescribeRouteTablesRequest, call: Call): DescribeRouteTablesResult {
  const { items, next } = described(call, routeTableKind, call.seen.routeTables, { ...input, ids: input.RouteTableIds })
  return {
    RouteTables: items.map(table => ({
      RouteTableId: table.id,
      VpcId: table.vpcId,
      OwnerId: call.settings.account,
      Associations: [
        ...(table.main ? [{ Main: true, RouteTableId: table.id, AssociationState: { State: 'associated' as const } }] : []),
        ...table.subnets.map(SubnetId => ({
          Main: false,
          SubnetId,
          RouteTableId: table.id,
          AssociationState: { State: 'associated' as const },
        })),
      ],
      Routes: [
        {
          DestinationCidrBlock: call.world.vpcs.get(table.vpcId)?.cidrs[0] ?? '',
          GatewayId: 'local',
          State: 'active',
          Origin: 'CreateRouteTable',
        },
        ...(table.gateway === undefined
          ? []
          : [
              {
                DestinationCidrBlock: '0.0.0.0/0',
                GatewayId: table.gateway,
                State: 'active' as const,
                Origin: 'CreateRoute' as const,
              },
            ]),
      ],
      Tags: ec2TagList(table.tags),
    })),
    ...next,
  }
}

function describeZones(input: DescribeAvailabilityZonesRequest, call: Call): DescribeAvailabilityZonesResult {
  const names = [...new Set(call.seen.subnets.values().map(subnet => subnet.zone))].toSorted()
  const zones = names.map(name => ({ name, id: zoneId(name), tags: {} }))
  const missing = [
    ...(input.ZoneNames ?? []).filter(name => !names.includes(name)),
    ...(input.ZoneIds ?? []).filter(id => !zones.some(zone => zone.id === id)),
  ]
  if (missing.length > 0) throw awsError('InvalidParameterValue', `Invalid availability zone: [${missing.join(', ')}]`)
  const named = zones.filter(zone => {
    if (input.ZoneNames?.length) return input.ZoneNames.includes(zone.name)
    return input.ZoneIds?.length ? input.ZoneIds.includes(zone.id) : true
  })
  const rows = {
    'zone-name': (zone: { name: string }) => [zone.name],
    'zone-id': (zone: { id: string }) => [zone.id],
    state: () => ['available'],
    'zone-type': () => ['availability-zone'],
    'region-name': () => [call.settings.region],
  }
  return {
    AvailabilityZones: filtered(rows, named, input.Filters).map(zone => ({
      ZoneName: zone.name,
      ZoneId: zone.id,
      ZoneType: 'availability-zone',
      RegionName: call.settings.region,
      State: 'available',
      OptInStatus: 'opt-in-not-required',
    })),
  }
}

export const networkOperations = {
  DescribeVpcs: describeVpcs,
  DescribeSubnets: describeSubnets,
  DescribeRouteTables: describeRouteTables,
  DescribeAvailabilityZones: describeZones,
} satisfies Operations
