// One route of the model as Envoy's routes: what is answered at once, what is held back, what goes to the canary, and the rest.
import { certificatesTowards } from '../../../src/model/routing/certificates.ts'
import type { HostRoutes, Route } from '../../../src/model/routing/model.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import { authorityOf } from './authority.ts'
import { usableUsers } from './basic-auth.ts'
import { canaryWays } from './canary-ways.ts'
import { certificateWays, type CertificateWay, wantedAt } from './client-certificates.ts'
import { type ClusterBook, clusterSettings } from './cluster-book.ts'
import { hasEndpoints } from './clusters.ts'
import type { Answer, HeaderMatcher, RouteAction, RouteEntry, RouteMatch } from './envoy.ts'
import { errorFilter } from './error-pages.ts'
import { forwarding } from './forwarding.ts'
import type { Gateway, GatewayFacts } from './gateway.ts'
import { redirectTo, redirectToHttps, wholePath } from './redirects.ts'
import {
  accessFilters,
  affinityFilter,
  askedForHeaders,
  bodyFilter,
  corsFilter,
  literalHeader,
  type RouteFilters,
} from './route-filters.ts'
import { type IngressSettings, plainSettings, type UrlTarget } from './settings.ts'

/** What is at hand while the routes of a host are made. */
export interface Surroundings {
  readonly gateway: Gateway
  readonly facts: GatewayFacts
  readonly book: ClusterBook
  readonly entry: HostRoutes
}

/** Without settings nothing is asked for but the route. */
const silent: IngressSettings = { ...plainSettings, httpsRedirect: 'never' }

/** Where certificates are proved by HTTP (RFC 8555, 8.3): no redirect and no login may be in the way. */
const acme = '/.well-known/acme-challenge'

/** Bodies of unknown length are held back whole, but not more of them. */
const mostHeldBack = 64 * 1024 * 1024

export function settingsOf({ origin }: Route, { settings }: Gateway): IngressSettings {
  return ('ingress' in origin ? settings?.get(memberKey(origin.ingress)) : undefined) ?? silent
}

/** All routes of Envoy for one route, in the order they are tried. */
export function entriesOf(route: Route, at: Surroundings): readonly RouteEntry[] {
  const { origin } = route
  const settings = settingsOf(route, at.gateway)
  const written = 'ingress' in origin ? memberKey(origin.ingress) : `class ${origin.class}`
  const entry = (match: RouteMatch, answer: Answer, more: Partial<RouteEntry> = {}): RouteEntry => ({
    name: `${written} ${origin.at}`,
    match,
    ...more,
    ...answer,
  })
  const match = matchOf(route)
  const isChallenge = route.match !== 'default' && `${route.match.path}/`.startsWith(`${acme}/`)
  if (settings.closed !== undefined) return [entry(match, unavailable)]
  if (settings.redirect) return [entry(match, { redirect: redirectTo(settings.redirect.to, settings.redirect.code) })]
  const isRedirected =
    !isChallenge &&
    (settings.httpsRedirect === 'always' || (settings.httpsRedirect === 'with-certificate' && hasCertificate(route, at)))
  return [
    ...(isRedirected ? [entry(joined(match, [plainHttp]), { redirect: redirectToHttps(at.gateway) })] : []),
    ...forwardingEntries(route, isChallenge ? { ...settings, ...openForAll } : settings, at, entry),
  ]
}

/** Whether a client that asks for the host in TLS gets an answer of its own; a host with an open label by the certificate for it. */
function hasCertificate(route: Route, { gateway: { model, https }, facts }: Surroundings): boolean {
  return https !== undefined && certificatesTowards(model, route).some(({ secret }) => facts.certificate(secret) !== undefined)
}

const openForAll = { sources: plainSettings.sources, rates: [] } as const
const unavailable: Answer = { direct_response: { status: 503 } }
const plainHttp: HeaderMatcher = { name: 'x-forwarded-proto', string_match: { exact: 'https' }, invert_match: true }

