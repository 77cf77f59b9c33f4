// What a group of Ingresses asks of its load balancer: listeners, actions, conditions.
import { describe, expect, test } from 'vitest'
import type { IngressGroupGoal } from '../../../src/model/ingress-group.ts'
import { albIngress, awsClass, goalOf, printed, told, wishFor } from './world-under-test.ts'
import { applicationWish } from './application.ts'

const web = { 'a.test': { 'Prefix /': 'web' } }

describe('listeners', () => {
  test('are HTTP 80 by itself, and what the annotations say', () => {
    expect(printed(wishFor([albIngress({ rules: web })]))).toEqual({ 'HTTP 80': ['host a.test → default/web:80', '→ 404'] })
    const both = wishFor([
      albIngress({
        rules: web,
        annotations: { 'listen-ports': '[{"HTTP":8080},{"HTTPS":8443}]', 'certificate-arn': 'arn:aws:acm:x' },
      }),
    ])
    expect(Object.keys(printed(both))).toEqual(['HTTP 8080', 'HTTPS 8443'])
    expect(both.settings.listeners[1]?.certificates).toEqual([{ arn: 'arn:aws:acm:x' }])
    expect(both.settings.listeners[1]?.tlsPolicy).toBe('ELBSecurityPolicy-2016-08')
  })

  test('for HTTP only redirect where somebody asks for it', () => {
    const wish = wishFor([albIngress({ rules: web, annotations: { 'ssl-redirect': '443', 'certificate-arn': 'arn:aws:acm:x' } })])
    expect(printed(wish)).toEqual({
      'HTTP 80': ['→ 301 HTTPS://#{host}:443/#{path}?#{query}'],
      'HTTPS 443': ['host a.test → default/web:80', '→ 404'],
    })
  })

  test('for HTTPS find certificates of ACM, the exact name before the open label, and are left out without any', () => {
    const asks = albIngress({ rules: web, annotations: { 'listen-ports': '[{"HTTP":80},{"HTTPS":443}]' } })
    expect(wishFor([asks], { discovered: new Map([['a.test', 'arn:found']]) }).settings.listeners[1]?.certificates).toEqual([
      { arn: 'arn:found' },
    ])
    const without = wishFor([asks])
    expect(Object.keys(printed(without))).toEqual(['HTTP 80'])
    expect(told(without)).toEqual({ shop: ['CertificateNotFound', 'CertificateNotFound'] })
  })

  test('show the certificate of a Secret, which is imported', () => {
    const given = albIngress({ rules: web, tls: [{ hosts: ['a.test'], secretName: 'web-tls' }] })
    const goal: IngressGroupGoal<ReturnType<typeof goalOf>['members'][number]['settings']> = {
      ...goalOf([given]),
      secrets: new Map([
        [
          'tls/default/web-tls',
          {
            ref: { kind: 'tls', namespace: 'default', name: 'web-tls' },
            good: { fingerprint: 'f1', certificate: { names: ['a.test'], notBefore: '', notAfter: '' } },
            content: async () => undefined,
          },
        ],
      ]),
    }
    const around = {
      before: [],
      existing: 'none' as const,
      place: { region: 'r', vpcId: 'v' },
      discovered: new Map(),
      imported: new Set<string>(),
      webAclNamed: () => undefined,
    }
    const { settings } = applicationWish(goal, around)
    expect(settings.imports.map(({ key, hash }) => [key, hash])).toEqual([['default/web-tls', 'f1']])
    expect(settings.listeners.map(({ port, certificates }) => [port, certificates])).toEqual([
      [80, []],
      [443, [{ imported: 'default/web-tls' }]],
    ])
    // The Secret is gone: what is in ACM stays.
    const spoilt = applicationWish({ ...goal, secrets: new Map() }, { ...around, imported: new Set(['default/web-tls']) })
    expect(spoilt.settings.imports.map(({ hash }) => hash)).toEqual([''])
  })
})

