// Creates, describes and deletes load balancers.
import type {
  CreateLoadBalancerInput,
  CreateLoadBalancerOutput,
  DeleteLoadBalancerInput,
  DeleteLoadBalancerOutput,
  DescribeLoadBalancersInput,
  DescribeLoadBalancersOutput,
  LoadBalancerAddress,
  LoadBalancer as LoadBalancerOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { elbArn } from '../call.ts'
import { releaseInterfaces } from '../ec2/load-balancer-interfaces.ts'
import { canonicalJson, sorted } from '../canonical.ts'
import { awsError, invalid } from '../errors.ts'
import type { LoadBalancer, LoadBalancerType } from '../records.ts'
import { listenersOf, rulesOf } from './find.ts'
import { loadBalancerAttribute } from './load-balancer-attributes.ts'
import { checkSecurityGroups, defaultSecurityGroup } from './load-balancer-security-groups.ts'
import { attachZones, resolveZones, subnetMappings } from './load-balancer-zones.ts'
import { checkArn, checkName, checkOneOf } from './names.ts'
import { atMostTwenty, elbPage } from './pages.ts'
import { resourceNotFound, tagsOf } from './tags.ts'
import { refreshUse } from './use.ts'

/** Canonical hosted zones of the two kinds in us-east-1 ("Elastic Load Balancing endpoints and quotas", AWS General Reference). */
const hostedZones: Readonly<Record<LoadBalancerType, string>> = { network: 'Z26RNL4JYFTOTI', application: 'Z35SXDOTRQ7X7K' }

function create(input: CreateLoadBalancerInput, call: Call): CreateLoadBalancerOutput {
  checkName('load balancer', input.Name ?? '')
  checkOneOf('type', input.Type, ['application', 'network', 'gateway'])
  checkOneOf('scheme', input.Scheme, ['internet-facing', 'internal'])
  checkOneOf('enablePrefixForIpv6SourceNat', input.EnablePrefixForIpv6SourceNat, ['on', 'off'])
  if (input.Type === 'gateway') throw awsError('NotImplemented', 'this fake has no Gateway Load Balancers')
  const type = input.Type ?? 'application'
  const scheme = input.Scheme ?? 'internet-facing'
  const ipAddressType = input.IpAddressType ?? 'ipv4'
  checkOneOf('ipAddressType', ipAddressType, addressTypes(type))
  if (ipAddressType === 'dualstack-without-public-ipv4' && scheme === 'internal') {
    throw awsError('InvalidConfigurationRequest', 'dualstack-without-public-ipv4 needs an internet-facing load balancer')
  }
  const tags = tagsOf(call, input.Tags)

  const same = call.world.loadBalancers.values().find(balancer => balancer.name === input.Name)
  if (same) {
    if (settingsOf(same) === settingsOfInput(input)) return { LoadBalancers: [describeOne(same, call.now(), call)] }
    throw awsError(
      'DuplicateLoadBalancerName',
      `A load balancer with the same name '${input.Name}' exists, but with different settings`,
    )
  }
  checkQuota(type, call)
  const { zones, vpcId } = resolveZones(call, subnetMappings(input), {
    type,
    scheme,
    ipAddressType,
    sourceNat: input.EnablePrefixForIpv6SourceNat,
  })
  checkSecurityGroups(call, vpcId, input.SecurityGroups)
  const asked = (input.SecurityGroups?.length ?? 0) > 0
  const id = call.newId(16)
  const kind = type === 'network' ? 'net' : 'app'
  const balancer: LoadBalancer = {
    arn: elbArn(call, `loadbalancer/${kind}/${input.Name}/${id}`),
    name: input.Name ?? '',
    id,
    dnsName: dnsName(call, type, scheme, input.Name ?? '', id),
    type,
    scheme,
    ipAddressType,
    vpcId,
    zones,
    securityGroups: asked ? (input.SecurityGroups ?? []) : type === 'application' ? [defaultSecurityGroup(call, vpcId)] : [],
    securityGroupsByDefault: !asked,
    sourceNat: type === 'network' && ipAddressType === 'dualstack' ? (input.EnablePrefixForIpv6SourceNat ?? 'off') : undefined,
    attributes: {},
    tags,
    createdAt: call.now(),
  }
  call.world.loadBalancers.put(balancer.arn, balancer)
  attachZones(call, balancer, [], zones)
  return { LoadBalancers: [describeOne(balancer, call.now(), call)] }
}

/** The IP address types of a load balancer (API_CreateLoadBalancer, IpAddressType). */
export function addressTypes(type: LoadBalancerType): readonly string[] {
  return type === 'network' ? ['ipv4', 'dualstack'] : ['ipv4', 'dualstack', 'dualstack-without-public-ipv4']
}

function checkQuota(type: LoadBalancerType, call: Call): void {
  const { networkLoadBalancers, applicationLoadBalancers } = call.settings.quotas
  const limit = type === 'network' ? networkLoadBalancers : applicationLoadBalancers
  const count = call.world.loadBalancers.values().filter(balancer => balancer.type === type).length
  if (count >= limit)
    throw awsError('TooManyLoadBalancers', `The maximum number of ${type} load balancers, ${limit}, has been reached`)
}

function dnsName(call: Call, type: LoadBalancerType, scheme: string, name: string, id: string): string {
  if (type === 'network') return `${name}-${id}.elb.${call.settings.region}.amazonaws.com`
  return `${scheme === 'internal' ? 'internal-' : ''}${name}-${Number.parseInt(id.slice(0, 8), 16)}.${call.settings.region}.elb.amazonaws.com`
}

/**
 * The settings that make a repeated create the same one (API_CreateLoadBalancer: the operation is idempotent). Whether tags count is
 * not documented; they do not, which is the harder case: whoever asks for a name has to look whose the answer is.
 */
function settingsOf(balancer: LoadBalancer): string {
  return canonicalJson([
    balancer.type,
    balancer.scheme,
    balancer.ipAddressType,
    sorted(
      balancer.zones.map(zone =>
        canonicalJson([zone.subnetId, zone.allocationId, zone.privateIp, zone.ipv6, zone.sourceNatPrefix]),
      ),
    ),
    balancer.securityGroupsByDefault ? [] : sorted(balancer.securityGroups),
    balancer.sourceNat ?? 'off',
  ])
}

function settingsOfInput(input: CreateLoadBalancerInput): string {
  return canonicalJson([
    input.Type ?? 'application',
    input.Scheme ?? 'internet-facing',
    input.IpAddressType ?? 'ipv4',
    sorted(
      subnetMappings(input).map(mapping =>
        canonicalJson([
          mapping.SubnetId,
          mapping.AllocationId,
          mapping.PrivateIPv4Address,
          mapping.IPv6Address,
          mapping.SourceNatIpv6Prefix,
        ]),
      ),
    ),
    sorted(input.SecurityGroups ?? []),
    input.EnablePrefixForIpv6SourceNat ?? 'off',
  ])
}

/** A load balancer as it is described at `time`. */
function describeOne(balancer: LoadBalancer, time: number, call: Call): LoadBalancerOutput {
  const active = time - balancer.createdAt >= call.settings.timings.provisioningMs
  return {
    LoadBalancerArn: balancer.arn,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: hostedZones[balancer.type],
    CreatedTime: new Date(balancer.createdAt),
    LoadBalancerName: balancer.name,
    Scheme: balancer.scheme,
    VpcId: balancer.vpcId,
    State: balancer.state
      ? { Code: balancer.state.code, Reason: balancer.state.reason }
      : { Code: active ? 'active' : 'provisioning' },
    Type: balancer.type,
    AvailabilityZones: balancer.zones.map(zone => ({
      ZoneName: zone.zone,
      SubnetId: zone.subnetId,
      LoadBalancerAddresses: addressesOf(zone, call),
      ...(zone.sourceNatPrefix === undefined ? {} : { SourceNatIpv6Prefixes: [zone.sourceNatPrefix] }),
    })),
    ...(balancer.securityGroups.length > 0 ? { SecurityGroups: [...balancer.securityGroups] } : {}),
    IpAddressType: balancer.ipAddressType,
    ...(balancer.enforcePrivateLink ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: balancer.enforcePrivateLink } : {}),
    ...(balancer.sourceNat ? { EnablePrefixForIpv6SourceNat: balancer.sourceNat } : {}),
  }
}

