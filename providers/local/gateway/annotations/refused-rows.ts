// Keys of ingress-nginx that are not honoured, each with the reason and what to do, and those that there is nothing to do for.
import type { NeedlessRow, RefusedRow } from './row.ts'

const snippet: RefusedRow = {
  why: 'text for the configuration of nginx has no meaning here, and none is ever taken from annotations',
  remedy: 'Say what it does with other annotations, or let the backend do it.',
}
const elsewhere = 'Let the backend do it, or put a proxy of your own before it.'
const tracing: RefusedRow = { why: 'the gateway traces no requests', remedy: 'Remove it.', harmless: ['false'] }
const firewall: RefusedRow = {
  why: 'there is no web application firewall in the gateway',
  remedy: elsewhere,
  harmless: ['false'],
}
const globalRate: RefusedRow = {
  why: 'limits are kept on each node, not in a common store',
  remedy: 'Use limit-rps or limit-rpm, which count for each node.',
}
const fastCgi: RefusedRow = { why: 'the gateway speaks HTTP and gRPC to backends, not FastCGI', remedy: elsewhere }
const influx: RefusedRow = {
  why: 'the gateway reports no single requests to InfluxDB',
  remedy: 'Use the access log.',
  harmless: ['false'],
}
const cookies: RefusedRow = {
  why: 'cookies of backends are not rewritten',
  remedy: 'Let the backend write them for the path and host clients see.',
  harmless: ['off'],
}
const authCache: RefusedRow = { why: 'answers of auth-url are not kept', remedy: 'Remove it; every request is shown to the URL.' }
const locations: RefusedRow = {
  why: 'Location headers of backends are not rewritten',
  remedy: 'Let the backend write them; it gets X-Forwarded-Host, -Proto, -Port and -Prefix.',
  harmless: ['off', 'default'],
}

