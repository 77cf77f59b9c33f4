// What a group of Ingresses asks of its load balancer: listeners, rules, target groups, and what is told of each member.
import { describe, expect, test } from 'vitest'
import type { IngressGroupGoal } from '../../../src/model/ingress-group.ts'
import { askedNow } from './members.ts'
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

describe('a group', () => {
  test('shares a target group per port of a Service, and has another where somebody wants it otherwise', () => {
    const wish = wishFor([
      albIngress({ name: 'one', rules: { 'a.test': { 'Prefix /': 'web' } } }),
      albIngress({ name: 'two', day: 2, rules: { 'b.test': { 'Prefix /': 'web:http' } } }),
      albIngress({
        name: 'three',
        day: 3,
        rules: { 'c.test': { 'Prefix /': 'web' } },
        annotations: { 'healthcheck-path': '/up' },
      }),
    ])
    expect(wish.settings.targetGroups.map(({ key }) => key)).toEqual(['default/web:80', 'default/web:80@default/three'])
    expect(printed(wish)['HTTP 80']).toEqual([
      'host a.test b.test → default/web:80',
      'host c.test → default/web:80@default/three',
      '→ 404',
    ])
    expect(wish.leading.get('default/web:80')).toEqual(['default/one', 'default/two'])
  })

  test('takes settings of a Service before those of the Ingress', () => {
    const { settings } = wishFor(
      [albIngress({ rules: web, annotations: { 'target-type': 'instance', 'healthcheck-path': '/ingress' } })],
      {
        serviceAnnotations: {
          'alb.ingress.kubernetes.io/healthcheck-path': '/service',
          'alb.ingress.kubernetes.io/backend-protocol-version': 'GRPC',
        },
      },
    )
    expect(settings.targetGroups[0]).toMatchObject({
      protocol: 'HTTP',
      protocolVersion: 'GRPC',
      targetType: 'instance',
      nodePort: 30_080,
      healthCheck: { path: '/service', successCodes: '12', intervalSeconds: 15, timeoutSeconds: 5, healthyThreshold: 2 },
    })
  })

  test('names both who contradict each other; the later one keeps what it had', () => {
    const first = albIngress({
      name: 'first',
      rules: web,
      annotations: { scheme: 'internal', 'load-balancer-attributes': 'idle_timeout.timeout_seconds=60' },
    })
    const other = albIngress({
      name: 'other',
      day: 2,
      rules: { 'b.test': { 'Prefix /': 'web' } },
      annotations: { scheme: 'internet-facing' },
    })
    const wish = wishFor([first, other])
    expect(wish.settings.loadBalancer.scheme).toBe('internal')
    expect(printed(wish)['HTTP 80']).toEqual(['host a.test → default/web:80', '→ 404'])
    expect(wish.members.get('default/other')?.problems[0]?.message).toBe(
      'default/other asks for the scheme internet-facing, and default/first for internal: a load balancer has only one.',
    )
    const before = [
      {
        namespace: 'default',
        name: 'other',
        uid: other.metadata.uid ?? '',
        asked: askedNow(albIngress({ name: 'other', day: 2, rules: { 'old.test': { 'Prefix /': 'web' } } })),
      },
    ]
    const kept = wishFor([first, other], { before })
    expect(printed(kept)['HTTP 80']).toEqual(['host a.test old.test → default/web:80', '→ 404'])
    expect(told(kept)).toEqual({ other: ['GroupConflict'] })
  })

  test('of what would replace or expose the load balancer, those who were there decide by their silence as well', () => {
    const first = albIngress({ name: 'first', rules: web })
    const joins = (annotations: Readonly<Record<string, string>>, day = 2) =>
      albIngress({ name: 'other', day, rules: { 'b.test': { 'Prefix /': 'web' } }, annotations })
    for (const [key, value] of [
      ['scheme', 'internet-facing'],
      ['load-balancer-name', 'other'],
      ['ip-address-type', 'dualstack'],
      ['subnets', 'subnet-a,subnet-b'],
      ['security-groups', 'sg-a'],
    ] as const) {
      const { settings, members } = wishFor([first, joins({ [key]: value })])
      const { scheme, name, ipAddressType, subnets } = settings.loadBalancer
      expect([scheme, name, ipAddressType, subnets]).toEqual(['internal', undefined, 'ipv4', {}])
      expect(settings.securityGroups.kind).toBe('managed')
      const [problem] = members.get('default/other')?.problems ?? []
      expect(problem?.reason).toBe('GroupConflict')
      expect(problem?.message).toMatch(/^default\/other asks for .* default\/first has /)
      expect(members.get('default/first')?.problems ?? []).toEqual([])
    }
    // What the load balancer is anyway is no contradiction, nor what the class or the older member says.
    expect(told(wishFor([first, joins({ scheme: 'internal' })]))).toEqual({})
    expect(told(wishFor([first, joins({ scheme: 'internet-facing' })], { existing: { scheme: 'internet-facing' } }))).toEqual({})
    const open = awsClass({ scheme: 'internet-facing' })
    expect(told(wishFor([first, joins({ scheme: 'internet-facing' })], { class: open }))).toEqual({})
  })

  test('an older Ingress that joins a group later does not change what the load balancer is', () => {
    const asked = (name: string, annotations: Readonly<Record<string, string>> = {}) =>
      albIngress({ name, day: 3, rules: { [`${name}.test`]: { 'Prefix /': 'web' } }, annotations })
    const known = (name: string, annotations?: Readonly<Record<string, string>>) => {
      const written = asked(name, annotations)
      return { namespace: 'default', name, uid: written.metadata.uid ?? '', asked: askedNow(written) }
    }
    const old = albIngress({ name: 'old', day: 1, rules: web, annotations: { scheme: 'internet-facing' } })
    const wish = wishFor([old, asked('stands')], { before: [known('stands')], existing: { scheme: 'internal' } })
    expect(wish.settings.loadBalancer.scheme).toBe('internal')
    expect(told(wish)['old']).toContain('GroupConflict')
    // A member that says what it has said all along goes on when an older one ceases to say it.
    const named = { 'load-balancer-name': 'shop' }
    const kept = wishFor([asked('one'), asked('two', named)], { before: [known('one', named), known('two', named)] })
    expect(kept.settings.loadBalancer.name).toBe('shop')
    expect(told(kept)).toEqual({})
  })

  test('goes on without a member that cannot be read, which keeps its last good rules', () => {
    const bad = albIngress({
      name: 'bad',
      day: 2,
      rules: { 'b.test': { 'Prefix /': 'web' } },
      annotations: { 'actions.go': '{"type":"forward",}' },
    })
    const good = albIngress({ name: 'bad', day: 2, rules: { 'was.test': { 'Prefix /': 'web' } } })
    const before = [{ namespace: 'default', name: 'bad', uid: bad.metadata.uid ?? '', asked: askedNow(good) }]
    expect(goalOf([bad]).members[0]?.problems[0]?.message).toBe(
      'Annotation alb.ingress.kubernetes.io/actions.go: is not JSON: at character 19 there is "}" where a name in quotation marks is expected.',
    )
    const wish = wishFor([albIngress({ rules: web }), bad], { before })
    expect(printed(wish)['HTTP 80']).toEqual(['host a.test was.test → default/web:80', '→ 404'])
    expect(wish.ingresses.map(({ name, asked }) => [name, asked === askedNow(good)])).toEqual([
      ['shop', false],
      ['bad', true],
    ])
    expect(printed(wishFor([albIngress({ rules: web }), bad]))['HTTP 80']).toEqual(['host a.test → default/web:80', '→ 404'])
  })

  test('stands at the ports of each member, with its own doors', () => {
    const wish = wishFor([
      albIngress({ name: 'one', rules: web, annotations: { 'inbound-cidrs': '10.0.0.0/8' } }),
      albIngress({
        name: 'two',
        day: 2,
        rules: { 'b.test': { 'Prefix /': 'web' } },
        annotations: { 'listen-ports': '[{"HTTP":8080}]' },
      }),
    ])
    expect(printed(wish)).toEqual({
      'HTTP 80': ['host a.test → default/web:80', '→ 404'],
      'HTTP 8080': ['host b.test → default/web:80', '→ 404'],
    })
    expect(wish.frontendRules.map(({ from, source }) => [from, source])).toEqual([
      [80, '10.0.0.0/8'],
      [8080, '0.0.0.0/0'],
    ])
  })

  test('says so when it is nearly full', () => {
    const many = Array.from({ length: 92 }, (_, index) =>
      albIngress({
        name: `i${index}`,
        day: 1 + (index % 28),
        rules: { [`h${index}.test`]: { [`Prefix /p${index}`]: `web${index}` } },
      }),
    )
    expect(told(wishFor(many))['i0']).toEqual(['QuotaNear', 'QuotaNear'])
  })
})

test('a class gives defaults and forbids what it says is final', () => {
  const lbClass = awsClass({
    scheme: 'internet-facing',
    ingress: { healthCheckPath: '/up', final: ['healthCheckPath'] },
    final: ['scheme'],
  })
  const { settings } = wishFor([albIngress({ rules: web })], { class: lbClass })
  expect([settings.loadBalancer.scheme, settings.targetGroups[0]?.healthCheck.path]).toEqual(['internet-facing', '/up'])
  const tries = albIngress({ rules: web, annotations: { scheme: 'internal', 'healthcheck-path': '/x' } })
  expect(goalOf([tries], { class: lbClass }).members[0]?.problems.map(({ reason }) => reason)).toEqual([
    'SettingIsFinal',
    'SettingIsFinal',
  ])
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
