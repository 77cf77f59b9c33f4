// Opens the security groups of targets for a load balancer, and closes them when it goes.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { Goal } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import type { Caller } from '../calls/calls.ts'
import { hasCode } from '../calls/errors.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import { backendSecurityGroupName } from '../model/names.ts'
import { ownershipOf } from '../model/ownership.ts'
import type { DirectAccess, Stack, StackTargetGroup } from '../model/stack.ts'
import { clusterNameOf } from '../observe/context.ts'
import type { Context } from '../observe/context.ts'
import { targetsOf } from '../observe/targets.ts'
import type { Location } from '../provider/locations.ts'
import type { AwsSettings } from '../settings/aws-settings.ts'
import { replacedTargets } from '../membership/standing.ts'
import { directOpenings, openDirect } from './direct.ts'
import type { DirectRequest, Opened } from './direct.ts'
import type { Run } from './run.ts'
import type { Need, Openings } from './target-rules.ts'

export async function openTargets(
  run: Run,
  { keys, closes = false }: Extract<AwsAction, { readonly kind: 'open-targets' }>,
): Promise<void> {
  const { context, id, location, caller, seen, stack, goal } = run
  if (!stack) return
  const record = { ...run.record, ids: Object.fromEntries(run.ids) }
  const { targetGroups } = stack
  const groups = [
    ...targetGroups
      .filter(({ key }) => keys.includes(key))
      .map(group => ({ ...group, targets: seen.targets.get(group.key) ?? [] })),
    ...(await replacedTargets(context, { id, location, record, targetGroups, goal }, caller.signal)),
  ]
  const clusterName = run.class && clusterNameOf(context, run.class)
  const marks = {
    ...(stack.targetSecurityGroupTags === undefined ? {} : { tags: stack.targetSecurityGroupTags }),
    ...(clusterName === undefined ? {} : { clusterName }),
  }
  const opened = stack.direct
    ? await openDirect(
        context,
        location,
        id,
        { ...directRequest(stack, stack.direct), groups, marks, before: run.record.openings },
        caller,
      )
    : await openShared(run, groups, { marks, closes })
  if (!opened) return
  noteUnclear(context, id, opened.problems)
  run.record = { ...run.record, openings: opened.openings }
  run.warnings.push(...opened.problems)
}

function directRequest({ balancer }: Stack, access: DirectAccess) {
  const { scheme, ipAddressType, subnets } = balancer
  return { access, scheme, ipAddressType, subnets: subnets.map(({ subnetId }) => subnetId) }
}

async function openShared(
  run: Run,
  groups: DirectRequest['groups'],
  options: { readonly marks: DirectRequest['marks']; readonly closes: boolean },
): Promise<Opened | undefined> {
  const { context, id, location, caller } = run
  const backend = backendOf(run)
  if (backend === undefined) return undefined
  const needs = groups.map(group => needOf(group, group.targets))
  return context.rulesOf(location).open(id, needs, { backend, ...options }, caller)
}

