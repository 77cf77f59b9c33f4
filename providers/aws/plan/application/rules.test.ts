// Rules are changed so that none is missing meanwhile: the steps are carried out one by one on what stands.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FoundListenerRule, ListenerRule, RuleAction } from '../../model/application.ts'
import type { AwsAction } from '../../actions.ts'
import { nothingSeen as seen } from '../../model/seen-under-test.ts'
import { ruleSteps } from './rules.ts'
import { ruleKey } from './same.ts'

const arnOf = (key: string) => `arn:${key}`
const around = { seen, arnOf, hasNewSecret: () => false, others: 0 }

const rule = (host: string, to: string, ...paths: readonly string[]): ListenerRule => ({
  conditions: [
    { field: 'host-header', values: [host], isRegex: false },
    ...(paths.length > 0 ? [{ field: 'path-pattern', values: paths, isRegex: false } as const] : []),
  ],
  actions: [{ kind: 'forward', to: [{ own: to, weight: 1 }] }],
  transforms: [],
  origins: [],
})

function asFound({ conditions, actions, transforms }: ListenerRule, arn: string, priority: number): FoundListenerRule {
  const told = actions.map(
    (action): RuleAction =>
      action.kind === 'forward'
        ? { ...action, to: action.to.map(to => ({ arn: 'own' in to ? arnOf(to.own) : to.arn, weight: to.weight })) }
        : action,
  )
  return { arn, listener: 'arn:listener', priority, conditions, actions: told, transforms }
}

/** What AWS makes of the steps; tells how many rules there were at the least, and refuses what AWS refuses. */
function carryOut(standing: readonly FoundListenerRule[], actions: readonly AwsAction[], limit = Infinity) {
  let rules = [...standing]
  let least = rules.length
  for (const [index, action] of actions.entries()) {
    if (action.kind === 'create-rule') rules.push(asFound(action.rule, `arn:new/${index}`, action.priority))
    else if (action.kind === 'modify-rule')
      rules = rules.map(each => (each.arn === action.arn ? asFound(action.rule, each.arn, each.priority) : each))
    else if (action.kind === 'set-rule-priorities') {
      const next = new Map(action.priorities.map(({ arn, priority }) => [arn, priority]))
      rules = rules.map(each => ({ ...each, priority: next.get(each.arn) ?? each.priority }))
    } else if (action.kind === 'delete-rule') rules = rules.filter(({ arn }) => arn !== action.arn)
    else throw new TypeError(`no step of rules: ${action.kind}`)
    if (new Set(rules.map(({ priority }) => priority)).size < rules.length) throw new TypeError('a priority is in use')
    if (rules.length > limit) throw new TypeError('too many rules')
    least = Math.min(least, rules.length)
  }
  return { rules: rules.toSorted((one, other) => one.priority - other.priority), least }
}

const standing = (rules: readonly ListenerRule[]) =>
  rules.map((each, index) => asFound(each, `arn:old/${index}`, (index + 1) * 100))
const kinds = (actions: readonly AwsAction[]) => actions.map(({ kind }) => kind)

describe('one call', () => {
  const before = [rule('a.test', 'web', '/a'), rule('b.test', 'api', '/b'), rule('c.test', 'web', '/c')]

  test('makes one more rule, wherever it stands', () => {
    for (let at = 0; at <= before.length; at++) {
      const { actions } = ruleSteps(80, before.toSpliced(at, 0, rule('new.test', 'new')), standing(before), around)
      expect(kinds(actions)).toEqual(['create-rule'])
    }
  })

  test('changes where a rule leads, which paths it has, or two that change places', () => {
    const other = ruleSteps(80, before.with(1, rule('b.test', 'next', '/b')), standing(before), around)
    expect(kinds(other.actions)).toEqual(['modify-rule'])
    const more = ruleSteps(80, before.with(0, rule('a.test', 'web', '/a', '/new')), standing(before), around)
    expect(kinds(more.actions)).toEqual(['modify-rule'])
    const [first, second, third] = before
    if (!first || !second || !third) throw new TypeError('three were made')
    expect(kinds(ruleSteps(80, [second, first, third], standing(before), around).actions)).toEqual(['set-rule-priorities'])
  })

  test('is not needed where nothing changes', () => {
    expect(ruleSteps(80, before, standing(before), around).actions).toEqual([])
  })
})

test('where there is no room for one more, an old rule becomes the new one', () => {
  const full = Array.from({ length: 100 }, (_, index) => rule(`h${index}.test`, `web${index}`))
  const wanted = full.with(50, rule('new.test', 'new'))
  const { actions } = ruleSteps(80, wanted, standing(full), around)
  expect(kinds(actions)).toEqual(['modify-rule'])
  expect(carryOut(standing(full), actions, 100).least).toBe(100)
})

test('whatever changes, the rules end up as wanted, and at no moment are there fewer than before or after', () => {
  const anyRule = fc
    .record({
      host: fc.constantFrom('a.test', 'b.test', 'c.test', 'd.test'),
      to: fc.constantFrom('web', 'api', 'next'),
      paths: fc.uniqueArray(fc.constantFrom('/a', '/b', '/c', '/d'), { maxLength: 2 }),
    })
    .map(({ host, to, paths }) => rule(host, to, ...paths))
  const conditionsOf = (each: ListenerRule) => JSON.stringify(each.conditions)
  const rules = fc.uniqueArray(anyRule, { maxLength: 12, selector: conditionsOf })
  const priorities = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(rules, rules, priorities, (before, after, given) => {
      const found = before.map((each, index) => asFound(each, `arn:old/${index}`, given[index] ?? 0))
      const { actions } = ruleSteps(80, after, found, around)
      const done = carryOut(found, actions)
      const key = (each: ListenerRule | FoundListenerRule) => ruleKey(each, arnOf)
      expect(done.rules.map(key)).toEqual(after.map(key))
      expect(done.least).toBeGreaterThanOrEqual(Math.min(before.length, after.length))
      expect(ruleSteps(80, after, done.rules, around).actions).toEqual([])
    }),
    { numRuns: 300 },
  )
})
