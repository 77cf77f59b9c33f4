// Several Ingresses with the same hosts: who wins, who is told, and that nobody is harmed by another's mistake.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Ingress } from '../ingress-objects.ts'
import { routingModel } from './build.ts'
import { answer, ingress, modelOf, resolve } from './examples-under-test.ts'
import { certificatesFor, routeRequest } from './match.ts'
import { readIngress } from './read.ts'
import { reportOf } from './report.ts'
import { anyIngress, anyIngresses, anyRequest } from './random-ingresses-under-test.ts'
import { wayByTheWords } from './oracle-under-test.ts'

const host = 'shop.example.com'
const winners = (name: string, given: readonly Ingress[]) =>
  modelOf(given)
    .members.get(name)
    ?.routes.map(({ shadowedBy }) => shadowedBy && 'ingress' in shadowedBy.origin && shadowedBy.origin.ingress.name)

describe('the same host in several Ingresses', () => {
  test('has the paths of all, across namespaces', () => {
    const model = modelOf([
      ingress({ name: 'a/web', rules: { [host]: { 'Prefix /': 'web' } } }),
      ingress({ name: 'b/api', rules: { [host]: { 'Prefix /api': 'api' } } }),
    ])
    expect(answer(model, host, '/x')).toBe('web')
    expect(answer(model, host, '/api/x')).toBe('api')
    expect(routeRequest(model, host, '/api').route?.backend).toMatchObject({ kind: 'service', namespace: 'b', name: 'api' })
  })

  test('gives the same path to the oldest, and the other one knows', () => {
    const old = ingress({ name: 'a/old', day: 1, rules: { [host]: { 'Prefix /cart/': 'old', 'Exact /cart': 'exact' } } })
    const young = ingress({
      name: 'b/young',
      day: 2,
      rules: { [host]: { 'ImplementationSpecific /cart': 'young', 'Prefix /': 'web' } },
    })
    for (const given of [
      [old, young],
      [young, old],
    ]) {
      expect(answer(modelOf(given), host, '/cart/1')).toBe('old')
      expect(winners('b/young', given)).toEqual(['old', undefined])
      expect(winners('a/old', given)).toEqual([undefined, undefined])
    }
  })

  test.each([
    ['of the same age the first by namespace and name', { name: 'a/z' }, { name: 'b/a' }],
    ['one in the cluster before one that is only planned', { name: 'b/a' }, { name: 'a/new', planned: true }],
  ])('%s', (_, first, second) => {
    const make = ({ name, planned = false }: { readonly name: string; readonly planned?: boolean }): Ingress => {
      const made = ingress({ name, rules: { [host]: { 'Prefix /': name.replace('/', '-') } } })
      if (!planned) return made
      const { creationTimestamp: _, ...metadata } = made.metadata
      return { ...made, metadata }
    }
    const model = modelOf([make(second), make(first)])
    expect(answer(model, host, '/')).toBe(first.name.replace('/', '-'))
  })

  test('in one Ingress the first of two equal paths counts', () => {
    const twice = ingress({ rules: { [host]: { 'Prefix /a': 'first', 'Prefix /a/': 'second' } } })
    expect(answer(modelOf([twice]), host, '/a')).toBe('first')
    expect(winners('default/shop', [twice])).toEqual([undefined, 'shop'])
  })

  test('a default backend that came second for a host is told', () => {
    const old = ingress({ name: 'old', day: 1, rules: { [host]: { 'Prefix /a': 'a' } }, defaultBackend: 'old' })
    const young = ingress({ name: 'young', day: 2, rules: { [host]: { 'Prefix /b': 'b' } }, defaultBackend: 'young' })
    expect(winners('default/young', [old, young])).toEqual([undefined, 'old', 'old'])
  })

  test('when the winner goes, the next one has the path', () => {
    const old = ingress({ name: 'old', day: 1, rules: { [host]: { 'Prefix /': 'old' } } })
    const young = ingress({ name: 'young', day: 2, rules: { [host]: { 'Prefix /': 'young' } } })
    expect(answer(modelOf([old, young]), host, '/')).toBe('old')
    expect(answer(modelOf([young]), host, '/')).toBe('young')
  })
})