describe('actions', () => {
  const action = (value: object, more: Readonly<Record<string, string>> = {}) =>
    wishFor([
      albIngress({
        rules: { 'a.test': { 'Prefix /': 'go:use-annotation' } },
        annotations: { 'actions.go': JSON.stringify(value), ...more },
      }),
    ])

  test('forward with weights to Services and to target groups of others', () => {
    const wish = action({
      type: 'forward',
      forwardConfig: {
        targetGroups: [
          { serviceName: 'web', servicePort: 'http', weight: 90 },
          { serviceName: 'missing', servicePort: 80, weight: 5 },
          { targetGroupARN: 'arn:aws:elasticloadbalancing:x', weight: 5 },
        ],
        targetGroupStickinessConfig: { enabled: true, durationSeconds: 60 },
      },
    })
    expect(printed(wish)['HTTP 80']?.[0]).toBe('host a.test → default/web:80 (90), arn:aws:elasticloadbalancing:x (5)')
    expect(told(wish)).toEqual({ shop: ['spec.rules[0].http.paths[0] ServiceNotFound'] })
  })

  test('answer 503 where a Service or an action is missing, on that route only', () => {
    const rules = { 'a.test': { 'Prefix /': 'web', 'Prefix /x': 'missing', 'Prefix /y': 'none:use-annotation' } }
    expect(printed(wishFor([albIngress({ rules })]))['HTTP 80']).toEqual([
      'host a.test, path /x /x/* /y /y/* → 503',
      'host a.test → default/web:80',
      '→ 404',
    ])
  })

  test('redirect at HTTP and let through at HTTPS where they would lead to themselves', () => {
    const wish = wishFor([
      albIngress({
        rules: { '': { 'ImplementationSpecific /*': 'redirect:use-annotation', 'Prefix /': 'web' } },
        annotations: {
          'listen-ports': '[{"HTTP":80},{"HTTPS":443}]',
          'certificate-arn': 'arn:aws:acm:x',
          'actions.redirect': '{"Type":"redirect","RedirectConfig":{"Protocol":"HTTPS","Port":"443","StatusCode":"HTTP_301"}}',
        },
      }),
    ])
    expect(printed(wish)).toEqual({
      'HTTP 80': ['→ 301 HTTPS://#{host}:443/#{path}?#{query}'],
      'HTTPS 443': ['→ default/web:80'],
    })
    expect(told(wish)).toEqual({})
  })

  test('that lead to themselves everywhere are told', () => {
    const wish = action({ type: 'redirect', redirectConfig: { host: 'a.test', statusCode: 'HTTP_302' } })
    expect(told(wish)).toEqual({ shop: ['spec.rules[0].http.paths[0] RedirectLoop'] })
  })

  test('ask who it is at HTTPS only', () => {
    const oidc = JSON.stringify({
      issuer: 'https://id.test',
      authorizationEndpoint: 'https://id.test/a',
      tokenEndpoint: 'https://id.test/t',
      userInfoEndpoint: 'https://id.test/u',
      secretName: 'oidc',
    })
    const annotations = {
      'auth-type': 'oidc',
      'auth-idp-oidc': oidc,
      'listen-ports': '[{"HTTP":80},{"HTTPS":443}]',
      'certificate-arn': 'arn:aws:acm:x',
    }
    const wish = wishFor([albIngress({ rules: web, annotations })])
    expect(printed(wish)).toEqual({
      'HTTP 80': ['host a.test → default/web:80', '→ 404'],
      'HTTPS 443': ['host a.test → authenticate-oidc, then default/web:80', '→ 404'],
    })
    expect(told(wish)).toEqual({ shop: ['SettingWithoutEffect'] })
  })

  test('have conditions besides host and path, and are rewritten', () => {
    const wish = wishFor([
      albIngress({
        rules: { 'a.test': { 'Prefix /': 'canary', 'Prefix /api': 'web' } },
        annotations: {
          'conditions.canary': '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-Canary","values":["yes"]}}]',
          'conditions.web': '[{"field":"path-pattern","pathPatternConfig":{"values":["/other/*"]}}]',
          'transforms.web': '[{"type":"url-rewrite","urlRewriteConfig":{"rewrites":[{"regex":"^/api","replace":"/"}]}}]',
        },
      }),
      albIngress({ name: 'stable', day: 2, rules: { 'a.test': { 'Prefix /': 'stable' } } }),
    ])
    expect(printed(wish)['HTTP 80']).toEqual([
      'host a.test, path /api /api/* /other/* → default/web:80',
      'host a.test, header X-Canary yes → default/canary:80',
      'host a.test → default/stable:80',
      '→ 404',
    ])
    expect(told(wish)).toEqual({})
  })
})

