// What Envoy is told for some Ingresses: models in, resources out.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PodTarget } from '../../../src/model/load-balancer.ts'
import { ingress, modelOf } from '../../../src/model/routing/examples-under-test.ts'
import { anyIngresses } from '../../../src/model/routing/random-ingresses-under-test.ts'
import { type Change, changes } from './changes.ts'
import type { Resources, RouteEntry } from './envoy.ts'
import type { Gateway, GatewayFacts } from './gateway.ts'
import { xds } from './xds.ts'

const host = 'shop.example.com'
const pod = (address: string, terminating = false): PodTarget => ({ address, port: 8080, terminating })

const facts: GatewayFacts = {
  bind: '0.0.0.0',
  targets: () => [pod('10.244.1.11'), pod('10.244.0.10')],
  certificate: ({ name }) => (name.startsWith('missing') ? undefined : { chain: `chain of ${name}`, key: `key of ${name}` }),
}

function gateway(ingresses: Parameters<typeof modelOf>[0], name = 'lan'): Gateway {
  const [http, https] = [
    { port: 10_080, publicPort: 80 },
    { port: 10_443, publicPort: 443 },
  ]
  return { name, model: modelOf(ingresses), http, https }
}

const types = ['secrets', 'clusters', 'endpoints', 'listeners', 'routes'] as const
const only = (...ingresses: Parameters<typeof modelOf>[0]) => xds([gateway(ingresses)], facts)

function routesAt(resources: Resources, domain: string): readonly RouteEntry[] {
  const hosts = resources.routes.get('lan')?.virtual_hosts ?? []
  return hosts.find(({ domains }) => domains.includes(domain))?.routes ?? []
}

const shown = (routes: readonly RouteEntry[]) =>
  routes.map(route => [
    Object.entries(route.match)
      .find(([key]) => key !== 'headers')
      ?.join(' '),
    'route' in route ? route.route.cluster : 'direct_response' in route ? route.direct_response.status : route.redirect,
  ])

describe('routes', () => {
  test('stand in the order in which they are tried, each with its matcher, and the default backend last', () => {
    const paths = { 'Prefix /': 'web', 'Prefix /api/': 'api', 'Exact /api': 'exact', 'Prefix /gone': 'missing' }
    const resources = only(ingress({ rules: { [host]: paths } }), ingress({ name: 'all', defaultBackend: 'all' }))
    expect(shown(routesAt(resources, host))).toEqual([
      ['path /api', 'default/exact:80'],
      ['path_separated_prefix /gone', 503],
      ['path_separated_prefix /api', 'default/api:80'],
      ['prefix /', 'default/web:80'],
      ['prefix /', 'default/all:80'],
    ])
    expect(shown(routesAt(resources, '*'))).toEqual([['prefix /', 'default/all:80']])
    expect(routesAt(resources, host)[0]?.name).toBe('default/shop spec.rules[0].http.paths[2]')
  })

  test('of a host with one open label ask for one label, and leave longer names to the routes without host', () => {
    const rules = { '*.example.com': { 'Prefix /a': 'wild' }, '': { 'Prefix /b': 'any' } }
    const routes = routesAt(only(ingress({ rules })), '*.example.com')
    expect(shown(routes)).toEqual([
      ['path_separated_prefix /a', 'default/wild:80'],
      ['prefix /', 404],
      ['path_separated_prefix /b', 'default/any:80'],
    ])
    const regex = String.raw`(?i)[^.]+\.example\.com`
    const header = { name: ':authority', string_match: { safe_regex: { regex } } }
    expect(routes.map(({ match }) => match.headers?.[0])).toEqual([header, header, undefined])
  })

  test('an Exact path of nothing but a slash is no prefix', () => {
    expect(routesAt(only(ingress({ rules: { [host]: { 'Exact /': 'web' } } })), host)[0]?.match).toEqual({ path: '/' })
  })
})

