// Describes instances, network interfaces, Elastic IP addresses and prefix lists.
import type {
  Address,
  DescribeAddressesRequest,
  DescribeAddressesResult,
  DescribeInstancesRequest,
  DescribeInstancesResult,
  DescribeManagedPrefixListsRequest,
  DescribeManagedPrefixListsResult,
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
  GroupIdentifier,
  NetworkInterface as NetworkInterfaceOutput,
} from '@aws-sdk/client-ec2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { ElasticIp, Instance, NetworkInterface, PrefixList } from '../records.ts'
import type { Kind } from './describe.ts'
import { described } from './describe.ts'
import { ec2TagList, filtered } from './filters.ts'
import { isPresent } from './load-balancer-interfaces.ts'

const stateCodes: Readonly<Record<Instance['state'], number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

/** Sources: API_DescribeInstances, API_DescribeNetworkInterfaces, API_DescribeAddresses, API_DescribeManagedPrefixLists. */
export const instanceKind: Kind<Instance> = {
  prefix: 'i',
  code: 'InvalidInstanceID',
  word: 'instance ID',
  pageSizes: [5, 1000],
  filters: {
    'instance-id': instance => [instance.id],
    'instance-state-name': instance => [instance.state],
    'private-ip-address': instance => [instance.privateIp],
    'private-dns-name': instance => [privateName(instance)],
    'subnet-id': instance => [instance.subnetId],
    'vpc-id': instance => [instance.vpcId],
    'availability-zone': instance => [instance.zone],
    'instance.group-id': instance => instance.groups,
  },
}

export const interfaceKind: Kind<NetworkInterface> = {
  prefix: 'eni',
  code: 'InvalidNetworkInterfaceID',
  malformedCode: 'InvalidNetworkInterfaceId.Malformed',
  word: 'networkInterface ID',
  pageSizes: [5, 1000],
  filters: {
    'network-interface-id': found => [found.id],
    'vpc-id': found => [found.vpcId],
    'subnet-id': found => [found.subnetId],
    'group-id': found => found.groups,
    'addresses.private-ip-address': found => found.privateIps,
    'private-ip-address': found => [found.privateIps[0]],
    'ipv6-addresses.ipv6-address': found => found.ipv6s,
    'attachment.instance-id': found => [found.instanceId],
    'availability-zone': found => [found.zone],
    description: found => [found.description],
    'interface-type': found => [found.type],
    'requester-id': found => [found.loadBalancer === undefined ? undefined : 'amazon-elb'],
    'requester-managed': found => [String(found.loadBalancer !== undefined)],
    status: () => ['in-use'],
  },
}

export const prefixListKind: Kind<PrefixList & { readonly tags: Readonly<Record<string, string>> }> = {
  prefix: 'pl',
  code: 'InvalidPrefixListID',
  word: 'prefix list ID',
  pageSizes: [1, 100],
  filters: { 'prefix-list-id': list => [list.id], 'prefix-list-name': list => [list.name] },
}

function privateName(instance: Instance): string {
  return `ip-${instance.privateIp.replaceAll('.', '-')}.ec2.internal`
}

function groupsOf(call: Call, ids: readonly string[]): GroupIdentifier[] {
  return ids.map(id => ({ GroupId: id, GroupName: call.world.securityGroups.get(id)?.name ?? id }))
}

function describeInstances(input: DescribeInstancesRequest, call: Call): DescribeInstancesResult {
  const { items, next } = described(call, instanceKind, call.seen.instances, { ...input, ids: input.InstanceIds })
  return {
    Reservations: items.map(instance => ({
      ReservationId: `r-${instance.id.slice(2)}`,
      OwnerId: call.settings.account,
      Instances: [
        {
          InstanceId: instance.id,
          State: { Code: stateCodes[instance.state], Name: instance.state },
          VpcId: instance.vpcId,
          SubnetId: instance.subnetId,
          PrivateIpAddress: instance.privateIp,
          PrivateDnsName: privateName(instance),
          ...(instance.ipv6 === undefined ? {} : { Ipv6Address: instance.ipv6 }),
          Placement: { AvailabilityZone: instance.zone },
          SecurityGroups: groupsOf(call, instance.groups),
          NetworkInterfaces: call.seen.networkInterfaces
            .values()
            .filter(found => found.instanceId === instance.id)
            .map(found => ({
              NetworkInterfaceId: found.id,
              SubnetId: found.subnetId,
              VpcId: found.vpcId,
              Groups: groupsOf(call, found.groups),
              PrivateIpAddress: found.privateIps[0] ?? '',
              PrivateIpAddresses: found.privateIps.map((PrivateIpAddress, index) => ({ PrivateIpAddress, Primary: index === 0 })),
              Ipv6Addresses: found.ipv6s.map(Ipv6Address => ({ Ipv6Address })),
              Status: 'in-use' as const,
            })),
          Tags: ec2TagList(instance.tags),
        },
      ],
    })),
    ...next,
  }
}

