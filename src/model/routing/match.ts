// Says for one request which route takes it and why: the reference for every engine, and what explaining prints.
import { hostsFor, requestHost } from './host.ts'
import type { Certificate, Route, RoutingModel } from './model.ts'
import { matchesPath, requestPath } from './path.ts'

/** What becomes of a request. */
export interface Routed {
  /** Host and path as they are compared. */
  readonly requested: { readonly host: string; readonly path: string }
  /** The host of the rules that were asked; empty for those without one. */
  readonly host: string
  readonly by: 'exact' | 'prefix' | 'regex' | 'default' | 'nothing'
  /** Absent: the answer is 404. */
  readonly route?: Route
  /** Routes of the same host that match too and are less precise, the best first; the default backend is not among them. */
  readonly passedOver: readonly Route[]
}

/**
 * Routes a request by its Host header and its target. The most precise host decides first (itself, then one open label, then
 * none) and hands on to no other; then the path: Exact, then the longest Prefix, then the default backend.
 */
export function routeRequest(model: RoutingModel, authority: string, target: string): Routed {
  const requested = { host: requestHost(authority), path: requestPath(target) }
  const entry = hostsFor(requested.host)
    .map(host => model.hosts.get(host))
    .find(found => found !== undefined)
  const matching = (entry?.routes ?? []).filter(({ match }) => match !== 'default' && matchesPath(match, requested.path))
  const [best, ...passedOver] = matching
  const route = best ?? entry?.fallback
  return { requested, host: entry?.host ?? '', by: wayOf(route), ...(route ? { route } : {}), passedOver }
}

/** The certificates for a TLS server name (RFC 6066), which a client need not send, the best first: one that cannot be used leaves its place to the next. */
export function certificatesFor({ certificates }: RoutingModel, serverName = ''): readonly Certificate[] {
  return hostsFor(requestHost(serverName)).flatMap(host => certificates.get(host) ?? [])
}

const byType = { Exact: 'exact', Prefix: 'prefix', Regex: 'regex' } as const

function wayOf(route: Route | undefined): Routed['by'] {
  if (!route) return 'nothing'
  if (route.match === 'default') return 'default'
  return byType[route.match.type]
}
