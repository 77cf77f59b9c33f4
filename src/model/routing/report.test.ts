// What an Ingress is told about its routes.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readyState } from '../../api/conditions.ts'
import { ingressReport } from '../../api/ingress-report.ts'
import type { Ingress } from '../ingress-objects.ts'
import { ingress, modelOf } from './examples-under-test.ts'
import { anyIngresses } from './random-ingresses-under-test.ts'
import { reportOf } from './report.ts'

const host = 'shop.example.com'
const old = ingress({
  name: 'team-a/old',
  day: 1,
  rules: { [host]: { 'Prefix /cart': 'cart' } },
  tls: [{ hosts: [host], secretName: 'a' }],
})
const report = (subject: Ingress, ...others: readonly Ingress[]) => reportOf(subject, modelOf([subject, ...others]))

test('an Ingress whose routes are all in effect is ready as far as routing goes', () => {
  expect(report(old)).toEqual({
    routes: [{ host, path: '/cart', pathType: 'Prefix', backend: 'cart:80', state: 'InEffect' }],
    certificates: [{ host, secret: 'a', state: 'InEffect' }],
    inEffect: 1,
    notInEffect: 0,
    problems: [],
    finding: { ready: true, reason: 'Routed', message: '1 route is in effect.' },
  })
})

test('a certificate whose Secret cannot be used is not told as in effect', () => {
  const told = reportOf(old, modelOf([old]), undefined, secret => secret.namespace === 'team-a' && secret.name === 'a')
  expect(told?.certificates).toEqual([{ host, secret: 'a', state: 'Unavailable' }])
  expect(told?.finding).toMatchObject({ ready: true })
})

test('who lost a path to an older Ingress is told which one it is, and what to do', () => {
  const rules = { [host]: { 'ImplementationSpecific /cart/': 'cart', 'Exact /cart': 'exact' } }
  const young = ingress({ name: 'team-b/young', day: 2, rules, tls: [{ hosts: [host], secretName: 'b' }] })
  const told = report(young, old)
  const shadowedBy = { namespace: 'team-a', name: 'old' }
  expect(told?.routes).toEqual([
    { host, path: '/cart', pathType: 'Prefix', backend: 'cart:80', state: 'Shadowed', shadowedBy, reason: 'RouteShadowed' },
    { host, path: '/cart', pathType: 'Exact', backend: 'exact:80', state: 'InEffect' },
  ])
  expect(told?.certificates).toEqual([{ host, secret: 'b', state: 'Shadowed', shadowedBy }])
  expect(told?.problems).toMatchObject([
    { reason: 'RouteShadowed', severity: 'blocks' },
    { reason: 'CertificateShadowed', severity: 'warns', message: expect.stringContaining('Ingress team-a/old') },
  ])
  expect(told && readyState(told.finding, 3, 'Ready')).toEqual({
    type: 'Ready',
    status: 'False',
    reason: 'RouteShadowed',
    observedGeneration: 3,
    message:
      'shop.example.com/cart (Prefix) is served by Ingress team-a/old. Take the path out of one of the two, or give it another host.',
  })
  expect(report(old, young)?.finding).toMatchObject({ ready: true })
})

test('a certificate alone does not make an Ingress unready', () => {
  const young = ingress({
    name: 'young',
    day: 2,
    rules: { [host]: { 'Prefix /': 'web' } },
    tls: [{ hosts: [host], secretName: 'b' }],
  })
  expect(report(young, old)).toMatchObject({ finding: { ready: true }, problems: [{ reason: 'CertificateShadowed' }] })
})

test('a path that is written twice is told with the place of the first', () => {
  const twice = ingress({ rules: { [host]: { 'Prefix /a': 'first', 'Prefix /a/': 'second' } } })
  expect(report(twice)?.finding.message).toContain('is served by spec.rules[0].http.paths[0] of the same Ingress.')
})

test('a missing Service, a bad host and a bad path are told with the route they concern', () => {
  const rules = {
    [host]: { 'Prefix /': 'missing', 'Prefix /a?b': 'web', 'Exact /ok': 'web' },
    'a_b.example.com': { 'Prefix /': 'web' },
  }
  const told = report(ingress({ rules, defaultBackend: 'web:81' }))
  expect(told).toMatchObject({ inEffect: 1, notInEffect: 5 })
  expect(told?.routes.map(({ host, path, pathType, state, reason }) => [host, path, pathType, state, reason])).toEqual([
    [host, '/', 'Prefix', 'Unavailable', 'ServiceNotFound'],
    [host, '/ok', 'Exact', 'InEffect', undefined],
    [host, '', 'Default', 'Unavailable', 'ServicePortNotFound'],
    ['', '', 'Default', 'Unavailable', 'ServicePortNotFound'],
    [host, '/a?b', 'Invalid', 'Refused', 'InvalidPath'],
    ['a_b.example.com', '', 'Invalid', 'Refused', 'InvalidHost'],
  ])
  expect(told?.finding.reason).toBe('ServiceNotFound')
  expect(told?.finding.message).toMatch(/^shop\.example\.com\/ \(Prefix\): There is no Service default\/missing.* And 2 more\.$/)
})

test('of very many routes those that are not in effect are told first', () => {
  const paths = Object.fromEntries(
    Array.from({ length: 600 }, (_, number) => [`Prefix /p${number}`, number === 599 ? 'missing' : 'web']),
  )
  const told = report(ingress({ rules: { [host]: paths } }))
  expect(told?.routes).toHaveLength(500)
  expect(told?.routes.at(-1)).toMatchObject({ path: '/p599', state: 'Unavailable' })
  expect(told).toMatchObject({ inEffect: 599, notInEffect: 1 })
})

test('only members of a model have a report', () => {
  expect(reportOf(ingress({ name: 'other' }), modelOf([old]))).toBeUndefined()
})

test('every report is of the form that the API server takes', () => {
  fc.assert(
    fc.property(anyIngresses, ingresses => {
      const model = modelOf(ingresses)
      for (const each of ingresses) {
        const told = reportOf(each, model)
        const { routes, certificates, inEffect, notInEffect } = told ?? {}
        expect(
          ingressReport.schema.safeParse({ spec: {}, status: { routes, certificates, inEffect, notInEffect } }).error,
        ).toBeUndefined()
        expect(told?.finding.ready === true).toBe(notInEffect === 0)
      }
    }),
    { numRuns: 200 },
  )
})
