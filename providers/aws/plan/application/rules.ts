// The rules of one listener: what is the same stays, what is a version of another is changed in place, what is new is made before
// anything is taken away. Pure.
import type { AwsAction } from '../../actions.ts'
import { quotas } from '../../limits.ts'
import type { FoundListenerRule, ListenerRule } from '../../model/application.ts'
import type { Seen } from '../../model/seen.ts'
import { assignPriorities } from './priorities.ts'
import { conditionsKey, ruleKey, valuesIn, wayKey } from './same.ts'
import type { ArnOf } from './same.ts'
import { stageActions } from './stage.ts'

export interface RuleSteps {
  readonly actions: readonly AwsAction[]
  /** Key of a target group that is waited for. */
  readonly waitsFor?: string
}

export interface Around {
  readonly seen: Seen
  readonly arnOf: ArnOf
  /** Whether the secret that actions send is another one than was sent last. */
  readonly hasNewSecret: (rule: Pick<ListenerRule, 'actions'>) => boolean
  /** Rules of other listeners of the load balancer, for the quota that all share. */
  readonly others: number
}

interface Pair {
  readonly rule: ListenerRule
  readonly found?: FoundListenerRule
}

export function ruleSteps(
  port: number,
  wanted: readonly ListenerRule[],
  present: readonly FoundListenerRule[],
  around: Around,
): RuleSteps {
  const pairs = pairUp(wanted, present, around)
  const used = new Set(pairs.flatMap(({ found }) => found?.arn ?? []))
  const left = present.filter(({ arn }) => !used.has(arn))
  const { priorities, moved } = assignPriorities(
    pairs.map(({ found }) => found?.priority),
    new Set(left.map(({ priority }) => priority)),
  )
  const order = moved.flatMap(index => {
    const [arn, priority] = [pairs[index]?.found?.arn, priorities[index]]
    return arn === undefined || priority === undefined ? [] : [{ arn, priority }]
  })
  const waits: string[] = []
  const creations: AwsAction[] = []
  const changes: AwsAction[] = []
  for (const [index, { rule, found }] of pairs.entries()) {
    if (!found) {
      creations.push({ kind: 'create-rule', port, rule, priority: priorities[index] ?? 0 })
      continue
    }
    const { actions, waitsFor } = stageActions(rule.actions, found.actions, around)
    if (waitsFor !== undefined) waits.push(waitsFor)
    const staged = { ...rule, actions }
    const isSame = ruleKey(staged, around.arnOf) === ruleKey(found, around.arnOf) && !around.hasNewSecret(rule)
    if (!isSame) changes.push({ kind: 'modify-rule', port, rule: staged, arn: found.arn })
  }
  const [waitsFor] = waits
  return {
    actions: [
      ...(order.length > 0 ? [{ kind: 'set-rule-priorities', port, priorities: order } as const] : []),
      ...creations,
      ...changes,
      // While one waits for its targets, what others leave behind can wait as well.
      ...left.map(({ arn, priority }): AwsAction => ({ kind: 'delete-rule', port, arn, priority })),
    ],
    ...(waitsFor === undefined ? {} : { waitsFor }),
  }
}

/**
 * Who is whose version: first those that are the same, then those that ask the same and lead elsewhere, then those that lead to the
 * same place and ask some of the same. Where all rules together would be more than fit, any other may be rewritten.
 */
function pairUp(wanted: readonly ListenerRule[], present: readonly FoundListenerRule[], around: Around): readonly Pair[] {
  const { arnOf } = around
  const free = new Set(present.toSorted((one, other) => one.priority - other.priority))
  const partners = new Map<number, FoundListenerRule>()
  const take = (index: number, found: FoundListenerRule | undefined) => {
    if (!found) return
    partners.set(index, found)
    free.delete(found)
  }
  const open = () => [...wanted.entries()].filter(([index]) => !partners.has(index))
  const by = (keyOf: (rule: ListenerRule | FoundListenerRule) => string) => {
    const found = Map.groupBy(free, keyOf)
    for (const [index, rule] of open()) take(index, found.get(keyOf(rule))?.shift())
  }
  by(rule => ruleKey(rule, arnOf))
  by(rule => conditionsKey(rule.conditions))
  const similar = Map.groupBy(free, rule => wayKey(rule, arnOf))
  for (const [index, rule] of open()) {
    const candidates = (similar.get(wayKey(rule, arnOf)) ?? []).filter(each => free.has(each))
    take(index, mostAlike(rule, candidates))
  }
  const surplus = around.others + present.length + open().length - quotas.rulesPerApplicationLoadBalancer
  for (const [index] of open().slice(0, Math.max(0, surplus))) take(index, [...free][0])
  return wanted.map((rule, index) => {
    const found = partners.get(index)
    return found ? { rule, found } : { rule }
  })
}

function mostAlike(rule: ListenerRule, candidates: readonly FoundListenerRule[]): FoundListenerRule | undefined {
  const values = valuesIn(rule.conditions)
  const ranked = candidates
    .map(found => ({ found, common: [...valuesIn(found.conditions)].filter(value => values.has(value)).length }))
    .filter(({ common }) => common > 0)
  return ranked.toSorted((one, other) => other.common - one.common)[0]?.found
}
