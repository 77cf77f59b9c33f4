// Who may be at one address together: by key, namespace, ports and traffic policy. Pure.
import type { DesiredLoadBalancer, LoadBalancerId } from '../../src/model/load-balancer.ts'
import { readSharing } from './annotations.ts'

/** What decides whether a Service gets on with others at its address. */
export interface Terms {
  readonly id: LoadBalancerId
  readonly createdAt: string
  readonly key: string | undefined
  /** Namespaces whose Services it lets in; its own is always among them. */
  readonly namespaces: ReadonlySet<string>
  /** `80/TCP`. */
  readonly ports: ReadonlySet<string>
  /**
   * With externalTrafficPolicy Local one node serves all of them from its own pods, so they must have the same pods; Cluster
   * and Local do not mix. The rule is MetalLB's, so that its manifests keep their meaning.
   */
  readonly policy: string
}

/** Why a Service cannot be at an address with another one. */
export interface Discord {
  readonly kind: 'key' | 'namespace' | 'ports' | 'policy' | 'announcing' | 'leaving' | 'full'
  readonly with: LoadBalancerId
  /** Completes `… cannot share it: `. */
  readonly text: string
}

/** Tells why no node can announce one address for several Services; undefined when one can. */
export type AnnouncedTogether = (parties: readonly DesiredLoadBalancer[]) => string | undefined

/** How many owners an AddressBlock takes. */
export const maxSharers = 64

export function termsOf(desired: DesiredLoadBalancer): Terms {
  const { id, createdAt, listeners, externalTrafficPolicy } = desired
  const { key, namespaces } = readSharing(desired.annotations)
  return {
    id,
    createdAt,
    key,
    namespaces: new Set([id.namespace, ...namespaces]),
    ports: new Set(listeners.map(({ port, protocol }) => `${port}/${protocol}`)),
    policy: externalTrafficPolicy === 'Local' ? `Local, pods ${selectorText(desired.selector)}` : 'Cluster',
  }
}

/** Why `one` may not be where `other` is, whoever was there first; undefined when they get on. */
export function discordBetween(one: Terms, other: Terms): Discord | undefined {
  const found = (kind: Discord['kind'], text: string): Discord => ({ kind, with: other.id, text })
  const name = nameOf(other)
  if (other.key === undefined) return found('key', `${name} does not share its address`)
  if (one.key !== other.key) return found('key', `${name} shares under another key`)
  const closed = closedBetween(one, other) ?? closedBetween(other, one)
  if (closed !== undefined) return found('namespace', closed)
  const both = [...one.ports].filter(port => other.ports.has(port))
  if (both.length > 0) return found('ports', `${name} serves ${both.slice(0, 3).join(', ')} as well`)
  if (one.policy !== other.policy)
    return found('policy', `${name} has externalTrafficPolicy ${other.policy}, this Service ${one.policy}`)
  return undefined
}

/** Why a Service cannot join those at an address; undefined when it can. */
export function discordAmong(
  joining: DesiredLoadBalancer,
  present: readonly DesiredLoadBalancer[],
  together: AnnouncedTogether,
): Discord | undefined {
  const terms = termsOf(joining)
  for (const other of present) {
    const discord = discordBetween(terms, termsOf(other))
    if (discord) return discord
  }
  return announcingDiscord(joining, present, together)
}

/**
 * Why a Service has to leave an address it shares, or undefined when it stays. Who takes back its own consent (another key,
 * or a namespace it does not name any more) leaves. Of those that got in each other's way the younger leaves.
 */
export function reasonToLeave(
  desired: DesiredLoadBalancer,
  at: { readonly key: string | undefined; readonly others: readonly DesiredLoadBalancer[] },
  together: AnnouncedTogether,
): Discord | undefined {
  const own = termsOf(desired)
  const others = at.others.map(other => ({ desired: other, terms: termsOf(other) }))
  const [first] = others
  if (!first) return undefined
  if (own.key !== at.key)
    return { kind: 'key', with: first.desired.id, text: `it is shared under the key ${JSON.stringify(at.key ?? '')}` }
  for (const { terms } of others) {
    const closed = closedBetween(own, terms)
    if (closed !== undefined) return { kind: 'namespace', with: terms.id, text: closed }
  }
  // In order of age each stays that gets on with those that stay.
  const staying: { readonly desired: DesiredLoadBalancer; readonly terms: Terms }[] = []
  for (const party of [...others, { desired, terms: own }].toSorted((one, other) => byAge(one.terms, other.terms))) {
    const isSelf = party.desired === desired
    const leaves = party.terms.key !== at.key || staying.some(({ terms }) => discordBetween(party.terms, terms))
    if (!isSelf && !leaves) staying.push(party)
    if (!isSelf) continue
    const discord = staying.map(({ terms }) => discordBetween(own, terms)).find(found => found !== undefined)
    return (
      discord ??
      announcingDiscord(
        desired,
        staying.map(each => each.desired),
        together,
      )
    )
  }
  return undefined
}

/** Equal for two states of a Service between which nothing changed for those who share its address. */
export function sharingMark(desired: DesiredLoadBalancer): string {
  const { key, namespaces, ports, policy } = termsOf(desired)
  return JSON.stringify([key ?? null, [...namespaces].toSorted(), [...ports].toSorted(), policy, desired.labels])
}

export function nameOf({ id }: { readonly id: LoadBalancerId }): string {
  return `${id.namespace}/${id.name}`
}

function announcingDiscord(
  joining: DesiredLoadBalancer,
  present: readonly DesiredLoadBalancer[],
  together: AnnouncedTogether,
): Discord | undefined {
  const [first] = present
  const text = first && together([...present, joining])
  return first && text !== undefined ? { kind: 'announcing', with: first.id, text } : undefined
}

function closedBetween(one: Terms, other: Terms): string | undefined {
  if (one.namespaces.has(other.id.namespace)) return undefined
  return `${nameOf(one)} does not name namespace ${other.id.namespace} in weir.dev/share-with-namespaces`
}

function byAge(one: Terms, other: Terms): number {
  const age = (terms: Terms) => `${terms.createdAt} ${nameOf(terms)} ${terms.id.uid}`
  return age(one) < age(other) ? -1 : 1
}

function selectorText(selector: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(selector).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? 'of no selector' : pairs.toSorted().join(',')
}
