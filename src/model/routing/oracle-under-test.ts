// Routes a request by the words of the Ingress specification, the slow way and sharing nothing with the model it judges.
import type { Ingress, IngressBackend, IngressPath } from '../ingress-objects.ts'

interface Candidate {
  readonly owner: Ingress
  readonly path: IngressPath
}

/** `namespace/name service:port` of the Ingress and backend that get the request, or `404`. */
export function wayByTheWords(ingresses: readonly Ingress[], hostHeader: string, target: string): string {
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
  if (best) return answer(best.owner, best.path.backend)

  // The default backend of the oldest Ingress with these rules that has one, or else of the oldest that has one at all.
  const named = rules === without ? [] : rules.map(({ owner }) => owner)
  const giver = [...named, ...byAge].find(({ spec }) => spec?.defaultBackend)
  return giver ? answer(giver, giver.spec?.defaultBackend) : '404'

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
