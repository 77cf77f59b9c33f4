// Looks up what an ARN names; the errors for what is not there (Errors of each API page).
import type { Listener, LoadBalancer, Rule, TargetGroup } from '../records.ts'
import type { View } from '../world.ts'
import { checkArn } from './names.ts'
import { resourceNotFound } from './tags.ts'

/** The load balancer of an ARN. Throws ValidationError or LoadBalancerNotFound. */
export function findLoadBalancer(view: Pick<View, 'loadBalancers'>, arn = ''): LoadBalancer {
  checkArn('load balancer', arn)
  const found = view.loadBalancers.get(arn)
  if (!found) throw resourceNotFound('load balancer', [arn])
  return found
}

/** The target group of an ARN. Throws ValidationError or TargetGroupNotFound. */
export function findTargetGroup(view: Pick<View, 'targetGroups'>, arn = ''): TargetGroup {
  checkArn('target group', arn)
  const found = view.targetGroups.get(arn)
  if (!found) throw resourceNotFound('target group', [arn])
  return found
}

/** The listener of an ARN. Throws ValidationError or ListenerNotFound. */
export function findListener(view: Pick<View, 'listeners'>, arn = ''): Listener {
  checkArn('listener', arn)
  const found = view.listeners.get(arn)
  if (!found) throw resourceNotFound('listener', [arn])
  return found
}

/** The rule of an ARN. Throws ValidationError or RuleNotFound. */
export function findRule(view: Pick<View, 'rules'>, arn = ''): Rule {
  checkArn('rule', arn)
  const found = view.rules.get(arn)
  if (!found) throw resourceNotFound('rule', [arn])
  return found
}

/** The listeners of a load balancer. */
export function listenersOf(view: Pick<View, 'listeners'>, balancer: string): readonly Listener[] {
  return view.listeners.values().filter(listener => listener.loadBalancer === balancer)
}

/** The rules of a load balancer beside the default ones. */
export function rulesOf(view: Pick<View, 'rules'>, balancer: string): readonly Rule[] {
  return view.rules.values().filter(rule => rule.loadBalancer === balancer)
}
