// Registers and deregisters targets (API_RegisterTargets, API_DeregisterTargets, API_TargetDescription).
import type {
  DeregisterTargetsInput,
  DeregisterTargetsOutput,
  RegisterTargetsInput,
  RegisterTargetsOutput,
  TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { familyOf, inCidr } from '../addressing.ts'
import type { Call, Operations } from '../call.ts'
import { awsError, invalid } from '../errors.ts'
import type { LoadBalancer, Target, TargetGroup } from '../records.ts'
import { findTargetGroup, listenersOf } from './find.ts'
import { checkRange } from './names.ts'
import { loadBalancerAttribute } from './load-balancer-attributes.ts'
import { targetGroupAttribute } from './target-group-attributes.ts'

/** Addresses outside the VPC that may be targets (API_CreateTargetGroup, TargetType ip). */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']

/** The key of a target in its group. */
export function targetKey(group: TargetGroup, target: { readonly id: string; readonly port?: number | undefined }): string {
  return group.targetType === 'lambda' ? target.id : `${target.id}:${target.port ?? group.port}`
}

/** The targets that are there at `time`: a draining one leaves when its delay is over. */
export function presentTargets(group: TargetGroup, time: number): readonly Target[] {
  return [...group.targets.values()].filter(target => target.drainingUntil === undefined || target.drainingUntil > time)
}

function register(input: RegisterTargetsInput, call: Call): RegisterTargetsOutput {
  const group = findTargetGroup(call.world, input.TargetGroupArn)
  const descriptions = input.Targets ?? []
  if (descriptions.length === 0) throw invalid('At least one target must be specified')
  const added = descriptions.map(description => targetOf(call, group, description))
  const targets = new Map(presentTargets(group, call.now()).map(target => [targetKey(group, target), target]))
  for (const target of added) {
    const present = targets.get(targetKey(group, target))
    // One that is registered keeps its health; one that drains begins anew.
    targets.set(
      targetKey(group, target),
      present && present.drainingUntil === undefined ? { ...present, zone: target.zone } : target,
    )
  }
  checkQuotas(call, group, [...targets.values()])
  call.world.targetGroups.put(group.arn, { ...group, targets })
  return {}
}

function targetOf(call: Call, group: TargetGroup, description: TargetDescription): Target {
  const { Id: id = '', Port: port, AvailabilityZone: wantedZone } = description
  checkRange('port', port, 1, 65_535)
  if (description.QuicServerId !== undefined && !/QUIC/.test(group.protocol ?? '')) {
    throw awsError('InvalidTarget', `A QUIC server ID is not supported for protocol ${group.protocol}`)
  }
  const zones: Record<TargetGroup['targetType'], () => string | undefined> = {
    instance: () => instanceZone(call, group, id, wantedZone),
    ip: () => addressZone(call, group, id, wantedZone),
    alb: () => albZone(call, group, id),
    lambda: () => wantedZone,
  }
  return {
    id,
    port: group.targetType === 'lambda' ? undefined : (port ?? group.port),
    zone: zones[group.targetType](),
    registeredAt: call.now(),
  }
}

function instanceZone(call: Call, group: TargetGroup, id: string, zone: string | undefined): undefined {
  if (zone !== undefined) throw invalid('You cannot specify an Availability Zone for target type instance')
  if (!/^i-[0-9a-f]{8,17}$/.test(id)) throw invalid(`The instance ID '${id}' is not valid`)
  const instance = call.references.instances.get(id)
  if (!instance || instance.vpcId !== group.vpcId) {
    throw awsError('InvalidTarget', `The following targets are not in the target group VPC '${group.vpcId}': '${id}'`)
  }
  if (instance.state !== 'running') {
    throw awsError('InvalidTarget', `The following targets are not in a running state and cannot be registered: '${id}'`)
  }
  if (group.ipAddressType === 'ipv6' && instance.ipv6 === undefined) {
    throw awsError('InvalidTarget', `The following targets have no IPv6 address: '${id}'`)
  }
}

/** API_TargetDescription, AvailabilityZone: found by the subnet inside the VPC, and required outside; only subnets count as inside. */
function addressZone(call: Call, group: TargetGroup, id: string, zone: string | undefined): string | undefined {
  const family = familyOf(id)
  if (!family) throw invalid(`The IP address '${id}' is not a valid IPv4 or IPv6 address`)
  if (family !== group.ipAddressType) throw invalid(`The IP address '${id}' is not a valid ${group.ipAddressType} address`)
  if (zone !== undefined) checkZone(call, zone)
  const subnets = call.references.subnets.values().filter(found => found.vpcId === group.vpcId)
  const subnet = subnets.find(found => inCidr(id, found.cidr) || inCidr(id, found.ipv6Cidr ?? ''))
  if (subnet && zone !== undefined && zone !== subnet.zone) {
    throw invalid(`The IP address '${id}' is within the VPC, and cannot have another zone than '${subnet.zone}'`)
  }
  if (subnet) return subnet.zone
  if (!privateRanges.some(range => inCidr(id, range))) {
    throw awsError('InvalidTarget', `The IP address '${id}' must be in the VPC or in one of ${privateRanges.join(', ')}`)
  }
  if (zone === undefined)
    throw invalid(`An Availability Zone must be specified for '${id}', which is outside the VPC '${group.vpcId}'`)
  return zone
}

function checkZone(call: Call, zone: string): void {
  if (zone === 'all' || call.references.subnets.values().some(subnet => subnet.zone === zone)) return
  throw invalid(`The Availability Zone '${zone}' is not valid`)
}

/** "Use Application Load Balancers as targets" in the NLB guide: one target, whose listener has the group's port. */
function albZone(call: Call, group: TargetGroup, id: string): undefined {
  const balancer = call.references.loadBalancers.get(id)
  if (balancer?.type !== 'application') throw awsError('InvalidTarget', `'${id}' is not an application load balancer`)
  if (balancer.vpcId !== group.vpcId) throw awsError('InvalidTarget', `'${id}' is not in the target group VPC '${group.vpcId}'`)
  if (!listenersOf(call.references, id).some(listener => listener.port === group.port)) {
    throw awsError('InvalidTarget', `'${id}' has no listener on port ${group.port}`)
  }
  if ([...group.targets.values()].some(target => target.id !== id))
    throw awsError('TooManyTargets', 'A target group of type alb has one target')
}

function checkQuotas(call: Call, group: TargetGroup, targets: readonly Target[]): void {
  const { quotas } = call.settings
  const counted = targets.filter(target => target.drainingUntil === undefined)
  if (counted.length > quotas.targetsPerTargetGroup) {
    throw awsError('TooManyTargets', `A target group cannot have more than ${quotas.targetsPerTargetGroup} targets`)
  }
  const balancer = call.world.loadBalancers.get(group.usedBy?.loadBalancer ?? '')
  if (balancer) checkBalancerQuota(call, balancer, group, counted)
}

function checkBalancerQuota(call: Call, balancer: LoadBalancer, group: TargetGroup, targets: readonly Target[]): void {
  const { quotas } = call.settings
  const others = call.world.targetGroups
    .values()
    .filter(other => other.arn !== group.arn && other.usedBy?.loadBalancer === balancer.arn)
  const all = [...targets, ...others.flatMap(other => presentTargets(other, call.now()))]
  const limit = balancer.type === 'network' ? quotas.targetsPerNetworkLoadBalancer : quotas.targetsPerApplicationLoadBalancer
  if (all.length > limit)
    throw awsError('TooManyTargets', `Load balancer '${balancer.name}' cannot have more than ${limit} targets`)
  if (balancer.type !== 'network' || loadBalancerAttribute(balancer, 'load_balancing.cross_zone.enabled') === 'true') return
  const perZone = new Map<string, number>()
  for (const target of all) {
    const zone = target.zone ?? call.world.instances.get(target.id)?.zone ?? 'all'
    perZone.set(zone, (perZone.get(zone) ?? 0) + 1)
  }
  for (const [zone, count] of perZone) {
    if (count > quotas.targetsPerZonePerNetworkLoadBalancer) {
      throw awsError('TooManyTargets', `Load balancer '${balancer.name}' cannot have ${count} targets in ${zone}`)
    }
  }
}

function deregister(input: DeregisterTargetsInput, call: Call): DeregisterTargetsOutput {
  const group = findTargetGroup(call.world, input.TargetGroupArn)
  const descriptions = input.Targets ?? []
  if (descriptions.length === 0) throw invalid('At least one target must be specified')
  const now = call.now()
  const targets = new Map(presentTargets(group, now).map(target => [targetKey(group, target), target]))
  const delayMs = Number(targetGroupAttribute(group, 'deregistration_delay.timeout_seconds') ?? 0) * 1000
  for (const description of descriptions) {
    const key = targetKey(group, { id: description.Id ?? '', port: description.Port })
    const target = targets.get(key)
    if (!target) continue
    // A group that serves nobody has no connections to drain.
    if (!group.usedBy || delayMs === 0) targets.delete(key)
    else if (target.drainingUntil === undefined) targets.set(key, { ...target, drainingUntil: now + delayMs })
  }
  call.world.targetGroups.put(group.arn, { ...group, targets })
  return {}
}

export const targetOperations = { RegisterTargets: register, DeregisterTargets: deregister } satisfies Operations
