// Where ways stand in the rules that were found, so that what stands together is not torn apart for nothing. Pure.
import type { FoundListenerRule, RuleCondition } from '../../model/application.ts'
import { hostValues, pathValues } from './express.ts'
import type { Values } from './express.ts'
import type { Item } from './item.ts'
import type { Standing } from './merge.ts'

interface Stood {
  readonly rule: string
  readonly place: number
  readonly hosts: ReadonlySet<string>
  readonly paths: ReadonlySet<string>
  readonly further: string
}

/** Of the rules of one listener. The values of a way are all in a rule that asks it; only a rule of ours has such ones. */
export function standingOf(rules: readonly FoundListenerRule[]): Standing {
  const stood = rules
    .toSorted((one, other) => one.priority - other.priority)
    .map(({ arn, priority, conditions }): Stood => {
      const known = conditions.flatMap(each => (each.field === 'unknown' ? [] : [each]))
      return {
        rule: arn,
        place: priority,
        hosts: textsOf(known.find(({ field }) => field === 'host-header')),
        paths: textsOf(known.find(({ field }) => field === 'path-pattern')),
        further: furtherKey(known.filter(({ field }) => field !== 'host-header' && field !== 'path-pattern')),
      }
    })
  const byValue = new Map<string, Stood[]>()
  for (const each of stood) {
    for (const text of [...each.hosts, ...each.paths]) {
      const list = byValue.get(text) ?? []
      byValue.set(text, list)
      list.push(each)
    }
  }
  return {
    of(item) {
      const [host, path] = [hostValues(item.host), pathValues(item.path)]
      if ('error' in host || 'error' in path) return undefined
      const [hosts, paths] = [
        texts('host', host),
        texts('path', item.host.kind === 'any' && path.values.length === 0 ? all : path),
      ]
      const further = furtherKey(item.further)
      const [first] = [...hosts, ...paths]
      const found = (first === undefined ? stood : (byValue.get(first) ?? [])).find(
        each => each.further === further && fits(hosts, each.hosts) && fits(paths, each.paths),
      )
      return found && { rule: found.rule, place: found.place }
    },
  }
}

/** What takes every path of every host has to ask for something. */
const all: Values = { values: ['/*'], isRegex: false }

function fits(wanted: readonly string[], present: ReadonlySet<string>): boolean {
  return wanted.length === 0 ? present.size === 0 : wanted.every(text => present.has(text))
}

function textsOf(condition: RuleCondition | undefined): ReadonlySet<string> {
  if (condition?.field !== 'host-header' && condition?.field !== 'path-pattern') return new Set()
  return new Set(texts(condition.field === 'host-header' ? 'host' : 'path', condition))
}

function texts(what: 'host' | 'path', { values, isRegex }: Values): readonly string[] {
  return values.map(value => `${what} ${isRegex ? '~' : ''}${what === 'host' && !isRegex ? value.toLowerCase() : value}`)
}

/** The order means nothing. */
function furtherKey(conditions: Item['further']): string {
  return conditions
    .map(condition => JSON.stringify(sorted(condition)))
    .toSorted()
    .join()
}

function sorted(condition: RuleCondition): unknown {
  if ('cidrs' in condition) return [condition.field, condition.cidrs.toSorted()]
  if ('pairs' in condition)
    return [condition.field, condition.pairs.map(({ key, value }) => JSON.stringify([key ?? null, value])).toSorted()]
  const header = condition.field === 'http-header' ? condition.header.toLowerCase() : ''
  return [condition.field, header, 'isRegex' in condition && condition.isRegex, condition.values.toSorted()]
}