describe('certificates', () => {
  const tls = (name: string, day: number, hosts: readonly string[], ruleHosts: readonly string[], secretName = `${name}-tls`) =>
    ingress({
      name,
      day,
      rules: Object.fromEntries(ruleHosts.map(each => [each, { 'Prefix /': 'web' }])),
      tls: [{ hosts, secretName }],
    })
  const shown = (given: readonly Ingress[], serverName?: string) => certificatesFor(modelOf(given), serverName)[0]?.secret.name

  test.each([
    ['shop.example.com', 'shop-tls'],
    ['SHOP.example.com', 'shop-tls'],
    ['other.example.com', 'wild-tls'],
    ['a.b.example.com', 'all-tls'],
    ['example.com', 'all-tls'],
    [undefined, 'all-tls'],
  ])('for %s: %s', (serverName, secret) => {
    const given = [tls('all', 1, [], ['']), tls('wild', 2, ['*.example.com'], ['*.example.com']), tls('shop', 3, [host], [host])]
    expect(shown(given, serverName)).toBe(secret)
    expect(shown(given.slice(1), 'unknown.example')).toBeUndefined()
  })

  test('an entry without hosts is for the hosts of its rules, and for clients that ask for none', () => {
    const given = [tls('old', 1, [], ['old.example.com']), tls('shop', 2, [], [host])]
    expect([host, 'old.example.com', undefined].map(name => shown(given, name))).toEqual(['shop-tls', 'old-tls', 'old-tls'])
    expect(
      modelOf(given)
        .members.get('default/shop')
        ?.certificates.every(({ shadowedBy }) => !shadowedBy),
    ).toBe(true)
  })

  test('of two that serve the host the older one has it, and the other one knows', () => {
    const given = [tls('young', 2, [host], [host]), tls('old', 1, [host], [host])]
    expect(shown(given, host)).toBe('old-tls')
    expect(modelOf(given).members.get('default/young')?.certificates).toMatchObject([
      { certificate: { host }, shadowedBy: { origin: { ingress: { name: 'old' } } } },
    ])
  })

  test('who does not serve a host has no say over its certificate, however old', () => {
    const mine = tls('mine', 9, [host], [host])
    expect(shown([tls('thief', 1, [host], ['thief.example']), mine], host)).toBe('mine-tls')
    expect(shown([tls('wild', 1, [host], ['*.example.com']), mine], host)).toBe('mine-tls')
    expect(shown([tls('wild', 1, [host], ['*.example.com']), tls('mine', 9, [], [host])], host)).toBe('mine-tls')
    expect(shown([tls('thief', 1, [host], ['thief.example'])], host)).toBe('thief-tls')
  })

  test('the same Secret named twice is no conflict', () => {
    const given = [tls('a', 1, [host], [host], 'same'), tls('b', 2, [host], [host], 'same')]
    expect(modelOf(given).members.get('default/b')?.certificates).toMatchObject([{ certificate: { secret: { name: 'same' } } }])
    expect(modelOf(given).members.get('default/b')?.certificates[0]).not.toHaveProperty('shadowedBy')
  })

  test('an entry without Secret asks for nothing, and a host that is none is told', () => {
    const spec = { rules: [], tls: [{ hosts: [host] }, { hosts: ['', '192.0.2.1'], secretName: 'x' }, { secretName: '' }] }
    const model = modelOf([{ metadata: { namespace: 'default', name: 'odd' }, spec }])
    expect(model.certificates.size).toBe(0)
    expect(model.members.get('default/odd')?.refused.map(({ at }) => at)).toEqual([
      'spec.tls[1].hosts[0]',
      'spec.tls[1].hosts[1]',
    ])
  })
})

