// What is to stand in AWS for a goal: the settings once more, and what they mean in this VPC.
import { quotas } from '../limits.ts'
import type { AwsGoal } from '../model/goal.ts'
import { ownerOf } from '../model/names.ts'
import { namingOf } from '../model/naming.ts'
import { collapse, frontendRules } from '../model/security-group-rules.ts'
import { buildStack } from '../model/stack.ts'
import type { Stack } from '../model/stack.ts'
import type { AwsSettings } from '../settings/aws-settings.ts'
import type { FoundLoadBalancer } from '../snapshots/shapes.ts'
import { adoptionFor } from './adoption.ts'
import type { Adoption } from './adoption.ts'
import { clusterNameOf } from './context.ts'
import { discover } from './discovery.ts'
import type { Look } from './look.ts'
import { existingOf, schemeOf, wishOf } from './wish.ts'

/** The settings once more, now that it is known which load balancer there is, and what they mean in this VPC. */
export async function stackOf(
  look: Look,
  goal: AwsGoal,
  balancers: readonly FoundLoadBalancer[],
): Promise<{ readonly settings: AwsSettings; readonly stack: Stack; readonly adoption: Adoption | undefined }> {
  const { context, id, record, location, caller } = look
  const { place } = location
  const clusterName = clusterNameOf(context, goal.desired.class)
  const wished = wishOf(goal, existingOf(record), place).settings
  const { takesOver = false } = goal.desired
  const adoption = await adoptionFor(look, wished, { own: balancers, clusterName, type: 'network', takesOver })
  const only = adoption?.balancer ?? balancers[0]
  const isKnown = record?.scheme !== undefined && adoption === undefined
  const existing = only && !isKnown ? ({ scheme: schemeOf(only.scheme) } as const) : existingOf(record)
  const { settings, joined } = wishOf(goal, existing, place)
  const adopted = adoption === undefined ? {} : { adopted: adoption.balancer.name }
  const naming = namingOf({ cluster: context.cluster, owner: ownerOf(id), vpcId: place.vpcId, settings, ...adopted })
  const standing = balancers.find(({ name }) => name === naming.balancer.name) ?? only
  const keepsAddresses = adoption !== undefined
  const now = context.clock.monotonic()
  const discovered = await discover(
    location,
    { settings, kind: 'network', existing: standing, keepsAddresses, clusterName, now },
    caller,
  )
  const { backendSecurityGroup, targetSecurityGroupTags, externalManagedTags = [] } = goal.desired.class.spec.aws ?? {}
  const { securityGroups } = settings
  const rules = joined?.rules ?? (securityGroups.kind === 'managed' ? frontendRules(securityGroups, settings.listeners) : [])
  const stack = buildStack({
    id,
    vpcId: place.vpcId,
    settings,
    naming,
    isAdopted: adoption !== undefined,
    ...discovered,
    frontendRules: collapse(rules, quotas.inboundRulesPerSecurityGroup).rules,
    foreignTags: externalManagedTags,
    ...(joined === undefined ? {} : { members: joined.served }),
    ...(targetSecurityGroupTags === undefined ? {} : { targetSecurityGroupTags }),
    ...(backendSecurityGroup === undefined ? {} : { backendGroup: backendSecurityGroup }),
  })
  return { settings, stack, adoption }
}
