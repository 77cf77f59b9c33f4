// Rules of listeners: create, modify, describe, delete, and priorities that change all at once.
import type {
  CreateRuleInput,
  CreateRuleOutput,
  DeleteRuleInput,
  DeleteRuleOutput,
  DescribeRulesInput,
  DescribeRulesOutput,
  ModifyRuleInput,
  ModifyRuleOutput,
  Rule as RuleOutput,
  SetRulePrioritiesInput,
  SetRulePrioritiesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { awsError, invalid } from '../errors.ts'
import type { Listener, Rule } from '../records.ts'
import type { View } from '../world.ts'
import { checkActions } from './actions.ts'
import { describeAuthentication, withSecretsOf } from './authentication.ts'
import { checkConditions } from './conditions.ts'
import { findListener, findLoadBalancer, findRule, rulesOf } from './find.ts'
import { checkArn, checkRange } from './names.ts'
import { atMostTwenty, elbPage } from './pages.ts'
import { resourceNotFound, tagsOf } from './tags.ts'
import { checkTransforms } from './transforms.ts'
import { refreshUse } from './use.ts'

const largestPriority = 50_000

/** API_CreateRule, "Quotas for your Application Load Balancers". */
function create(input: CreateRuleInput, call: Call): CreateRuleOutput {
  const listener = findListener(call.world, input.ListenerArn)
  const balancer = findLoadBalancer(call.world, listener.loadBalancer)
  const priority = input.Priority ?? 0
  checkRange('priority', priority, 1, largestPriority)
  const tags = tagsOf(call, input.Tags)
  const conditions = checkConditions(call, balancer.type, input.Conditions)
  const actions = withSecretsOf([], checkActions(call, { balancer, protocol: listener.protocol }, input.Actions))
  const transforms = checkTransforms(balancer.type, input.Transforms)
  const present = call.world.rules.values().filter(rule => rule.listener === listener.arn)
  if (present.some(rule => rule.priority === priority))
    throw awsError('PriorityInUse', `Priority '${priority}' is currently in use`)
  const limit = call.settings.quotas.rulesPerApplicationLoadBalancer
  if (rulesOf(call.world, balancer.arn).length >= limit)
    throw awsError('TooManyRules', `A load balancer cannot have more than ${limit} rules`)
  const arn = `${listener.arn.replace(':listener/', ':listener-rule/')}/${call.newId(16)}`
  const rule: Rule = { arn, listener: listener.arn, loadBalancer: balancer.arn, priority, conditions, actions, transforms, tags }
  call.world.rules.put(arn, rule)
  refreshUse(call)
  return { Rules: [describeOne(rule)] }
}

function describeOne(rule: Rule): RuleOutput {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: [...rule.conditions],
    Actions: rule.actions.map(describeAuthentication),
    IsDefault: false,
    Transforms: [...rule.transforms],
  }
}

/** A listener's default actions as a rule. Its ARN is as steady as the listener's. */
function describeDefault(listener: Listener): RuleOutput {
  return {
    RuleArn: defaultRuleArn(listener),
    Priority: 'default',
    Conditions: [],
    Actions: listener.actions.map(describeAuthentication),
    IsDefault: true,
    Transforms: [],
  }
}

function defaultRuleArn(listener: Listener): string {
  const [id] = listener.arn.split('/').slice(-1)
  return `${listener.arn.replace(':listener/', ':listener-rule/')}/${(id ?? '').split('').toReversed().join('')}`
}

function isDefaultRule(view: Pick<View, 'listeners'>, arn: string): Listener | undefined {
  return view.listeners.values().find(listener => defaultRuleArn(listener) === arn)
}

function describe(input: DescribeRulesInput, call: Call): DescribeRulesOutput {
  const { ListenerArn: listenerArn, RuleArns: arns } = input
  if ((listenerArn === undefined) === !arns?.length) throw invalid('You must specify either a listener ARN or rule ARNs')
  atMostTwenty('ruleArns', arns)
  for (const arn of arns ?? []) checkArn('rule', arn)
  const found = listenerArn === undefined ? byArns(call, arns ?? []) : ofListener(call, findListener(call.seen, listenerArn))
  const { items, next } = elbPage(call, found, input)
  return { Rules: items, ...next }
}

