// Annotations about backends: how they are spoken to, how long they may take, which of their pods is chosen.
import type { Parsed } from '../../../../src/api/annotations.ts'
import { firstFew } from '../../../../src/model/first-few.ts'
import type { HashPart } from '../settings.ts'
import {
  absolutePath,
  cookieName,
  duration,
  errorCodes,
  flag,
  headerName,
  hostName,
  secretName,
  serviceName,
  size,
  whole,
  word,
} from './readers.ts'
import type { GatewayRow } from './row.ts'
import { serviceUrl } from './urls.ts'

/** What is hashed, by variables of nginx; text between them changes nothing. */
function hashParts(text: string): Parsed<readonly HashPart[]> {
  const result: HashPart[] = []
  for (const [, name = ''] of text.matchAll(/\$\{?([a-z0-9_]+)\}?/gi)) {
    const lower = name.toLowerCase()
    const [, kind, rest = ''] = /^(http|cookie|arg)_(.+)$/.exec(lower) ?? []
    const header = headerName(rest.replaceAll('_', '-'))
    if (['remote_addr', 'binary_remote_addr', 'the_real_ip'].includes(lower)) result.push({ of: 'address' })
    else if (lower === 'request_uri') result.push({ of: 'path', query: true })
    else if (lower === 'uri' || lower === 'document_uri') result.push({ of: 'path', query: false })
    else if (lower === 'host' || lower === 'http_host') result.push({ of: 'header', name: ':authority' })
    else if (kind === 'cookie') result.push({ of: 'cookie', name: name.slice(kind.length + 1) })
    else if (kind === 'arg') result.push({ of: 'parameter', name: name.slice(kind.length + 1) })
    else if (kind === 'http' && 'value' in header) result.push({ of: 'header', name: header.value })
    else return { error: `the variable $${firstFew([name])} is not understood` }
  }
  if (result.length > 8) return { error: 'names more than 8 variables' }
  return result.length > 0 ? { value: result } : { error: 'names no variable, so every request would go to one pod' }
}

const nextWords = [
  'error',
  'timeout',
  'invalid_header',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'http_403',
  'http_404',
  'http_429',
  'non_idempotent',
  'off',
] as const

/** What is tried again elsewhere, in nginx's words. */
function nextUpstream(text: string): Parsed<readonly (typeof nextWords)[number][]> {
  const result: (typeof nextWords)[number][] = []
  for (const part of text.trim().split(/\s+/)) {
    const known = nextWords.find(each => each === part)
    if (known === undefined) return { error: `${JSON.stringify(firstFew([part]))} is none of ${nextWords.join(', ')}` }
    result.push(known)
  }
  return { value: result }
}

function cookiePath(text: string): Parsed<string> {
  const path = absolutePath(text)
  return 'value' in path && /[;,]/.test(path.value) ? { error: 'holds a semicolon or a comma' } : path
}

