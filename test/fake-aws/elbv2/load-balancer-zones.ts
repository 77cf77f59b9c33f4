// In which zones a load balancer has its nodes, and with which addresses.
import type {
  IpAddressType,
  SetIpAddressTypeInput,
  SetIpAddressTypeOutput,
  SetSubnetsInput,
  SetSubnetsOutput,
  SubnetMapping,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { inCidr, parseCidr } from '../addressing.ts'
import type { Call, Operations } from '../call.ts'
import { addInterface, freeAddresses, interfacesIn, releaseInterfaces } from '../ec2/load-balancer-interfaces.ts'
import { awsError, invalid } from '../errors.ts'
import type { LoadBalancer, LoadBalancerType, Subnet, Zone } from '../records.ts'
import { findLoadBalancer, listenersOf } from './find.ts'
import { checkOneOf } from './names.ts'

type Wanted = {
  readonly type: LoadBalancerType
  readonly scheme: string
  readonly ipAddressType: IpAddressType
  readonly sourceNat?: string | undefined
  /** The load balancer that has some of the addresses already. */
  readonly of?: LoadBalancer | undefined
}

/** ELB needs that many free addresses in a subnet ("Subnets for your load balancer", ALB guide; "Availability Zones", NLB guide). */
const freeAddressesNeeded = 8

/** Subnets and mappings in one form. Throws unless exactly one of them is given. */
export function subnetMappings(input: {
  readonly Subnets?: string[] | undefined
  readonly SubnetMappings?: SubnetMapping[] | undefined
}): readonly SubnetMapping[] {
  if (input.Subnets?.length && input.SubnetMappings?.length) throw invalid('You cannot specify both subnets and subnet mappings')
  const mappings = input.SubnetMappings?.length ? input.SubnetMappings : (input.Subnets ?? []).map(SubnetId => ({ SubnetId }))
  if (mappings.length === 0) throw invalid('At least one subnet must be specified')
  return mappings
}

/** API_CreateLoadBalancer, Subnets: one VPC, one subnet per zone, two zones for an ALB. Checks subnets and addresses as CreateLoadBalancer and SetSubnets do, and gives the zones they make. */
export function resolveZones(
  call: Call,
  mappings: readonly SubnetMapping[],
  wanted: Wanted,
): { readonly zones: readonly Zone[]; readonly vpcId: string } {
  const pairs = mappings.map(mapping => ({ mapping, subnet: findSubnet(call, mapping.SubnetId ?? '') }))
  const subnets = pairs.map(pair => pair.subnet)
  const vpcId = subnets[0]?.vpcId ?? ''
  if (subnets.some(subnet => subnet.vpcId !== vpcId))
    throw awsError('InvalidConfigurationRequest', 'The subnets belong to different VPCs')
  const zoneNames = new Set(subnets.map(subnet => subnet.zone))
  if (zoneNames.size < subnets.length) {
    throw awsError(
      'InvalidConfigurationRequest',
      'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
    )
  }
  if (wanted.type === 'application' && zoneNames.size < 2) {
    throw invalid('At least two subnets in two different Availability Zones must be specified')
  }
  checkGateway(call, vpcId, wanted)
  if (wanted.ipAddressType !== 'ipv4' && subnets.some(subnet => subnet.ipv6Cidr === undefined)) {
    throw invalid('You must specify subnets with an associated IPv6 CIDR block')
  }
  checkTogether(mappings, wanted)
  const zones = pairs.map(({ mapping, subnet }) => zoneOf(call, mapping, subnet, wanted))
  return { zones, vpcId }
}

function findSubnet(call: Call, id: string): Subnet {
  const subnet = call.references.subnets.get(id)
  if (!subnet) throw awsError('SubnetNotFound', `The subnet ID '${id}' is not valid`)
  return subnet
}

/** An internet-facing load balancer needs an internet gateway in its VPC (API_CreateLoadBalancer, InvalidSubnet). */
function checkGateway(call: Call, vpcId: string, wanted: Wanted): void {
  if (wanted.scheme !== 'internet-facing') return
  const routed = call.references.routeTables.values().some(table => table.vpcId === vpcId && table.gateway?.startsWith('igw-'))
  if (!routed) throw awsError('InvalidSubnet', `VPC ${vpcId} has no internet gateway`)
}

/** API_SubnetMapping and API_CreateLoadBalancer: which addresses go with which type, scheme and address type. */
function checkTogether(mappings: readonly SubnetMapping[], wanted: Wanted): void {
  const fixed = mappings.filter(mapping => mapping.AllocationId !== undefined)
  if (
    wanted.type === 'application' &&
    mappings.some(mapping => mapping.AllocationId ?? mapping.PrivateIPv4Address ?? mapping.IPv6Address)
  ) {
    throw awsError('InvalidConfigurationRequest', 'You cannot specify addresses for the subnets of an application load balancer')
  }
  if (fixed.length > 0 && wanted.scheme === 'internal') {
    throw awsError('InvalidConfigurationRequest', 'You cannot specify Elastic IP addresses for an internal load balancer')
  }
  if (fixed.length > 0 && fixed.length < mappings.length) {
    throw awsError('InvalidConfigurationRequest', 'Elastic IP addresses must be specified for all subnets or for none')
  }
  if (new Set(fixed.map(mapping => mapping.AllocationId)).size < fixed.length) {
    throw awsError('InvalidConfigurationRequest', 'An allocation ID was specified more than once')
  }
  if (wanted.scheme !== 'internal' && mappings.some(mapping => mapping.PrivateIPv4Address !== undefined)) {
    throw awsError('InvalidConfigurationRequest', 'You can specify private IPv4 addresses only for an internal load balancer')
  }
  if (wanted.ipAddressType === 'ipv4' && mappings.some(mapping => mapping.IPv6Address !== undefined)) {
    throw awsError('InvalidConfigurationRequest', 'You cannot specify IPv6 addresses for a load balancer of type ipv4')
  }
  const prefixes = mappings.some(mapping => mapping.SourceNatIpv6Prefix !== undefined)
  if ((wanted.sourceNat === 'on' || prefixes) && (wanted.type !== 'network' || wanted.ipAddressType !== 'dualstack')) {
    throw awsError('InvalidConfigurationRequest', 'Source NAT with IPv6 prefixes needs a dualstack network load balancer')
  }
  if (prefixes && wanted.sourceNat !== 'on') {
    throw awsError('InvalidConfigurationRequest', 'IPv6 source NAT prefixes need EnablePrefixForIpv6SourceNat')
  }
}

function zoneOf(call: Call, mapping: SubnetMapping, subnet: Subnet, wanted: Wanted): Zone {
  const before = wanted.of?.zones.find(zone => zone.subnetId === subnet.id)
  const { AllocationId: allocationId, PrivateIPv4Address: privateIp, IPv6Address: ipv6, SourceNatIpv6Prefix: prefix } = mapping
  if (!before && privateIp === undefined && freeAddresses(call, subnet) < freeAddressesNeeded) {
    throw awsError(
      'InvalidSubnet',
      `Not enough IP space available in ${subnet.id}. ELB requires at least ${freeAddressesNeeded} free IP addresses in each subnet`,
    )
  }
  if (allocationId !== undefined && allocationId !== before?.allocationId) checkAllocation(call, allocationId)
  if (privateIp !== undefined && privateIp !== before?.privateIp) checkAddress(call, privateIp, subnet.cidr, subnet.id)
  if (ipv6 !== undefined && ipv6 !== before?.ipv6) checkAddress(call, ipv6, subnet.ipv6Cidr ?? '', subnet.id)
  if (prefix !== undefined && prefix !== 'auto_assigned') {
    const block = parseCidr(prefix)
    if (block?.bits !== 80 || !inCidr(block.address, subnet.ipv6Cidr ?? '')) {
      throw invalid(`The source NAT prefix '${prefix}' must be a /80 block of subnet '${subnet.id}'`)
    }
  }
  return { subnetId: subnet.id, zone: subnet.zone, allocationId, privateIp, ipv6, sourceNatPrefix: prefix }
}

function checkAllocation(call: Call, allocationId: string): void {
  if (!call.references.addresses.get(allocationId)) {
    throw awsError('AllocationIdNotFound', `The allocation ID '${allocationId}' does not exist`)
  }
  const user = call.world.networkInterfaces
    .values()
    .find(found => found.allocationId === allocationId && !isGone(found.goneAt, call.now()))
  if (user) throw awsError('ResourceInUse', `The allocation ID '${allocationId}' is in use by '${user.id}'`)
}

function isGone(goneAt: number | undefined, now: number): boolean {
  return goneAt !== undefined && goneAt <= now
}

function checkAddress(call: Call, address: string, cidr: string, subnetId: string): void {
  if (!inCidr(address, cidr)) throw invalid(`The address '${address}' is not in the range of subnet '${subnetId}'`)
  const taken = interfacesIn(call, subnetId).some(found => [...found.privateIps, ...found.ipv6s].includes(address))
  if (taken) throw awsError('ResourceInUse', `The address '${address}' is already in use`)
}

/** Gives a load balancer interfaces in the zones it has now and takes those away of zones it left. */
export function attachZones(call: Call, balancer: LoadBalancer, before: readonly Zone[], after: readonly Zone[]): void {
  const stays = (zone: Zone, zones: readonly Zone[]) => zones.some(other => other.subnetId === zone.subnetId)
  for (const zone of before) if (!stays(zone, after)) releaseInterfaces(call, balancer.arn, zone.subnetId)
  for (const zone of after) if (!stays(zone, before)) addInterface(call, balancer, zone)
}

function setSubnets(input: SetSubnetsInput, call: Call): SetSubnetsOutput {
  const balancer = findLoadBalancer(call.world, input.LoadBalancerArn)
  checkOneOf('ipAddressType', input.IpAddressType, ['ipv4', 'dualstack', 'dualstack-without-public-ipv4'])
  const ipAddressType = input.IpAddressType ?? balancer.ipAddressType
  const sourceNat = input.EnablePrefixForIpv6SourceNat ?? balancer.sourceNat
  const { zones, vpcId } = resolveZones(call, subnetMappings(input), {
    type: balancer.type,
    scheme: balancer.scheme,
    ipAddressType,
    sourceNat,
    of: balancer,
  })
  if (vpcId !== balancer.vpcId) throw awsError('InvalidConfigurationRequest', `The subnets are not in VPC '${balancer.vpcId}'`)
  for (const zone of zones) {
    const other = balancer.zones.find(found => found.zone === zone.zone)
    // "Availability Zones" in the NLB guide: a zone's subnet is removed first, another one is added in a second call.
    if (balancer.type === 'network' && other && other.subnetId !== zone.subnetId) {
      throw awsError('InvalidConfigurationRequest', `Remove subnet '${other.subnetId}' before adding another one in ${zone.zone}`)
    }
    if (
      balancer.type === 'network' &&
      other &&
      (other.allocationId !== zone.allocationId || other.privateIp !== zone.privateIp)
    ) {
      throw awsError('InvalidConfigurationRequest', `The addresses of subnet '${zone.subnetId}' cannot be changed`)
    }
  }
  const changed = { ...balancer, zones, ipAddressType, sourceNat }
  attachZones(call, balancer, balancer.zones, zones)
  call.world.loadBalancers.put(balancer.arn, changed)
  return {
    AvailabilityZones: zones.map(zone => ({ ZoneName: zone.zone, SubnetId: zone.subnetId })),
    IpAddressType: ipAddressType,
    ...(sourceNat ? { EnablePrefixForIpv6SourceNat: sourceNat } : {}),
  }
}

/** API_SetIpAddressType; "Update the IP address types" in the NLB guide. */
function setIpAddressType(input: SetIpAddressTypeInput, call: Call): SetIpAddressTypeOutput {
  const balancer = findLoadBalancer(call.world, input.LoadBalancerArn)
  const types = balancer.type === 'network' ? ['ipv4', 'dualstack'] : ['ipv4', 'dualstack', 'dualstack-without-public-ipv4']
  checkOneOf('ipAddressType', input.IpAddressType, types)
  const next = input.IpAddressType ?? 'ipv4'
  const subnets = balancer.zones.map(zone => findSubnet(call, zone.subnetId))
  if (next !== 'ipv4' && subnets.some(subnet => subnet.ipv6Cidr === undefined)) {
    throw awsError('InvalidSubnet', 'You must specify subnets with an associated IPv6 CIDR block')
  }
  const datagrams = listenersOf(call.world, balancer.arn).find(listener => /UDP|QUIC/.test(listener.protocol))
  if (next !== 'ipv4' && datagrams && balancer.sourceNat !== 'on') {
    throw awsError('InvalidConfigurationRequest', `Listener '${datagrams.arn}' has a protocol that dualstack does not support`)
  }
  const sixes = call.world.targetGroups
    .values()
    .find(group => group.usedBy?.loadBalancer === balancer.arn && group.ipAddressType === 'ipv6')
  if (next === 'ipv4' && sixes)
    throw awsError('InvalidConfigurationRequest', `Target group '${sixes.arn}' needs a dualstack load balancer`)
  call.world.loadBalancers.put(balancer.arn, { ...balancer, ipAddressType: next })
  return { IpAddressType: next }
}

export const zoneOperations = { SetSubnets: setSubnets, SetIpAddressType: setIpAddressType } satisfies Operations