function ofListener(call: Call, listener: Listener): readonly RuleOutput[] {
  const rules = call.seen.rules.values().filter(rule => rule.listener === listener.arn)
  return [...rules.toSorted((left, right) => left.priority - right.priority).map(describeOne), describeDefault(listener)]
}

function byArns(call: Call, arns: readonly string[]): readonly RuleOutput[] {
  return arns.map(arn => {
    const rule = call.seen.rules.get(arn)
    if (rule) return describeOne(rule)
    const listener = isDefaultRule(call.seen, arn)
    if (!listener) throw resourceNotFound('rule', [arn])
    return describeDefault(listener)
  })
}

/** API_ModifyRule; the default rule changes only with its listener ("Update a rule"). */
function modify(input: ModifyRuleInput, call: Call): ModifyRuleOutput {
  if (isDefaultRule(call.world, input.RuleArn ?? ''))
    throw awsError('OperationNotPermitted', `Default rule '${input.RuleArn}' cannot be modified`)
  const rule = findRule(call.world, input.RuleArn)
  const listener = findListener(call.world, rule.listener)
  const balancer = findLoadBalancer(call.world, rule.loadBalancer)
  if (input.ResetTransforms && input.Transforms?.length) throw invalid('You cannot specify both Transforms and ResetTransforms')
  const changed: Rule = {
    ...rule,
    conditions: input.Conditions ? checkConditions(call, balancer.type, input.Conditions) : rule.conditions,
    actions: input.Actions
      ? withSecretsOf(rule.actions, checkActions(call, { balancer, protocol: listener.protocol }, input.Actions))
      : rule.actions,
    transforms: input.ResetTransforms
      ? []
      : input.Transforms
        ? checkTransforms(balancer.type, input.Transforms)
        : rule.transforms,
  }
  call.world.rules.put(rule.arn, changed)
  refreshUse(call)
  return { Rules: [describeOne(changed)] }
}

function remove(input: DeleteRuleInput, call: Call): DeleteRuleOutput {
  if (isDefaultRule(call.world, input.RuleArn ?? ''))
    throw awsError('OperationNotPermitted', `Default rule '${input.RuleArn}' cannot be deleted`)
  const rule = findRule(call.world, input.RuleArn)
  call.world.rules.delete(rule.arn)
  refreshUse(call)
  return {}
}

/** API_SetRulePriorities: rules are reordered as long as the new order as a whole has no conflict, so a swap is one call. */
function setPriorities(input: SetRulePrioritiesInput, call: Call): SetRulePrioritiesOutput {
  const pairs = input.RulePriorities ?? []
  if (pairs.length === 0) throw invalid('At least one rule priority must be specified')
  const changes = pairs.map(({ RuleArn: arn = '', Priority: priority = 0 }) => {
    if (isDefaultRule(call.world, arn))
      throw awsError('OperationNotPermitted', `The priority of default rule '${arn}' cannot be changed`)
    checkRange('priority', priority, 1, largestPriority)
    return { ...findRule(call.world, arn), priority }
  })
  const moved = new Set(changes.map(rule => rule.arn))
  if (moved.size < changes.length) throw invalid('A rule was specified more than once')
  const listeners = new Set(changes.map(rule => rule.listener))
  if (listeners.size > 1) throw invalid('The rules belong to different listeners')
  const stay = call.world.rules.values().filter(rule => listeners.has(rule.listener) && !moved.has(rule.arn))
  const taken = new Set<number>()
  for (const { priority } of [...stay, ...changes]) {
    if (taken.has(priority)) throw awsError('PriorityInUse', `Priority '${priority}' is currently in use`)
    taken.add(priority)
  }
  for (const rule of changes) call.world.rules.put(rule.arn, rule)
  return { Rules: changes.map(describeOne) }
}

export const ruleOperations = {
  CreateRule: create,
  DescribeRules: describe,
  ModifyRule: modify,
  DeleteRule: remove,
  SetRulePriorities: setPriorities,
} satisfies Operations