function addressesOf(zone: LoadBalancer['zones'][number], call: Call): LoadBalancerAddress[] {
  if (zone.allocationId !== undefined) {
    const address = call.world.addresses.get(zone.allocationId)
    return [{ AllocationId: zone.allocationId, ...(address ? { IpAddress: address.publicIp } : {}) }]
  }
  return [
    ...(zone.privateIp === undefined ? [] : [{ PrivateIPv4Address: zone.privateIp }]),
    ...(zone.ipv6 === undefined ? [] : [{ IPv6Address: zone.ipv6 }]),
  ]
}

/** API_DescribeLoadBalancers. */
function describe(input: DescribeLoadBalancersInput, call: Call): DescribeLoadBalancersOutput {
  const arns = input.LoadBalancerArns
  const names = input.Names
  if (arns?.length && names?.length) throw invalid('Load balancer names and ARNs cannot be specified in the same call')
  atMostTwenty('loadBalancerArns', arns)
  atMostTwenty('names', names)
  for (const arn of arns ?? []) checkArn('load balancer', arn)
  const all = call.seen.loadBalancers.values()
  const wanted = arns?.length ? new Set(arns) : names?.length ? new Set(names) : undefined
  const found = wanted ? all.filter(balancer => wanted.has(arns?.length ? balancer.arn : balancer.name)) : all
  if (wanted && found.length < wanted.size) throw resourceNotFound('load balancer', [...wanted])
  const { items, next } = elbPage(call, found, input)
  return { LoadBalancers: items.map(balancer => describeOne(balancer, call.seenAt, call)), ...next }
}

