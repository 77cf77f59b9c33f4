// What one namespace can take from another at a host that both name, or that only the other does.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ingress } from '../ingress-objects.ts'
import { routingModel } from './build.ts'
import { type Written, ingress, resolve } from './examples-under-test.ts'
import { routeRequest } from './match.ts'
import { anyIngresses, anyRequest } from './random-ingresses-under-test.ts'
import { readIngress } from './read.ts'

const host = 'shop.example.com'
const modelOf = (plain: readonly Ingress[], expressions: readonly Ingress[]) =>
  routingModel([
    ...plain.map(each => readIngress(each, resolve)),
    ...expressions.map(each => readIngress(each, resolve, { regex: true })),
  ])
const answers = (plain: readonly Written[], expressions: readonly Written[]) => {
  const model = modelOf(plain.map(ingress), expressions.map(ingress))
  return (path: string) => routeRequest(model, host, path).route?.asked.split(':')[0]
}
const expression = (path: string, backend: string) => ({ [host]: { [`ImplementationSpecific ${path}`]: backend } })

const shop = { name: 'shop/web', day: 2, rules: { [host]: { 'Prefix /checkout': 'checkout' } } }

test('an expression of another namespace takes nothing from a prefix, however long it is', () => {
  const to = answers([shop], [{ name: 'evil/web', day: 3, rules: expression('/checkout(.*)?(.*)?', 'evil') }])
  expect(['/checkout', '/checkout/pay', '/checkouts', '/else'].map(to)).toEqual(['checkout', 'checkout', 'evil', undefined])
})

test('an expression of the namespace that named the host first goes by its length, also in a younger Ingress', () => {
  const guest = { name: 'guest/web', day: 3, rules: { [host]: { 'Prefix /guest': 'guest' } } }
  const own = { name: 'shop/late', day: 4, rules: expression('/checkout/v[0-9]+', 'own') }
  const to = answers([shop, guest], [own])
  expect(['/checkout/v1', '/checkout/x', '/guest'].map(to)).toEqual(['own', 'checkout', 'guest'])
})

test('of expressions those of the owner go first, then those of who came first, and only then the longer', () => {
  const to = answers(
    [],
    [
      { name: 'shop/web', day: 1, rules: expression('/a.*', 'shop') },
      { name: 'guest/web', day: 2, rules: expression('/[ab].*', 'guest') },
      { name: 'evil/web', day: 3, rules: expression('/(a|b|c)(.*)?(.*)?', 'evil') },
    ],
  )
  expect(['/a', '/b', '/c'].map(to)).toEqual(['shop', 'guest', 'evil'])
})

test('who has named the host first is asked per host, and not whoever is the oldest of all', () => {
  const evil = { name: 'evil/web', day: 3, rules: expression('/checkout(.*)?(.*)?', 'evil') }
  const old = { name: 'evil/old', day: 1, rules: { 'evil.example.com': { 'Prefix /': 'evil' } }, defaultBackend: 'evil' }
  const to = answers([shop, old], [evil])
  expect(['/checkout/pay', '/'].map(to)).toEqual(['checkout', undefined])
})

test('for every set of Ingresses: expressions of a namespace that comes last alter no way that a path has', () => {
  const paths = fc.array(fc.constantFrom('/.*', '/a.*', '/(a|b)(.*)?(.*)?', '/a/b.*', '/[^/]*/a(/|$)(.*)', '/aa?'), {
    minLength: 1,
  })
  fc.assert(
    fc.property(anyIngresses, paths, fc.array(anyRequest, { minLength: 1, maxLength: 20 }), (ingresses, written, requests) => {
      const before = modelOf(ingresses, [])
      const named = [...new Set(ingresses.flatMap(({ spec }) => (spec?.rules ?? []).map(rule => rule.host ?? '')))]
      const texts = Object.fromEntries(written.map(each => [`ImplementationSpecific ${each}`, 'evil']))
      const rules = Object.fromEntries(named.map(each => [each, texts]))
      const after = modelOf(ingresses, [ingress({ name: 'evil/web', day: 9, rules })])
      for (const { host, path } of requests) {
        const { by, route } = routeRequest(before, host, path)
        if (by === 'exact' || by === 'prefix') expect(routeRequest(after, host, path).route).toEqual(route)
      }
    }),
    { numRuns: 500 },
  )
})

test('for every set of Ingresses: a default backend of another namespace alters nothing at hosts that it does not name', () => {
  fc.assert(
    fc.property(anyIngresses, fc.integer({ min: 1, max: 9 }), (ingresses, day) => {
      const before = modelOf(ingresses, [])
      const after = modelOf([...ingresses, ingress({ name: 'evil/all', day, defaultBackend: 'evil' })], [])
      for (const [each, entry] of before.hosts) if (each !== '') expect(after.hosts.get(each)).toEqual(entry)
    }),
    { numRuns: 500 },
  )
})
