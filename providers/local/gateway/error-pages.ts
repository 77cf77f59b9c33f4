// Pages for answers with certain codes: asked for at the fallback Service of an Ingress, by a virtual host of the gateway's own.
import type { Route } from '../../../src/model/routing/model.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import type { ClusterBook } from './cluster-book.ts'
import { typed, type VirtualHost } from './envoy.ts'
import { filters } from './filters.ts'
import type { Gateway, GatewayFacts } from './gateway.ts'
import { literalHeader, type RouteFilters, setHeader } from './route-filters.ts'
import type { IngressSettings } from './settings.ts'

/** Only requests of the gateway itself carry it. */
export const errorPageHeader = 'x-weir-error-page'

/** Reserved for what is nowhere (RFC 6761). */
const suffix = 'error-pages.weir.invalid'

interface Around {
  readonly gateway: Gateway
  readonly facts: GatewayFacts
}

export function errorFilter(route: Route, { errorCodes, fallbackService }: IngressSettings, around: Around): RouteFilters {
  const { origin } = route
  if (errorCodes.length === 0 || fallbackService === undefined || !('ingress' in origin)) return {}
  const { namespace, name } = origin.ingress
  if (portOf(namespace, fallbackService, around.facts) === undefined) return {}
  const type = 'type.googleapis.com/envoy.extensions.http.custom_response.redirect_policy.v3.RedirectPolicy'
  const matchers = errorCodes.map(code => ({
    predicate: {
      single_predicate: {
        input: {
          name: 'status',
          typed_config: { '@type': 'type.googleapis.com/envoy.type.matcher.v3.HttpResponseStatusCodeMatchInput' },
        },
        value_match: { exact: String(code) },
      },
    },
    on_match: {
      action: {
        name: 'page',
        typed_config: {
          '@type': type,
          redirect_action: { host_redirect: hostOf(namespace, fallbackService), path_redirect: '/' },
          request_headers_to_add: [
            literalHeader(errorPageHeader, 'yes'),
            literalHeader('x-code', String(code)),
            literalHeader('x-namespace', namespace),
            literalHeader('x-ingress-name', name),
            setHeader('x-original-uri', '%REQ(:PATH)%'),
          ],
        },
      },
    },
  }))
  return {
    [filters.errors]: {
      '@type': typed('extensions.filters.http.custom_response.v3.CustomResponse'),
      custom_response_matcher: { matcher_list: { matchers } },
    },
  }
}

/** Where the pages are asked for, whoever else names the host: they would be somebody's pages for the clients of another. Nobody outside gets there: requests from outside never carry the header. */
export function errorPageHosts({ model, settings }: Gateway, book: ClusterBook, facts: GatewayFacts): readonly VirtualHost[] {
  const hosts = new Map<string, VirtualHost>()
  for (const key of model.members.keys()) {
    const { fallbackService, errorCodes = [] } = settings?.get(key) ?? {}
    if (fallbackService === undefined || errorCodes.length === 0) continue
    const namespace = key.slice(0, key.indexOf('/'))
    const port = portOf(namespace, fallbackService, facts)
    const host = hostOf(namespace, fallbackService)
    const cluster =
      port === undefined ? undefined : book.use({ kind: 'service', namespace, name: fallbackService, port: { port } })
    if (cluster === undefined) continue
    hosts.set(host, {
      name: host,
      domains: [host],
      routes: [
        {
          name: `error pages of ${memberKey({ namespace, name: fallbackService })}`,
          match: { prefix: '/', headers: [{ name: errorPageHeader, string_match: { exact: 'yes' } }] },
          route: { cluster, timeout: '30s', retry_policy: {} },
        },
      ],
    })
  }
  return [...hosts.values()]
}

function portOf(namespace: string, name: string, { firstPort }: GatewayFacts): number | undefined {
  return firstPort?.({ namespace, name })
}

function hostOf(namespace: string, name: string): string {
  return `${name}.${namespace}.${suffix}`
}
