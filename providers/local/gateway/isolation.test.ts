// What an Ingress of one namespace cannot do to those of another that share its gateway, and what pages of anywhere cannot do.
import { expect, test } from 'vitest'
import { routingModel } from '../../../src/model/routing/build.ts'
import { ingress, resolve } from '../../../src/model/routing/examples-under-test.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import type { RouteConfiguration, RouteEntry } from './envoy.ts'
import { filters } from './filters.ts'
import type { GatewayFacts } from './gateway.ts'
import { readMember } from './member.ts'
import { xds } from './xds.ts'

const facts: GatewayFacts = {
  bind: '::',
  targets: () => [{ address: '10.0.0.1', port: 8080, terminating: false }],
  certificate: () => ({ chain: 'chain', key: 'key' }),
  firstPort: () => 80,
}

type Written = Parameters<typeof ingress>[0]

function routesOf(
  written: readonly (readonly [Written, Readonly<Record<string, string>>])[],
  options: { readonly otherNamespaces?: boolean } = {},
): RouteConfiguration {
  const members = written.map(([plain, annotations]) => {
    const made = ingress(plain)
    return readMember({ ...made, metadata: { ...made.metadata, annotations } }, resolve, options)
  })
  const model = routingModel(members.map(({ routing }) => routing))
  const settings = new Map(members.map(({ routing, settings }) => [memberKey(routing.id), settings]))
  const { routes } = xds(
    [{ name: 'g', model, settings, http: { port: 10_080, publicPort: 80 }, https: { port: 10_443, publicPort: 443 } }],
    facts,
  )
  const [found] = routes.values()
  if (!found) throw new Error('there are no routes')
  return found
}

function at(configuration: RouteConfiguration, host: string): readonly RouteEntry[] {
  const found = configuration.virtual_hosts.filter(({ domains }) => domains.includes(host))
  expect(found.map(({ domains }) => domains)).toEqual([[host]])
  return found.flatMap(({ routes }) => routes)
}

const shop = { name: 'shop/web', day: 1, rules: { 'shop.test': { 'Prefix /': 'web', 'Prefix /oauth2': 'auth' } } }
const asksItsHost = { 'weir.dev/auth-url': 'https://$host/oauth2/check' }

test('who takes the path of an authority into another namespace lets nobody in there', () => {
  const thief = { name: 'evil/web', day: 2, rules: { 'shop.test': { 'Exact /oauth2/check': 'yes' } } }
  const last = (routes: readonly RouteEntry[]) => routes.find(({ match }) => 'prefix' in match && match.prefix === '/')
  expect(last(at(routesOf([[shop, asksItsHost]]), 'shop.test'))).toHaveProperty('route')
  const taken = routesOf([
    [shop, asksItsHost],
    [thief, {}],
  ])
  expect(last(at(taken, 'shop.test'))).toMatchObject({ direct_response: { status: 503 } })
  const allowed = routesOf(
    [
      [shop, asksItsHost],
      [thief, {}],
    ],
    { otherNamespaces: true },
  )
  expect(last(at(allowed, 'shop.test'))).toHaveProperty('route')
})

test('a host of others cannot be sent to HTTPS by who names it later, but its own Ingresses can, and those that come to it', () => {
  const plain = { name: 'shop/web', day: 2, rules: { 'shop.test': { 'Prefix /': 'web' } } }
  const goesToHttps = (other: Written) =>
    at(
      routesOf([
        [plain, {}],
        [other, {}],
      ]),
      'shop.test',
    ).some(route => 'redirect' in route && route.name.startsWith('shop/web'))
  const tls = [{ hosts: ['shop.test'], secretName: 'self-signed' }]
  expect(goesToHttps({ name: 'evil/web', day: 3, rules: { 'evil.test': { 'Prefix /': 'web' } }, tls })).toBe(false)
  expect(goesToHttps({ name: 'evil/web', day: 3, rules: { 'shop.test': { 'Prefix /evil': 'web' } }, tls })).toBe(false)
  expect(goesToHttps({ name: 'shop/more', day: 3, rules: { 'shop.test': { 'Prefix /more': 'web' } }, tls })).toBe(true)
  expect(goesToHttps({ name: 'edge/all', day: 1, tls })).toBe(true)
})

test('pages for errors come from the Service that was named, whoever else names the host they are asked for at', () => {
  const pages = { 'weir.dev/custom-http-errors': '404', 'weir.dev/default-backend': 'sorry' }
  const host = 'sorry.shop.error-pages.weir.invalid'
  const found = routesOf([
    [shop, pages],
    [{ name: 'evil/web', day: 2, rules: { [host]: { 'Prefix /': 'evil' } } }, {}],
  ])
  expect(at(found, host)).toMatchObject([{ route: { cluster: 'shop/sorry:80' } }])
})

test('two hosts with the same other form share it, and every name is there once', () => {
  const both = { 'weir.dev/from-to-www-redirect': 'true' }
  const found = routesOf([
    [shop, both],
    [{ name: 'evil/web', day: 2, rules: { 'www.www.shop.test': { 'Prefix /': 'evil' } } }, both],
  ])
  expect(at(found, 'www.shop.test')).toMatchObject([{ redirect: { host_redirect: 'shop.test' } }])
})

test('pages of any origin may not use the cookies of a client, those of a named origin may', () => {
  const policy = (annotations: Readonly<Record<string, string>>) =>
    at(routesOf([[shop, { 'weir.dev/enable-cors': 'true', ...annotations }]]), 'shop.test')[0]?.typed_per_filter_config?.[
      filters.cors
    ]
  expect(policy({})).toMatchObject({ allow_credentials: false })
  expect(policy({ 'weir.dev/cors-allow-origin': 'https://a.test,*' })).toMatchObject({ allow_credentials: false })
  expect(policy({ 'weir.dev/cors-allow-origin': 'https://a.test' })).toMatchObject({ allow_credentials: true })
})