export const backendRows = {
  'backend-protocol': {
    parse: word('HTTP', 'HTTPS', 'GRPC', 'GRPCS', 'H2C'),
    sets: 'protocol',
    doc: 'What backends speak. H2C is HTTP/2 without TLS, which GRPC is too.',
    default: 'the appProtocol of the port of the Service, else HTTP',
    example: 'GRPCS',
    differs: 'AJP, FCGI and AUTO_HTTP are refused.',
  },
  'proxy-body-size': {
    parse: size,
    sets: 'bodyBytes',
    doc: 'Longest body of a request: longer ones get 413. `0`: no limit.',
    default: 'none',
    example: '8m',
    differs:
      'Without the annotation there is no limit, where ingress-nginx has 1m. Bodies of unknown length are held back up to the limit, at most 64 MiB, before the backend gets them; gRPC is not limited.',
  },
  'proxy-connect-timeout': {
    parse: duration,
    sets: 'connectTimeout',
    doc: 'For a connection to a pod.',
    default: '5s',
    example: '10s',
  },
  'proxy-read-timeout': {
    parse: duration,
    sets: 'readTimeout',
    doc: 'How long nothing may come from a backend while an answer is waited for: 504.',
    default: '5m',
    example: '120s',
    differs: 'One limit for both directions, the longer of the two; without it 5 minutes instead of 1.',
  },
  'proxy-send-timeout': {
    parse: duration,
    sets: 'sendTimeout',
    doc: 'The same for what is sent.',
    default: '5m',
    example: '120s',
    differs: 'As with `proxy-read-timeout`.',
  },
  'request-timeout': {
    nginx: [],
    parse: duration,
    sets: 'totalTimeout',
    doc: 'From the request to the end of its answer, streams and all.',
    default: 'none',
    example: '30s',
  },
  'proxy-next-upstream': {
    parse: nextUpstream,
    sets: 'nextUpstream',
    doc: 'When another pod is tried.',
    default: 'error: while the backend cannot have seen anything of the request',
    example: 'error timeout http_502',
    differs:
      'Without the annotation only connections that fail count, where ingress-nginx has `error timeout`. With it, POST, PATCH and CONNECT are not tried again at all, unless `non_idempotent`.',
  },
  'proxy-next-upstream-tries': {
    parse: whole(0, 20),
    sets: 'tries',
    doc: 'How often in all; 0: as often as there are 20.',
    default: '3',
    example: '2',
  },
  'proxy-next-upstream-timeout': {
    parse: (text: string) => (text.trim() === '0' ? { value: 0 } : duration(text)),
    sets: 'tryTimeout',
    doc: 'How long one try may take; 0: no limit.',
    default: '0',
    example: '10s',
    differs: 'For each try, not for all of them together.',
  },
  'load-balance': {
    parse: word('round_robin', 'ewma', 'least_request', 'random'),
    sets: 'balance',
    doc: 'How a pod is chosen.',
    default: 'least_request: of two pods the one with fewer open requests',
    example: 'round_robin',
    differs: '`ewma` means `least_request`.',
  },
  'upstream-hash-by': {
    parse: hashParts,
    sets: 'hash',
    doc: 'Requests in which these are the same go to the same pod (consistent hashing).',
    default: 'none',
    example: '$request_uri',
    differs: 'The variables $remote_addr, $request_uri, $uri, $host, $http_*, $cookie_*, $arg_*.',
  },
  affinity: {
    parse: word('cookie'),
    sets: 'affinity',
    doc: 'A cookie keeps a client with one pod.',
    default: 'none',
    example: 'cookie',
  },
  'affinity-mode': {
    parse: word('balanced', 'persistent'),
    sets: 'affinityMode',
    doc: '`persistent`: a client stays while its pod is there. `balanced`: when pods come, some clients move to them.',
    default: 'balanced',
    example: 'persistent',
    differs: 'With `persistent` the cookie holds the address of the pod.',
  },
  'session-cookie-name': { parse: cookieName, sets: 'cookieName', doc: 'Its name.', default: 'INGRESSCOOKIE', example: 'route' },
  'session-cookie-path': {
    parse: cookiePath,
    sets: 'cookiePath',
    doc: 'Its path.',
    default: '/',
    example: '/shop',
    differs: 'Without it `/`, not the path of the rule.',
  },
  'session-cookie-domain': { parse: hostName, sets: 'cookieDomain', doc: 'Its domain.', default: 'none', example: 'example.com' },
  'session-cookie-max-age': {
    parse: whole(0, 315_360_000),
    sets: 'cookieMaxAge',
    doc: 'Seconds until it ends.',
    default: 'none: with the browser',
    example: '3600',
  },
  'session-cookie-expires': {
    parse: whole(0, 315_360_000),
    sets: 'cookieExpires',
    doc: 'The same, if there is no `session-cookie-max-age`.',
    default: 'none',
    example: '3600',
    differs: 'Written as Max-Age, which every browser understands today.',
  },
  'session-cookie-samesite': {
    parse: word('None', 'Lax', 'Strict'),
    sets: 'cookieSameSite',
    doc: 'Its SameSite.',
    default: 'none',
    example: 'Lax',
  },
  'session-cookie-secure': { parse: flag, sets: 'cookieSecure', doc: 'Its Secure.', default: 'false', example: 'true' },
  'custom-http-errors': {
    parse: errorCodes,
    sets: 'errorCodes',
    doc: 'Answers of a backend with these codes are replaced by what `default-backend` says to a request for `/` with `X-Code`, `X-Original-URI`, `X-Namespace` and `X-Ingress-Name`.',
    default: 'none',
    example: '404,503',
    differs: 'Needs `default-backend`. No `X-Service-Name`, `X-Service-Port`, `X-Format`.',
  },
  'default-backend': {
    parse: serviceName,
    sets: 'fallbackService',
    doc: 'A Service of the namespace, by its first port, that gets the requests while a backend has no endpoints.',
    default: 'none: 503',
    example: 'sorry',
  },
  'mirror-target': {
    parse: (text: string) => serviceUrl(text.trim().replace(/\$request_uri$/, '')),
    sets: 'mirror',
    doc: 'Gets a copy of every request, with its path; what it answers is thrown away. `http://name.namespace.svc.cluster.local$request_uri` is a Service of the namespace of the Ingress.',
    default: 'none',
    example: 'http://copy.default.svc.cluster.local$request_uri',
    differs: 'Only Services of the namespace; the path is that of the request.',
  },
  'proxy-ssl-secret': {
    parse: secretName,
    sets: 'upstreamSecret',
    doc: 'A Secret of the namespace with what the gateway shows to backends (`tls.crt`, `tls.key`) and the authorities it trusts (`ca.crt`).',
    default: 'none',
    example: 'shop-backend',
    differs: 'No Secrets of other namespaces.',
  },
  'proxy-ssl-verify': {
    parse: word('on', 'off'),
    sets: 'upstreamVerify',
    guards: true,
    doc: 'Certificates of backends must be by an authority of `proxy-ssl-secret`.',
    default: 'off',
    example: 'on',
  },
  'proxy-ssl-name': {
    parse: hostName,
    sets: 'upstreamName',
    doc: 'The name that certificates of backends must have, and that they are asked for.',
    default: 'none',
    example: 'shop.internal',
  },
  'proxy-ssl-server-name': {
    parse: word('on', 'off'),
    sets: 'upstreamSendName',
    doc: 'Backends are told the name that is wanted (SNI).',
    default: 'off, but on with `proxy-ssl-name`',
    example: 'on',
  },
} as const satisfies Readonly<Record<string, GatewayRow>>
