// Which subnets a load balancer stands in, and why the others were not taken. Pure.
//
// 1. Named subnets are taken as they are named, or the Service is refused.
// 2. A load balancer that exists, and whose scheme stays, keeps its subnets.
// 3. Subnets with the role tag of the scheme: kubernetes.io/role/elb or kubernetes.io/role/internal-elb.
// 4. When there is none in the VPC, subnets that the internet reaches (by a route to an internet gateway), or those it does not.
//
// Of 3 and 4 those are left out that cannot carry a load balancer, and of each zone one is taken: first a subnet with the tag of
// this cluster, then the one with the lowest id.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { freeAddressesNeeded } from '../limits.ts'
import { blocks, listed } from '../model/problems.ts'
import type { IpAddressType, Scheme } from '../settings/aws-settings.ts'

/** A subnet as EC2 describes it. */
export interface SubnetFacts {
  readonly id: string
  readonly zone: string
  readonly vpcId: string
  readonly cidr: string
  readonly ipv6Cidrs: readonly string[]
  readonly freeAddresses: number
  readonly tags: Readonly<Record<string, string>>
  /** On an Outpost; discovery leaves it out. */
  readonly outpost: boolean
}

/** A route table as far as reachability needs it. */
export interface RouteTableFacts {
  readonly vpcId: string
  /** Holds for every subnet without a table of its own. */
  readonly main: boolean
  readonly subnets: readonly string[]
  /** Has a route to an internet gateway. */
  readonly toInternet: boolean
}

export interface SubnetQuery {
  readonly vpcId: string
  readonly scheme: Scheme
  readonly ipAddressType: IpAddressType
  /** Ids or Name tags. */
  readonly named?: readonly string[]
  /** Ids of the subnets of the load balancer there is, if its scheme is the one that is wanted. */
  readonly existing?: readonly string[]
  /** In so many zones it has to stand: an Application Load Balancer in two ("Subnets for your load balancer", ALB guide). 1 when absent. */
  readonly leastZones?: number
  /** Name of this cluster in tags `kubernetes.io/cluster/<name>`; absent: those tags are not looked at. */
  readonly clusterName?: string
}

export interface Rejected {
  readonly subnet: string
  readonly zone: string
  /** Completes the sentence `subnet …`. */
  readonly why: string
}

export type SubnetChoice =
  | {
      readonly subnets: readonly SubnetFacts[]
      readonly by: 'name' | 'existing' | 'role-tag' | 'reachability'
      readonly rejected: readonly Rejected[]
    }
  | { readonly problem: Problem; readonly rejected: readonly Rejected[] }

export function chooseSubnets(
  query: SubnetQuery,
  facts: { readonly subnets: readonly SubnetFacts[]; readonly routeTables: readonly RouteTableFacts[] },
): SubnetChoice {
  const { named, existing } = query
  if (named !== undefined) return namedSubnets(query, named, facts.subnets)
  const kept = (existing ?? []).flatMap(id => facts.subnets.find(subnet => subnet.id === id) ?? [])
  const lacking = kept.flatMap(subnet => lackOf(subnet, query) ?? [])
  // Sorted as when they were discovered: lists of addresses go by this order.
  if (kept.length > 0 && lacking.length === 0) return { subnets: kept.toSorted(byZone), by: 'existing', rejected: [] }
  return discover(query, facts)
}

/** Of names, those of no subnet of the VPC, or of another VPC: whatever the load balancer is like, it cannot have them. */
export function unknownSubnets(names: readonly string[], vpcId: string, all: readonly SubnetFacts[]): readonly Problem[] {
  const ofVpc = all.filter(subnet => subnet.vpcId === vpcId)
  const unknown = names.filter(name => !ofVpc.some(({ id, tags }) => id === name || tags['Name'] === name))
  if (unknown.length === 0) return []
  const message = `there is no subnet ${listed(unknown.map(name => JSON.stringify(name)))} in ${vpcId}.`
  return [blocks('SubnetsNotFound', message, 'Correct the names, or make the subnets.')]
}

/** Whether discovery will look at route tables: they need not be fetched otherwise. */
export function needsRouteTables(query: SubnetQuery, subnets: readonly SubnetFacts[]): boolean {
  return query.named === undefined && !subnets.some(subnet => subnet.vpcId === query.vpcId && hasRole(subnet, query.scheme))
}

