// What is to stand in AWS for a goal: the settings once more, and what they mean in this VPC.
import type { Goal } from '../../../src/provider.ts'
import { quotas } from '../limits.ts'
import { namingOf } from '../model/naming.ts'
import { buildStack } from '../model/stack.ts'
import type { Stack } from '../model/stack.ts'
import { serviceOwner } from '../names.ts'
import { collapse, frontendRules } from '../security-group-rules.ts'
import type { AwsSettings } from '../settings.ts'
import type { FoundLoadBalancer } from '../snapshots/shapes.ts'
import { discover } from './discovery.ts'
import type { Look } from './look.ts'
import { existingOf, schemeOf, wishOf } from './wish.ts'

/** The settings once more, now that it is known which load balancer there is, and what they mean in this VPC. */
export async function stackOf(
  { context, id, record, location, caller }: Look,
  goal: Goal,
  balancers: readonly FoundLoadBalancer[],
): Promise<{ readonly settings: AwsSettings; readonly stack: Stack }> {
  const { place } = location
  const [only] = balancers
  const existing = record?.scheme === undefined && only ? ({ scheme: schemeOf(only.scheme) } as const) : existingOf(record)
  const { settings } = wishOf(goal.desired, existing, place)
  const naming = namingOf({ cluster: context.cluster, owner: serviceOwner(id), vpcId: place.vpcId, settings })
  const standing = balancers.find(({ name }) => name === naming.balancer.name) ?? only
  const { clusterName, clock } = context
  const discovered = await discover(location, { settings, existing: standing, clusterName, now: clock.monotonic() }, caller)
  const { backendSecurityGroup, targetSecurityGroupTags, externalManagedTags = [] } = goal.desired.class.spec.aws ?? {}
  const { securityGroups } = settings
  const rules = securityGroups.kind === 'managed' ? frontendRules(securityGroups, settings.listeners) : []
  const stack = buildStack({
    id,
    vpcId: place.vpcId,
    settings,
    naming,
    ...discovered,
    frontendRules: collapse(rules, quotas.inboundRulesPerSecurityGroup).rules,
    foreignTags: externalManagedTags,
    ...(targetSecurityGroupTags === undefined ? {} : { targetSecurityGroupTags }),
    ...(backendSecurityGroup === undefined ? {} : { backendGroup: backendSecurityGroup }),
  })
  return { settings, stack }
}
