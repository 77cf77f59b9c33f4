// Certificates of clients: which hosts ask for them, and what becomes of requests with a good, a bad and no certificate.
import { anyHost } from '../../../src/model/routing/host.ts'
import { memberKey, type HostRoutes, type Route } from '../../../src/model/routing/model.ts'
import type { Answer, HeaderMatcher, HeaderToAdd, RouteMatch } from './envoy.ts'
import type { Gateway, GatewayFacts } from './gateway.ts'
import { redirectTo } from './redirects.ts'
import { literalHeader, setHeader } from './route-filters.ts'
import type { ClientCertificate } from './settings.ts'

/** Set by every listener before a route is chosen: the server name that the client asked for in TLS. */
export const serverNameHeader = 'x-weir-server-name'

/**
 * What a host asks of clients in TLS: the wish of the oldest Ingress that has routes there and asks for any. Undefined for hosts
 * where nobody does, and for routes without host, whose connections cannot be told from those for other hosts.
 */
export function wantedAt(entry: HostRoutes, { model, settings }: Gateway): ClientCertificate | undefined {
  const { host, routes, fallback } = entry
  if (host === anyHost || !settings) return undefined
  const here = new Set([...routes, ...(fallback ? [fallback] : [])].flatMap(ownerOf))
  for (const [key] of model.members) {
    const wanted = here.has(key) ? settings.get(key)?.clientCertificate : undefined
    if (wanted) return wanted
  }
  return undefined
}

function ownerOf({ origin }: Route): readonly string[] {
  return 'ingress' in origin ? [memberKey(origin.ingress)] : []
}

/** One way a route goes, by the certificate. */
export interface CertificateWay {
  readonly match: Pick<RouteMatch, 'tls_context'> & { readonly headers: readonly HeaderMatcher[] }
  /** Absent: the request goes on. */
  readonly answer?: Answer
  readonly requestHeaders: readonly HeaderToAdd[]
}

/**
 * The ways of a route of `host` that asks for certificates, to be tried in order. `atHost` is what the connection was asked for:
 * a route that wants another authority's certificates cannot be served there. Who asked for another name in TLS is sent back to
 * make a connection of its own (421, RFC 9110 15.5.20).
 */
export function certificateWays(
  wanted: ClientCertificate,
  host: string,
  atHost: ClientCertificate | undefined,
  facts: GatewayFacts,
): readonly CertificateWay[] {
  const isSame =
    atHost && atHost.authorities.name === wanted.authorities.name && atHost.authorities.namespace === wanted.authorities.namespace
  if (!isSame || facts.authorities?.(wanted.authorities) === undefined) return [answer({ direct_response: { status: 503 } })]
  const refused: Answer = wanted.errorPage
    ? { redirect: redirectTo(wanted.errorPage, 302) }
    : { direct_response: { status: 400, body: { inline_string: 'A client certificate is needed.\n' } } }
  const good: CertificateWay = {
    match: { headers: [], tls_context: { presented: true, validated: true } },
    requestHeaders: told(wanted, 'SUCCESS'),
  }
  const bad: CertificateWay = { match: { headers: [], tls_context: { presented: true } }, requestHeaders: told(wanted, 'FAILED') }
  const none: CertificateWay = { match: { headers: [] }, requestHeaders: told(wanted, 'NONE') }
  const rest: Readonly<Record<ClientCertificate['wanted'], readonly CertificateWay[]>> = {
    required: [answer(refused)],
    optional: [{ ...bad, answer: refused }, none],
    unverified: [bad, none],
  }
  return [
    { ...answer({ direct_response: { status: 421 } }), match: { headers: [otherName(host)], tls_context: { presented: true } } },
    good,
    ...rest[wanted.wanted],
  ]
}

function answer(given: Answer): CertificateWay {
  return { match: { headers: [] }, answer: given, requestHeaders: [] }
}

function otherName(host: string): HeaderMatcher {
  const regex = host.startsWith('*.')
    ? String.raw`(?i)[^.]+${host.slice(1).replaceAll('.', String.raw`\.`)}`
    : `(?i)${host.replaceAll('.', String.raw`\.`)}`
  return {
    name: serverNameHeader,
    string_match: { safe_regex: { regex } },
    invert_match: true,
    treat_missing_header_as_empty: true,
  }
}

/** As ingress-nginx calls them. What clients send under these names never comes this far. */
function told({ passed }: ClientCertificate, result: 'SUCCESS' | 'FAILED' | 'NONE'): readonly HeaderToAdd[] {
  if (result === 'NONE') return [literalHeader('ssl-client-verify', result)]
  return [
    literalHeader('ssl-client-verify', result),
    setHeader('ssl-client-subject-dn', '%DOWNSTREAM_PEER_SUBJECT%'),
    setHeader('ssl-client-issuer-dn', '%DOWNSTREAM_PEER_ISSUER%'),
    ...(passed ? [setHeader('ssl-client-cert', '%DOWNSTREAM_PEER_CERT%')] : []),
  ]
}

export const certificateHeaders = [
  'ssl-client-verify',
  'ssl-client-subject-dn',
  'ssl-client-issuer-dn',
  'ssl-client-cert',
] as const
