// What nobody needs any more: retired when it was in use, deleted when it has been retired long enough. Pure.
import type { AwsAction } from '../actions.ts'
import { ownerUidTag } from '../model/ownership.ts'
import type { Seen } from '../model/seen.ts'
import type { Stack } from '../model/stack.ts'
import type { FoundTargetGroup } from '../snapshots/shapes.ts'
import { currentOf } from './balancer.ts'
import { retirementMs } from './retirement.ts'

/** What is deleted must be free by then: the listeners and load balancers that use it go first. */
export function cleanUp(stack: Stack, seen: Seen): readonly AwsAction[] {
  const since = new Map((seen.record?.retiring ?? []).map(({ id, since }) => [id, Date.parse(since)]))
  const isDue = (id: string) => seen.now - (since.get(id) ?? seen.now) >= retirementMs
  const current = currentOf(stack, seen)
  const oldBalancers = seen.balancers.filter(({ arn, name }) => name !== stack.balancer.name && since.has(arn) && isDue(arn))
  const goingBalancers = new Set(oldBalancers.map(({ arn }) => arn))
  const actions: AwsAction[] = oldBalancers.map(({ arn, name }) => ({ kind: 'delete-load-balancer', arn, name }))
  const ours = new Set(seen.balancers.map(({ arn }) => arn))
  for (const group of seen.groups) {
    if (stack.targetGroups.some(({ name }) => name === group.name)) continue
    // Of our own load balancers the listeners tell, which were just read; of others, the group itself.
    const all = [...leadingTo(group.arn, seen), ...group.loadBalancers.filter(arn => !ours.has(arn))]
    const users = all.filter(arn => !goingBalancers.has(arn))
    // Deleted with the listeners, or when what replaced load balancers had is gone.
    if (users.some(arn => arn !== current?.arn) || hasLeft(group, stack)) continue
    const isLeftOver = users.length === 0 && !since.has(group.arn)
    if (isLeftOver || (users.length === 0 && isDue(group.arn)))
      actions.push({ kind: 'delete-target-group', arn: group.arn, name: group.name })
    else if (!since.has(group.arn)) actions.push({ kind: 'retire', what: 'target-group', id: group.arn })
  }
  const oldFrontends = seen.frontends.filter(({ name }) => name !== stack.frontend?.name)
  const inUse = new Set(
    seen.balancers.flatMap(({ arn, securityGroups }) => (goingBalancers.has(arn) || arn === current?.arn ? [] : securityGroups)),
  )
  for (const { id, name } of oldFrontends) if (!inUse.has(id)) actions.push({ kind: 'delete-security-group', id, name })
  // What only the deleted ones needed is shut at once.
  if (stack.opensTargets && actions.some(({ kind }) => kind === 'delete-target-group'))
    actions.push({ kind: 'open-targets', keys: stack.targetGroups.map(({ key }) => key), closes: true })
  return actions
}

/** The load balancers whose listeners or rules lead to a target group. */
function leadingTo(arn: string, { listeners, application }: Seen): readonly string[] {
  const byListener = listeners.filter(({ forward }) => forward.some(({ targetGroup }) => targetGroup === arn))
  const byRule = (application?.rules ?? []).flatMap(({ listener, actions }) => {
    const leads = actions.some(action => action.kind === 'forward' && action.to.some(to => 'arn' in to && to.arn === arn))
    return leads ? listeners.filter(each => each.arn === listener) : []
  })
  return [...byListener, ...byRule].map(({ loadBalancer }) => loadBalancer)
}

/** What members of a group had that have no part of it any more; nothing leads there once the listeners are as planned. */
export function leftBehind(stack: Stack, seen: Seen): readonly AwsAction[] {
  const current = currentOf(stack, seen)
  const elsewhere = new Set(
    seen.listeners
      .filter(({ loadBalancer }) => loadBalancer !== current?.arn)
      .flatMap(({ forward }) => forward.map(({ targetGroup }) => targetGroup)),
  )
  return seen.groups
    .filter(group => hasLeft(group, stack) && !elsewhere.has(group.arn))
    .map(({ arn, name }) => ({ kind: 'delete-target-group', arn, name }))
}

/** Whether a target group was of a member that has no part of the group any more. */
export function hasLeft({ tags }: FoundTargetGroup, { members }: Stack): boolean {
  const uid = tags[ownerUidTag]
  return members !== undefined && uid !== undefined && !members.has(uid)
}
