// What `weir explain ingress/NAME --request` says of the way of a request, from the annotations as people write them.
import { expect, test } from 'vitest'
import { readSettings } from './annotations/read.ts'
import { wordsOf } from './words.ts'

const words = (annotations: Readonly<Record<string, string>>, asking: Partial<Parameters<typeof wordsOf>[1]> = {}) =>
  wordsOf(readSettings({ metadata: { namespace: 'default', name: 'shop', annotations } }).settings, {
    https: false,
    certificate: false,
    path: '/',
    ...asking,
  })

test('nothing happens to a request of an Ingress without annotations', () => {
  expect(words({})).toEqual([])
})

test('plain HTTP for a host with a certificate goes to HTTPS, unless it is told not to', () => {
  expect(words({}, { certificate: true })).toEqual(['sent to https, and not to the backend'])
  expect(words({}, { certificate: true, https: true })).toEqual([])
  expect(words({ 'nginx.ingress.kubernetes.io/ssl-redirect': 'false' }, { certificate: true })).toEqual([])
})

test('who may come in comes first', () => {
  const told = words({
    'nginx.ingress.kubernetes.io/whitelist-source-range': '10.0.0.0/8',
    'nginx.ingress.kubernetes.io/app-root': '/start',
  })
  expect(told).toEqual(['only clients from 10.0.0.0/8; others get 403', 'sent to /start (302)'])
})

test('an Ingress whose rules of access cannot be understood is closed, and says why', () => {
  const [told = '', ...more] = words({ 'nginx.ingress.kubernetes.io/whitelist-source-range': 'everybody' })
  expect(told).toMatch(/^answered with 503: .*everybody/)
  expect(more).toEqual([])
})
