// Hosts and paths as values of ALB conditions: patterns where they say exactly what is meant, else regular expressions. Pure.
import { longestConditionValue, quotas } from '../../limits.ts'
import type { RuleCondition } from '../../model/application.ts'
import { escapeRegex } from './glob.ts'
import type { HostMatch, PathMatch } from './item.ts'

/** Values of one condition that together mean one host or path; none for any. Patterns and expressions never stand together. */
export interface Values {
  readonly values: readonly string[]
  readonly isRegex: boolean
}

const nothing: Values = { values: [], isRegex: false }

/** What ALB takes as a host: with a point, and letters only after the last one ("Host conditions", ALB guide). */
const plainHost = /^[a-z0-9.*?-]*\.[a-z*?]+$/i
/** Characters of path patterns ("Path conditions", ALB guide); wildcards apart. */
const plainPath = /^[A-Za-z0-9_\-.$/~"'@:+&]+$/

/** `error` completes the sentence `The host x …`. A pattern's star would stand for several labels and their dots. */
export function hostValues(host: HostMatch): Values | { readonly error: string } {
  switch (host.kind) {
    case 'any':
      return nothing
    case 'name':
      return short(plainHost.test(host.name) ? plain(host.name) : regex(escapeRegex(host.name)))
    case 'label':
      return short(regex(`[^.]+${escapeRegex(host.suffix)}`))
    case 'pattern':
      return short(plainHost.test(host.glob) ? plain(host.glob) : regex(patternSource(host.glob)))
    case 'regex':
      return short({ values: [host.source], isRegex: true })
    default:
      return host satisfies never
  }
}

/** `error` completes the sentence `The path x …`. */
export function pathValues(path: PathMatch): Values | { readonly error: string } {
  switch (path.kind) {
    case 'any':
      return nothing
    case 'exact':
      return short(plainPath.test(path.path) ? plain(path.path) : regex(escapeRegex(path.path)))
    case 'prefix':
      return short(plainPath.test(path.path) ? plain(path.path, `${path.path}/*`) : regex(`${escapeRegex(path.path)}(/.*)?`))
    case 'pattern':
      return short(plainPath.test(path.glob.replaceAll(/[*?]/g, '') || '/') ? plain(path.glob) : regex(patternSource(path.glob)))
    case 'regex':
      return short({ values: [path.source], isRegex: true })
    default:
      return path satisfies never
  }
}

/** What a rule would ask for, if ALB can ask it; `error` completes the sentence `It …`. */
export function conditionsOf(
  hosts: readonly HostMatch[],
  paths: readonly PathMatch[],
  further: readonly RuleCondition[],
): readonly RuleCondition[] | { readonly error: string } {
  const [host, path] = [joined(hosts.map(hostValues)), joined(paths.map(pathValues))]
  if ('error' in host) return host
  if ('error' in path) return path
  const conditions: RuleCondition[] = [
    ...(host.values.length > 0 ? [{ field: 'host-header', ...host } as const] : []),
    ...(path.values.length > 0 ? [{ field: 'path-pattern', ...path } as const] : []),
    ...further,
  ]
  const whole = conditions.length > 0 ? conditions : [{ field: 'path-pattern', values: ['/*'], isRegex: false } as const]
  const count = whole.reduce((sum, condition) => sum + valuesOf(condition).length, 0)
  if (count > quotas.conditionValuesPerRule)
    return { error: `needs ${count} values in its conditions, and a rule has at most ${quotas.conditionValuesPerRule}` }
  const wildcards = whole.reduce((sum, condition) => sum + wildcardsIn(condition), 0)
  return wildcards > quotas.wildcardsPerRule
    ? { error: `needs ${wildcards} wildcards in its conditions, and a rule has at most ${quotas.wildcardsPerRule}` }
    : whole
}

/** The values that count against the quota of a rule. */
export function valuesOf(condition: RuleCondition): readonly string[] {
  if ('cidrs' in condition) return condition.cidrs
  return 'pairs' in condition ? condition.pairs.map(({ key = '', value }) => `${key}=${value}`) : condition.values
}

function wildcardsIn(condition: RuleCondition): number {
  if (condition.field === 'source-ip' || condition.field === 'http-request-method') return 0
  if ('isRegex' in condition && condition.isRegex) return 0
  return valuesOf(condition).join('').replaceAll(/[^*?]/g, '').length
}

function joined(all: readonly (Values | { readonly error: string })[]): Values | { readonly error: string } {
  const values: string[] = []
  let isRegex: boolean | undefined
  for (const each of all) {
    if ('error' in each) return each
    if (isRegex !== undefined && isRegex !== each.isRegex)
      return { error: 'mixes patterns and regular expressions in one condition' }
    isRegex = each.isRegex
    values.push(...each.values)
  }
  return { values, isRegex: isRegex ?? false }
}

function plain(...values: readonly string[]): Values {
  return { values, isRegex: false }
}

function regex(inner: string): Values {
  return { values: [`^${inner}$`], isRegex: true }
}

function patternSource(glob: string): string {
  return glob.replaceAll(/[*]|[?]|[^*?]+/g, part => (part === '*' ? '.*' : part === '?' ? '.' : escapeRegex(part)))
}

function short(values: Values): Values | { readonly error: string } {
  const long = values.values.find(({ length }) => length > longestConditionValue)
  return long === undefined
    ? values
    : { error: `is too long for ALB, which takes ${longestConditionValue} characters where this needs ${long.length}` }
}
