// Subnets and route tables as EC2 tells them, as facts without holes for the choices in this folder. Pure.
import type { RouteTable, Subnet, Tag } from '@aws-sdk/client-ec2'
import type { RouteTableFacts, SubnetFacts } from './subnets.ts'

export function subnetFacts(it: Subnet): SubnetFacts {
  const associated = (it.Ipv6CidrBlockAssociationSet ?? []).filter(
    ({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State === 'associated',
  )
  return {
    id: it.SubnetId ?? '',
    zone: it.AvailabilityZone ?? '',
    vpcId: it.VpcId ?? '',
    cidr: it.CidrBlock ?? '',
    ipv6Cidrs: associated.flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
    freeAddresses: it.AvailableIpAddressCount ?? 0,
    tags: tagsOf(it.Tags),
    outpost: it.OutpostArn !== undefined && it.OutpostArn !== '',
  }
}

export function routeTableFacts(it: RouteTable): RouteTableFacts {
  const associations = it.Associations ?? []
  return {
    vpcId: it.VpcId ?? '',
    main: associations.some(({ Main }) => Main === true),
    subnets: associations.flatMap(({ SubnetId }) => SubnetId ?? []),
    toInternet: (it.Routes ?? []).some(({ GatewayId, State }) => GatewayId?.startsWith('igw-') === true && State !== 'blackhole'),
  }
}

function tagsOf(tags: readonly Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
}
