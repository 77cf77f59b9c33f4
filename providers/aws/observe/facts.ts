// From what EC2 describes to the facts that discovery chooses from. Pure.
import type { RouteTable, Subnet } from '@aws-sdk/client-ec2'
import type { RouteTableFacts, SubnetFacts } from '../discovery/subnets.ts'

export function subnetFacts(subnet: Subnet): SubnetFacts {
  return {
    id: subnet.SubnetId ?? '',
    zone: subnet.AvailabilityZone ?? '',
    vpcId: subnet.VpcId ?? '',
    cidr: subnet.CidrBlock ?? '',
    ipv6Cidrs: (subnet.Ipv6CidrBlockAssociationSet ?? []).flatMap(({ Ipv6CidrBlock, Ipv6CidrBlockState }) =>
      Ipv6CidrBlock !== undefined && Ipv6CidrBlockState?.State === 'associated' ? [Ipv6CidrBlock] : [],
    ),
    freeAddresses: subnet.AvailableIpAddressCount ?? 0,
    tags: Object.fromEntries((subnet.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    outpost: subnet.OutpostArn !== undefined,
  }
}

export function routeTableFacts(table: RouteTable): RouteTableFacts {
  const associations = table.Associations ?? []
  return {
    vpcId: table.VpcId ?? '',
    main: associations.some(({ Main }) => Main === true),
    subnets: associations.flatMap(({ SubnetId }) => SubnetId ?? []),
    toInternet: (table.Routes ?? []).some(({ GatewayId }) => GatewayId?.startsWith('igw-')),
  }
}
