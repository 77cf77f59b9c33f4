// Route configurations: the routing model said in Envoy's words, so that it sends every request where the model does.
import { anyHost } from '../../../src/model/routing/host.ts'
import type { HostRoutes, Route, RoutingModel } from '../../../src/model/routing/model.ts'
import { clusterName } from './clusters.ts'
import type { RouteConfiguration, RouteEntry, RouteMatch, VirtualHost } from './envoy.ts'
import type { Gateway } from './gateway.ts'

/** Tried again elsewhere only while nothing of the request can have been seen by a backend. */
const retryPolicy = {
  retry_on: 'connect-failure,refused-stream',
  num_retries: 2,
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate' },
    },
  ],
  host_selection_retry_max_attempts: 3,
}

/** The routes of a gateway, for all its listeners; named after it. */
export function routeConfiguration({ name, model }: Gateway): RouteConfiguration {
  return { name, virtual_hosts: [...model.hosts.values()].map(entry => virtualHost(entry, model)) }
}

/**
 * Envoy's wildcard domains match any number of labels, those of an Ingress one. So the routes of such a host ask for one label
 * more, a last one takes what is left of these requests, and then come the routes without host for all the others.
 */
function virtualHost(entry: HostRoutes, model: RoutingModel): VirtualHost {
  const { host } = entry
  if (!host.startsWith('*.')) return { name: host || '*', domains: [host || '*'], routes: routesOf(entry) }
  const oneLabel = labelBefore(host.slice(1))
  const own = [...routesOf(entry), ...(entry.fallback ? [] : [notFound])]
  const others = model.hosts.get(anyHost)
  return {
    name: host,
    domains: [host],
    routes: [
      ...own.map(route => ({ ...route, match: { ...route.match, headers: [oneLabel] } })),
      ...(others ? routesOf(others) : []),
    ],
  }
}

function routesOf({ routes, fallback }: HostRoutes): readonly RouteEntry[] {
  return [...routes, ...(fallback ? [fallback] : [])].map(routeEntry)
}

const notFound: RouteEntry = { name: 'not found', match: { prefix: '/' }, direct_response: { status: 404 } }

function routeEntry(route: Route): RouteEntry {
  const { backend, origin } = route
  const written = 'ingress' in origin ? `${origin.ingress.namespace}/${origin.ingress.name}` : `class ${origin.class}`
  const common = { name: `${written} ${origin.at}`, match: matchOf(route) }
  const cluster = clusterName(backend)
  return cluster === undefined
    ? { ...common, direct_response: { status: 503 } }
    : // Without a limit for the whole answer: streams last as long as they are used.
      { ...common, route: { cluster, timeout: '0s', retry_policy: retryPolicy } }
}

function matchOf({ match }: Route): RouteMatch {
  if (match === 'default' || match.path === '/')
    return match !== 'default' && match.type === 'Exact' ? { path: '/' } : { prefix: '/' }
  return match.type === 'Exact' ? { path: match.path } : { path_separated_prefix: match.path }
}

/** Case is folded for domains of virtual hosts, but not for header matches. */
function labelBefore(suffix: string): NonNullable<RouteMatch['headers']>[number] {
  return { name: ':authority', string_match: { safe_regex: { regex: `(?i)[^.]+${suffix.replaceAll('.', String.raw`\.`)}` } } }
}