function forwardingEntries(
  route: Route,
  settings: IngressSettings,
  at: Surroundings,
  entry: (match: RouteMatch, answer: Answer, more?: Partial<RouteEntry>) => RouteEntry,
): readonly RouteEntry[] {
  const match = matchOf(route)
  const isChallenge = settings.sources === openForAll.sources && settings.rates === openForAll.rates
  const guarded = isChallenge ? {} : guardsOf(route, settings, at)
  if (!guarded) return [entry(match, unavailable)]
  const wanted = isChallenge ? undefined : settings.clientCertificate
  const byCertificate = wanted
    ? certificateWays(wanted, at.entry.host, wantedAt(at.entry, at.gateway), at.facts)
    : [{ match: { headers: [] }, requestHeaders: [] }]
  const common = {
    ...guarded,
    ...(settings.cors ? corsFilter(settings.cors) : {}),
    ...affinityFilter(settings),
    ...errorFilter(route, settings, at),
  }
  return byCertificate.flatMap((way: CertificateWay) => {
    const here = joined({ ...match, ...(way.match.tls_context ? { tls_context: way.match.tls_context } : {}) }, way.match.headers)
    if (way.answer) return [entry(here, way.answer)]
    const headers = headersOf(settings, way)
    return bodyWays(settings).flatMap(body => {
      const there = joined(here, body.headers)
      if (body.answer) return [entry(there, body.answer)]
      const filters = { ...common, ...body.filters }
      const more = { ...headers, ...(Object.keys(filters).length > 0 ? { typed_per_filter_config: filters } : {}) }
      return destinations(route, settings, at).map(({ headers: chosen, answer }) => entry(joined(there, chosen), answer, more))
    })
  })
}

/** Filters of who may come in; undefined where that cannot be known, so that nobody may. */
function guardsOf(route: Route, settings: IngressSettings, at: Surroundings): RouteFilters | undefined {
  const { basicAuth, externalAuth, upstream } = settings
  const users = basicAuth ? usableUsers(at.facts.users?.(basicAuth.secret)) : undefined
  if (basicAuth && users === undefined) return undefined
  const authCluster = externalAuth ? targetCluster(externalAuth.target, route, at) : undefined
  if (externalAuth && authCluster === undefined) return undefined
  const { tls } = upstream
  if (tls?.verify && (!tls.secret || at.facts.authorities?.(tls.secret) === undefined)) return undefined
  return accessFilters(settings, {
    ...(authCluster === undefined ? {} : { authCluster }),
    ...(users === undefined ? {} : { users }),
  })
}

/** The cluster behind a URL: a port of a Service, or whatever this gateway serves at the path of the route's own host. */
function targetCluster(target: UrlTarget, route: Route, { book, gateway }: Surroundings): string | undefined {
  const { service, port } = target
  if (service) return book.use({ kind: 'service', ...service, port: { port } })
  const authority = authorityOf(target, route, gateway.model)
  return authority && book.use(authority.backend)
}

interface BodyWay {
  readonly headers: readonly HeaderMatcher[]
  readonly answer?: Answer
  readonly filters?: RouteFilters
}

/** Too long by what the request says; of a length that it does not say; and all the others, which are not held back. */
function bodyWays({ bodyBytes, upstream }: IngressSettings): readonly BodyWay[] {
  const rest: BodyWay = { headers: [] }
  if (bodyBytes === undefined) return [rest]
  const tooLong: BodyWay = {
    headers: [{ name: 'content-length', range_match: { start: bodyBytes + 1, end: Number.MAX_SAFE_INTEGER } }],
    answer: { direct_response: { status: 413 } },
  }
  if (upstream.protocol === 'GRPC' || upstream.protocol === 'GRPCS') return [tooLong, rest]
  const unknown: BodyWay = {
    headers: [
      { name: 'content-length', present_match: true, invert_match: true },
      { name: ':method', string_match: { safe_regex: { regex: 'POST|PUT|PATCH|DELETE' } } },
      {
        name: 'content-type',
        string_match: { safe_regex: { regex: 'application/grpc.*' } },
        invert_match: true,
        treat_missing_header_as_empty: true,
      },
    ],
    filters: bodyFilter(Math.min(bodyBytes, mostHeldBack)),
  }
  return [tooLong, unknown, rest]
}

