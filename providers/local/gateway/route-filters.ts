// What the sleeping filters do on a route, from the settings of its Ingress.
import { quoteRegex } from '../../../src/model/routing/regex.ts'
import { type Any, byNames, type HeaderToAdd, typed } from './envoy.ts'
import { filters } from './filters.ts'
import type { Cors, ExternalAuth, IngressSettings, Rate, Sources } from './settings.ts'

export type RouteFilters = Readonly<Record<string, Any>>

/** Filters for whoever may come in and how often. `authCluster`: where the authority is; `users`: lines of an htpasswd file. */
export function accessFilters(
  settings: IngressSettings,
  found: { readonly authCluster?: string; readonly users?: string },
): RouteFilters {
  const { sources, externalAuth, rates } = settings
  return {
    ...(rates.length > 0 ? { [filters.rates]: rateLimit(rates) } : {}),
    ...(sources.allow || sources.deny.length > 0 ? { [filters.sources]: sourceRules(sources) } : {}),
    ...(found.users === undefined ? {} : { [filters.users]: basicAuth(found.users) }),
    ...(externalAuth && found.authCluster !== undefined ? externalAuthFilters(externalAuth, found.authCluster) : {}),
  }
}

/** Requests for one client are counted by its address, in a bucket of its own. */
function rateLimit(rates: readonly Rate[]): Any {
  const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } }
  return byNames('extensions.filters.http.local_ratelimit.v3.LocalRateLimit', {
    stat_prefix: 'weir',
    status: { code: 'TooManyRequests' },
    filter_enabled: always,
    filter_enforced: always,
    // For all clients together there is no limit, and none can be left out.
    token_bucket: { max_tokens: 4_294_967_295, tokens_per_fill: 4_294_967_295, fill_interval: '1s' },
    max_dynamic_descriptors: 20_000,
    rate_limits: rates.map(({ seconds }) => ({
      actions: [{ remote_address: {} }, { generic_key: { descriptor_value: `${seconds}s` } }],
    })),
    descriptors: rates.map(({ requests, seconds, burst }) => ({
      entries: [{ key: 'remote_address' }, { key: 'generic_key', value: `${seconds}s` }],
      token_bucket: { max_tokens: burst, tokens_per_fill: requests, fill_interval: `${seconds}s` },
    })),
  })
}

function sourceRules({ allow, deny }: Sources): Any {
  const remote = (cidr: string) => {
    const slash = cidr.lastIndexOf('/')
    return { remote_ip: { address_prefix: cidr.slice(0, slash), prefix_len: Number(cidr.slice(slash + 1)) } }
  }
  const any = { any: true }
  const allowed = allow ? { or_ids: { ids: allow.map(remote) } } : any
  const denied = deny.length > 0 ? [{ not_id: { or_ids: { ids: deny.map(remote) } } }] : []
  return {
    '@type': typed('extensions.filters.http.rbac.v3.RBACPerRoute'),
    rbac: {
      rules: {
        action: 'ALLOW',
        policies: { sources: { permissions: [{ any: true }], principals: [{ and_ids: { ids: [allowed, ...denied] } }] } },
      },
    },
  }
}

function basicAuth(users: string): Any {
  return byNames('extensions.filters.http.basic_auth.v3.BasicAuthPerRoute', { users: { inline_string: users } })
}

/** Headers by which the authority learns what was asked for; backends do not get them. */
const askedFor = {
  'x-original-url': '%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)%',
  'x-original-method': '%REQ(:METHOD)%',
  'x-auth-request-redirect': '%REQ(:PATH)%',
} as const

export const askedForHeaders: readonly string[] = Object.keys(askedFor)

/** Clients may bring these for the authority to see. */
const broughtByClients: ReadonlySet<string> = new Set(['authorization', 'cookie'])

function externalAuthFilters({ target, responseHeaders, signIn, signInParameter }: ExternalAuth, cluster: string): RouteFilters {
  const given = responseHeaders.filter(name => !broughtByClients.has(name))
  const exact = (names: readonly string[]) => ({ patterns: names.map(name => ({ exact: name, ignore_case: true })) })
  return {
    [filters.authHeaders]: {
      '@type': typed('extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute'),
      mutations: {
        request_mutations: [
          ...given.map(remove => ({ remove })),
          ...Object.entries(askedFor).map(([key, value]) => ({ append: setHeader(key, value) })),
        ],
      },
    },
    [filters.auth]: byNames('extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute', {
      check_settings: {
        http_service: {
          server_uri: { uri: 'http://weir', cluster, timeout: '5s' },
          path_override: target.path,
          authorization_response: {
            ...(responseHeaders.length > 0 ? { allowed_upstream_headers: exact(responseHeaders) } : {}),
            allowed_client_headers_on_success: exact(['set-cookie']),
          },
        },
      },
    }),
    ...(signIn === undefined
      ? {}
      : { [filters.signIn]: lua({ url: signIn, parameter: signInParameter }), [filters.letIn]: lua({}) }),
  }
}

function lua(context: Readonly<Record<string, string>>): Any {
  return byNames('extensions.filters.http.lua.v3.LuaPerRoute', { filter_context: { ...context, on: true } })
}

export function bodyFilter(bytes: number): RouteFilters {
  const type = '@type' as const
  return {
    [filters.body]: { [type]: typed('extensions.filters.http.buffer.v3.BufferPerRoute'), buffer: { max_request_bytes: bytes } },
  }
}

export function corsFilter({ origins, methods, headers, exposed, credentials, maxAgeSeconds }: Cors): RouteFilters {
  const origin = (text: string) => {
    if (text === '*') return { safe_regex: { regex: '.*' } }
    const [scheme = '', host = ''] = text.split('://')
    return host.startsWith('*.')
      ? { safe_regex: { regex: `${quoteRegex(scheme)}://[^./]+${quoteRegex(host.slice(1))}` } }
      : { exact: text, ignore_case: true }
  }
  return {
    [filters.cors]: {
      '@type': typed('extensions.filters.http.cors.v3.CorsPolicy'),
      allow_origin_string_match: origins.map(origin),
      allow_methods: methods,
      allow_headers: headers,
      ...(exposed === '' ? {} : { expose_headers: exposed }),
      max_age: String(maxAgeSeconds),
      // Envoy names the origin that asks where nginx says `*`, which browsers take for no leave to use cookies. So it is here.
      allow_credentials: credentials && !origins.includes('*'),
      forward_not_matching_preflights: false,
    },
  }
}

export function affinityFilter({ upstream: { affinity } }: IngressSettings): RouteFilters {
  if (affinity?.mode !== 'persistent') return {}
  const { cookie, path, maxAgeSeconds = 0, attributes } = affinity
  const type = 'type.googleapis.com/envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState'
  const session = { cookie: { name: cookie, path, ttl: `${maxAgeSeconds}s`, ...(attributes.length > 0 ? { attributes } : {}) } }
  return {
    [filters.affinity]: byNames('extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute', {
      stateful_session: {
        session_state: { name: 'envoy.http.stateful_session.cookie', typed_config: { '@type': type, ...session } },
      },
    }),
  }
}

/** A header with a text: what Envoy would read as a command in it is doubled. */
export function literalHeader(key: string, text: string): HeaderToAdd {
  return setHeader(key, text.replaceAll('%', '%%'))
}

export function setHeader(key: string, value: string): HeaderToAdd {
  return { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }
}
