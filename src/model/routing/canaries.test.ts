// Canaries: which route of which Ingress they share, and who is told when there is none.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Ingress } from '../ingress-objects.ts'
import { routingModel } from './build.ts'
import { ingress, resolve } from './examples-under-test.ts'
import { certificatesFor, routeRequest } from './match.ts'
import type { Route } from './model.ts'
import { canaryByTheWords, wayByTheWords } from './oracle-under-test.ts'
import { anyIngresses, anyRequest } from './random-ingresses-under-test.ts'
import { readIngress } from './read.ts'
import { reportOf } from './report.ts'

const host = 'shop.example.com'
type Written = Parameters<typeof ingress>[0]
const modelOf = (mains: readonly Written[], canaries: readonly Written[]) =>
  routingModel([
    ...mains.map(each => readIngress(ingress(each), resolve)),
    ...canaries.map(each => readIngress(ingress(each), resolve, { canary: true })),
  ])
const canaryOf = (model: ReturnType<typeof modelOf>, path: string) => routeRequest(model, host, path).route?.canary?.asked

describe('a canary', () => {
  const main = { name: 'web', day: 2, rules: { [host]: { 'Prefix /': 'web', 'Prefix /api': 'api' } }, defaultBackend: 'all' }

  test('shares the route with the same host, path and type, also if it is the older one', () => {
    const model = modelOf([main], [{ name: 'next', day: 1, rules: { [host]: { 'Prefix /api/': 'next' } } }])
    expect([canaryOf(model, '/api/x'), canaryOf(model, '/')]).toEqual(['next:80', undefined])
    expect(routeRequest(model, host, '/api').route?.asked).toBe('api:80')
  })

  test('shares the default backend', () => {
    const model = modelOf([{ ...main, rules: {} }], [{ name: 'next', defaultBackend: 'next' }])
    expect(canaryOf(model, '/')).toBe('next:80')
    expect(model.members.get('default/next')?.refused).toEqual([])
  })

  test.each([
    ['another path', { name: 'next', rules: { [host]: { 'Prefix /other': 'next' } } }],
    ['another type of path', { name: 'next', rules: { [host]: { 'Exact /api': 'next' } } }],
    ['another host', { name: 'next', rules: { 'other.example.com': { 'Prefix /': 'next' } } }],
    ['another namespace', { name: 'evil/next', rules: { [host]: { 'Prefix /': 'next' } } }],
  ])('with %s gets nothing, names no host, and is told', (_, canary) => {
    const model = modelOf([main], [canary])
    expect([canaryOf(model, '/'), model.hosts.has('other.example.com')]).toEqual([undefined, false])
    expect(reportOf(ingress(canary), model)?.finding.reason).toBe('CanaryWithoutMain')
  })

  test('shares the default backend of its namespace also where one of another namespace has the hosts that nobody names', () => {
    const other = { name: 'other/all', day: 1, defaultBackend: 'other' }
    const [web, rest] = [
      { name: 'web', day: 2, rules: { [host]: { 'Prefix /api': 'api' } } },
      { name: 'rest', day: 2, defaultBackend: 'rest' },
    ]
    const model = modelOf([other, web, rest], [{ name: 'next', day: 3, defaultBackend: 'next' }])
    expect(routeRequest(model, host, '/').route?.asked).toBe('rest:80')
    expect(canaryOf(model, '/')).toBe('next:80')
    expect(routeRequest(model, 'unnamed.example.com', '/').route).toMatchObject({ asked: 'other:80' })
    expect(routeRequest(model, 'unnamed.example.com', '/').route).not.toHaveProperty('canary')
    expect(model.members.get('default/next')?.refused).toEqual([])
  })

  test('is one for a route: the oldest, and the other one knows', () => {
    const rules = (name: string) => ({ [host]: { 'Prefix /': name } })
    const [old, young] = [
      { name: 'old', day: 3, rules: rules('old') },
      { name: 'young', day: 4, rules: rules('young') },
    ]
    const model = modelOf([main], [young, old])
    expect(canaryOf(model, '/')).toBe('old:80')
    expect(reportOf(ingress(young), model)?.routes[0]).toMatchObject({ state: 'Shadowed', shadowedBy: { name: 'old' } })
  })

  test('gives no certificate', () => {
    const model = modelOf([main], [{ name: 'next', rules: main.rules, tls: [{ hosts: [host], secretName: 'next' }] }])
    expect(certificatesFor(model, host)).toEqual([])
  })
})

test('an alias is a further host for every rule with a host', () => {
  const read = readIngress(ingress({ rules: { [host]: { 'Prefix /': 'web' }, '': { 'Prefix /any': 'any' } } }), resolve, {
    aliases: ['shop.example.org'],
  })
  const model = routingModel([read])
  expect(routeRequest(model, 'shop.example.org', '/').route?.asked).toBe('web:80')
  expect(routeRequest(model, 'shop.example.net', '/').route).toBeUndefined()
  expect(model.members.get('default/shop')?.routes.map(({ shadowedBy }) => shadowedBy)).toEqual([undefined, undefined, undefined])
})

test('expressions go by their length among prefixes, and exact paths before all', () => {
  const paths = {
    'ImplementationSpecific /api/v[0-9]+/.*': 'regex',
    'Prefix /api': 'prefix',
    'Exact /api/v1/exact': 'exact',
    'Prefix /api/v1/longer/than/it': 'long',
  }
  const model = routingModel([readIngress(ingress({ rules: { [host]: paths } }), resolve, { regex: true })])
  const to = (path: string) => routeRequest(model, host, path).route?.asked.split(':')[0]
  expect(['/api/v1/exact', '/API/V22/x', '/api/vx', '/api/v1/longer/than/it', '/other'].map(to)).toEqual([
    'exact',
    'regex',
    'prefix',
    'long',
    undefined,
  ])
})

test('an expression that cannot be used is left out alone', () => {
  const paths = { 'ImplementationSpecific /a(?!b)': 'bad', 'Prefix /': 'good' }
  const written = ingress({ rules: { [host]: paths } })
  const model = routingModel([readIngress(written, resolve, { regex: true })])
  expect(routeRequest(model, host, '/ac').route?.asked).toBe('good:80')
  expect(reportOf(written, model)?.finding).toMatchObject({
    reason: 'InvalidPath',
    message: expect.stringContaining('only (?: ) is understood'),
  })
})

test('for every set of Ingresses canaries change no way of the others, and share those that the words say', () => {
  const uid = ({ metadata }: Ingress) => `${metadata.namespace}/${metadata.name}`
  fc.assert(
    fc.property(anyIngresses, anyIngresses, fc.array(anyRequest, { minLength: 1, maxLength: 10 }), (mains, others, requests) => {
      const canaries = others.filter(other => !mains.some(main => uid(main) === uid(other)))
      const model = routingModel([
        ...mains.map(each => readIngress(each, resolve)),
        ...canaries.map(each => readIngress(each, resolve, { canary: true })),
      ])
      const shown = (route: Route | undefined) =>
        route && 'ingress' in route.origin
          ? `${route.origin.ingress.namespace}/${route.origin.ingress.name} ${route.asked}`
          : undefined
      for (const { host, path } of requests) {
        const { route } = routeRequest(model, host, path)
        expect(shown(route) ?? '404').toBe(wayByTheWords(mains, host, path))
        expect(shown(route?.canary) ?? 'none').toBe(canaryByTheWords(mains, canaries, host, path))
      }
    }),
    { numRuns: 500 },
  )
})
