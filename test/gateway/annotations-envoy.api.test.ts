// Each annotation as clients and backends of the true Envoy meet it: what is asked for, what is answered.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readMember } from '../../providers/local/gateway/member.ts'
import type { IngressSettings } from '../../providers/local/gateway/settings.ts'
import { xds } from '../../providers/local/gateway/xds.ts'
import { routingModel } from '../../src/model/routing/build.ts'
import { ingress, resolve, type Written } from '../../src/model/routing/examples-under-test.ts'
import { memberKey } from '../../src/model/routing/model.ts'
import { selfSigned } from '../fake-aws/certificate-files.ts'
import { ask, type Answer, type Asked } from './asking.ts'
import { type Backends, startBackends } from './backends.ts'
import { missingForEnvoy } from './envoy-program.ts'
import { startFixedEnvoy } from './fixed-envoy.ts'

const missing = await missingForEnvoy()
if (missing !== undefined) console.log(`annotations through the true Envoy are skipped: ${missing}`)

/** An address of loopback that no other test run listens at. */
const bind = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`
const [http, https] = [
  { port: 22_080, publicPort: 80 },
  { port: 22_443, publicPort: 443 },
]
const nginx = 'nginx.ingress.kubernetes.io/'
const sha = (password: string) => `{SHA}${createHash('sha1').update(password).digest('base64')}`

type Keys = Readonly<Record<string, string>>
type Expected = Readonly<Record<string, unknown>>
interface Case {
  readonly keys: Keys
  /** `Prefix /` to web, if nothing else is said. */
  readonly paths?: Keys
  /** A second Ingress for the same routes, to next. */
  readonly canary?: Keys
  readonly hasCertificate?: boolean
  readonly path?: string
  readonly asked?: Asked
  /** Backend by name, or what the answer is like. */
  readonly to?: string
  readonly status?: number
  /** Headers of the answer; `%h` stands for the host. */
  readonly answer?: Expected
  /** What the backend saw. */
  readonly seen?: Expected
}

const basic = (text: string): Keys => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const redirected = (status: number, location: string): Pick<Case, 'status' | 'answer'> => ({ status, answer: { location } })
const authorized = { 'auth-url': 'http://auth.default.svc.cluster.local/check' }

const cases: Readonly<Record<string, readonly Case[]>> = {
  'redirects to HTTPS': [
    { keys: {}, hasCertificate: true, path: '/a/?b=c', ...redirected(308, 'https://%h/a/?b=c') },
    { keys: {}, to: 'web' },
    { keys: { 'ssl-redirect': 'false' }, hasCertificate: true, to: 'web' },
    { keys: { 'force-ssl-redirect': 'true' }, ...redirected(308, 'https://%h/') },
    {
      keys: { 'ssl-redirect': 'true', 'force-ssl-redirect': 'false' },
      hasCertificate: true,
      asked: { headers: { 'x-forwarded-proto': 'https' } },
      status: 308,
    },
    {
      keys: { 'force-ssl-redirect': 'true', 'auth-type': 'basic', 'auth-secret': 'users', 'whitelist-source-range': '192.0.2.1' },
      paths: { 'Exact /.well-known/acme-challenge/token': 'solver', 'Prefix /': 'web' },
      path: '/.well-known/acme-challenge/token',
      to: 'solver',
    },
  ],
  'other redirects': [
    { keys: { 'permanent-redirect': 'https://new.example.com' }, path: '/a?b=c', ...redirected(301, 'https://new.example.com/') },
    {
      keys: { 'permanent-redirect': 'https://new.example.com$request_uri' },
      path: '/a?b=c',
      ...redirected(301, 'https://new.example.com/a?b=c'),
    },
    {
      keys: { 'permanent-redirect': 'https://new.example.com/old$request_uri' },
      path: '/a?b=c',
      ...redirected(301, 'https://new.example.com/old/a?b=c'),
    },
    {
      keys: { 'permanent-redirect': '/start?x=%41', 'permanent-redirect-code': '308' },
      path: '/a',
      ...redirected(308, 'http://%h/start?x=%41'),
    },
    { keys: { 'temporal-redirect': 'https://$host:8443/' }, ...redirected(302, 'https://%h:8443/') },
    {
      keys: { 'temporal-redirect': 'https://a.example/', 'temporal-redirect-code': '307' },
      ...redirected(307, 'https://a.example/'),
    },
    { keys: { 'app-root': '/shop' }, path: '/?a=b', ...redirected(302, 'http://%h/shop') },
    { keys: { 'app-root': '/shop' }, path: '/x', to: 'web' },
    { keys: { 'app-root': '/shop' }, paths: { 'Prefix /shop': 'web' }, ...redirected(302, 'http://%h/shop') },
  ],
  'paths and hosts that backends see': [
    {
      keys: { 'rewrite-target': '/$2' },
      paths: { 'ImplementationSpecific /api(/|$)(.*)': 'api' },
      path: '/api/v1/x?q=1',
      to: 'api',
      seen: { url: '/v1/x?q=1' },
    },
    { keys: { 'rewrite-target': '/$2' }, paths: { 'Prefix /api(/|$)(.*)': 'api' }, path: '/API', to: 'api', seen: { url: '/' } },
    { keys: { 'rewrite-target': '/' }, paths: { 'Prefix /api': 'api' }, path: '/api/v1', to: 'api', seen: { url: '/' } },
    { keys: { 'rewrite-target': '/new\\x' }, paths: { 'Prefix /api': 'api' }, path: '/api', to: 'api', seen: { url: '/api' } },
    {
      keys: { 'rewrite-target': '/a%2Fb/$1/$3' },
      paths: { 'ImplementationSpecific /(x|y)': 'api' },
      path: '/y',
      to: 'api',
      seen: { url: '/a%2Fb/y/' },
    },
    {
      keys: { 'use-regex': 'true' },
      paths: { 'ImplementationSpecific /v[0-9]+/a|/b$': 'api', 'Prefix /': 'web' },
      path: '/V12/abc',
      to: 'api',
    },
    {
      keys: { 'use-regex': 'true' },
      paths: { 'ImplementationSpecific /v[0-9]+/a|/b$': 'api', 'Prefix /': 'web' },
      path: '/b',
      to: 'api',
    },
    {
      keys: { 'use-regex': 'true' },
      paths: { 'ImplementationSpecific /v[0-9]+/a|/b$': 'api', 'Prefix /': 'web' },
      path: '/bc',
      to: 'web',
    },
    {
      keys: { 'use-regex': 'true' },
      paths: { 'ImplementationSpecific /a{1,200}(b|c){50}[^/]{50}': 'api', 'Prefix /': 'web' },
      path: '/x',
      to: 'web',
    },
    {
      keys: { 'use-regex': 'true' },
      paths: { 'ImplementationSpecific /(?=a)': 'api', 'Prefix /': 'web' },
      path: '/a',
      to: 'web',
    },
    { keys: { 'upstream-vhost': 'internal.example:8080' }, to: 'web', seen: { host: 'internal.example:8080' } },
    {
      keys: { 'x-forwarded-prefix': '/100%' },
      asked: { headers: { 'x-forwarded-prefix': 'forged' } },
      to: 'web',
      seen: { 'x-forwarded-prefix': '/100%' },
    },
    {
      keys: { 'weir.dev/request-headers': 'X-Team: %REQ(COOKIE)%\n-X-Gone', 'weir.dev/response-headers': 'X-Answer: 100%' },
      asked: { headers: { 'x-gone': '1', 'x-team': '2' } },
      to: 'web',
      seen: { 'x-team': '%REQ(COOKIE)%', 'x-gone': undefined },
      answer: { 'x-answer': '100%' },
    },
  ],
  'who may come in': [
    { keys: { 'whitelist-source-range': '127.0.0.0/8,::1' }, to: 'web' },
    { keys: { 'whitelist-source-range': '192.0.2.0/24' }, status: 403 },
    { keys: { 'whitelist-source-range': '0.0.0.0/0,::/0' }, to: 'web' },
    { keys: { 'denylist-source-range': '127.0.0.1' }, status: 403 },
    { keys: { 'denylist-source-range': '127.0.0.1', 'whitelist-source-range': '127.0.0.0/8' }, status: 403 },
    {
      keys: { 'whitelist-source-range': '192.0.2.0/24' },
      asked: { headers: { 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '192.0.2.1' } },
      status: 403,
    },
    { keys: { 'whitelist-source-range': 'everybody' }, status: 503 },
    { keys: { 'auth-type': 'basic', 'auth-secret': 'users' }, status: 401 },
    { keys: { 'auth-type': 'basic', 'auth-secret': 'users' }, asked: { headers: basic('ann:secret') }, to: 'web' },
    { keys: { 'auth-type': 'basic', 'auth-secret': 'users' }, asked: { headers: basic('ann:wrong') }, status: 401 },
    { keys: { 'auth-type': 'basic', 'auth-secret': 'users' }, asked: { headers: basic('apr:secret') }, status: 401 },
    { keys: { 'auth-type': 'basic', 'auth-secret': 'users' }, asked: { headers: basic('nobody:') }, status: 401 },
    { keys: { 'auth-type': 'basic', 'auth-secret': 'none' }, asked: { headers: basic('ann:secret') }, status: 503 },
    { keys: { 'auth-type': 'digest', 'auth-secret': 'users' }, status: 503 },
  ],
  'external authority': [
    { keys: authorized, status: 401 },
    { keys: authorized, asked: { headers: { cookie: 'session=ann' } }, to: 'web' },
    { keys: authorized, asked: { headers: { cookie: 'session=ann' }, body: 'x'.repeat(1000) }, to: 'web', seen: { bytes: 1000 } },
    {
      keys: { ...authorized, 'auth-response-headers': 'X-User, X-Absent' },
      asked: { headers: { cookie: 'session=ann', 'x-user': 'forged', 'x-absent': 'forged', 'x-original-url': 'forged' } },
      to: 'web',
      seen: { 'x-user': 'ann', 'x-absent': undefined, 'x-original-url': undefined, 'x-auth-request-redirect': undefined },
    },
    {
      keys: authorized,
      path: '/deep?a=b',
      asked: { headers: { cookie: 'session=spy' } },
      status: 403,
      answer: { 'x-asked': 'GET /check http://%h/deep?a=b GET' },
    },
    {
      keys: { ...authorized, 'auth-signin': 'https://login.example.com/start' },
      path: '/a?b=c',
      ...redirected(302, 'https://login.example.com/start?rd=http%3A%2F%2F%h%2Fa%3Fb%3Dc'),
    },
    {
      keys: { ...authorized, 'auth-signin': 'https://$host/oauth2/start?rd=$escaped_request_uri' },
      path: '/a?b=c',
      ...redirected(302, 'https://%h/oauth2/start?rd=%2Fa%3Fb%3Dc'),
    },
    {
      keys: { ...authorized, 'auth-signin': 'https://login.example.com/' },
      path: '/own-401',
      asked: { headers: { cookie: 'session=ann' } },
      status: 401,
    },
    { keys: { 'auth-url': 'http://nobody.default.svc/check' }, asked: { headers: { cookie: 'session=ann' } }, status: 403 },
    { keys: { 'auth-url': 'http://auth.other.svc/check' }, asked: { headers: { cookie: 'session=ann' } }, status: 503 },
    {
      keys: { 'auth-url': 'https://$host/oauth2/auth' },
      paths: { 'Prefix /oauth2': 'auth', 'Prefix /': 'web' },
      asked: { headers: { cookie: 'session=ann' } },
      to: 'web',
    },
  ],
  'limits and times': [
    { keys: { 'proxy-body-size': '1k' }, asked: { body: 'x'.repeat(1024) }, to: 'web', seen: { bytes: 1024 } },
    { keys: { 'proxy-body-size': '1k' }, asked: { body: 'x'.repeat(1025) }, status: 413 },
    { keys: { 'proxy-body-size': '1k' }, asked: { body: 'x'.repeat(1025), chunked: true }, status: 413 },
    {
      keys: { 'proxy-body-size': '1m' },
      asked: { body: 'x'.repeat(500_000), chunked: true },
      to: 'web',
      seen: { bytes: 500_000 },
    },
    { keys: { 'proxy-body-size': '0' }, asked: { body: 'x'.repeat(3_000_000) }, to: 'web', seen: { bytes: 3_000_000 } },
    { keys: { 'proxy-read-timeout': '1' }, path: '/never', status: 504 },
    { keys: { 'weir.dev/request-timeout': '200ms' }, path: '/never', status: 504 },
    { keys: { 'proxy-next-upstream': 'error http_503', 'proxy-next-upstream-tries': '2' }, path: '/503-once', to: 'web' },
    { keys: { 'proxy-next-upstream': 'off' }, path: '/503-once', status: 503 },
    { keys: { 'proxy-next-upstream': 'error http_503' }, path: '/503-once', asked: { body: 'x' }, status: 503 },
  ],
  backends: [
    { keys: { 'backend-protocol': 'HTTPS' }, paths: { 'Prefix /': 'tls' }, to: 'tls' },
    {
      keys: {
        'backend-protocol': 'HTTPS',
        'proxy-ssl-verify': 'on',
        'proxy-ssl-secret': 'authority',
        'proxy-ssl-name': 'tls.test',
      },
      paths: { 'Prefix /': 'tls' },
      to: 'tls',
    },
    {
      keys: {
        'backend-protocol': 'HTTPS',
        'proxy-ssl-verify': 'on',
        'proxy-ssl-secret': 'authority',
        'proxy-ssl-name': 'other.test',
      },
      paths: { 'Prefix /': 'tls' },
      status: 503,
    },
    {
      keys: { 'backend-protocol': 'HTTPS', 'proxy-ssl-verify': 'on', 'proxy-ssl-secret': 'none' },
      paths: { 'Prefix /': 'tls' },
      status: 503,
    },
    { keys: { 'backend-protocol': 'H2C' }, paths: { 'Prefix /': 'h2' }, to: 'h2' },
    { keys: { 'backend-protocol': 'FCGI' }, to: 'web' },
    { keys: { 'default-backend': 'sorry' }, paths: { 'Prefix /': 'empty' }, to: 'sorry' },
    { keys: {}, paths: { 'Prefix /': 'empty' }, status: 503 },
    {
      keys: { 'default-backend': 'sorry', 'custom-http-errors': '404,500' },
      path: '/own-404',
      to: 'sorry',
      seen: { 'x-code': '404', url: '/' },
    },
    { keys: { 'default-backend': 'sorry', 'custom-http-errors': '404' }, path: '/own-401', status: 401 },
    { keys: { 'mirror-target': 'http://copy.default.svc$request_uri' }, to: 'web' },
  ],
  'pages of other origins': [
    {
      keys: {
        'enable-cors': 'true',
        'cors-allow-origin': 'https://*.example.com',
        'cors-allow-methods': 'PUT',
        'cors-max-age': '60',
      },
      asked: { method: 'OPTIONS', headers: { origin: 'https://a.example.com', 'access-control-request-method': 'PUT' } },
      status: 200,
      answer: {
        'access-control-allow-origin': 'https://a.example.com',
        'access-control-allow-methods': 'PUT',
        'access-control-max-age': '60',
        'access-control-allow-credentials': 'true',
      },
    },
    {
      keys: { 'enable-cors': 'true', 'cors-allow-origin': 'https://*.example.com' },
      asked: { headers: { origin: 'https://evil.example' } },
      to: 'web',
      answer: { 'access-control-allow-origin': undefined },
    },
    {
      keys: { 'enable-cors': 'true', 'cors-allow-credentials': 'false', 'cors-expose-headers': 'X-Total' },
      asked: { headers: { origin: 'https://any.example' } },
      to: 'web',
      answer: {
        'access-control-allow-origin': 'https://any.example',
        'access-control-allow-credentials': undefined,
        'access-control-expose-headers': 'X-Total',
      },
    },
    {
      keys: { ...authorized, 'enable-cors': 'true' },
      asked: { method: 'OPTIONS', headers: { origin: 'https://any.example', 'access-control-request-method': 'GET' } },
      status: 200,
    },
  ],
  canaries: [
    { keys: {}, canary: { 'canary-weight': '0' }, to: 'web' },
    { keys: {}, canary: { 'canary-weight': '100' }, to: 'next' },
    { keys: {}, canary: { 'canary-weight': '7', 'canary-weight-total': '7' }, to: 'next' },
    { keys: {}, canary: { 'canary-by-header': 'X-Canary' }, asked: { headers: { 'x-canary': 'always' } }, to: 'next' },
    {
      keys: {},
      canary: { 'canary-by-header': 'X-Canary', 'canary-weight': '100' },
      asked: { headers: { 'x-canary': 'never' } },
      to: 'web',
    },
    {
      keys: {},
      canary: { 'canary-by-header': 'X-Canary', 'canary-weight': '100' },
      asked: { headers: { 'x-canary': 'other' } },
      to: 'next',
    },
    {
      keys: {},
      canary: { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'beta' },
      asked: { headers: { 'x-canary': 'beta' } },
      to: 'next',
    },
    {
      keys: {},
      canary: { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'beta' },
      asked: { headers: { 'x-canary': 'always' } },
      to: 'web',
    },
    {
      keys: {},
      canary: { 'canary-by-header': 'X-Canary', 'canary-by-header-pattern': '^be' },
      asked: { headers: { 'x-canary': 'beta' } },
      to: 'next',
    },
    { keys: {}, canary: { 'canary-by-cookie': 'can' }, asked: { headers: { cookie: 'a=b; can=always; c=d' } }, to: 'next' },
    { keys: {}, canary: { 'canary-by-cookie': 'can' }, asked: { headers: { cookie: 'xcan=always' } }, to: 'web' },
    {
      keys: {},
      canary: { 'canary-by-cookie': 'can', 'canary-weight': '100' },
      asked: { headers: { cookie: 'can=never' } },
      to: 'web',
    },
    {
      keys: {},
      canary: { 'canary-by-header': 'X-Canary', 'canary-by-cookie': 'can' },
      asked: { headers: { 'x-canary': 'never', cookie: 'can=always' } },
      to: 'web',
    },
    { keys: { 'auth-type': 'basic', 'auth-secret': 'users' }, canary: { 'canary-weight': '100' }, status: 401 },
    { keys: { 'rewrite-target': '/x' }, canary: { 'canary-weight': '100' }, path: '/y', to: 'next', seen: { url: '/x' } },
  ],
  'what a client cannot forge': [
    {
      keys: {},
      asked: {
        headers: {
          'x-real-ip': '192.0.2.1',
          'ssl-client-verify': 'SUCCESS',
          'x-weir-server-name': 'a',
          'x-weir-error-page': 'yes',
          forwarded: 'for=192.0.2.1',
        },
      },
      to: 'web',
      seen: {
        'x-real-ip': '127.0.0.1',
        'ssl-client-verify': undefined,
        'x-weir-server-name': undefined,
        'x-weir-error-page': undefined,
        forwarded: undefined,
      },
    },
  ],
}

const all = Object.entries(cases).flatMap(([title, list]) =>
  list.map((one, index) => ({ ...one, title, host: `${title.replaceAll(/\W/g, '-').toLowerCase()}-${index}.test` })),
)
const prefixed = (keys: Keys): Keys =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.includes('/') ? key : nginx + key, value]))

function written(name: string, keys: Keys, more: Omit<Written, 'name'>) {
  const made = ingress({ name, ...more })
  return readMember({ ...made, metadata: { ...made.metadata, annotations: prefixed(keys) } }, resolve)
}

const members = all.flatMap(({ host, keys, paths = { 'Prefix /': 'web' }, canary, hasCertificate }) => {
  const rules = { [host]: paths }
  const next = { [host]: Object.fromEntries(Object.keys(paths).map(path => [path, 'next'])) }
  return [
    written(host, keys, { rules, ...(hasCertificate ? { tls: [{ hosts: [host], secretName: 'any' }] } : {}) }),
    ...(canary ? [written(`${host}-canary`, { canary: 'true', ...canary }, { rules: next })] : []),
  ]
})
const extra = [
  written(
    'affinity',
    { affinity: 'cookie', 'session-cookie-name': 'route', 'session-cookie-max-age': '60', 'session-cookie-samesite': 'Lax' },
    { rules: { 'affinity.test': { 'Prefix /': 'many' } } },
  ),
  written(
    'persistent',
    { affinity: 'cookie', 'affinity-mode': 'persistent', 'session-cookie-name': 'stay' },
    { rules: { 'persistent.test': { 'Prefix /': 'many' } } },
  ),
  written('hash', { 'upstream-hash-by': '$http_x_key$arg_k' }, { rules: { 'hash.test': { 'Prefix /': 'many' } } }),
  written('rate', { 'limit-rpm': '3', 'limit-burst-multiplier': '1' }, { rules: { 'rate.test': { 'Prefix /': 'web' } } }),
  written('share', {}, { rules: { 'share.test': { 'Prefix /': 'web' } } }),
  written('share-canary', { canary: 'true', 'canary-weight': '20' }, { rules: { 'share.test': { 'Prefix /': 'next' } } }),
  written(
    'www',
    { 'from-to-www-redirect': 'true' },
    {
      rules: { 'plain.test': { 'Prefix /': 'web' }, 'www.full.test': { 'Prefix /': 'web' }, 'both.test': { 'Prefix /': 'web' } },
    },
  ),
  written('www-both', {}, { rules: { 'www.both.test': { 'Prefix /': 'api' } } }),
  written('alias', { 'server-alias': 'second.test, third.test' }, { rules: { 'first.test': { 'Prefix /': 'web' } } }),
  written('copied', { 'mirror-target': 'http://copy.default.svc' }, { rules: { 'copied.test': { 'Prefix /': 'web' } } }),
]

describe.skipIf(missing !== undefined)('Envoy', () => {
  let envoy: AsyncDisposable
  let backends: Backends
  const failedOnce = new Set<string>()

  beforeAll(async () => {
    const [any, backend] = [await selfSigned('any.test'), await selfSigned('tls.test')]
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
    backends = await startBackends(
      ['web', 'next', 'api', 'solver', 'auth', 'sorry', 'copy', 'tls', 'h2', 'many1', 'many2', 'many3', 'many4'],
      {
        tls: { key: text(backend.key), cert: text(backend.certificate) },
        answer: ({ url = '', method, headers }, response, name) => {
          if (name === 'auth') {
            const isIn = headers.cookie === 'session=ann'
            const status = isIn ? 200 : headers.cookie === undefined ? 401 : 403
            response.writeHead(status, {
              'x-user': 'ann',
              'x-asked': [method, url, headers['x-original-url'], headers['x-original-method']].join(' '),
            })
            response.end('from the authority')
            return true
          }
          const own = /^\/own-(\d+)/.exec(url)?.[1]
          const isFirst = url === '/503-once' && !failedOnce.has(headers['x-request-id']?.toString() ?? '')
          if (isFirst) failedOnce.add(headers['x-request-id']?.toString() ?? '')
          if (own === undefined && !isFirst) return url === '/never'
          response.writeHead(Number(own ?? 503))
          response.end()
          return true
        },
      },
    )
    const settings = new Map<string, IngressSettings>(
      [...members, ...extra].map(({ routing, settings }) => [memberKey(routing.id), settings]),
    )
    const model = routingModel([...members, ...extra].map(({ routing }) => routing))
    const resources = xds([{ name: 'g', model, settings, http, https }], {
      bind,
      targets: ({ name }) =>
        (name === 'many' ? ['many1', 'many2', 'many3', 'many4'] : [name]).flatMap(each => {
          const port = backends.port(each)
          return port === undefined ? [] : { address: '127.0.0.1', port, terminating: false }
        }),
      certificate: ({ name }) => (name === 'any' ? { chain: text(any.certificate), key: text(any.key) } : undefined),
      authorities: ({ name }) => (name === 'authority' ? text(backend.certificate) : undefined),
      users: ({ name }) =>
        name === 'users' ? `ann:${sha('secret')}\napr:$apr1$x$y\n# a comment\nann:${sha('twice')}\n` : undefined,
      firstPort: () => 80,
    })
    envoy = await startFixedEnvoy(resources)
  }, 600_000)

  afterAll(async () => {
    await envoy?.[Symbol.asyncDispose]()
    await backends?.[Symbol.asyncDispose]()
  })

  const get = (host: string, path = '/', asked: Asked = {}): Promise<Answer> =>
    ask({ address: bind, port: http.port }, host, path, asked)

  test.each(all)(
    '$title: $keys $canary $path → $to $status $answer',
    async ({ host, path, asked, to, status = 200, answer = {}, seen = {} }) => {
      const got = await get(host, path, asked)
      const shown = { status: got.status, ...(to === undefined ? {} : { to: got.seen?.backend }) }
      expect(shown).toEqual({ status, ...(to === undefined ? {} : { to }) })
      for (const [name, value] of Object.entries(answer))
        expect([name, got.headers[name]]).toEqual([name, typeof value === 'string' ? value.replaceAll('%h', host) : value])
      for (const [name, value] of Object.entries(seen)) {
        const found: Readonly<Record<string, unknown>> = { ...got.seen?.headers, url: got.seen?.url, bytes: got.seen?.bytes }
        expect([name, found[name]]).toEqual([name, value])
      }
    },
  )

  test('a cookie keeps a client with one pod, hashed or by address', async () => {
    for (const [host, name] of [
      ['affinity.test', 'route'],
      ['persistent.test', 'stay'],
    ] as const) {
      const first = await get(host)
      const cookie = String(first.headers['set-cookie'])
      expect(cookie).toMatch(new RegExp(`^${name}=`))
      if (name === 'route') expect(cookie).toMatch(/Max-Age=60.*SameSite=Lax/i)
      const again = await Promise.all(
        Array.from({ length: 8 }, () => get(host, '/', { headers: { cookie: cookie.split(';')[0] ?? '' } })),
      )
      expect(new Set(again.map(({ seen }) => seen?.backend))).toEqual(new Set([first.seen?.backend]))
    }
  })

  test('what is hashed decides the pod', async () => {
    const to = async (key: string) => (await get('hash.test', '/', { headers: { 'x-key': key } })).seen?.backend
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`)
    const [first, second] = [await Promise.all(keys.map(to)), await Promise.all(keys.map(to))]
    expect(second).toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(1)
  })

  test('a client that asks too often gets 429', async () => {
    const answers: number[] = []
    for (let count = 0; count < 6; count++) answers.push((await get('rate.test')).status)
    expect(answers.filter(status => status === 200).length).toBeGreaterThanOrEqual(3)
    expect(answers).toContain(429)
  })

  test('about a fifth of the requests goes to a canary of 20 of 100', async () => {
    const before = backends.count('next')
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, () => get('share.test')))
    const share = (backends.count('next') - before) / 400
    // Five standard deviations.
    expect(share).toBeGreaterThan(0.1)
    expect(share).toBeLessThan(0.3)
  })

  test.each([
    ['www.plain.test', 'http://plain.test/a?b=c'],
    ['full.test', 'http://www.full.test/a?b=c'],
    ['www.both.test', undefined],
  ])('%s is sent to its other form, but not where an Ingress names it', async (host, location) => {
    const { status, headers } = await get(host, '/a?b=c')
    expect([status, headers['location']]).toEqual([location === undefined ? 200 : 308, location])
  })

  test('an alias is served as the host is', async () => {
    expect(
      (await Promise.all(['first.test', 'second.test', 'third.test', 'fourth.test'].map(host => get(host)))).map(
        ({ status }) => status,
      ),
    ).toEqual([200, 200, 200, 404])
  })

  test('a copy of each request comes to the mirror, and its answer to nobody', async () => {
    const before = backends.count('copy')
    expect((await get('copied.test')).seen?.backend).toBe('web')
    await expect.poll(() => backends.count('copy'), { timeout: 30_000 }).toBe(before + 1)
  })
})
