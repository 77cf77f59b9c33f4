// Route configurations: the routing model said in Envoy's words, so that it sends every request where the model does.
import { anyHost } from '../../../src/model/routing/host.ts'
import type { HostRoutes } from '../../../src/model/routing/model.ts'
import { serverNameHeader } from './client-certificates.ts'
import type { ClusterBook } from './cluster-book.ts'
import { clientAddress } from './connection-manager.ts'
import type { RouteConfiguration, RouteEntry, RouteMatch, VirtualHost } from './envoy.ts'
import { errorPageHeader, errorPageHosts } from './error-pages.ts'
import type { Gateway, GatewayFacts } from './gateway.ts'
import { otherWwwHosts } from './redirects.ts'
import { setHeader } from './route-filters.ts'
import { entriesOf, settingsOf } from './route-entries.ts'

/** The routes of a gateway, for all its listeners; named after it. Clusters that they lead to are noted in `book`. */
export function routeConfiguration(gateway: Gateway, book: ClusterBook, facts: GatewayFacts): RouteConfiguration {
  const { name, model, tuning } = gateway
  const at = { gateway, book, facts }
  const pages = errorPageHosts(gateway, book, facts)
  const reserved = new Set(pages.map(page => page.name))
  const others = [...[...model.hosts.values()].map(entry => virtualHost(entry, at)), ...otherWwwHosts(gateway)]
  return {
    name,
    ...(tuning?.trustedHops ? { request_headers_to_add: [setHeader('x-real-ip', clientAddress)] } : {}),
    request_headers_to_remove: [serverNameHeader, errorPageHeader],
    virtual_hosts: [...others.filter(host => !reserved.has(host.name)), ...pages],
  }
}

interface Around {
  readonly gateway: Gateway
  readonly book: ClusterBook
  readonly facts: GatewayFacts
}

/**
 * Envoy's wildcard domains match any number of labels, those of an Ingress one. So the routes of such a host ask for one label
 * more, a last one takes what is left of these requests, and then come the routes without host for all the others.
 */
function virtualHost(entry: HostRoutes, at: Around): VirtualHost {
  const { host } = entry
  if (!host.startsWith('*.')) return { name: host || '*', domains: [host || '*'], routes: routesOf(entry, at) }
  const oneLabel = labelBefore(host.slice(1))
  const own = [...routesOf(entry, at), ...(entry.fallback ? [] : [notFound])]
  const others = at.gateway.model.hosts.get(anyHost)
  return {
    name: host,
    domains: [host],
    routes: [
      ...own.map(route => ({ ...route, match: { ...route.match, headers: [oneLabel, ...(route.match.headers ?? [])] } })),
      ...(others ? routesOf(others, at) : []),
    ],
  }
}

function routesOf(entry: HostRoutes, around: Around): readonly RouteEntry[] {
  const { routes, fallback } = entry
  const at = { ...around, entry }
  return [...startPage(entry, around), ...[...routes, ...(fallback ? [fallback] : [])].flatMap(route => entriesOf(route, at))]
}

/** `/` of a host leads to the start page of the oldest Ingress that has one there, unless `/` is another Ingress's. */
function startPage({ routes, fallback }: HostRoutes, { gateway }: Around): readonly RouteEntry[] {
  const all = [...routes, ...(fallback ? [fallback] : [])]
  const asking = all.find(route => settingsOf(route, gateway).appRoot !== undefined)
  const root = routes.find(({ match }) => match !== 'default' && match.path === '/')
  if (!asking || !('ingress' in asking.origin)) return []
  const settings = settingsOf(asking, gateway)
  const { namespace, name } = asking.origin.ingress
  const isOthers =
    root && !('ingress' in root.origin && root.origin.ingress.namespace === namespace && root.origin.ingress.name === name)
  if (isOthers || settings.closed !== undefined || settings.appRoot === undefined) return []
  return [
    {
      name: `${namespace}/${name} app-root`,
      match: { path: '/' },
      redirect: { response_code: 'FOUND', path_redirect: settings.appRoot, strip_query: true },
    },
  ]
}

const notFound: RouteEntry = { name: 'not found', match: { prefix: '/' }, direct_response: { status: 404 } }

/** Case is folded for domains of virtual hosts, but not for header matches. */
function labelBefore(suffix: string): NonNullable<RouteMatch['headers']>[number] {
  return { name: ':authority', string_match: { safe_regex: { regex: `(?i)[^.]+${suffix.replaceAll('.', String.raw`\.`)}` } } }
}
