// The subnets and security groups that settings mean, found in the VPC. Throws the problem when there are none.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { Caller } from '../calls/calls.ts'
import { mapAddresses } from '../discovery/addresses.ts'
import type { SubnetMapping } from '../discovery/addresses.ts'
import { routeTableFacts, subnetFacts } from '../discovery/network.ts'
import { namedSecurityGroups } from '../discovery/security-groups.ts'
import { chooseSubnets, needsRouteTables } from '../discovery/subnets.ts'
import type { SubnetQuery } from '../discovery/subnets.ts'
import type { Location } from '../provider/locations.ts'
import type { AwsSettings } from '../settings/aws-settings.ts'
import { notOlder } from '../snapshots/pictures.ts'
import type { FoundLoadBalancer } from '../snapshots/shapes.ts'

/** Free addresses of subnets change, and people tag subnets while a Service waits for one. */
const subnetsMaxAgeMs = 30_000

export interface Discovered {
  readonly subnets: readonly SubnetMapping[]
  readonly givenGroups: readonly string[]
}

export async function discover(
  location: Location,
  options: {
    readonly settings: Pick<AwsSettings, 'loadBalancer' | 'securityGroups'>
    readonly kind: 'network' | 'application'
    readonly existing: FoundLoadBalancer | undefined
    /** Where nobody asks for addresses, it keeps those it has. */
    readonly keepsAddresses: boolean
    readonly clusterName?: string | undefined
    readonly now: number
  },
  caller: Caller,
): Promise<Discovered> {
  const [subnets, givenGroups] = await Promise.all([
    findSubnets(location, options, caller),
    findGroups(location, options.settings, caller),
  ])
  return { subnets, givenGroups }
}

async function findSubnets(
  { calls, pictures, place }: Location,
  { settings, kind, existing, keepsAddresses, clusterName, now }: Parameters<typeof discover>[1],
  caller: Caller,
): Promise<readonly SubnetMapping[]> {
  const { scheme, ipAddressType, subnets: asked } = settings.loadBalancer
  const all = await notOlder(pictures.subnets, subnetsMaxAgeMs, { now, signal: caller.signal })
  const facts = [...all.values()].map(subnetFacts)
  const query: SubnetQuery = {
    vpcId: place.vpcId,
    scheme,
    ipAddressType,
    leastZones: kind === 'application' ? 2 : 1,
    ...(asked.named === undefined ? {} : { named: asked.named }),
    ...(existing?.scheme === scheme ? { existing: existing.subnets.map(({ subnetId }) => subnetId) } : {}),
    ...(clusterName === undefined ? {} : { clusterName }),
  }
  const routeTables = needsRouteTables(query, facts)
    ? await calls.ec2('DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: [place.vpcId] }] }, caller)
    : { RouteTables: [] }
  const choice = chooseSubnets(query, { subnets: facts, routeTables: (routeTables.RouteTables ?? []).map(routeTableFacts) })
  if ('problem' in choice) throw errorOf(choice.problem)
  const { mappings, problems } = mapAddresses(choice.subnets, asked)
  throwFirst(problems)
  const isFixed = [asked.eipAllocations, asked.privateIpv4Addresses, asked.ipv6Addresses].some(list => list !== undefined)
  return keepsAddresses && !isFixed && existing ? mappings.map(mapping => withAddressesOf(existing, mapping)) : mappings
}

/** AWS names a chosen address only where somebody chose it; an address that AWS chose must not be asked for. */
function withAddressesOf({ subnets }: FoundLoadBalancer, mapping: SubnetMapping): SubnetMapping {
  const allocationId = subnets.find(({ subnetId }) => subnetId === mapping.subnetId)?.allocationId
  return allocationId === undefined ? mapping : { ...mapping, allocationId }
}

async function findGroups(
  { pictures, place }: Location,
  { securityGroups }: Pick<AwsSettings, 'securityGroups'>,
  { signal }: Caller,
): Promise<readonly string[]> {
  if (securityGroups.kind !== 'given') return []
  const known = namedSecurityGroups(securityGroups.named, place.vpcId, [...(await pictures.securityGroups.all(signal)).values()])
  if (known.problems.length === 0) return known.ids
  // It may have been made since.
  const fresh = namedSecurityGroups(securityGroups.named, place.vpcId, [
    ...(await pictures.securityGroups.refresh(signal)).values(),
  ])
  throwFirst(fresh.problems)
  return fresh.ids
}

function throwFirst(problems: readonly Problem[]): void {
  const [first] = problems
  if (first) throw errorOf(first)
}

/** What is wrong outside may be put right outside, without a change of the Service. */
function errorOf({ reason, message, remedy }: Problem): ProviderError {
  return new ProviderError({ code: reason, message, remedy, retry: 'later' })
}