/** Targets that came after the shape was made may be on interfaces with other security groups. */
export async function openFor(
  context: Context,
  {
    id,
    goal,
    class: lbClass,
    location,
    caller,
    record,
  }: {
    readonly id: LoadBalancerOwner
    readonly goal: Goal | undefined
    readonly class: LoadBalancerClass
    readonly location: Location
    readonly caller: Caller
    readonly record: LedgerRecord
  },
  settings: Pick<AwsSettings, 'securityGroups' | 'loadBalancer' | 'targetGroups'>,
): Promise<{ readonly openings: Openings; readonly problems: readonly Problem[] } | undefined> {
  const { backendSecurityGroup, targetSecurityGroupTags: tags } = lbClass.spec.aws ?? {}
  const { securityGroups, loadBalancer } = settings
  if (!securityGroups.manageBackendRules) return undefined
  const clusterName = clusterNameOf(context, lbClass)
  const marks = { ...(tags === undefined ? {} : { tags }), ...(clusterName === undefined ? {} : { clusterName }) }
  const targets = await targetsOf(context, id, settings, location, caller)
  const { targetGroups } = settings
  const isReplacing = !record.applied || record.retiring.length > 0
  const groups = [
    ...targetGroups.map(group => ({ ...group, targets: targets.get(group.key) ?? [] })),
    ...(isReplacing ? await replacedTargets(context, { id, location, record, targetGroups, goal }, caller.signal) : []),
  ]
  if (securityGroups.kind === 'none') {
    const { scheme, ipAddressType } = loadBalancer
    const known = location.pictures.loadBalancers.known(record.ids['load-balancer'] ?? '')
    const subnets = (known?.subnets ?? []).map(({ subnetId }) => subnetId)
    const before = record.openings
    return openDirect(
      context,
      location,
      id,
      { access: securityGroups, scheme, ipAddressType, subnets, groups, marks, before },
      caller,
    )
  }
  const backend = backendSecurityGroup ?? record.ids['security-group/backend']
  if (backend === undefined) return undefined
  const needs = groups.map(group => needOf(group, group.targets))
  return context.rulesOf(location).open(id, needs, { backend, marks }, caller)
}

/** Said in the condition as long as it is so. */
export function noteUnclear({ memory }: Context, { uid }: LoadBalancerOwner, problems: readonly Problem[]): void {
  const text = problems.map(({ message, remedy }) => `${capitalized(message)} ${remedy}`).join(' ')
  if (text === '') memory.unclear.delete(uid)
  else memory.unclear.set(uid, text)
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

export function needOf(
  { protocol, healthCheck }: Pick<StackTargetGroup, 'protocol' | 'healthCheck'>,
  targets: Need['targets'],
): Need {
  return {
    targets,
    transports: protocol === 'TCP_UDP' ? ['tcp', 'udp'] : protocol === 'UDP' ? ['udp'] : ['tcp'],
    ...(healthCheck.port === 'traffic-port' ? {} : { healthCheckPort: healthCheck.port }),
  }
}

/** The last group of a load balancer that opens its targets is the one they know it by. */
function backendOf({ stack, ids }: Run): string | undefined {
  const last = stack?.balancer.securityGroups.at(-1)
  return last === undefined ? undefined : typeof last === 'string' ? ids.get(`security-group/${last}`) : last.id
}

/** So long the shared group is waited for; then the sweep has it. */
const longestWaitMs = 5 * 60_000

/**
 * When the last load balancer of the VPC goes, the rules at the targets and the shared group go with it. As long as others are
 * there, what only this one needed stays until the sweep.
 */
export async function closeTargets(run: Run): Promise<void> {
  const { context, id, location, caller } = run
  const rules = context.rulesOf(location)
  rules.forget(id)
  // Doors for clients are shut at once; those that only our load balancers come through can wait.
  const direct = directOpenings(run.record.openings)
  if (Object.keys(direct).length > 0) await context.directRulesOf(location).set(id.uid, {}, direct, caller)
  const { going, stuck } = context.memory
  going.add(id.uid)
  const others = [...context.ledger.entries()].filter(
    ([other, { place }]) =>
      !going.has(other.uid) && place.vpcId === location.place.vpcId && place.region === location.place.region,
  )
  if (others.length > 0) return
  const { pictures, calls, place } = location
  const name = backendSecurityGroupName(context.cluster, place.vpcId)
  const group = [...(await pictures.securityGroups.all(caller.signal)).values()].find(
    each => each.name === name && ownershipOf(each.tags, context.cluster).kind === 'ours',
  )
  await rules.shrink(group?.id, caller)
  if (!group) return
  try {
    await calls.ec2('DeleteSecurityGroup', { GroupId: group.id }, caller)
  } catch (error) {
    const isLong = context.clock.now() - (stuck.get(id.uid) ?? context.clock.now()) > longestWaitMs
    if (isLong && hasCode(error, 'DependencyViolation')) return
    if (!hasCode(error, 'InvalidGroup.NotFound')) throw error
  }
  pictures.securityGroups.drop(group.id)
}
