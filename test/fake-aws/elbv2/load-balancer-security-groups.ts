// The security groups of load balancers (API_SetSecurityGroups).
import type { SetSecurityGroupsInput, SetSecurityGroupsOutput } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { regroupInterfaces } from '../ec2/load-balancer-interfaces.ts'
import { awsError } from '../errors.ts'
import { findLoadBalancer } from './find.ts'
import { checkOneOf } from './names.ts'

/** Throws InvalidSecurityGroup for a group that does not exist or is of another VPC, and when there are too many. */
export function checkSecurityGroups(call: Call, vpcId: string, groups: readonly string[] = []): void {
  for (const id of groups) {
    const group = call.references.securityGroups.get(id)
    if (!group) throw awsError('InvalidSecurityGroup', `The security group ID '${id}' is not valid`)
    if (group.vpcId !== vpcId)
      throw awsError('InvalidConfigurationRequest', `The security group '${id}' does not belong to VPC '${vpcId}'`)
  }
  const limit = call.settings.quotas.securityGroupsPerLoadBalancer
  if (new Set(groups).size > limit) {
    throw awsError('InvalidConfigurationRequest', `A load balancer cannot have more than ${limit} security groups`)
  }
}

/** The id of a VPC's default group, which an Application Load Balancer gets that names none. */
export function defaultSecurityGroup(call: Call, vpcId: string): string {
  const group = call.world.securityGroups.values().find(found => found.vpcId === vpcId && found.name === 'default')
  if (!group) throw awsError('InvalidSecurityGroup', `VPC '${vpcId}' has no default security group`)
  return group.id
}

function setSecurityGroups(input: SetSecurityGroupsInput, call: Call): SetSecurityGroupsOutput {
  const balancer = findLoadBalancer(call.world, input.LoadBalancerArn)
  const enforce = input.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
  checkOneOf('enforceSecurityGroupInboundRulesOnPrivateLinkTraffic', enforce, ['on', 'off'])
  const groups = input.SecurityGroups ?? []
  if (balancer.type === 'network' && balancer.securityGroups.length === 0) {
    throw awsError(
      'InvalidConfigurationRequest',
      `Load balancer '${balancer.arn}' was created without security groups and cannot get any`,
    )
  }
  if (groups.length === 0) throw awsError('InvalidConfigurationRequest', 'At least one security group must be specified')
  checkSecurityGroups(call, balancer.vpcId, groups)
  if (enforce && balancer.type !== 'network') {
    throw awsError('InvalidConfigurationRequest', 'Rules on PrivateLink traffic can be enforced only on a network load balancer')
  }
  const enforcePrivateLink = enforce ?? balancer.enforcePrivateLink
  call.world.loadBalancers.put(balancer.arn, {
    ...balancer,
    securityGroups: groups,
    securityGroupsByDefault: false,
    enforcePrivateLink,
  })
  regroupInterfaces(call, balancer.arn, groups)
  return {
    SecurityGroupIds: groups,
    ...(enforcePrivateLink ? { EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: enforcePrivateLink } : {}),
  }
}

export const securityGroupOperations = { SetSecurityGroups: setSecurityGroups } satisfies Operations
