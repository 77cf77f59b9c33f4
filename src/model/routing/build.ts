// From what each Ingress asks for to one routing model: who wins a host's path, and who is told about it.
import { certificatesOf, settleCertificates } from './certificates.ts'
import { anyHost, compareHosts } from './host.ts'
import { settleCanaries } from './canaries.ts'
import { type HostRoutes, memberKey, type MemberRouting, type Route, type RoutingModel } from './model.ts'
import { comparePaths } from './path.ts'
import type { IngressRouting } from './read.ts'

export interface RoutingSettings {
  /** Takes what no Ingress wants. */
  readonly classDefault?: Route
}

/**
 * Merges Ingresses that are served together. Their order does not matter.
 *
 * - The same host may stand in many Ingresses, of many namespaces: their paths are put together.
 * - Routes that are narrowed by their provider stand before the one of the same path, in the same order.
 * - The same path of the same host goes to the oldest Ingress (then by namespace and name, then in the order it was written).
 *   The others know the winner. `Prefix /a` and `Prefix /a/` are the same path, `Exact /a` and `Prefix /a` are not.
 * - A host belongs to the namespace of the oldest Ingress that names it. Expressions of other namespaces stand after all other
 *   paths of the host: no length of theirs says how much they take.
 * - A default backend takes what no path matches at the hosts of its own Ingress, and what comes for hosts that nobody names:
 *   there that of the oldest Ingress of all. Hosts whose own Ingresses have none use that of the oldest Ingress of the namespace
 *   that they belong to. Then comes that of the class.
 * - A canary has no place of its own: each of its routes shares the place of the route it is a canary of, which must be of its
 *   namespace, with the same host, path and kind of path. It names no hosts and gives no certificates.
 */
export function routingModel(given: Iterable<IngressRouting>, { classDefault }: RoutingSettings = {}): RoutingModel {
  const all = [...given].toSorted(byAge)
  const members = all.filter(({ canary }) => !canary)
  const settled = settleRoutes(members)
  const defaults = defaultsOf(members, settled)
  const canaries = settleCanaries(
    all.filter(({ canary }) => canary).map(member => ({ member, wishes: wishesOf(member) })),
    route => (isForAnyHost(route) ? defaults.get(namespaceOf(route)) : settled.get(placeOf(route))),
  )
  const winners = new Map([...settled].map(([place, route]) => [place, canaries.shared(route)]))
  const shared = new Map([...defaults].map(([namespace, route]) => [namespace, canaries.shared(route)]))
  const certificates = settleCertificates(members.flatMap(member => member.certificates))
  return {
    hosts: hostsOf(members, { winners, defaults: shared, classDefault }),
    certificates,
    members: new Map(
      all.map((member): [string, MemberRouting] => [
        memberKey(member.id),
        canaries.members.get(member) ?? {
          routes: wishesOf(member).map(route => {
            const winner = winners.get(placeOf(route))
            return winner === undefined || isSameOrigin(winner, route) ? { route } : { route, shadowedBy: winner }
          }),
          certificates: certificatesOf(member.certificates, certificates),
          refused: member.refused,
        },
      ]),
    ),
  }
}

/** Every route an Ingress asks for, its default backend once for each host. */
function wishesOf({ routes, hosts, defaultBackend }: IngressRouting): readonly Route[] {
  if (!defaultBackend) return routes
  const named = hosts.filter(host => host !== anyHost)
  return [...routes, ...[...named, anyHost].map(host => ({ host, match: 'default', ...defaultBackend }) as const)]
}

/** The first to ask for a place has it. */
function settleRoutes(members: readonly IngressRouting[]): ReadonlyMap<string, Route> {
  const winners = new Map<string, Route>()
  for (const member of members) {
    for (const route of wishesOf(member)) {
      const place = placeOf(route)
      if (!winners.has(place)) winners.set(place, route)
    }
  }
  return winners
}

