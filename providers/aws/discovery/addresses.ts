// Which fixed address goes into which subnet, and whether it fits there. Pure.
import { cidrContains, parseAddress, parseCidr } from '../../../src/model/address.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { blocks, listed } from '../model/problems.ts'
import type { SubnetSettings } from '../settings/aws-settings.ts'
import { countProblems } from '../settings/check.ts'
import type { SubnetFacts } from './subnets.ts'

/** A subnet with what the load balancer has there. */
export interface SubnetMapping {
  readonly subnetId: string
  readonly allocationId?: string
  readonly privateIpv4?: string
  readonly ipv6?: string
  readonly sourceNatPrefix?: string
}

/** Elastic IPs go with the subnets in their order; addresses and prefixes go where they fit, exactly one into each subnet. */
export function mapAddresses(
  subnets: readonly SubnetFacts[],
  settings: SubnetSettings,
): { readonly mappings: readonly SubnetMapping[]; readonly problems: readonly Problem[] } {
  const { eipAllocations, privateIpv4Addresses, ipv6Addresses, sourceNatIpv6Prefixes } = settings
  const ipv4 = place(subnets, privateIpv4Addresses, 'private IPv4 addresses', ({ cidr }) => [cidr])
  const ipv6 = place(subnets, ipv6Addresses, 'IPv6 addresses', ({ ipv6Cidrs }) => ipv6Cidrs)
  const chosen = sourceNatIpv6Prefixes?.filter(prefix => prefix !== 'auto_assigned')
  const prefixes = placePrefixes(subnets, sourceNatIpv6Prefixes, chosen ?? [])
  const mappings = subnets.map(({ id }, index) => {
    const allocationId = eipAllocations?.[index]
    const [privateIpv4, address6, prefix] = [ipv4.bySubnet.get(id), ipv6.bySubnet.get(id), prefixes.bySubnet.get(id)]
    return {
      subnetId: id,
      ...(allocationId === undefined ? {} : { allocationId }),
      ...(privateIpv4 === undefined ? {} : { privateIpv4 }),
      ...(address6 === undefined ? {} : { ipv6: address6 }),
      ...(prefix === undefined ? {} : { sourceNatPrefix: prefix }),
    }
  })
  const eips = eipAllocations === undefined ? [] : countProblems('Elastic IPs', eipAllocations.length, subnets.length)
  return { mappings, problems: [...eips, ...ipv4.problems, ...ipv6.problems, ...prefixes.problems] }
}

interface Placed {
  readonly bySubnet: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

function place(
  subnets: readonly SubnetFacts[],
  entries: readonly string[] | undefined,
  what: string,
  rangesOf: (subnet: SubnetFacts) => readonly string[],
): Placed {
  const bySubnet = new Map<string, string>()
  if (entries === undefined) return { bySubnet, problems: [] }
  const count = countProblems(what, entries.length, subnets.length)
  if (count.length > 0) return { bySubnet, problems: count }
  const outside: string[] = []
  const twice: string[] = []
  for (const entry of entries) {
    const address = parseAddress(entry) ?? parseCidr(entry)?.address
    const home = subnets.find(subnet => address && rangesOf(subnet).some(range => cidrContains(range, address)))
    if (!home) outside.push(entry)
    else if (bySubnet.has(home.id)) twice.push(`${bySubnet.get(home.id)} and ${entry} (${home.id})`)
    else bySubnet.set(home.id, entry)
  }
  const ranges = subnets.map(subnet => `${subnet.id} ${rangesOf(subnet).join(' ') || 'without IPv6'}`)
  const remedy = `Give exactly one inside each subnet: ${listed(ranges)}.`
  return {
    bySubnet,
    problems: [
      ...(outside.length === 0
        ? []
        : [
            blocks(
              'FixedAddressesInvalid',
              `${listed(outside)} ${outside.length === 1 ? 'is' : 'are'} in no subnet of the load balancer.`,
              remedy,
            ),
          ]),
      ...(twice.length === 0 ? [] : [blocks('FixedAddressesInvalid', `${listed(twice)} are in one subnet.`, remedy)]),
    ],
  }
}

/** Prefixes that AWS is to choose fill the subnets that are left. */
function placePrefixes(subnets: readonly SubnetFacts[], all: readonly string[] | undefined, chosen: readonly string[]): Placed {
  if (all === undefined) return { bySubnet: new Map(), problems: [] }
  const count = countProblems('source NAT prefixes', all.length, subnets.length)
  if (count.length > 0) return { bySubnet: new Map(), problems: count }
  const homes = new Set(chosen.flatMap(prefix => subnets.filter(subnet => holds(subnet, prefix)).map(({ id }) => id)))
  const placed = place(
    subnets.filter(({ id }) => homes.has(id)),
    homes.size === chosen.length ? chosen : undefined,
    'source NAT prefixes',
    ({ ipv6Cidrs }) => ipv6Cidrs,
  )
  const problems =
    homes.size === chosen.length
      ? placed.problems
      : [blocks('FixedAddressesInvalid', `Of ${listed(chosen)} not each is in a subnet of its own.`)]
  return { bySubnet: new Map(subnets.map(({ id }) => [id, placed.bySubnet.get(id) ?? 'auto_assigned'])), problems }
}

function holds({ ipv6Cidrs }: SubnetFacts, prefix: string): boolean {
  const address = parseCidr(prefix)?.address
  return address !== undefined && ipv6Cidrs.some(range => cidrContains(range, address))
}