export function roleTag(scheme: Scheme): string {
  return scheme === 'internal' ? 'kubernetes.io/role/internal-elb' : 'kubernetes.io/role/elb'
}

function namedSubnets(query: SubnetQuery, names: readonly string[], all: readonly SubnetFacts[]): SubnetChoice {
  const chosen: SubnetFacts[] = []
  const unknown: string[] = []
  const rejected: Rejected[] = []
  for (const name of names) {
    const byId = all.filter(({ id }) => id === name)
    const found = byId.length > 0 ? byId : all.filter(({ tags, vpcId }) => tags['Name'] === name && vpcId === query.vpcId)
    const [subnet, ...others] = found
    if (!subnet) unknown.push(name)
    else if (others.length > 0) {
      const ids = listed(found.map(({ id }) => id))
      rejected.push({ subnet: name, zone: '', why: `is the name of ${ids}: which of them is not clear` })
    } else {
      const why = unsuitable(subnet, query, chosen)
      if (why === undefined) chosen.push(subnet)
      else rejected.push({ subnet: label(name, subnet), zone: subnet.zone, why })
    }
  }
  if (unknown.length > 0) {
    const known = all.filter(({ vpcId }) => vpcId === query.vpcId).map(subnet => label(subnet.tags['Name'] ?? subnet.id, subnet))
    const remedy = known.length === 0 ? `${query.vpcId} has no subnets.` : `Subnets of ${query.vpcId} are ${listed(known)}.`
    const message = `there is no subnet ${listed(unknown.map(name => JSON.stringify(name)))}${rejected.length > 0 ? `; ${inWords(rejected)}` : ''}.`
    return { problem: blocks('SubnetsNotFound', message, remedy), rejected }
  }
  if (rejected.length > 0) return { problem: blocks('SubnetsUnsuitable', `${inWords(rejected)}.`), rejected }
  const few = tooFew(chosen, query)
  if (few !== undefined) {
    const remedy = 'Name subnets of at least two zones.'
    return {
      problem: blocks('SubnetsUnsuitable', `${listed(names)} ${chosen.length === 1 ? 'is' : 'are'} ${few}.`, remedy),
      rejected,
    }
  }
  return { subnets: chosen, by: 'name', rejected: [] }
}

/** What is wrong with the number of zones; completes the sentence `these are …`. */
function tooFew(chosen: readonly SubnetFacts[], { leastZones = 1 }: SubnetQuery): string | undefined {
  const zones = new Set(chosen.map(({ zone }) => zone)).size
  if (zones >= leastZones) return undefined
  return `in ${zones === 1 ? 'one zone' : `${zones} zones`}, and the load balancer needs ${leastZones}`
}

/** Why a named subnet cannot be taken. Which zone is served by which of two is for the user to say. */
function unsuitable(subnet: SubnetFacts, query: SubnetQuery, chosen: readonly SubnetFacts[]): string | undefined {
  const twin = chosen.find(({ zone }) => zone === subnet.zone)
  if (subnet.vpcId !== query.vpcId) return `is in ${subnet.vpcId}, not in ${query.vpcId}`
  if (twin?.id === subnet.id) return 'is named twice'
  if (twin) return `is in ${subnet.zone}, as is ${twin.id}`
  return lackOf(subnet, query) ?? lackOfRoom(subnet, query)
}

function discover(
  query: SubnetQuery,
  facts: { readonly subnets: readonly SubnetFacts[]; readonly routeTables: readonly RouteTableFacts[] },
): SubnetChoice {
  const ofVpc = facts.subnets.filter(({ vpcId }) => vpcId === query.vpcId)
  const byTag = ofVpc.some(subnet => hasRole(subnet, query.scheme))
  const rejected: Rejected[] = []
  const candidates: SubnetFacts[] = []
  for (const subnet of ofVpc) {
    const why =
      (byTag ? lackOfRole(subnet, query) : wrongReach(subnet, query, facts.routeTables)) ??
      (subnet.outpost ? 'is on an Outpost' : undefined) ??
      ofOtherCluster(subnet, query) ??
      lackOf(subnet, query) ??
      lackOfRoom(subnet, query)
    if (why === undefined) candidates.push(subnet)
    else rejected.push({ subnet: subnet.id, zone: subnet.zone, why })
  }
  const chosen: SubnetFacts[] = []
  for (const [zone, subnets] of Map.groupBy(candidates, subnet => subnet.zone)) {
    const [best, ...others] = subnets.toSorted((one, other) => preference(one, other, query))
    if (best) chosen.push(best)
    rejected.push(...others.map(({ id }) => ({ subnet: id, zone, why: `is in ${zone}, where ${best?.id} was taken` })))
  }
  const few = tooFew(chosen, query)
  if (few === undefined) return { subnets: chosen.toSorted(byZone), by: byTag ? 'role-tag' : 'reachability', rejected }
  const others = ofVpc.length === 0 ? 'the VPC has no subnets' : inWords(rejected)
  const taken = `${listed(chosen.map(({ id }) => id))} ${chosen.length === 1 ? 'is' : 'are'} ${few}`
  const why = chosen.length === 0 ? others : [taken, ...(others === '' ? [] : [others])].join('; ')
  const message = `no subnet of ${query.vpcId} can carry an ${query.scheme} load balancer: ${why}.`
  const remedy = `Tag at least one suitable subnet per zone with ${roleTag(query.scheme)}=1, or name subnets.`
  return { problem: blocks('SubnetsNotFound', message, remedy), rejected }
}

