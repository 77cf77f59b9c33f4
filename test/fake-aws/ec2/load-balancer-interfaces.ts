// The network interfaces that Elastic Load Balancing makes in its users' subnets.
import { firstFree } from '../addressing.ts'
import type { Call } from '../call.ts'
import { awsError } from '../errors.ts'
import type { LoadBalancer, NetworkInterface, Subnet, Zone } from '../records.ts'

/** Whether an interface is still there at `time`: those of a deleted load balancer stay for a while. */
export function isPresent(found: NetworkInterface, time: number): boolean {
  return found.goneAt === undefined || found.goneAt > time
}

/** The interfaces in a subnet. */
export function interfacesIn(call: Call, subnetId: string): readonly NetworkInterface[] {
  return call.world.networkInterfaces.values().filter(found => found.subnetId === subnetId && isPresent(found, call.now()))
}

/** How many addresses a subnet has left. */
export function freeAddresses(call: Call, subnet: Subnet): number {
  return subnet.free - interfacesIn(call, subnet.id).reduce((sum, found) => sum + found.privateIps.length, 0)
}

/** One interface for a zone of a load balancer. */
export function addInterface(call: Call, balancer: LoadBalancer, zone: Zone): void {
  const subnet = call.world.subnets.get(zone.subnetId)
  if (!subnet) throw awsError('SubnetNotFound', `The subnet ID '${zone.subnetId}' is not valid`)
  const taken = new Set(interfacesIn(call, subnet.id).flatMap(found => found.privateIps))
  const address = zone.privateIp ?? firstFree(subnet.cidr, taken)
  const id = `eni-0${call.newId(16)}`
  call.world.networkInterfaces.put(id, {
    id,
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    zone: subnet.zone,
    privateIps: address === undefined ? [] : [address],
    ipv6s: zone.ipv6 === undefined ? [] : [zone.ipv6],
    groups: balancer.securityGroups,
    description: `ELB ${balancer.type === 'network' ? 'net' : 'app'}/${balancer.name}/${balancer.id}`,
    type: balancer.type === 'network' ? 'network_load_balancer' : 'interface',
    loadBalancer: balancer.arn,
    allocationId: zone.allocationId,
    tags: {},
  })
}

/** Interfaces of a load balancer, or of one of its subnets, go after the linger time; until then their groups are in use. */
export function releaseInterfaces(call: Call, balancer: string, subnetId?: string): void {
  const goneAt = call.now() + call.settings.timings.interfacesLingerMs
  for (const found of ofBalancer(call, balancer)) {
    if (subnetId === undefined || found.subnetId === subnetId) call.world.networkInterfaces.put(found.id, { ...found, goneAt })
  }
}

/** Gives the interfaces of a load balancer its new groups. */
export function regroupInterfaces(call: Call, balancer: string, groups: readonly string[]): void {
  for (const found of ofBalancer(call, balancer)) call.world.networkInterfaces.put(found.id, { ...found, groups })
}

function ofBalancer(call: Call, balancer: string): readonly NetworkInterface[] {
  return call.world.networkInterfaces.values().filter(found => found.loadBalancer === balancer && found.goneAt === undefined)
}
