// Annotations in, settings and problems out: the keys that matter most, and that nothing an annotation can hold does harm.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileText } from './hostile-under-test.ts'
import { readSettings, type SettingsReading } from './read.ts'
import { nginxPrefix, ownPrefix } from './row.ts'
import { knownKeys, rows } from './rows.ts'

const nginx = (keys: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.includes('/') ? key : nginxPrefix + key, value]))
const read = (keys: Readonly<Record<string, string>>): SettingsReading =>
  readSettings({ metadata: { namespace: 'default', name: 'shop', annotations: nginx(keys) } })
const told = ({ problems }: SettingsReading) => problems.map(({ reason, severity }) => `${severity} ${reason}`)

test('an Ingress without annotations is redirected to HTTPS once it has a certificate, and asks for nothing else', () => {
  const { settings, problems, secrets, services } = readSettings({ metadata: { name: 'shop' } })
  expect([settings.httpsRedirect, settings.ways, settings.closed, problems, secrets, services]).toEqual([
    'with-certificate',
    {},
    undefined,
    [],
    [],
    [],
  ])
})

test('every example of the table is read without a word, under each of its names', () => {
  for (const [name, row] of Object.entries(rows)) {
    const names: readonly string[] = 'nginx' in row ? row.nginx : [name]
    for (const key of [ownPrefix + name, ...names.map(each => nginxPrefix + each)]) {
      const beside = {
        'auth-secret': 'users',
        'auth-tls-secret': 'ca',
        'backend-protocol': 'HTTPS',
        'proxy-ssl-secret': 'b',
        canary: 'true',
      }
      const { problems } = read({ ...beside, 'default-backend': 'sorry', [key]: row.example })
      expect([key, problems]).toEqual([key, []])
    }
  }
})

describe('who may come in', () => {
  test.each([
    { 'whitelist-source-range': '10.0.0.0/8,not-a-range' },
    { 'weir.dev/deny-source-ranges': '' },
    { 'auth-type': 'digest', 'auth-secret': 'users' },
    { 'auth-type': 'basic' },
    { 'auth-secret': 'other/users' },
    { 'auth-url': 'https://login.example.com/auth' },
    { 'auth-url': 'http://auth.other.svc.cluster.local/' },
    { 'auth-url': 'http://169.254.169.254/latest' },
    { 'auth-url': 'http://auth.default.svc/$request_uri' },
    { 'auth-tls-secret': 'default/ca', 'auth-tls-verify-client': 'maybe' },
    { 'auth-tls-verify-client': 'on' },
    { 'auth-tls-match-cn': 'CN=.*' },
    { 'auth-snippet': 'proxy_set_header Foo 42;' },
    { 'backend-protocol': 'HTTPS', 'proxy-ssl-verify': 'on' },
  ])('is nobody when it cannot be understood: %j', keys => {
    const reading = read(keys)
    expect(reading.settings.closed).toEqual(expect.any(String))
    expect(told(reading)).toContain('blocks RoutesClosed')
  })

  test('is read from either family of keys, and ours counts', () => {
    const { settings } = read({
      'whitelist-source-range': '10.0.0.1',
      'weir.dev/allow-source-ranges': '192.0.2.0/24, 2001:DB8::/32',
    })
    expect(settings.sources).toEqual({ allow: ['192.0.2.0/24', '2001:db8::/32'], deny: [] })
  })

  test('names the Secrets and Services that are needed', () => {
    const { secrets, services, settings } = read({
      'auth-type': 'basic',
      'auth-secret': 'default/users',
      'auth-tls-secret': 'default/ca',
      'auth-url': 'http://auth.default.svc.cluster.local:8080/check?a=b',
      'default-backend': 'sorry',
      'proxy-ssl-secret': 'backend',
      'proxy-ssl-verify': 'on',
      'backend-protocol': 'HTTPS',
    })
    expect(secrets.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).toSorted()).toEqual([
      'basic-auth default/users',
      'ca default/backend',
      'ca default/ca',
      'tls default/backend',
    ])
    expect([...services].toSorted()).toEqual(['auth', 'sorry'])
    expect(settings.externalAuth?.target).toEqual({
      service: { namespace: 'default', name: 'auth' },
      port: 8080,
      path: '/check?a=b',
      host: 'auth.default.svc.cluster.local:8080',
    })
  })
})

describe('keys that are not honoured', () => {
  test.each([
    [{ 'configuration-snippet': 'return 200;' }, ['warns UnsupportedAnnotation']],
    [{ 'limit-connections': '5' }, ['warns UnsupportedAnnotation']],
    [{ 'ssl-passthrough': 'false', 'proxy-buffering': 'on', 'http2-push-preload': 'true' }, []],
    [{ 'rewrite-traget': '/' }, ['warns UnknownAnnotation']],
    [{ 'weir.dev/ssl-redirct': 'true' }, ['warns UnknownAnnotation']],
    [{ 'proxy-read-timeout': 'soon' }, ['blocks InvalidAnnotation']],
    [{ 'canary-weight': '20' }, ['warns SettingWithoutEffect']],
    [{ 'cert-manager.io/issuer': 'x', 'kubernetes.io/tls-acme': 'true' }, []],
  ])('are told: %j', (keys, expected) => {
    const reading = read(keys)
    expect(told(reading)).toEqual(expected)
    expect(reading.settings.closed).toBeUndefined()
  })

  test('misspelt ones with the key that was meant', () => {
    expect(read({ 'rewrite-traget': '/' }).problems[0]?.remedy).toBe('Did you mean nginx.ingress.kubernetes.io/rewrite-target?')
  })
})

test.each([
  ['https://new.example.com', { scheme: 'https', host: 'new.example.com', path: '/' }],
  ['https://new.example.com$request_uri', { scheme: 'https', host: 'new.example.com' }],
  ['https://new.example.com/old/$request_uri', { scheme: 'https', host: 'new.example.com', before: '/old' }],
  ['$scheme://$host:8443/a?b=c', { port: 8443, path: '/a?b=c' }],
  ['/start', { path: '/start' }],
])('a redirect to %s is understood', (text, to) => {
  expect(read({ 'permanent-redirect': text }).settings.redirect).toEqual({ to, code: 301 })
})

test.each(['//evil.example', 'javascript:alert(1)', 'https://a b', 'https://x/$arg_a', 'https://u:p@x/', 'http://x\r\nA: b', ''])(
  'a redirect to %j is none',
  text => {
    const { settings, problems } = read({ 'permanent-redirect': text })
    expect([settings.redirect, problems[0]?.reason]).toEqual([undefined, 'InvalidAnnotation'])
  },
)

test('whatever an annotation holds, reading it ends, and what is told is short and of one line', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.oneof(
          fc.constantFrom(...knownKeys),
          hostileText.map(text => ownPrefix + text),
        ),
        hostileText,
        { maxKeys: 8 },
      ),
      annotations => {
        const { problems } = readSettings({ metadata: { namespace: 'default', name: 'shop', annotations } })
        for (const { message, remedy } of problems) {
          expect(message.length + remedy.length).toBeLessThan(3000)
          // oxlint-disable-next-line no-control-regex
          expect(/[\u0000-\u001f]/.test(message)).toBe(false)
        }
      },
    ),
    { numRuns: 500 },
  )
})
