// Deletes things, after a fresh look that they are ours. What is gone already is success.
import type { AwsAction } from '../actions.ts'
import { isGone, isUncertain } from '../calls/errors.ts'
import { ownerOf } from '../model/names.ts'
import { isOwnedBy } from '../model/ownership.ts'
import { abandonable } from '../snapshots/table.ts'
import { disbelieve } from './doubt.ts'
import type { Run } from './run.ts'

/** How long a look counts as fresh. */
const freshMs = 30_000

/** Takes something away that nobody else asks about first. */
const destructive: ReadonlySet<AwsAction['kind']> = new Set<AwsAction['kind']>([
  'close-targets',
  'delete-certificate',
  'delete-listener',
  'delete-rule',
  'disassociate-web-acl',
  'remove-certificates',
  'revoke',
  'unprotect',
  'untag',
])

/**
 * What may be deleted, by ARN or id: everything a plan wants to delete is asked about at once. Rejects when this process leads no
 * more and the plan takes anything away.
 */
export async function confirmOurs(run: Run, actions: readonly AwsAction[]): Promise<ReadonlySet<string>> {
  const { context, location, caller, id } = run
  const { confirmed } = context.memory
  const now = context.clock.monotonic()
  const wanted = actions.flatMap(action =>
    action.kind === 'delete-load-balancer' || action.kind === 'delete-target-group'
      ? [action.arn]
      : action.kind === 'delete-security-group'
        ? [action.id]
        : [],
  )
  if (wanted.length > 0 || actions.some(({ kind }) => destructive.has(kind))) await context.confirmLeading(caller.signal)
  if (wanted.length === 0) return new Set()
  // A deletion that is tried again every few seconds needs no look each time.
  const ours = new Set(wanted.filter(each => now - (confirmed.get(each) ?? Number.NEGATIVE_INFINITY) < freshMs))
  const asked = wanted.filter(each => !ours.has(each))
  const groups = asked.filter(each => each.startsWith('sg-'))
  const arns = asked.filter(each => !each.startsWith('sg-'))
  const isMine = (tags: Readonly<Record<string, string>>) => isOwnedBy(tags, context.cluster, ownerOf(id))
  const [tags, found] = await Promise.all([
    abandonable(location.freshTags(arns), caller.signal),
    abandonable(location.freshGroupTags(groups), caller.signal),
  ])
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
  for (const each of ours) if (!confirmed.has(each) || asked.includes(each)) confirmed.set(each, now)
  return ours
}

export async function deleteLoadBalancer(run: Run, arn: string): Promise<void> {
  await tolerant(run, arn, run.location.calls.elb('DeleteLoadBalancer', { LoadBalancerArn: arn }, run.caller))
  forget(run, arn)
}

export async function deleteTargetGroup(run: Run, arn: string): Promise<void> {
  await tolerant(run, arn, run.location.calls.elb('DeleteTargetGroup', { TargetGroupArn: arn }, run.caller))
  forget(run, arn)
}

export async function deleteSecurityGroup(run: Run, id: string): Promise<void> {
  await tolerant(run, id, run.location.calls.ec2('DeleteSecurityGroup', { GroupId: id }, run.caller))
  forget(run, id)
}

export async function deleteListener(run: Run, arn: string): Promise<void> {
  await tolerant(run, arn, run.location.calls.elb('DeleteListener', { ListenerArn: arn }, run.caller))
  run.location.pictures.listeners.drop(arn)
  for (const [resource, id] of run.ids) if (id === arn) run.ids.delete(resource)
}

async function tolerant(run: Run, id: string, call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (isGone(error)) return
    // It may be gone or not: the next listing decides, not what we remember of having made it.
    if (isUncertain(error)) disbelieve(run.location, [id])
    throw error
  }
}

function forget(run: Run, id: string): void {
  const { pictures } = run.location
  const { registered, leaving, waiting, stateSeen, confirmed } = run.context.memory
  // Clients must not be told a name that leads nowhere.
  if (pictures.loadBalancers.known(id)?.dnsName === run.record.dnsName) {
    const { dnsName: _gone, ...nameless } = run.record
    run.record = nameless
  }
  pictures.loadBalancers.drop(id)
  pictures.targetGroups.drop(id)
  pictures.securityGroups.drop(id)
  for (const table of [registered, leaving, waiting, stateSeen, confirmed]) table.delete(id)
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