export const refusedRows = {
  'configuration-snippet': snippet,
  'server-snippet': snippet,
  'stream-snippet': snippet,
  'auth-snippet': { ...snippet, guards: true },
  'modsecurity-snippet': snippet,
  'enable-modsecurity': firewall,
  'enable-owasp-core-rules': firewall,
  'enable-owasp-modsecurity-crs': firewall,
  'modsecurity-transaction-id': firewall,
  'lua-resty-waf': firewall,
  'auth-proxy-set-headers': {
    why: 'ConfigMaps are not read; auth-url gets the headers of the request',
    remedy: 'Let the Service of auth-url know what it needs, or name it with a query.',
  },
  'custom-headers': { why: 'ConfigMaps are not read', remedy: 'Write the headers into weir.dev/response-headers.' },
  'auth-cache-key': authCache,
  'auth-cache-duration': authCache,
  'auth-request-redirect': {
    why: 'X-Auth-Request-Redirect is always what the client asked for',
    remedy: 'Remove it, or name the page in auth-signin.',
  },
  'auth-always-set-cookie': {
    why: 'cookies of auth-url reach the client with the answer it gives',
    remedy: 'Remove it.',
    harmless: ['false'],
  },
  'auth-tls-match-cn': {
    why: 'names in client certificates are not compared',
    remedy:
      'Let an authority of its own sign the certificates that may come in, or compare ssl-client-subject-dn in the backend.',
    guards: true,
  },
  'limit-connections': {
    why: 'connections of one client are not counted',
    remedy: 'Use limit-rps or limit-rpm.',
    harmless: ['0'],
  },
  'limit-rate': { why: 'the speed of one answer is not limited', remedy: 'Remove it.', harmless: ['0'] },
  'limit-rate-after': { why: 'the speed of one answer is not limited', remedy: 'Remove it.', harmless: ['0'] },
  'limit-whitelist': { why: 'limits are the same for all clients', remedy: 'Give those clients a host of their own.' },
  'limit-allowlist': { why: 'limits are the same for all clients', remedy: 'Give those clients a host of their own.' },
  'global-rate-limit': globalRate,
  'global-rate-limit-window': globalRate,
  'global-rate-limit-key': globalRate,
  'global-rate-limit-ignored-cidrs': globalRate,
  'ssl-passthrough': {
    why: 'TLS ends at the gateway, so that routes can be chosen by path',
    remedy: 'Give the backend a LoadBalancer Service of its own, or speak TLS to it with backend-protocol HTTPS.',
    harmless: ['false'],
  },
  'ssl-ciphers': { why: 'ciphers are those of TLS 1.2 and 1.3 that are good today, for all hosts', remedy: 'Remove it.' },
  'proxy-ssl-ciphers': { why: 'ciphers are those that are good today', remedy: 'Remove it.' },
  'proxy-ssl-protocols': {
    why: 'backends are asked for TLS 1.2 or newer',
    remedy: 'Remove it.',
    harmless: ['TLSv1.2', 'TLSv1.3', 'TLSv1.2 TLSv1.3'],
  },
  'proxy-ssl-verify-depth': { why: 'the depth of chains of backends is not limited', remedy: 'Remove it.', harmless: ['1'] },
  'proxy-http-version': { why: 'backends are spoken to in HTTP/1.1 or HTTP/2', remedy: 'Remove it.', harmless: ['1.1'] },
  'proxy-cookie-domain': cookies,
  'proxy-cookie-path': cookies,
  'proxy-redirect-from': locations,
  'proxy-redirect-to': locations,
  'relative-redirects': { why: 'redirects name the whole URL', remedy: 'Remove it.', harmless: ['false'] },
  'use-port-in-redirects': { why: 'redirects never name a port', remedy: 'Remove it.', harmless: ['false'] },
  'mirror-host': { why: 'the copy has the Host of the request', remedy: 'Remove it.' },
  'mirror-request-body': { why: 'copies have the body of the request', remedy: 'Remove it.', harmless: ['on'] },
  'session-cookie-change-on-failure': {
    why: 'a client stays with its pod while that is there',
    remedy: 'Remove it.',
    harmless: ['false'],
  },
  'session-cookie-conditional-samesite-none': {
    why: 'browsers are not told apart',
    remedy: 'Remove it: browsers that cannot read SameSite=None are gone.',
    harmless: ['false'],
  },
  'session-cookie-partitioned': { why: 'the cookie is not partitioned', remedy: 'Remove it.', harmless: ['false'] },
  'upstream-hash-by-subset': { why: 'pods are not put into subsets', remedy: 'Remove it.', harmless: ['false'] },
  'upstream-hash-by-subset-size': { why: 'pods are not put into subsets', remedy: 'Remove it.' },
  'enable-opentelemetry': tracing,
  'enable-opentracing': tracing,
  'opentelemetry-operation-name': tracing,
  'opentelemetry-trust-incoming-span': { ...tracing, harmless: ['false', 'true'] },
  'opentracing-trust-incoming-span': { ...tracing, harmless: ['false', 'true'] },
  'enable-influxdb': influx,
  'influxdb-measurement': influx,
  'influxdb-port': influx,
  'influxdb-host': influx,
  'influxdb-server-name': influx,
  'fastcgi-index': fastCgi,
  'fastcgi-params-configmap': fastCgi,
} as const satisfies Readonly<Record<string, RefusedRow>>

/** Taken without a word: there is nothing to set, for the reason that stands here. */
export const needlessRows = {
  'preserve-trailing-slash': 'Redirects to HTTPS always keep the path as it is.',
  'proxy-buffering': 'Answers go through as they come.',
  'proxy-request-buffering': 'Requests go through as they come.',
  'proxy-buffers-number': 'There are no buffers to set: what is slow slows down its sender.',
  'proxy-buffer-size': 'Headers of answers may have 60 KiB.',
  'proxy-busy-buffers-size': 'There are no buffers to set.',
  'proxy-max-temp-file-size': 'Nothing is written to files.',
  'client-body-buffer-size': 'There are no buffers to set.',
  'http2-push-preload': 'Browsers know no HTTP/2 push any more.',
  'connection-proxy-header': 'Connections to backends are kept; WebSocket needs no setting.',
  'enable-rewrite-log': 'The access log holds the route.',
  'ssl-prefer-server-ciphers': 'All ciphers are good ones.',
  'service-upstream': 'Endpoints that fail are left out by themselves, and those that go are drained.',
  'auth-keepalive': 'Connections to auth-url are kept.',
  'auth-keepalive-requests': 'Connections to auth-url are kept.',
  'auth-keepalive-share-vars': 'Connections to auth-url are kept.',
  'auth-keepalive-timeout': 'Connections to auth-url are kept.',
  'enable-global-auth': 'There is no auth-url for all Ingresses.',
  'disable-proxy-intercept-errors': 'Without custom-http-errors every answer goes through as it is.',
  'session-cookie-hash': 'Obsolete in ingress-nginx too.',
} as const satisfies Readonly<Record<string, NeedlessRow>>
