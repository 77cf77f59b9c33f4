// The managed security group at the front, and the shared one behind. Pure.
import type { AwsAction } from '../actions.ts'
import { quotas } from '../limits.ts'
import { tagChanges } from '../model/ownership.ts'
import { ruleSteps } from '../model/security-group-rules.ts'
import type { OwnRule } from '../model/security-group-rules.ts'
import type { Seen } from '../model/seen.ts'
import type { Stack } from '../model/stack.ts'

/** Made before the load balancer; rules that nobody asks for any more go last. */
export const securityGroupSteps = { make, clean }

function make(stack: Stack, seen: Seen): readonly AwsAction[] {
  const { frontend, backend, vpcId } = stack
  const actions: AwsAction[] = []
  if (backend && !seen.backend) actions.push({ kind: 'create-security-group', role: 'backend', group: backend, vpcId })
  if (!frontend) return actions
  const found = seen.frontends.find(({ name }) => name === frontend.name)
  if (!found) actions.push({ kind: 'create-security-group', role: 'frontend', group: frontend, vpcId })
  const steps = ruleActions(stack, seen)
  actions.push(...(steps.at(-1)?.kind === 'revoke' ? steps.slice(0, -1) : steps))
  if (!found) return actions
  const { set, remove } = tagChanges(frontend.tags, found.tags, stack.foreignTags)
  if (Object.keys(set).length > 0) actions.push({ kind: 'tag', arns: [found.id], tags: set })
  if (remove.length > 0) actions.push({ kind: 'untag', arns: [found.id], keys: remove })
  return actions
}

function clean(stack: Stack, seen: Seen): readonly AwsAction[] {
  const last = ruleActions(stack, seen).at(-1)
  return last?.kind === 'revoke' ? [last] : []
}

function ruleActions({ frontend }: Stack, seen: Seen): readonly AwsAction[] {
  if (!frontend) return []
  const found = seen.frontends.find(({ name }) => name === frontend.name)
  // Rules of protocols that we never ask for were made by others and stay.
  const present = (found?.rules ?? []).flatMap(({ protocol, from, to, kind, source }): OwnRule[] => {
    const known = (['tcp', 'udp', 'icmp', 'icmpv6'] as const).find(each => each === protocol)
    return known === undefined ? [] : [{ protocol: known, from, to, kind, source }]
  })
  return ruleSteps<OwnRule, OwnRule>(frontend.rules, present, quotas.inboundRulesPerSecurityGroup).map(
    (step): AwsAction =>
      'authorize' in step
        ? { kind: 'authorize', role: 'frontend', rules: step.authorize }
        : { kind: 'revoke', role: 'frontend', rules: step.revoke },
  )
}
