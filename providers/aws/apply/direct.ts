// Lets clients and health checks in at the targets themselves, for load balancers that have no security group to stand for them.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { createBindingRules, openingText } from '../binding/rules.ts'
import type { BindingOpenings, BindingRules } from '../binding/rules.ts'
import type { Caller } from '../calls/calls.ts'
import { subnetFacts } from '../discovery/network.ts'
import type { Target } from '../membership/targets.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import { listed, warns } from '../model/problems.ts'
import { cidrSource, targetRules } from '../model/security-group-rules.ts'
import type { OwnRule } from '../model/security-group-rules.ts'
import type { DirectAccess } from '../model/stack.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from '../provider/locations.ts'
import type { TargetGroupSettings } from '../settings/aws-settings.ts'
import { homesOf } from './target-rules.ts'

/** What is opened for one load balancer, by security group of targets. */
export interface Opened {
  readonly openings: BindingOpenings
  readonly problems: readonly Problem[]
}

export interface DirectRequest {
  readonly access: DirectAccess
  readonly scheme: string
  readonly ipAddressType: string
  /** Ids of the subnets of the load balancer. */
  readonly subnets: readonly string[]
  readonly groups: readonly (Pick<TargetGroupSettings, 'protocol' | 'ipAddressType' | 'healthCheck' | 'attributes'> & {
    readonly targets: readonly Target[]
  })[]
  readonly marks: Parameters<typeof homesOf>[1]['marks']
  readonly before: LedgerRecord['openings']
}

/** The rules of all load balancers without security groups at one place; `recorded` as the ledger has them. */
export function createDirectRules(
  { calls, pictures }: Location,
  { cluster, ...options }: { readonly cluster: string } & Pick<Parameters<typeof createBindingRules>[0], 'recorded' | 'all'>,
): BindingRules {
  return createBindingRules({ calls, pictures, description: `weir.dev/clients of ${cluster}`, ...options })
}

/**
 * Opens what targets need ("Target security groups", user guide for Network Load Balancers): where the client's address is kept,
 * the clients at the traffic port; else the load balancer's own addresses there; and those at the port of health checks.
 */
export async function openDirect(
  context: Context,
  location: Location,
  id: LoadBalancerOwner,
  request: DirectRequest,
  caller: Caller,
): Promise<Opened> {
  const { groups, marks, before } = request
  const { calls, pictures } = location
  const around = { calls, pictures, marks }
  const { homes, unclear } = await homesOf(
    groups.flatMap(({ targets }) => targets),
    around,
    caller,
  )
  const clients = await clientsOf(location, request, caller)
  const own = await cidrsOf(location, request.subnets, caller)
  const openings: Record<string, Set<string>> = {}
  for (const group of groups) {
    for (const home of new Set(group.targets.flatMap(({ id: target }) => homes.get(target) ?? []))) {
      const ports = group.targets.flatMap(({ id: target, port }) => (homes.get(target) === home ? [port] : []))
      const texts = (openings[home] ??= new Set())
      for (const rule of rulesOf(group, ports, { clients, own, ipAddressType: request.ipAddressType }))
        texts.add(openingText(rule))
    }
  }
  const plain = Object.fromEntries(Object.entries(openings).map(([group, texts]) => [group, [...texts].toSorted()]))
  await context.directRulesOf(location).set(id.uid, plain, before, caller)
  return {
    openings: plain,
    problems: unclear.length === 0 ? [] : [warns('TargetSecurityGroupUnclear', `${listed(unclear)}.`)],
  }
}

function rulesOf(
  { protocol, ipAddressType, healthCheck, attributes }: DirectRequest['groups'][number],
  ports: readonly number[],
  around: { readonly clients: readonly string[]; readonly own: readonly string[]; readonly ipAddressType: string },
): readonly OwnRule[] {
  const key = 'preserve_client_ip.enabled'
  const isKept = protocol === 'UDP' || protocol === 'TCP_UDP' || (attributes.asked[key] ?? attributes.defaults[key]) === 'true'
  const ofFamily = (cidr: string) => cidr.includes(':') === (ipAddressType === 'ipv6')
  const own = around.own.filter(ofFamily)
  // A client of the other family comes from an address of the load balancer.
  const crosses = around.ipAddressType === 'dualstack'
  const traffic = [...(isKept ? around.clients.filter(ofFamily) : []), ...(isKept && !crosses ? [] : own)]
  const checked = healthCheck.port === 'traffic-port' ? ports : [healthCheck.port]
  return [
    ...[...new Set(ports)].flatMap(port =>
      targetRules([{ protocol, ports: [port], healthCheckPorts: [] }], traffic.map(cidrSource)),
    ),
    ...[...new Set(checked)].flatMap(port =>
      targetRules([{ protocol: 'TCP', ports: [port], healthCheckPorts: [] }], own.map(cidrSource)),
    ),
  ]
}

/** Where nobody says who may connect, an internal load balancer is for its VPC, as AWS Load Balancer Controller has it. */
async function clientsOf(
  { calls, place }: Location,
  { access, scheme }: DirectRequest,
  caller: Caller,
): Promise<readonly string[]> {
  if (access.sourcesAsked || scheme !== 'internal') return access.sources
  const { Vpcs = [] } = await calls.ec2('DescribeVpcs', { VpcIds: [place.vpcId] }, caller)
  return Vpcs.flatMap(({ CidrBlockAssociationSet = [], Ipv6CidrBlockAssociationSet = [] }) => [
    ...CidrBlockAssociationSet.flatMap(({ CidrBlock, CidrBlockState }) =>
      CidrBlock !== undefined && CidrBlockState?.State === 'associated' ? [CidrBlock] : [],
    ),
    ...Ipv6CidrBlockAssociationSet.flatMap(({ Ipv6CidrBlock, Ipv6CidrBlockState }) =>
      Ipv6CidrBlock !== undefined && Ipv6CidrBlockState?.State === 'associated' ? [Ipv6CidrBlock] : [],
    ),
  ])
}

async function cidrsOf({ pictures }: Location, subnets: readonly string[], { signal }: Caller): Promise<readonly string[]> {
  const all = await pictures.subnets.all(signal)
  return subnets.flatMap(id => {
    const found = all.get(id)
    if (!found) return []
    const { cidr, ipv6Cidrs } = subnetFacts(found)
    return [cidr, ...ipv6Cidrs].filter(each => each !== '')
  })
}

/** What of a record is opened in this way, as `tcp 8080-8080 cidr 10.0.0.0/16`. */
export function directOpenings(openings: LedgerRecord['openings']): BindingOpenings {
  return Object.fromEntries(
    Object.entries(openings).flatMap(([group, texts]) => {
      const direct = texts.filter(text => text.includes(' '))
      return direct.length > 0 ? [[group, direct]] : []
    }),
  )
}
