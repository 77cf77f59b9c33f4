// What a Service behind an Ingress says of itself: it goes before the Ingress, and never past the class.
import { expect, test } from 'vitest'
import { askedNow, servicesAskedFor } from './members.ts'
import { albIngress, awsClass, printed, told, wishFor } from './world-under-test.ts'

const prefix = 'alb.ingress.kubernetes.io/'
const web = { 'a.test': { 'Prefix /': 'web' } }

test('a Service that asks who it is and lacks whom to ask lets nobody in', () => {
  const secure = albIngress({
    rules: web,
    annotations: { 'listen-ports': '[{"HTTPS":443}]', 'certificate-arn': 'arn:aws:acm:x' },
  })
  const wish = wishFor([secure], { serviceAnnotations: { [`${prefix}auth-type`]: 'oidc' } })
  expect(printed(wish)).toEqual({ 'HTTPS 443': ['host a.test → 503', '→ 404'] })
  expect(told(wish)).toEqual({ shop: ['spec.rules[0].http.paths[0] InvalidSettings'] })
})

test('a Service that says wrongly who may come in lets nobody in', () => {
  const wish = wishFor([albIngress({ rules: web })], { serviceAnnotations: { [`${prefix}auth-idp-oidc`]: '{' } })
  expect(printed(wish)).toEqual({ 'HTTP 80': ['host a.test → 503', '→ 404'] })
  expect(told(wish)).toEqual({ shop: ['spec.rules[0].http.paths[0] InvalidAnnotation'] })
})

test.each([
  ['a value that cannot be read', { 'healthcheck-interval-seconds': 'often' }],
  ['a timeout that is longer than the interval', { 'healthcheck-timeout-seconds': '60' }],
  ['attributes that AWS does not have', { 'target-group-attributes': 'stickiness.type=glue' }],
  ['nodes as targets without a node port', { 'target-type': 'instance' }],
])('a Service with %s is served as its Ingress says', (_what, annotations) => {
  const serviceAnnotations = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value]))
  const rules = { 'a.test': { 'Prefix /': 'web:8080' } }
  const plain = wishFor([albIngress({ rules })])
  const wish = wishFor([albIngress({ rules })], { serviceAnnotations })
  expect(wish.settings.targetGroups).toEqual(plain.settings.targetGroups)
  expect(wish.settings.targetGroups).toHaveLength(1)
  expect(wish.members.get('default/shop')?.problems).toMatchObject([{ severity: 'warns' }])
})

test('an Ingress whose health check cannot be had keeps what it had', () => {
  const bad = albIngress({ rules: web, annotations: { 'healthcheck-timeout-seconds': '60' } })
  const before = [
    { namespace: 'default', name: 'shop', uid: bad.metadata.uid ?? '', asked: askedNow(albIngress({ rules: web })) },
  ]
  const wish = wishFor([bad], { before })
  expect(printed(wish)).toEqual({ 'HTTP 80': ['host a.test → default/web:80', '→ 404'] })
  expect(wish.settings.targetGroups[0]?.healthCheck.timeoutSeconds).toBe(5)
})

test('what the class makes final holds for Services too, and so do its tags and ours', () => {
  const { settings, members } = wishFor([albIngress({ rules: web })], {
    class: awsClass({
      tags: { team: 'edge' },
      final: ['targets'],
      ingress: { healthCheckPath: '/up', final: ['healthCheckPath'] },
    }),
    serviceAnnotations: {
      [`${prefix}healthcheck-path`]: '/service',
      [`${prefix}target-type`]: 'instance',
      [`${prefix}tags`]: 'team=shop,weir.dev/bindings=yes,stage=live',
      [`${prefix}success-codes`]: '204',
    },
  })
  expect(settings.targetGroups).toMatchObject([
    { targetType: 'ip', healthCheck: { path: '/up', successCodes: '204' }, tags: { stage: 'live' } },
  ])
  expect(settings.targetGroups[0]?.tags).toEqual({ stage: 'live' })
  expect(members.get('default/shop')?.problems.map(({ reason }) => reason)).toEqual([
    'SettingIsFinal',
    'SettingIsFinal',
    'SettingWithoutEffect',
    'SettingWithoutEffect',
  ])
})

test('what an Ingress had leads to its Services of then: those of rules, of actions and the default one', () => {
  const forward = JSON.stringify({ type: 'forward', forwardConfig: { targetGroups: [{ serviceName: 'blue', servicePort: 80 }] } })
  const asked = askedNow(
    albIngress({
      rules: { 'a.test': { 'Prefix /': 'web', 'Prefix /go': 'go:use-annotation' } },
      annotations: { 'actions.go': forward },
    }),
  )
  expect(servicesAskedFor(asked, awsClass())).toEqual(expect.arrayContaining(['web', 'blue']))
  expect(servicesAskedFor('{"spec":null}', awsClass())).toEqual([])
  expect(servicesAskedFor('no JSON', awsClass())).toEqual([])
})