function hasRole({ tags }: SubnetFacts, scheme: Scheme): boolean {
  const value = tags[roleTag(scheme)]
  return value === '' || value === '1'
}

function lackOfRole(subnet: SubnetFacts, { scheme }: SubnetQuery): string | undefined {
  return hasRole(subnet, scheme) ? undefined : `has no tag ${roleTag(scheme)}`
}

function wrongReach({ id, vpcId }: SubnetFacts, { scheme }: SubnetQuery, tables: readonly RouteTableFacts[]): string | undefined {
  const ofVpc = tables.filter(table => table.vpcId === vpcId)
  const table = ofVpc.find(({ subnets }) => subnets.includes(id)) ?? ofVpc.find(({ main }) => main)
  const isPublic = table?.toInternet ?? false
  if (scheme === 'internet-facing') return isPublic ? undefined : 'has no route to an internet gateway'
  return isPublic ? 'has a route to an internet gateway' : undefined
}

const clusterTagPrefix = 'kubernetes.io/cluster/'

function ofOtherCluster({ tags }: SubnetFacts, { clusterName }: SubnetQuery): string | undefined {
  if (clusterName === undefined || `${clusterTagPrefix}${clusterName}` in tags) return undefined
  const other = Object.keys(tags).find(key => key.startsWith(clusterTagPrefix))
  return other === undefined ? undefined : `belongs to the cluster ${other.slice(clusterTagPrefix.length)}`
}

/** What a subnet lacks for a load balancer of this kind, new or not. */
function lackOf({ ipv6Cidrs }: SubnetFacts, { ipAddressType }: SubnetQuery): string | undefined {
  return ipAddressType !== 'ipv4' && ipv6Cidrs.length === 0 ? 'has no IPv6 CIDR, which dualstack needs' : undefined
}

/** A load balancer that stands in the subnet already has its room. */
function lackOfRoom({ id, freeAddresses }: SubnetFacts, { existing }: SubnetQuery): string | undefined {
  if (freeAddresses >= freeAddressesNeeded || existing?.includes(id)) return undefined
  return `has ${freeAddresses} free addresses, and ${freeAddressesNeeded} are needed`
}

function preference(one: SubnetFacts, other: SubnetFacts, { clusterName }: SubnetQuery): number {
  const isOwn = ({ tags }: SubnetFacts) => (clusterName !== undefined && `${clusterTagPrefix}${clusterName}` in tags ? 0 : 1)
  return isOwn(one) - isOwn(other) || (one.id < other.id ? -1 : 1)
}

function byZone(one: SubnetFacts, other: SubnetFacts): number {
  return one.zone < other.zone ? -1 : 1
}

function label(name: string, { id, zone }: SubnetFacts): string {
  return name === id ? `${id} (${zone})` : `${name} (${id}, ${zone})`
}

/** Every candidate by name; those with the same reason together. */
function inWords(rejected: readonly Rejected[]): string {
  const groups = [...Map.groupBy(rejected, ({ why }) => why)]
  return groups
    .map(([why, each]) => `${listed(each.map(({ subnet }) => subnet))} ${each.length > 1 ? plural(why) : why}`)
    .join('; ')
}

function plural(why: string): string {
  return why
    .replace(/^has /, 'have ')
    .replace(/^is /, 'are ')
    .replace(/^belongs /, 'belong ')
}