describe('clusters', () => {
  test('are one for each port of a Service, however many routes and gateways lead there', () => {
    const rules = { [host]: { 'Prefix /a': 'web:80', 'Prefix /b': 'web:http', 'Prefix /c': 'web:8080' } }
    const gateways = ['lan', 'wan'].map(name => gateway([ingress({ rules })], name))
    const resources = xds(gateways, facts)
    expect([...resources.clusters.keys()]).toEqual(['default/web:80', 'default/web:8080'])
    expect([...resources.routes.keys()]).toEqual(['lan', 'wan'])
    expect([...resources.listeners.keys()]).toEqual(['lan/http', 'wan/http'])
  })

  test.each([
    ['ready pods, sorted', [pod('10.0.0.2'), pod('10.0.0.1')], ['10.0.0.1', '10.0.0.2']],
    ['no pod that drains while another is ready', [pod('10.0.0.2', true), pod('10.0.0.1')], ['10.0.0.1']],
    ['pods that drain when no other is left', [pod('10.0.0.2', true), pod('10.0.0.1', true)], ['10.0.0.1', '10.0.0.2']],
    ['nothing when there is none', [], []],
  ])('have %s', (_, targets, addresses) => {
    const given = gateway([ingress({ rules: { [host]: { 'Prefix /': 'web' } } })])
    const [endpoints] = xds([given], { ...facts, targets: () => targets }).endpoints.values()
    const found = (endpoints?.endpoints ?? []).flatMap(({ lb_endpoints }) => lb_endpoints)
    expect(found.map(({ endpoint }) => endpoint.address.socket_address.address)).toEqual(addresses)
  })

  test.each([
    ['kubernetes.io/h2c', 'typed_extension_protocol_options'],
    ['grpc', 'typed_extension_protocol_options'],
    ['https', 'transport_socket'],
  ])('speak %s where the port of the Service says so', (appProtocol, field) => {
    const model = modelOf([ingress({ rules: { [host]: { 'Prefix /': 'web' } } })])
    const entry = model.hosts.get(host)
    const routes = (entry?.routes ?? []).map(route => ({
      ...route,
      backend: { kind: 'service' as const, namespace: 'default', name: 'web', port: { port: 80, appProtocol } },
    }))
    const changed = { ...model, hosts: new Map([[host, { host, routes }]]) }
    const [cluster] = xds([{ name: 'lan', model: changed }], facts).clusters.values()
    expect(cluster).toHaveProperty(field)
  })
})

describe('TLS', () => {
  const tls = (name: string, hosts: readonly string[], secretName: string) =>
    ingress({ name, rules: Object.fromEntries(hosts.map(each => [each, { 'Prefix /': 'web' }])), tls: [{ hosts, secretName }] })
  const chains = (resources: Resources) =>
    resources.listeners
      .get('lan/https')
      ?.filter_chains.map(({ name, filter_chain_match }) => [name, filter_chain_match?.server_names])

  test('has a chain for each Secret, and one for everybody else where an Ingress gives it', () => {
    const all = ingress({ name: 'all', rules: { '': { 'Prefix /': 'web' } }, tls: [{ secretName: 'all' }] })
    const resources = only(tls('b', ['*.example.com', 'example.com'], 'wild'), tls('a', [host], 'shop'), all)
    expect(chains(resources)).toEqual([
      ['default/shop', [host]],
      ['default/wild', ['example.com', '*.example.com']],
      ['default', undefined],
    ])
    expect([...resources.secrets.keys()]).toEqual(['default/all', 'default/shop', 'default/wild'])
    expect(resources.secrets.get('default/shop')).toHaveProperty('tls_certificate.private_key.inline_string', 'key of shop')
  })

  test('leaves out a certificate that never was, and listens for nobody without any', () => {
    expect(chains(only(tls('a', [host], 'shop'), tls('b', ['b.example.com'], 'missing')))).toEqual([['default/shop', [host]]])
    const without = only(tls('b', ['b.example.com'], 'missing'))
    expect([...without.listeners.keys()]).toEqual(['lan/http'])
    expect(without.secrets.size).toBe(0)
  })

  test('changes a certificate without touching a listener', () => {
    const given = [gateway([tls('a', [host], 'shop')])]
    const renewed = xds(given, { ...facts, certificate: () => ({ chain: 'new', key: 'new' }) })
    expect(changes(xds(given, facts), renewed).map(({ type, set }) => [type, set.size])).toEqual([['secrets', 1]])
  })
})