describe('for every set of Ingresses', () => {
  test('each request goes where the words of the specification send it', () => {
    fc.assert(
      fc.property(anyIngresses, fc.array(anyRequest, { minLength: 1, maxLength: 20 }), (ingresses, requests) => {
        const model = modelOf(ingresses)
        for (const { host, path } of requests) {
          const { route } = routeRequest(model, host, path)
          const found =
            route && 'ingress' in route.origin && `${route.origin.ingress.namespace}/${route.origin.ingress.name} ${route.asked}`
          expect(found || '404').toBe(wayByTheWords(ingresses, host, path))
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('the order in which they come does not matter', () => {
    fc.assert(
      fc.property(
        anyIngresses.chain(given => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length }))),
        ([given, shuffled]) => {
          const [one, other] = [modelOf(given), modelOf(shuffled)]
          expect(JSON.stringify(plain(other))).toBe(JSON.stringify(plain(one)))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('each route that an Ingress asks for is in the model once, or its winner is and is as old or older', () => {
    fc.assert(
      fc.property(anyIngresses, ingresses => {
        const model = modelOf(ingresses)
        const used = new Set([...model.hosts.values()].flatMap(({ routes }) => routes))
        for (const { routes } of model.members.values()) {
          for (const { route, shadowedBy } of routes) {
            if (route.match === 'default') continue
            expect(used.has(shadowedBy ?? route)).toBe(true)
            expect(used.has(route)).toBe(shadowedBy === undefined)
            if (shadowedBy) expect([shadowedBy.host, shadowedBy.match]).toEqual([route.host, route.match])
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('one that cannot be used alters no way of the others', () => {
    const bad = anyIngress.map(
      ({ metadata, spec }): Ingress => ({
        metadata: { ...metadata, name: 'bad', namespace: 'evil', creationTimestamp: '2025-01-01T00:00:00Z' },
        spec: {
          rules: (spec?.rules ?? []).flatMap(rule => [
            {
              ...rule,
              http: {
                paths: [
                  { path: 'no slash', pathType: 'Prefix' as const },
                  { path: '/a\nb', pathType: 'Exact' as const },
                ],
              },
            },
            { ...rule, host: `${rule.host ?? ''}\n`, http: { paths: rule.http?.paths ?? [] } },
          ]),
          tls: [{ hosts: ['not a host'], secretName: 'x' }],
        },
      }),
    )
    fc.assert(
      fc.property(anyIngresses, bad, (ingresses, mistaken) => {
        const [without, withBad] = [modelOf(ingresses), modelOf([mistaken, ...ingresses])]
        expect(plain(withBad).hosts).toEqual(plain(without).hosts)
        expect(plain(withBad).certificates).toEqual(plain(without).certificates)
        const { 'evil/bad': own, ...others } = Object.fromEntries(withBad.members)
        expect(others).toEqual(Object.fromEntries(without.members))
        expect(own?.routes).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  test('whatever stands in the texts, a model is made and every request gets an answer', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('/', '*', '*.a', 'a.test', '%', '\u0000', '\ud800'))
    const hostile = fc.record({
      host: text,
      http: fc.oneof(
        fc.constant(null),
        fc.constant({ paths: null }),
        fc.record({
          paths: fc.array(
            fc.record(
              {
                path: text.map(given => `/${given}`),
                pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
                backend: fc.oneof(
                  fc.constant({}),
                  fc.record({ service: fc.record({ name: text }) }),
                  fc.record({ resource: fc.record({ kind: text, name: text }) }),
                ),
              },
              { requiredKeys: [] },
            ),
          ),
        }),
      ),
    })
    fc.assert(
      fc.property(fc.array(hostile), text, text, (rules, host, path) => {
        const model = modelOf([{ metadata: { namespace: 'default', name: 'x' }, spec: { rules } }])
        routeRequest(model, host, path)
        certificatesFor(model, host)
      }),
    )
  })
})

test('a route that is narrowed takes its place from nobody, and is asked before whoever has it', () => {
  const rules = { 'a.test': { 'Prefix /a': 'web', 'Prefix /a/b': 'web' } }
  const older = readIngress(ingress({ name: 'older', rules }), resolve)
  const canaries = [2, 3].map(day => {
    const read = readIngress(ingress({ name: `canary-${day}`, day, rules: { 'a.test': { 'Prefix /a': 'next' } } }), resolve)
    return { ...read, routes: read.routes.map(route => ({ ...route, narrowed: { by: 'header', path: '/a?' } })) }
  })
  const model = routingModel([older, ...canaries])
  expect(model.hosts.get('a.test')?.routes.map(({ asked, match, narrowed: by }) => [asked, match, by?.by])).toEqual([
    ['web:80', { type: 'Prefix', path: '/a/b' }, undefined],
    ['next:80', { type: 'Prefix', path: '/a' }, 'header'],
    ['web:80', { type: 'Prefix', path: '/a' }, undefined],
  ])
  expect(model.members.get('default/older')?.routes.some(({ shadowedBy }) => shadowedBy)).toBe(false)
  expect(model.members.get('default/canary-3')?.routes[0]?.shadowedBy?.asked).toBe('next:80')
  expect(reportOf(ingress({ name: 'canary-2' }), model)?.routes[0]?.path).toBe('/a?')
})

function plain({ hosts, certificates, members }: ReturnType<typeof modelOf>) {
  return { hosts: [...hosts], certificates: [...certificates], members: [...members] }
}