describe('paths that only ALB knows', () => {
  test('are patterns, or expressions where the Ingress says so', () => {
    const any = 'ImplementationSpecific'
    const rules = { 'a.test': { [`${any} /*`]: 'web', [`${any} /img*.png`]: 'images', [`${any} /api/?/x`]: 'api' } }
    expect(printed(wishFor([albIngress({ rules })]))['HTTP 80']).toEqual([
      'host a.test, path /api/?/x → default/api:80',
      'host a.test, path /img*.png → default/images:80',
      'host a.test → default/web:80',
      '→ 404',
    ])
    const regex = albIngress({
      rules: { 'a.test': { [`${any} /^/v[0-9]+/`]: 'api' } },
      annotations: { 'use-regex-path-match': 'true' },
    })
    expect(printed(wishFor([regex]))['HTTP 80']?.[0]).toBe('host a.test, path ~^/v[0-9]+/ → default/api:80')
  })
})

test('the hash does not depend on what stands, and changes with what is asked', () => {
  const given = [albIngress({ rules: { 'a.test': { 'Prefix /': 'web', 'Prefix /a': 'api' } } })]
  const stood = wishFor(given, { standing: () => ({ of: () => ({ rule: 'x', place: 5 }) }) })
  expect(stood.hash).toBe(wishFor(given).hash)
  expect(wishFor([albIngress({ rules: web })]).hash).not.toBe(stood.hash)
})

test('attributes that AWS would refuse are told before it is asked', () => {
  const messages = (annotations: Readonly<Record<string, string>>) =>
    goalOf([albIngress({ rules: web, annotations })]).members[0]?.problems.map(({ message }) => message)
  expect(messages({ 'load-balancer-attributes': 'idle_timeout.timeout_seconds=0,access_logs.s3.enabled=true' })).toEqual([
    'the attribute idle_timeout.timeout_seconds is "0", not a number from 1 to 4000.',
    'access logs need a bucket: the attribute access_logs.s3.bucket is missing.',
  ])
  expect(messages({ 'target-group-attributes': 'stickiness.type=source_ip' })?.[0]).toContain('not lb_cookie, app_cookie')
  expect(
    messages({ 'target-group-attributes': 'slow_start.duration_seconds=60,load_balancing.algorithm.type=weighted_random' }),
  ).toEqual(['a slow start needs round_robin, and the algorithm is weighted_random.'])
})

test('what no Ingress wants goes to the backend of the class, at every listener whose members have none', () => {
  const lbClass = awsClass()
  const withLast = {
    ...lbClass,
    spec: { ...lbClass.spec, ingress: { defaultBackend: { namespace: 'infra', service: 'sorry', port: 80 } } },
  }
  const own = albIngress({ name: 'own', defaultBackend: 'mine', annotations: { 'listen-ports': '[{"HTTP":8080}]' } })
  const wish = wishFor([albIngress({ rules: { 'a.test': { 'Prefix /a': 'web' } } }), own], { class: withLast })
  expect(printed(wish)).toEqual({
    'HTTP 80': ['host a.test, path /a /a/* → default/web:80', '→ infra/sorry:80'],
    'HTTP 8080': ['→ default/mine:80'],
  })
})