function describeInterfaces(input: DescribeNetworkInterfacesRequest, call: Call): DescribeNetworkInterfacesResult {
  const there = call.seen.networkInterfaces.values().filter(found => isPresent(found, call.seenAt))
  const byId = new Map(there.map(found => [found.id, found]))
  const records = { get: (id: string) => byId.get(id), values: () => there }
  const { items, next } = described(call, interfaceKind, records, { ...input, ids: input.NetworkInterfaceIds })
  return { NetworkInterfaces: items.map(found => describeInterface(call, found)), ...next }
}

function describeInterface(call: Call, found: NetworkInterface): NetworkInterfaceOutput {
  const address = found.allocationId === undefined ? undefined : call.world.addresses.get(found.allocationId)
  return {
    NetworkInterfaceId: found.id,
    SubnetId: found.subnetId,
    VpcId: found.vpcId,
    AvailabilityZone: found.zone,
    Description: found.description,
    InterfaceType: found.type,
    Groups: groupsOf(call, found.groups),
    Status: 'in-use',
    OwnerId: call.settings.account,
    RequesterManaged: found.loadBalancer !== undefined,
    ...(found.loadBalancer === undefined ? {} : { RequesterId: 'amazon-elb' }),
    ...(found.privateIps[0] === undefined ? {} : { PrivateIpAddress: found.privateIps[0] }),
    PrivateIpAddresses: found.privateIps.map((PrivateIpAddress, index) => ({ PrivateIpAddress, Primary: index === 0 })),
    Ipv6Addresses: found.ipv6s.map(Ipv6Address => ({ Ipv6Address })),
    Attachment: {
      Status: 'attached',
      ...(found.instanceId === undefined ? { InstanceOwnerId: 'amazon-elb' } : { InstanceId: found.instanceId }),
    },
    ...(address ? { Association: { AllocationId: address.allocationId, PublicIp: address.publicIp } } : {}),
    TagSet: ec2TagList(found.tags),
  }
}

function describeAddresses(input: DescribeAddressesRequest, call: Call): DescribeAddressesResult {
  for (const id of input.AllocationIds ?? []) {
    if (!call.seen.addresses.get(id)) throw awsError('InvalidAllocationID.NotFound', `The allocation ID '${id}' does not exist`)
  }
  const all = call.seen.addresses.values()
  for (const ip of input.PublicIps ?? []) {
    if (!all.some(address => address.publicIp === ip)) throw awsError('InvalidAddress.NotFound', `Address '${ip}' not found`)
  }
  const named = all.filter(address => {
    if (input.AllocationIds?.length) return input.AllocationIds.includes(address.allocationId)
    return input.PublicIps?.length ? input.PublicIps.includes(address.publicIp) : true
  })
  const rows = {
    'allocation-id': (address: ElasticIp) => [address.allocationId],
    'public-ip': (address: ElasticIp) => [address.publicIp],
  }
  return { Addresses: filtered(rows, named, input.Filters).map(address => describeAddress(call, address)) }
}

function describeAddress(call: Call, address: ElasticIp): Address {
  const user = call.seen.networkInterfaces
    .values()
    .find(found => found.allocationId === address.allocationId && isPresent(found, call.seenAt))
  return {
    AllocationId: address.allocationId,
    PublicIp: address.publicIp,
    Domain: 'vpc',
    ...(user
      ? { AssociationId: `eipassoc-${user.id.slice(4)}`, NetworkInterfaceId: user.id, NetworkInterfaceOwnerId: 'amazon-elb' }
      : {}),
    Tags: ec2TagList(address.tags),
  }
}

function describePrefixLists(input: DescribeManagedPrefixListsRequest, call: Call): DescribeManagedPrefixListsResult {
  const all = call.seen.prefixLists.values().map(list => ({ ...list, tags: {} }))
  const records = { get: (id: string) => all.find(list => list.id === id), values: () => all }
  const { items, next } = described(call, prefixListKind, records, { ...input, ids: input.PrefixListIds })
  return {
    PrefixLists: items.map(list => ({
      PrefixListId: list.id,
      PrefixListName: list.name,
      AddressFamily: list.family,
      MaxEntries: list.maxEntries,
      State: 'create-complete',
      Version: 1,
      OwnerId: call.settings.account,
    })),
    ...next,
  }
}

export const instanceOperations = {
  DescribeInstances: describeInstances,
  DescribeNetworkInterfaces: describeInterfaces,
  DescribeAddresses: describeAddresses,
  DescribeManagedPrefixLists: describePrefixLists,
} satisfies Operations
