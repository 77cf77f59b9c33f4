// Who may be at one address together: by key, namespace, ports and traffic policy. Pure.
import type { DesiredLoadBalancer, LoadBalancerId } from '../../../src/model/load-balancer.ts'
import { readSharing } from '../annotations.ts'

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
  return firstOf(present, other => discordBetween(terms, termsOf(other))) ?? announcingDiscord(joining, present, together)
}

/**
 * Why a Service has to leave an address it shares, or undefined when it stays. One rule says so for all who are there, from
 * what they ask for now, so that each of them comes to the same answer whoever is looked at first:
 *
 * - Who took back its own consent leaves: another key, or a namespace of the others that it does not name. Of two that both do
 *   not name each other the younger one leaves.
 * - Of the others, those that got in each other's way (ports, traffic policy, announce rules), the younger leaves.
 */
export function reasonToLeave(
  desired: DesiredLoadBalancer,
  at: { readonly key: string | undefined; readonly others: readonly DesiredLoadBalancer[] },
  together: AnnouncedTogether,
): Discord | undefined {
  if (at.others.length === 0) return undefined
  const parties = [desired, ...at.others].map(each => ({ desired: each, terms: termsOf(each) }))
  const all = parties.map(({ terms }) => terms)
  // In order of age each stays that gets on with those that stay.
  const staying: typeof parties = []
  for (const party of parties.toSorted((one, other) => byAge(one.terms, other.terms))) {
    const { terms } = party
    const discord = consentTakenBack(terms, all, at.key) ?? firstOf(staying, other => discordBetween(terms, other.terms))
    if (party.desired === desired) return discord ?? announcingDiscord(desired, staying.map(desiredOf), together)
    if (!discord) staying.push(party)
  }
  return undefined
}

/** What a Service does not agree to any more that the others at its address, shared under `key`, still agree to. */
function consentTakenBack(terms: Terms, all: readonly Terms[], key: string | undefined): Discord | undefined {
  const others = all.filter(other => other !== terms)
  const [first] = others
  if (terms.key !== key && first)
    return { kind: 'key', with: first.id, text: `it is shared under the key ${JSON.stringify(key ?? '')}` }
  return firstOf(others, other => {
    if (other.key !== key) return undefined
    const closed = closedBetween(terms, other)
    const isMutual = closedBetween(other, terms) !== undefined
    if (closed === undefined || (isMutual && byAge(terms, other) < 0)) return undefined
    return { kind: 'namespace', with: other.id, text: closed }
  })
}

function firstOf<Each>(all: readonly Each[], find: (each: Each) => Discord | undefined): Discord | undefined {
  for (const each of all) {
    const found = find(each)
    if (found) return found
  }
  return undefined
}

function desiredOf({ desired }: { readonly desired: DesiredLoadBalancer }): DesiredLoadBalancer {
  return desired
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
