// One text for what is the same, wanted or found: whatever AWS fills in, and in whichever order it lists things. Pure.
import type { FoundListenerRule, ListenerRule, RuleAction, RuleCondition, UnknownPart } from '../../model/application.ts'

/** The ARN of a target group of ours by its key; undefined while it is not made. */
export type ArnOf = (key: string) => string | undefined

type AnyRule = Pick<ListenerRule | FoundListenerRule, 'conditions' | 'actions' | 'transforms'>

export function conditionsKey(conditions: AnyRule['conditions']): string {
  return text(conditions.map(condition => text(plainCondition(condition))).toSorted())
}

export function actionsKey(actions: readonly (RuleAction | UnknownPart)[], arnOf: ArnOf): string {
  return text(actions.map(action => plainAction(action, arnOf)))
}

/** What a rule does with a request it takes. */
export function wayKey({ actions, transforms }: Pick<AnyRule, 'actions' | 'transforms'>, arnOf: ArnOf): string {
  return text([actionsKey(actions, arnOf), transforms.map(transform => text(transform)).toSorted()])
}

export function ruleKey(rule: AnyRule, arnOf: ArnOf): string {
  return text([conditionsKey(rule.conditions), wayKey(rule, arnOf)])
}

/** Every value that a rule asks for, with its field: rules that share some are versions of each other. */
export function valuesIn(conditions: AnyRule['conditions']): ReadonlySet<string> {
  return new Set(
    conditions.flatMap(condition => {
      const { field } = condition
      if (field === 'unknown') return []
      if (field === 'query-string') return condition.pairs.map(pair => text([field, pair]))
      if (field === 'source-ip') return condition.cidrs.map(cidr => text([field, cidr]))
      return condition.values.map(value => text([field, value]))
    }),
  )
}

/** Hosts, headers and query strings are compared without case; paths are not. */
function plainCondition(condition: RuleCondition | (UnknownPart & { readonly field: 'unknown' })): unknown {
  switch (condition.field) {
    case 'unknown':
      return condition
    case 'host-header':
    case 'path-pattern':
      return { ...condition, values: condition.values.toSorted() }
    case 'http-header':
      return { ...condition, header: condition.header.toLowerCase(), values: condition.values.toSorted() }
    case 'http-request-method':
      return { ...condition, values: condition.values.toSorted() }
    case 'query-string':
      return { ...condition, pairs: condition.pairs.map(pair => text(pair)).toSorted() }
    case 'source-ip':
      return { ...condition, cidrs: condition.cidrs.toSorted() }
    default:
      return condition satisfies never
  }
}

function plainAction(action: RuleAction | UnknownPart, arnOf: ArnOf): unknown {
  switch (action.kind) {
    case 'forward': {
      const to = action.to.map(each => ({
        arn: 'arn' in each ? each.arn : (arnOf(each.own) ?? `to be made: ${each.own}`),
        // With one place only, the weight means nothing unless it is 0.
        weight: action.to.length === 1 ? Math.min(each.weight, 1) : each.weight,
      }))
      return { ...action, to: to.map(each => text(each)).toSorted() }
    }
    case 'fixed-response':
      return { ...action, contentType: action.contentType ?? 'text/plain', body: action.body ?? '' }
    case 'authenticate-oidc': {
      // AWS never tells it; the ledger knows which one was sent last.
      const { secret: _secret, ...told } = action
      return told
    }
    case 'redirect':
    case 'authenticate-cognito':
    case 'jwt-validation':
    case 'unknown':
      return action
    default:
      return action satisfies never
  }
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
  })
}
