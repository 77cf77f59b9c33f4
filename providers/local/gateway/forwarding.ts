// How requests reach a backend: path and Host that it sees, how long it may take, what is tried again, which of its pods is chosen.
import { readRegex } from '../../../src/model/routing/regex.ts'
import type { Route } from '../../../src/model/routing/model.ts'
import { rewriteOf, wholePath } from './redirects.ts'
import type { Affinity, HashPart, IngressSettings, Retries } from './settings.ts'

/** Everything of a route's action but where it leads. */
export function forwarding(route: Route, settings: IngressSettings, mirror: string | undefined) {
  const { rewrite, timeouts, retries, upstreamHost, upstream } = settings
  const hash = [
    ...(upstream.affinity?.mode === 'balanced' ? [cookiePolicy(upstream.affinity)] : []),
    ...(upstream.hash ?? []).map(hashPolicy),
  ]
  return {
    // Without a limit for the whole answer: streams last as long as they are used.
    timeout: `${(timeouts.total ?? 0) / 1000}s`,
    ...(timeouts.idle === undefined ? {} : { idle_timeout: `${timeouts.idle / 1000}s` }),
    retry_policy: retryPolicy(retries),
    ...(rewrite === undefined ? {} : { regex_rewrite: rewriteOf(patternOf(route), rewrite) }),
    ...(upstreamHost === undefined ? {} : { host_rewrite_literal: upstreamHost }),
    ...(hash.length > 0 ? { hash_policy: hash } : {}),
    ...(mirror === undefined ? {} : { request_mirror_policies: [{ cluster: mirror }] }),
  }
}

function patternOf({ match }: Route): { readonly regex: string; readonly groups: number } {
  if (match === 'default' || match.type !== 'Regex') return { regex: '^(?s:.*)$', groups: 0 }
  const read = readRegex(match.path)
  return { regex: wholePath(match.path), groups: 'groups' in read ? read.groups : 0 }
}

/** Without a word of the Ingress: only while nothing of the request can have been seen by a backend. */
function retryPolicy({ on = 'connect-failure,refused-stream', codes, more, perTryMs, anyMethod }: Retries): object {
  const isSafe = on === 'connect-failure,refused-stream' || anyMethod
  return {
    retry_on: on,
    num_retries: more,
    retry_host_predicate: [
      {
        name: 'envoy.retry_host_predicates.previous_hosts',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate' },
      },
    ],
    host_selection_retry_max_attempts: 3,
    ...(codes.length > 0 ? { retriable_status_codes: codes } : {}),
    ...(perTryMs === undefined ? {} : { per_try_timeout: `${perTryMs / 1000}s` }),
    ...(isSafe ? {} : { retriable_request_headers: [idempotent] }),
  }
}

/** RFC 9110, 9.2.2. */
const idempotent = { name: ':method', string_match: { safe_regex: { regex: 'GET|HEAD|OPTIONS|TRACE|PUT|DELETE' } } }

function cookiePolicy({ cookie, path, maxAgeSeconds = 0, attributes }: Affinity): object {
  return {
    cookie: { name: cookie, path, ttl: `${maxAgeSeconds}s`, ...(attributes.length > 0 ? { attributes } : {}) },
    terminal: true,
  }
}

function hashPolicy(part: HashPart): object {
  switch (part.of) {
    case 'address':
      return { connection_properties: { source_ip: true } }
    case 'path':
      return {
        header: {
          header_name: ':path',
          ...(part.query ? {} : { regex_rewrite: { pattern: { regex: String.raw`\?.*` }, substitution: '' } }),
        },
      }
    case 'header':
      return { header: { header_name: part.name } }
    case 'cookie':
      return { cookie: { name: part.name } }
    case 'parameter':
    default:
      return { query_parameter: { name: part.name } }
  }
}
