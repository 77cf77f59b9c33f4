// Members of a group of Ingresses: what they share, where they contradict each other, what a class decides.
import { describe, expect, test } from 'vitest'
import { askedNow } from './members.ts'
import { albIngress, awsClass, goalOf, printed, told, wishFor } from './world-under-test.ts'

const web = { 'a.test': { 'Prefix /': 'web' } }

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