/** Where requests go: to the canary by header, cookie or weight, or to the backend. */
function destinations(
  route: Route,
  settings: IngressSettings,
  at: Surroundings,
): readonly { readonly headers: readonly HeaderMatcher[]; readonly answer: Answer }[] {
  const namespace = 'ingress' in route.origin ? route.origin.ingress.namespace : ''
  const own = clusterSettings(settings, namespace)
  const main = at.book.use(route.backend, own)
  if (main === undefined) return [{ headers: [], answer: unavailable }]
  const { mirror } = settings
  const copies = mirror?.service ? at.book.use({ kind: 'service', ...mirror.service, port: { port: mirror.port } }) : undefined
  const action = forwarding(route, settings, copies)
  const to = (target: Pick<RouteAction, 'cluster' | 'weighted_clusters'>): Answer => ({ route: { ...target, ...action } })
  const canary = canaryCluster(route, settings, at)
  return canary ? canaryWays(canary.settings, main, canary.cluster, to) : [{ headers: [], answer: to({ cluster: main }) }]
}

/** A canary without endpoints gets nothing. How pods are chosen is its own affair, everything else that of the main Ingress. */
function canaryCluster({ canary }: Route, settings: IngressSettings, { gateway, facts, book }: Surroundings) {
  const own = canary && settingsOf(canary, gateway)
  if (!canary || !own?.canary || !hasEndpoints(canary, facts)) return undefined
  const { balance, hash } = own.upstream
  const upstream = { ...settings.upstream, ...(balance ? { balance } : {}), ...(hash ? { hash } : {}) }
  const namespace = 'ingress' in canary.origin ? canary.origin.ingress.namespace : ''
  const cluster = book.use(canary.backend, clusterSettings({ ...settings, upstream }, namespace))
  return cluster === undefined ? undefined : { cluster, settings: own.canary }
}

function headersOf({ requestHeaders, responseHeaders, externalAuth }: IngressSettings, way: CertificateWay): Partial<RouteEntry> {
  const added = (headers: IngressSettings['requestHeaders']) =>
    headers.flatMap(({ name, value }) => (value === undefined ? [] : literalHeader(name, value)))
  const removed = (headers: IngressSettings['requestHeaders']) =>
    headers.flatMap(({ name, value }) => (value === undefined ? name : []))
  const [add, remove] = [
    [...added(requestHeaders), ...way.requestHeaders],
    [...removed(requestHeaders), ...(externalAuth ? askedForHeaders : [])],
  ]
  const [addBack, removeBack] = [added(responseHeaders), removed(responseHeaders)]
  return {
    ...(add.length > 0 ? { request_headers_to_add: add } : {}),
    ...(remove.length > 0 ? { request_headers_to_remove: remove } : {}),
    ...(addBack.length > 0 ? { response_headers_to_add: addBack } : {}),
    ...(removeBack.length > 0 ? { response_headers_to_remove: removeBack } : {}),
  }
}

function joined(match: RouteMatch, headers: readonly HeaderMatcher[]): RouteMatch {
  return headers.length === 0 ? match : { ...match, headers: [...(match.headers ?? []), ...headers] }
}

function matchOf({ match }: Route): RouteMatch {
  if (match === 'default' || match.path === '/')
    return match !== 'default' && match.type === 'Exact' ? { path: '/' } : { prefix: '/' }
  if (match.type === 'Regex') return { safe_regex: { regex: wholePath(match.path) } }
  return match.type === 'Exact' ? { path: match.path } : { path_separated_prefix: match.path }
}
