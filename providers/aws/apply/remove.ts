// Deletes things, after a fresh look that they are ours. What is gone already is success.
import { isGone } from '../errors.ts'
import { serviceOwner } from '../names.ts'
import type { AwsAction } from '../actions.ts'
import { isOwnedBy } from '../ownership.ts'
import { tagsOf } from '../snapshots/pictures.ts'
import { foundSecurityGroup } from '../snapshots/shapes.ts'
import type { Run } from './run.ts'

/** What may be deleted, by ARN or id: everything a plan wants to delete is asked about at once. */
export async function confirmOurs(run: Run, actions: readonly AwsAction[]): Promise<ReadonlySet<string>> {
  const arns = actions.flatMap(action =>
    action.kind === 'delete-load-balancer' || action.kind === 'delete-target-group' ? [action.arn] : [],
  )
  const groups = actions.flatMap(action => (action.kind === 'delete-security-group' ? [action.id] : []))
  if (arns.length === 0 && groups.length === 0) return new Set()
  const { context, location, caller, id } = run
  await context.confirmLeading(caller.signal)
  const isMine = (tags: Readonly<Record<string, string>>) => isOwnedBy(tags, context.cluster, serviceOwner(id))
  const [tags, found] = await Promise.all([tagsOf(location.calls, arns, caller), groupTags(run, groups)])
  const ours = new Set<string>()
  for (const arn of arns) {
    const fresh = tags.get(arn)
    if (fresh === undefined) forget(run, arn)
    else if (isMine(fresh)) ours.add(arn)
    else disown(run, arn, fresh)
  }
  for (const group of groups) {
    const fresh = found.get(group)
    if (fresh === undefined) forget(run, group)
    else if (isMine(fresh)) ours.add(group)
    else disown(run, group, fresh)
  }
  return ours
}

/** Filters find what is left without failing for what is gone. */
async function groupTags(
  { location, caller }: Run,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  if (ids.length === 0) return new Map()
  const Filters = [{ Name: 'group-id', Values: [...ids] }]
  const { SecurityGroups = [] } = await location.calls.ec2('DescribeSecurityGroups', { Filters }, caller)
  return new Map(SecurityGroups.map(foundSecurityGroup).map(({ id, tags }) => [id, tags]))
}

export async function deleteLoadBalancer(run: Run, arn: string): Promise<void> {
  await tolerant(run.location.calls.elb('DeleteLoadBalancer', { LoadBalancerArn: arn }, run.caller))
  forget(run, arn)
}

export async function deleteTargetGroup(run: Run, arn: string): Promise<void> {
  await tolerant(run.location.calls.elb('DeleteTargetGroup', { TargetGroupArn: arn }, run.caller))
  forget(run, arn)
}

export async function deleteSecurityGroup(run: Run, id: string): Promise<void> {
  await tolerant(run.location.calls.ec2('DeleteSecurityGroup', { GroupId: id }, run.caller))
  forget(run, id)
}

export async function deleteListener(run: Run, arn: string): Promise<void> {
  await tolerant(run.location.calls.elb('DeleteListener', { ListenerArn: arn }, run.caller))
  for (const [resource, id] of run.ids) if (id === arn) run.ids.delete(resource)
}

async function tolerant(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

function forget(run: Run, id: string): void {
  const { pictures } = run.location
  const { registered, leaving, waiting, stateSeen } = run.context.memory
  pictures.loadBalancers.drop(id)
  pictures.targetGroups.drop(id)
  pictures.securityGroups.drop(id)
  for (const table of [registered, leaving, waiting, stateSeen]) table.delete(id)
  for (const [resource, known] of run.ids) if (known === id) run.ids.delete(resource)
  const { [id]: _gone, ...targets } = run.record.targets
  run.record = { ...run.record, targets, retiring: run.record.retiring.filter(each => each.id !== id) }
}

/** Somebody took our marks off or put theirs on. */
function disown(run: Run, id: string, tags: Readonly<Record<string, string>>): void {
  const { pictures } = run.location
  const balancer = pictures.loadBalancers.known(id)
  if (balancer) pictures.loadBalancers.saw({ ...balancer, tags })
  const group = pictures.targetGroups.known(id)
  if (group) pictures.targetGroups.saw({ ...group, tags })
  const security = pictures.securityGroups.known(id)
  if (security) pictures.securityGroups.saw({ ...security, tags })
  run.record = { ...run.record, retiring: run.record.retiring.filter(each => each.id !== id) }
}
