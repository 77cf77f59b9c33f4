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
 * - A default backend takes what no path matches at the hosts of its own Ingress, and what comes for hosts that nobody names.
 *   Hosts whose own Ingresses have none use that of the oldest Ingress of all, then that of the class.
 * - A canary has no place of its own: each of its routes shares the place of the route it is a canary of, which must be of its
 *   namespace, with the same host, path and kind of path. It names no hosts and gives no certificates.
 */
export function routingModel(given: Iterable<IngressRouting>, { classDefault }: RoutingSettings = {}): RoutingModel {
  const all = [...given].toSorted(byAge)
  const members = all.filter(({ canary }) => !canary)
  const settled = settleRoutes(members)
  const canaries = settleCanaries(
    all.filter(({ canary }) => canary).map(member => ({ member, wishes: wishesOf(member) })),
    route => settled.get(placeOf(route)),
  )
  const winners = new Map([...settled].map(([place, route]) => [place, canaries.shared(route)]))
  const certificates = settleCertificates(members.flatMap(member => member.certificates))
  return {
    hosts: hostsOf(members, winners, classDefault),
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

function hostsOf(
  members: readonly IngressRouting[],
  winners: ReadonlyMap<string, Route>,
  classDefault: Route | undefined,
): RoutingModel['hosts'] {
  const byHost = new Map<string, Route[]>([[anyHost, []]])
  for (const { hosts } of members) for (const host of hosts) if (!byHost.has(host)) byHost.set(host, [])
  for (const route of winners.values()) if (route.match !== 'default') byHost.get(route.host)?.push(route)
  const last = winners.get(anyHost) ?? classDefault
  const entries = [...byHost].toSorted(([one], [other]) => compareHosts(one, other))
  return new Map(
    entries.map(([host, routes]): [string, HostRoutes] => {
      const fallback = winners.get(host) ?? last
      return [host, { host, routes: routes.toSorted(byPrecedence), ...(fallback ? { fallback: { ...fallback, host } } : {}) }]
    }),
  )
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
