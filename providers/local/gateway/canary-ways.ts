// How requests are shared between an Ingress and its canary, in the order of ingress-nginx: header, then cookie, then weight.
import { quoteRegex } from '../../../src/model/routing/regex.ts'
import type { Answer, HeaderMatcher, RouteAction } from './envoy.ts'
import type { Canary } from './settings.ts'

export interface Way {
  /** All must match; none: everything that is left. */
  readonly headers: readonly HeaderMatcher[]
  readonly answer: Answer
}

/** Headers of a request as the decision sees them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>

/** Tried in order; the last one takes all that is left. */
export function canaryWays(
  { header, cookie, weight, weightTotal }: Canary,
  main: string,
  canary: string,
  to: (target: Pick<RouteAction, 'cluster' | 'weighted_clusters'>) => Answer,
): readonly Way[] {
  const toCanary = to({ cluster: canary })
  const toMain = to({ cluster: main })
  const rest = weight <= 0 ? toMain : weight >= weightTotal ? toCanary : to({ weighted_clusters: { clusters: shares() } })
  return [
    ...(header ? headerWays(header, toCanary, toMain) : []),
    ...(cookie === undefined ? [] : [way(cookieIs(cookie, 'always'), toCanary), way(cookieIs(cookie, 'never'), toMain)]),
    { headers: [], answer: rest },
  ]

  function shares() {
    return [
      { name: main, weight: weightTotal - weight },
      { name: canary, weight },
    ]
  }
}

/** The same decision for one request; `weight` when only chance decides. Serves to explain, and to prove the ways right. */
export function decideCanary(
  { header, cookie, weight, weightTotal }: Canary,
  headers: RequestHeaders,
): 'canary' | 'main' | 'weight' {
  const sent = header && headers[header.name]
  if (header && sent !== undefined) {
    const { value } = header
    if (value === undefined) {
      if (sent === 'always') return 'canary'
      if (sent === 'never') return 'main'
    } else if ('exact' in value ? sent === value.exact : new RegExp(value.pattern).test(sent)) return 'canary'
  }
  if (cookie !== undefined) {
    const pairs = (headers['cookie'] ?? '').split(';').map(pair => pair.trim().split('='))
    const [, chosen] = pairs.find(([name, text]) => name === cookie && (text === 'always' || text === 'never')) ?? []
    if (chosen !== undefined) return chosen === 'always' ? 'canary' : 'main'
  }
  return weight <= 0 ? 'main' : weight >= weightTotal ? 'canary' : 'weight'
}

function headerWays({ name, value }: NonNullable<Canary['header']>, toCanary: Answer, toMain: Answer): readonly Way[] {
  if (value === undefined) return [way(exactly(name, 'always'), toCanary), way(exactly(name, 'never'), toMain)]
  if ('exact' in value) return [way(exactly(name, value.exact), toCanary)]
  return [way({ name, string_match: { safe_regex: { regex: `(?s:.*)(?:${value.pattern})(?s:.*)` } } }, toCanary)]
}

function way(header: HeaderMatcher, answer: Answer): Way {
  return { headers: [header], answer }
}

function exactly(name: string, exact: string): HeaderMatcher {
  return { name, string_match: { exact } }
}

function cookieIs(cookie: string, value: string): HeaderMatcher {
  return { name: 'cookie', string_match: { safe_regex: { regex: `(?:.*; *)?${quoteRegex(cookie)}=${value}(?:;.*)?` } } }
}
