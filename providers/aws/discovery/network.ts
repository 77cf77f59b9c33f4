// Reads subnets, route tables and security groups of a VPC, as facts for the choices in this folder. Thin: no decision is made here.
import type { RouteTable, SecurityGroup, Subnet, Tag } from '@aws-sdk/client-ec2'
import type { SecurityGroupFacts } from './security-groups.ts'
import type { RouteTableFacts, SubnetFacts } from './subnets.ts'

interface Filter {
  readonly Name: string
  readonly Values: string[]
}

interface Page {
  readonly Filters: Filter[]
  readonly NextToken?: string
}

/** The part of EC2 that is read. Whoever has a client hands it in; calls are limited and their errors typed there. */
export interface NetworkReader {
  describeSubnets(
    input: Page,
    signal: AbortSignal,
  ): Promise<{ readonly Subnets?: Subnet[] | undefined; readonly NextToken?: string | undefined }>
  describeRouteTables(
    input: Page,
    signal: AbortSignal,
  ): Promise<{ readonly RouteTables?: RouteTable[] | undefined; readonly NextToken?: string | undefined }>
  describeSecurityGroups(
    input: Page,
    signal: AbortSignal,
  ): Promise<{ readonly SecurityGroups?: SecurityGroup[] | undefined; readonly NextToken?: string | undefined }>
}

/** Every subnet of the VPC in one list: a name that is misspelt is answered with the names there are. */
export async function fetchSubnets(reader: NetworkReader, vpcId: string, signal: AbortSignal): Promise<readonly SubnetFacts[]> {
  const found = await pages(vpcId, async page => {
    const { Subnets, NextToken } = await reader.describeSubnets(page, signal)
    return { items: Subnets ?? [], NextToken }
  })
  return found.map(subnetFacts)
}

export async function fetchRouteTables(
  reader: NetworkReader,
  vpcId: string,
  signal: AbortSignal,
): Promise<readonly RouteTableFacts[]> {
  const found = await pages(vpcId, async page => {
    const { RouteTables, NextToken } = await reader.describeRouteTables(page, signal)
    return { items: RouteTables ?? [], NextToken }
  })
  return found.map(routeTableFacts)
}

export async function fetchSecurityGroups(
  reader: NetworkReader,
  vpcId: string,
  signal: AbortSignal,
): Promise<readonly SecurityGroupFacts[]> {
  const found = await pages(vpcId, async page => {
    const { SecurityGroups, NextToken } = await reader.describeSecurityGroups(page, signal)
    return { items: SecurityGroups ?? [], NextToken }
  })
  return found.map(securityGroupFacts)
}

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

export function securityGroupFacts(it: SecurityGroup): SecurityGroupFacts {
  return { id: it.GroupId ?? '', name: it.GroupName ?? '', vpcId: it.VpcId ?? '', tags: tagsOf(it.Tags) }
}

function tagsOf(tags: readonly Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
}

async function pages<Item>(
  vpcId: string,
  read: (page: Page) => Promise<{ readonly items: readonly Item[]; readonly NextToken: string | undefined }>,
): Promise<readonly Item[]> {
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }]
  const found: Item[] = []
  let token: string | undefined
  do {
    const { items, NextToken } = await read({ Filters, ...(token === undefined ? {} : { NextToken: token }) })
    found.push(...items)
    token = NextToken || undefined
  } while (token !== undefined)
  return found
}
