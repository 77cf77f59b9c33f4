// The HTTP filters of every listener: always the same ones, all asleep until a route wakes them, so that no change of an Ingress
// ever changes a listener, which would cut long connections.
import { type Any, typed } from './envoy.ts'
import { afterAuth, beforeAuth } from './sign-in.ts'

/** By what routes refer to them. */
export const filters = {
  cors: 'weir.cors',
  rates: 'weir.rates',
  sources: 'weir.sources',
  users: 'weir.users',
  authHeaders: 'weir.auth-headers',
  signIn: 'weir.sign-in',
  auth: 'weir.auth',
  letIn: 'weir.let-in',
  body: 'weir.body',
  errors: 'weir.errors',
  affinity: 'weir.affinity',
} as const

export interface HttpFilter {
  readonly name: string
  readonly disabled?: boolean
  readonly typed_config: Any
}

/**
 * In the order in which a request passes them: what a page of another origin asks beforehand needs no login, limits come before
 * whatever costs more, and addresses before passwords.
 */
export const httpFilters: readonly HttpFilter[] = [
  // Outermost, so that it sees every answer last.
  asleep(filters.errors, 'custom_response.v3.CustomResponse'),
  asleep(filters.cors, 'cors.v3.Cors'),
  asleep(filters.rates, 'local_ratelimit.v3.LocalRateLimit', { stat_prefix: 'weir' }),
  asleep(filters.sources, 'rbac.v3.RBAC'),
  // The user that must stand here is nobody: the hash is of no password that anyone knows.
  asleep(filters.users, 'basic_auth.v3.BasicAuth', { users: { inline_string: 'nobody:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=' } }),
  asleep(filters.authHeaders, 'header_mutation.v3.HeaderMutation'),
  asleep(filters.signIn, 'lua.v3.Lua', { default_source_code: { inline_string: beforeAuth } }),
  asleep(filters.auth, 'ext_authz.v3.ExtAuthz', {
    // Without a service of its own the filter brings Envoy down when a route names one (seen with 1.39.3).
    http_service: { server_uri: { uri: 'http://weir', cluster: 'weir-nobody', timeout: '1s' } },
    allowed_headers: { patterns: [{ safe_regex: { regex: '.*' } }] },
    disallowed_headers: { patterns: ['content-length', 'transfer-encoding', 'expect'].map(exact => ({ exact })) },
  }),
  asleep(filters.letIn, 'lua.v3.Lua', { default_source_code: { inline_string: afterAuth } }),
  asleep(filters.body, 'buffer.v3.Buffer', { max_request_bytes: 1 }),
  asleep(filters.affinity, 'stateful_session.v3.StatefulSession'),
  {
    name: 'envoy.filters.http.router',
    // Clients are not told how long a backend took, and requests are cheaper without.
    typed_config: { '@type': typed('extensions.filters.http.router.v3.Router'), suppress_envoy_headers: true },
  },
]

function asleep(name: string, type: string, fields: object = {}): HttpFilter {
  return { name, disabled: true, typed_config: { '@type': typed(`extensions.filters.http.${type}`), ...fields } }
}