/** API_DeleteLoadBalancer: succeeds when it is gone already; deletion protection and its use as a target forbid it. */
function remove(input: DeleteLoadBalancerInput, call: Call): DeleteLoadBalancerOutput {
  checkArn('load balancer', input.LoadBalancerArn ?? '')
  const balancer = call.world.loadBalancers.get(input.LoadBalancerArn ?? '')
  if (!balancer) return {}
  if (loadBalancerAttribute(balancer, 'deletion_protection.enabled') === 'true') {
    throw awsError(
      'OperationNotPermitted',
      `Load balancer '${balancer.arn}' cannot be deleted because deletion protection is enabled`,
    )
  }
  const target = call.world.targetGroups
    .values()
    .find(group => group.usedBy && group.targetType === 'alb' && hasTarget(group, balancer.arn))
  if (target) throw awsError('ResourceInUse', `Load balancer '${balancer.arn}' is a target of '${target.arn}'`)
  for (const rule of rulesOf(call.world, balancer.arn)) call.world.rules.delete(rule.arn)
  for (const listener of listenersOf(call.world, balancer.arn)) call.world.listeners.delete(listener.arn)
  call.world.loadBalancers.delete(balancer.arn)
  call.world.webAclsOfBalancers.delete(balancer.arn)
  releaseInterfaces(call, balancer.arn)
  refreshUse(call)
  return {}
}

function hasTarget(group: { readonly targets: ReadonlyMap<string, { readonly id: string }> }, id: string): boolean {
  return [...group.targets.values()].some(target => target.id === id)
}

export const loadBalancerOperations = {
  CreateLoadBalancer: create,
  DescribeLoadBalancers: describe,
  DeleteLoadBalancer: remove,
} satisfies Operations
