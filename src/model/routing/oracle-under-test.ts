// Routes a request by the words of the Ingress specification, the slow way and sharing nothing with the model it judges.
import type { Ingress, IngressBackend, IngressPath } from '../ingress-objects.ts'

interface Candidate {
  readonly owner: Ingress
  readonly path: IngressPath
}

/** `namespace/name service:port` of the Ingress and backend that get the request, or `404`. */
export function wayByTheWords(ingresses: readonly Ingress[], hostHeader: string, target: string): string {
  const chosen = choiceByTheWords(ingresses, hostHeader, target)
  return chosen ? answer(chosen.owner, chosen.path?.backend ?? chosen.owner.spec?.defaultBackend) : '404'
}

/** As `wayByTheWords`, of the canary that has a share of the request; `none` when no canary has. */
export function canaryByTheWords(
  mains: readonly Ingress[],
  canaries: readonly Ingress[],
  hostHeader: string,
  target: string,
): string {
  const chosen = choiceByTheWords(mains, hostHeader, target)
  if (!chosen) return 'none'
  const { owner, host, path } = chosen
  const kind = (each: IngressPath) => (each.pathType === 'Exact' ? 'Exact' : 'Prefix')
  for (const canary of canaries.toSorted((one, other) => (isBefore(one, other) ? -1 : 1))) {
    if (canary.metadata.namespace !== owner.metadata.namespace) continue
    const rules = (canary.spec?.rules ?? []).filter(rule => (rule.host ?? '') === host)
    const same = rules
      .flatMap(rule => rule.http?.paths ?? [])
      .find(each => path && kind(each) === kind(path) && samePath(each, path))
    const backend = path ? same?.backend : isDefaultFor(canary, host) ? canary.spec?.defaultBackend : undefined
    const main = path ? path.backend : owner.spec?.defaultBackend
    if (!backend) continue
    return JSON.stringify(backend) === JSON.stringify(main) ? 'none' : answer(canary, backend)
  }
  return 'none'
}

/** Its default backend stands for the hosts it names, and for those that nobody names. */
function isDefaultFor({ spec }: Ingress, host: string): boolean {
  return host === '' || (spec?.rules ?? []).some(rule => (rule.host ?? '') === host)
}

function samePath({ path: one = '', pathType }: IngressPath, { path: other = '' }: IngressPath): boolean {
  return pathType === 'Exact' ? one === other : one.replace(/\/+$/, '') === other.replace(/\/+$/, '')
}

interface Choice {
  readonly owner: Ingress
  /** Of the rule; for a default backend the host that it stands for. */
  readonly host: string
  /** Absent: the default backend. */
  readonly path?: IngressPath
}

function choiceByTheWords(ingresses: readonly Ingress[], hostHeader: string, target: string): Choice | undefined {
  const byAge = ingresses.toSorted((one, other) => (isBefore(one, other) ? -1 : 1))
  const host = hostHeader.startsWith('[') ? hostHeader : (hostHeader.split(':')[0] ?? '').toLowerCase()
  const path = target.split('?')[0] ?? ''
  const written = byAge.flatMap(owner => (owner.spec?.rules ?? []).map(rule => ({ owner, rule })))

  // The rules of the most precise host that means the request's: precise, wildcard, none.
  const precise = written.filter(({ rule }) => rule.host === host && host !== '')
  const wildcard = written.filter(({ rule }) => {
    const [star, ...rest] = (rule.host ?? '').split('.')
    const [label, ...suffix] = host.split('.')
    return star === '*' && label !== '' && rest.join('.') === suffix.join('.')
  })
  const without = written.filter(({ rule }) => (rule.host ?? '') === '')
  const rules = [precise, wildcard, without].find(group => group.length > 0) ?? []

  let best: Candidate | undefined
  for (const { owner, rule } of rules) {
    for (const path of rule.http?.paths ?? []) {
      const candidate = { owner, path }
      if (isMatched(path) && (!best || goesBefore(candidate, best))) best = candidate
    }
  }
  const ruleHost = rules[0]?.rule.host ?? ''
  if (best) return { ...best, host: ruleHost }

  // The default backend of the oldest Ingress with these rules that has one. Or else of the oldest Ingress that has one: for hosts
  // that are named one of the namespace that named the host first, for all others whoever it is.
  const named = rules === without ? [] : rules.map(({ owner }) => owner)
  const own = named.find(({ spec }) => spec?.defaultBackend)
  const [owner] = named
  const mayGive = ({ metadata }: Ingress) => owner === undefined || metadata.namespace === owner.metadata.namespace
  const giver = own ?? byAge.find(each => each.spec?.defaultBackend && mayGive(each))
  return giver && { owner: giver, host: own ? ruleHost : '' }

  function isMatched({ path: rulePath = '', pathType }: IngressPath): boolean {
    if (pathType === 'Exact') return path === rulePath
    const [wanted, present] = [elementsOf(rulePath), elementsOf(path)]
    return wanted.every((element, index) => element === present[index])
  }
}

/** Exact before all; of two prefixes the one with more elements; of equal ones the first in the order they come. */
function goesBefore({ path: one }: Candidate, { path: other }: Candidate): boolean {
  if (one.pathType === 'Exact' || other.pathType === 'Exact') return one.pathType === 'Exact' && other.pathType !== 'Exact'
  return elementsOf(one.path ?? '').length > elementsOf(other.path ?? '').length
}

/** What stands between slashes; one at the end ends nothing. */
function elementsOf(path: string): readonly string[] {
  const elements = path.split('/').slice(1)
  return elements.at(-1) === '' ? elements.slice(0, -1) : elements
}

function isBefore({ metadata: one }: Ingress, { metadata: other }: Ingress): boolean {
  const [first, second] = [Date.parse(one.creationTimestamp ?? ''), Date.parse(other.creationTimestamp ?? '')]
  if (first !== second) return first < second
  return one.namespace === other.namespace ? one.name < other.name : (one.namespace ?? '') < (other.namespace ?? '')
}

function answer({ metadata }: Ingress, backend: IngressBackend | undefined): string {
  return `${metadata.namespace}/${metadata.name} ${backend?.service?.name}:${backend?.service?.port?.number}`
}
