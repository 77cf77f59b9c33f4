// Target groups: made and filled before anything leads to them. Pure.
import type { AwsAction } from '../actions.ts'
import { tagChanges } from '../model/ownership.ts'
import type { Seen } from '../model/seen.ts'
import type { Stack, StackTargetGroup } from '../model/stack.ts'
import type { HealthCheckSettings } from '../settings/aws-settings.ts'
import type { FoundHealthCheck } from '../snapshots/shapes.ts'
import { changesOf } from './believed.ts'

export function targetGroupSteps(stack: Stack, seen: Seen): readonly AwsAction[] {
  const actions = stack.targetGroups.flatMap(group => stepsOf(group, stack, seen))
  return stack.opensTargets ? [...actions, { kind: 'open-targets', keys: stack.targetGroups.map(({ key }) => key) }] : actions
}

function stepsOf(group: StackTargetGroup, stack: Stack, seen: Seen): readonly AwsAction[] {
  const { key, name, tags, healthCheck } = group
  const found = seen.groups.find(each => each.name === name)
  const actions: AwsAction[] = []
  if (!found) actions.push({ kind: 'create-target-group', group, vpcId: stack.vpcId })
  else if (!isSameCheck(healthCheck, found.healthCheck)) actions.push({ kind: 'modify-health-check', key, healthCheck })
  const attributes = changesOf(group.attributes, seen, { resource: `target-group/${key}`, arn: found?.arn })
  if (Object.keys(attributes).length > 0) actions.push({ kind: 'set-target-group-attributes', key, attributes })
  if (found) {
    const { set, remove } = tagChanges(tags, found.tags, stack.foreignTags)
    if (Object.keys(set).length > 0) actions.push({ kind: 'tag', arns: [found.arn], tags: set })
    if (remove.length > 0) actions.push({ kind: 'untag', arns: [found.arn], keys: remove })
  }
  const targets = seen.targets.get(key) ?? []
  const isFilled = found !== undefined && seen.record?.targets[found.arn] !== undefined
  if (targets.length > 0 && !isFilled) actions.push({ kind: 'register-targets', key, targets })
  return actions
}

function isSameCheck(wanted: HealthCheckSettings, found: FoundHealthCheck): boolean {
  return (
    wanted.protocol === found.protocol &&
    String(wanted.port) === found.port &&
    wanted.path === found.path &&
    wanted.intervalSeconds === found.intervalSeconds &&
    wanted.timeoutSeconds === found.timeoutSeconds &&
    wanted.healthyThreshold === found.healthyThreshold &&
    wanted.unhealthyThreshold === found.unhealthyThreshold &&
    wanted.successCodes === found.successCodes
  )
}
