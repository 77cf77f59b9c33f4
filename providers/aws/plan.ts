// The actions that bring one load balancer from what was found to what shall be. Pure.
import type { IngressGroupGoal } from '../../src/model/ingress-group.ts'
import type { Goal } from '../../src/provider.ts'
import type { AwsAction } from './actions.ts'
import { beginning } from './model/problems.ts'
import type { Look, Seen } from './model/seen.ts'
import type { Stack } from './model/stack.ts'
import { adoptionSteps, balancerSteps, interruption, predecessors } from './plan/balancer.ts'
import { cleanUp } from './plan/clean.ts'
import { listenerSteps } from './plan/listeners.ts'
import { deletions, remove } from './plan/remove.ts'
import { unusedSteps } from './plan/application/certificates.ts'
import { httpListenerSteps } from './plan/application/listeners.ts'
import { refused } from './plan/refusal.ts'
import { securityGroupSteps } from './plan/security-groups.ts'
import { targetGroupSteps } from './plan/target-groups.ts'

/**
 * What is new is made and filled before anything old is taken away; deleting is planning for nothing. A plan may end with a
 * wait: what comes after it is planned when the reason is gone. Where old and new cannot exist at once, the change is refused
 * unless an interruption is allowed; then the old goes first.
 */
export function plan(goal: Goal | IngressGroupGoal | undefined, observed: Look): readonly AwsAction[] {
  if (observed.kind !== 'seen') return []
  if (!goal) return remove(observed)
  const { stack } = observed
  if (!stack) throw new TypeError('observed without the goal that is planned for')
  if (observed.nameTakenBy !== undefined)
    return [refused('NameTaken', `${stack.balancer.name} is taken by ${observed.nameTakenBy}.`)]
  const conflict = interruption(stack, observed)
  if (conflict !== undefined && observed.adopting)
    return [refused('AdoptionRefused', `${observed.adopting.name} cannot be taken over as it is: ${conflict.message}`)]
  if (conflict !== undefined && !stack.allowInterruption) return [refused('InterruptionRefused', beginning(conflict.message))]
  if (conflict !== undefined) return replaceWithInterruption(stack, observed)
  return upToWait([
    ...adoptionSteps(stack, observed),
    ...securityGroupSteps.make(stack, observed),
    ...targetGroupSteps(stack, observed),
    ...balancerSteps(stack, observed),
    ...listenersOf(stack, observed),
    ...predecessors(stack, observed),
    ...securityGroupSteps.clean(stack, observed),
    ...cleanUp(stack, observed),
    ...(stack.kind === 'application' ? unusedSteps(stack, observed) : []),
  ])
}

/** Deletes what stands in the way, then makes everything as if nothing had been there. */
function replaceWithInterruption(stack: Stack, seen: Seen): readonly AwsAction[] {
  const removal = deletions(seen).filter(({ kind }) => kind !== 'delete-security-group')
  const emptied: Seen = {
    ...seen,
    balancers: [],
    listeners: [],
    groups: [],
    ...(seen.application ? { application: { rules: [], certificates: seen.application.certificates } } : {}),
  }
  return [
    ...removal,
    ...securityGroupSteps.make(stack, emptied),
    ...targetGroupSteps(stack, emptied),
    ...balancerSteps(stack, emptied),
    ...listenersOf(stack, emptied),
    { kind: 'announce' },
    ...securityGroupSteps.clean(stack, emptied),
  ]
}

function listenersOf(stack: Stack, seen: Seen): readonly AwsAction[] {
  return stack.kind === 'network' ? listenerSteps(stack, seen) : httpListenerSteps(stack, seen)
}

function upToWait(actions: readonly AwsAction[]): readonly AwsAction[] {
  const wait = actions.findIndex(({ kind }) => kind === 'wait')
  return wait < 0 ? actions : actions.slice(0, wait + 1)
}
