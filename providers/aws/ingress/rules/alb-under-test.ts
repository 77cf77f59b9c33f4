// What an ALB does with a request, by its documentation: the first rule by priority of which every condition holds.
import type { ListenerRule, RuleAction, RuleCondition } from '../../model/application.ts'

export interface Request {
  /** As in the Host header. */
  readonly host: string
  /** Without query. */
  readonly path: string
}

/** The actions of the first rule that holds, else those of the listener. */
export function albAnswer(
  rules: readonly Pick<ListenerRule, 'conditions' | 'actions'>[],
  otherwise: readonly RuleAction[],
  request: Request,
): readonly RuleAction[] {
  return rules.find(({ conditions }) => conditions.every(condition => holds(condition, request)))?.actions ?? otherwise
}

function holds(condition: RuleCondition, { host, path }: Request): boolean {
  // ALB compares names without the port, in any case of letters.
  const name = host.replace(/:\d+$/, '').toLowerCase()
  if (condition.field === 'host-header')
    return condition.values.some(value => (condition.isRegex ? new RegExp(value).test(name) : like(value.toLowerCase(), name)))
  if (condition.field === 'path-pattern')
    return condition.values.some(value => (condition.isRegex ? new RegExp(value).test(path) : like(value, path)))
  return false
}

/** The slow way, one character at a time. */
function like(pattern: string, text: string): boolean {
  const [first] = pattern
  if (first === undefined) return text === ''
  if (first === '*') return like(pattern.slice(1), text) || (text !== '' && like(pattern, text.slice(1)))
  return text !== '' && (first === '?' || first === text[0]) && like(pattern.slice(1), text.slice(1))
}