/** Routes with the same place match exactly the same requests. Neither hosts nor paths hold spaces. */
function placeOf({ host, match, narrowed }: Route): string {
  const place = match === 'default' ? host : `${host} ${match.type} ${match.path}`
  return narrowed ? `${place} ${narrowed.by}` : place
}

/** By namespace the default backend of its oldest Ingress that has one, for any host; a route that is settled stays the same one. */
function defaultsOf(members: readonly IngressRouting[], settled: ReadonlyMap<string, Route>): ReadonlyMap<string, Route> {
  const byNamespace = new Map<string, Route>()
  const first = settled.get(anyHost)
  for (const route of [...(first ? [first] : []), ...members.flatMap(wishesOf).filter(isForAnyHost)]) {
    if (!byNamespace.has(namespaceOf(route))) byNamespace.set(namespaceOf(route), route)
  }
  return byNamespace
}

function isForAnyHost({ host, match }: Route): boolean {
  return host === anyHost && match === 'default'
}

function namespaceOf({ origin }: Route): string {
  return 'ingress' in origin ? origin.ingress.namespace : ''
}

interface Settled {
  /** By place. */
  readonly winners: ReadonlyMap<string, Route>
  /** By namespace. */
  readonly defaults: ReadonlyMap<string, Route>
  readonly classDefault: Route | undefined
}

function hostsOf(members: readonly IngressRouting[], { winners, defaults, classDefault }: Settled): RoutingModel['hosts'] {
  const byHost = new Map<string, Route[]>([[anyHost, []]])
  // Of each host the namespaces that name it, in the order of their oldest Ingress with it: the first one owns it.
  const namespaces = new Map<string, Set<string>>()
  for (const { hosts, id } of members) {
    for (const host of hosts) {
      if (!byHost.has(host)) byHost.set(host, [])
      namespaces.set(host, (namespaces.get(host) ?? new Set()).add(id.namespace))
    }
  }
  for (const route of winners.values()) if (route.match !== 'default') byHost.get(route.host)?.push(route)
  const entries = [...byHost].toSorted(([one], [other]) => compareHosts(one, other))
  return new Map(
    entries.map(([host, routes]): [string, HostRoutes] => {
      const order = [...(namespaces.get(host) ?? [])]
      const fallback = winners.get(host) ?? defaults.get(order[0] ?? '') ?? classDefault
      return [host, { host, routes: sorted(routes, order), ...(fallback ? { fallback: { ...fallback, host } } : {}) }]
    }),
  )
}

/**
 * By path, but expressions of namespaces that do not own the host last, in the order of these: a longer expression can match
 * more than a shorter prefix, and so take paths that are somebody else's.
 */
function sorted(routes: readonly Route[], namespaces: readonly string[]): readonly Route[] {
  const rank = (route: Route): number =>
    route.match !== 'default' && route.match.type === 'Regex' ? namespaces.indexOf(namespaceOf(route)) : 0
  return routes.toSorted((one, other) => rank(one) - rank(other) || byPrecedence(one, other))
}

function byPrecedence({ match: one, narrowed: first }: Route, { match: other, narrowed: second }: Route): number {
  if (one === 'default' || other === 'default') return 0
  return comparePaths(one, other) || Number(first === undefined) - Number(second === undefined)
}

function isSameOrigin(one: Route, other: Route): boolean {
  return (
    'ingress' in one.origin &&
    'ingress' in other.origin &&
    one.origin.at === other.origin.at &&
    memberKey(one.origin.ingress) === memberKey(other.origin.ingress)
  )
}

/** Oldest first. What is not in the cluster yet comes after everything that is. */
function byAge(one: IngressRouting, other: IngressRouting): number {
  const [first, second] = [ageKey(one), ageKey(other)]
  return first < second ? -1 : first > second ? 1 : 0
}

/** RFC 3339 in UTC sorts as text, and a space before every character of a name. */
function ageKey({ id, createdAt }: IngressRouting): string {
  return `${createdAt || '~'} ${id.namespace} ${id.name}`
}