describe('changes', () => {
  const base = { [host]: { 'Prefix /': 'web' } }

  test('of nothing are none, also when the same is made anew', () => {
    expect(changes(only(ingress({ rules: base })), only(ingress({ rules: base })))).toEqual([])
  })

  test('of endpoints touch only these', () => {
    const given = [gateway([ingress({ rules: base })])]
    const moved = xds(given, { ...facts, targets: () => [pod('10.244.2.1')] })
    const found = changes(xds(given, facts), moved).map(({ type, set, remove }) => [type, [...set.keys()], remove])
    expect(found).toEqual([['endpoints', ['default/web:80'], []]])
  })

  test('bring a new backend before the route to it, and take the old one away after', () => {
    const found = changes(only(ingress({ rules: base })), only(ingress({ rules: { [host]: { 'Prefix /': 'other' } } })))
    expect(found.map(({ type, set, remove }) => [type, set.size, remove])).toEqual([
      ['clusters', 1, []],
      ['endpoints', 1, []],
      ['routes', 1, []],
      ['clusters', 0, ['default/web:80']],
      ['endpoints', 0, ['default/web:80']],
    ])
  })

  test('lead from any resources to any others, and nothing dangles on the way', () => {
    fc.assert(
      fc.property(anyIngresses, anyIngresses, (one, other) => {
        const [before, after] = [xds([gateway(one)], facts), xds([gateway(other)], facts)]
        let present = before
        for (const change of changes(before, after)) {
          present = applied(present, change)
          expect(dangling(present)).toEqual([])
        }
        for (const type of types) expect(Object.fromEntries(present[type])).toEqual(Object.fromEntries(after[type]))
      }),
      { numRuns: 200 },
    )
  })
})

test('the order of gateways and Ingresses does not matter', () => {
  fc.assert(
    fc.property(anyIngresses, anyIngresses, (one, other) => {
      const text = (gateways: readonly Gateway[]) => JSON.stringify(Object.values(xds(gateways, facts)).map(each => [...each]))
      const backward = [gateway(other.toReversed(), 'wan'), gateway(one.toReversed(), 'lan')]
      expect(text(backward)).toBe(text([gateway(one, 'lan'), gateway(other, 'wan')]))
    }),
    { numRuns: 100 },
  )
})

test('text from Ingresses stays text: nothing of it becomes another field, type or regular expression', () => {
  const model = modelOf([ingress({ rules: { 'a.b-c.example': { 'ImplementationSpecific /"},"x":{"(.*)': 'web' } } })])
  const [configuration] = xds([{ name: 'lan', model }], facts).routes.values()
  const [virtualHost] = configuration?.virtual_hosts ?? []
  expect(virtualHost?.routes[0]?.match).toEqual({ path_separated_prefix: '/%22%7D,%22x%22:%7B%22(.*)' })
})

function applied(present: Resources, { type, set, remove }: Change): Resources {
  const next = new Map([...present[type], ...set])
  for (const name of remove) next.delete(name)
  return { ...present, [type]: next }
}

/** What is pointed to and not there. Endpoints may come after their cluster, and routes after their listener, which wait for them. */
function dangling({ routes, clusters, listeners, secrets }: Resources): readonly string[] {
  const entries = [...routes.values()].flatMap(({ virtual_hosts }) => virtual_hosts.flatMap(each => each.routes))
  const wanted = entries.flatMap(entry =>
    'route' in entry
      ? [entry.route.cluster ?? [], (entry.route.weighted_clusters?.clusters ?? []).map(({ name }) => name)].flat()
      : [],
  )
  const certificates = [...listeners.values()].flatMap(({ filter_chains }) =>
    filter_chains.flatMap(({ transport_socket }) => [
      ...JSON.stringify(transport_socket ?? {}).matchAll(/"name":"([^"]*\/[^"]*)"/g),
    ]),
  )
  return [
    ...wanted.filter(name => !clusters.has(name)),
    ...certificates.flatMap(([, name = '']) => (secrets.has(name) ? [] : name)),
  ]
}
