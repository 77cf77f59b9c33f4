// The tables of the Ingress documentation, row by row, and the rules that go with them.
import { describe, expect, test } from 'vitest'
import type { Ingress } from '../ingress-objects.ts'
import { answer, ingress, modelOf, path, to } from './examples-under-test.ts'
import { routeRequest } from './match.ts'

const host = 'shop.example.com'
const at = (paths: Readonly<Record<string, string>>, more: object = {}): Ingress => ingress({ rules: { [host]: paths }, ...more })

describe('paths', () => {
  // One path, a request, and whether it is matched.
  test.each([
    ['Prefix /', '/', true],
    ['Prefix /', '/any/thing?at=all', true],
    ['Exact /foo', '/foo', true],
    ['Exact /foo', '/bar', false],
    ['Exact /foo', '/foo/', false],
    ['Exact /foo/', '/foo', false],
    ['Exact /foo/', '/foo/', true],
    ['Exact /', '/', true],
    ['Exact /', '/foo', false],
    ['Prefix /foo', '/foo', true],
    ['Prefix /foo', '/foo/', true],
    ['Prefix /foo/', '/foo', true],
    ['Prefix /foo/', '/foo/', true],
    ['Prefix /aaa/bb', '/aaa/bbb', false],
    ['Prefix /aaa/bbb', '/aaa/bbb', true],
    ['Prefix /aaa/bbb/', '/aaa/bbb', true],
    ['Prefix /aaa/bbb', '/aaa/bbb/', true],
    ['Prefix /aaa/bbb', '/aaa/bbb/ccc', true],
    ['Prefix /aaa/bbb', '/aaa/bbbxyz', false],
    ['Prefix /aaa', '/ccc', false],
    ['Prefix /aaa/bbb', '/aaa', false],
    ['Prefix /aaa/bbb', '/aaa//bbb', false],
    // Case.
    ['Exact /Foo', '/foo', false],
    ['Prefix /Foo', '/foo/bar', false],
    ['Prefix /Foo', '/Foo/bar', true],
    // ImplementationSpecific is Prefix; its characters mean themselves.
    ['ImplementationSpecific ', '/any', true],
    ['ImplementationSpecific /foo', '/foo/bar', true],
    ['ImplementationSpecific /foo', '/foobar', false],
    ['ImplementationSpecific /foo(/|$)(.*)', '/foo/bar', false],
    ['ImplementationSpecific /foo/*', '/foo/bar', false],
    ['ImplementationSpecific /a//b', '/a//b/c', true],
    ['ImplementationSpecific /a//', '/a', true],
    // The query is not part of the path, and a request always has one.
    ['Exact /foo', '/foo?x=/bar', true],
    ['Prefix /foo', '/foo?x', true],
    ['Exact /', '', true],
    ['Exact /', '?x', true],
    // What is not ASCII travels percent-encoded; escapes are compared as they are.
    ['Exact /café', '/caf%C3%A9', true],
    ['Prefix /café', '/café/menu', true],
    ['Prefix /a%2Fb', '/a/b', false],
    ['ImplementationSpecific /a%2Fb', '/a%2Fb/c', true],
    ['Prefix /', '*', false],
  ])('%s and a request for %s: %s', (text, target, matched) => {
    const [type, written] = [text.slice(0, text.indexOf(' ')), text.slice(text.indexOf(' ') + 1)]
    const rule = { host, http: { paths: [{ ...path(`${type} `, 'web'), path: written }] } }
    const model = modelOf([{ metadata: { namespace: 'default', name: 'shop' }, spec: { rules: [rule] } }])
    expect(answer(model, host, target)).toBe(matched ? 'web' : '404')
  })

  // Several paths, a request, and the path that takes it.
  test.each([
    [['Prefix /', 'Prefix /aaa'], '/aaa/ccc', 'Prefix /aaa'],
    [['Prefix /', 'Prefix /aaa', 'Prefix /aaa/bbb'], '/aaa/bbb', 'Prefix /aaa/bbb'],
    [['Prefix /', 'Prefix /aaa', 'Prefix /aaa/bbb'], '/ccc', 'Prefix /'],
    [['Prefix /aaa'], '/ccc', 'default'],
    [['Prefix /foo', 'Exact /foo'], '/foo', 'Exact /foo'],
    [['Prefix /foo', 'Exact /foo'], '/foo/', 'Prefix /foo'],
    [['Prefix /foo/', 'Exact /foo/'], '/foo/', 'Exact /foo/'],
    [['Exact /foo/bar', 'Prefix /foo/bar/baz'], '/foo/bar/baz', 'Prefix /foo/bar/baz'],
  ])('of %s a request for %s goes to %s', (paths, target, winner) => {
    for (const order of [paths, paths.toReversed()]) {
      const name = (text: string) => `web${paths.indexOf(text)}`
      const model = modelOf([at(Object.fromEntries(order.map(text => [text, name(text)])), { defaultBackend: 'fallback' })])
      expect(answer(model, host, target)).toBe(winner === 'default' ? 'fallback' : name(winner))
    }
  })

  test('an object from before path types is read as ImplementationSpecific', () => {
    const rule = { host, http: { paths: [{ path: '/foo', backend: to('web') }] } }
    const model = modelOf([{ metadata: { namespace: 'default', name: 'old' }, spec: { rules: [rule] } }])
    expect(answer(model, host, '/foo/bar')).toBe('web')
  })

  test.each([
    ['Exact', ''],
    ['Prefix', ''],
    ['Prefix', 'foo'],
    ['Prefix', '/foo\nGET /'],
    ['Prefix', '/foo?bar'],
    ['Exact', '/foo#bar'],
    ['Prefix', '/foo\\bar'],
    ['ImplementationSpecific', '/foo\u0000'],
    ['ImplementationSpecific', `/${'x'.repeat(9000)}`],
  ] as const)('%s %j can match no request: it is left out and told, and the others are served', (pathType, written) => {
    const paths = [{ pathType, path: written, backend: to('bad') }, path('Prefix /ok', 'web')]
    const model = modelOf([{ metadata: { namespace: 'default', name: 'shop' }, spec: { rules: [{ host, http: { paths } }] } }])
    expect(answer(model, host, '/ok')).toBe('web')
    expect(model.hosts.get(host)?.routes).toHaveLength(1)
    const [refused] = model.members.get('default/shop')?.refused ?? []
    expect(refused).toMatchObject({ at: 'spec.rules[0].http.paths[0]', problem: { reason: 'InvalidPath', severity: 'blocks' } })
    expect(refused?.problem.message).not.toMatch(/\p{Cc}/u)
    expect(refused?.problem.message.length).toBeLessThan(400)
  })
})

describe('hosts', () => {
  test.each([
    ['*.foo.com', 'bar.foo.com', true],
    ['*.foo.com', 'baz.bar.foo.com', false],
    ['*.foo.com', 'foo.com', false],
    ['*.foo.com', '.foo.com', false],
    ['foo.com', 'foo.com', true],
    ['foo.com', 'FOO.com:8080', true],
    ['foo.com', 'foo.com.', true],
    ['foo.com', 'bar.foo.com', false],
    ['foo.com', 'foo.com.evil.example', false],
    ['foo.com', '', false],
    ['foo.com', '192.0.2.1', false],
    ['', 'anything.example', true],
    ['', '', true],
    ['', '192.0.2.1:80', true],
    ['', '[2001:db8::1]:80', true],
    ['', '[2001:db8::1]', true],
  ])('%j and a request for %j: %s', (written, requested, matched) => {
    const model = modelOf([ingress({ rules: { [written]: { 'Prefix /': 'web' } } })])
    expect(answer(model, requested, '/')).toBe(matched ? 'web' : '404')
  })

  test('the most precise host decides, and hands on to no other', () => {
    const model = modelOf([
      ingress({
        rules: {
          '': { 'Prefix /any': 'any' },
          '*.foo.com': { 'Prefix /wild': 'wild' },
          'bar.foo.com': { 'Prefix /bar': 'bar' },
        },
      }),
    ])
    expect(answer(model, 'bar.foo.com', '/bar')).toBe('bar')
    expect(answer(model, 'bar.foo.com', '/wild')).toBe('404')
    expect(answer(model, 'bar.foo.com', '/any')).toBe('404')
    expect(answer(model, 'baz.foo.com', '/wild')).toBe('wild')
    expect(answer(model, 'baz.foo.com', '/any')).toBe('404')
    expect(answer(model, 'a.b.foo.com', '/any')).toBe('any')
    expect(answer(model, 'foo.com', '/wild')).toBe('404')
    expect([...model.hosts.keys()]).toEqual(['bar.foo.com', '*.foo.com', ''])
  })

  test.each(['*', '192.0.2.1', 'a_b.example.com', '*.*.com', 'a.*.com', 'a..com', 'evil.com\r\nX: y', 'a'.repeat(254), 'a:80'])(
    '%j is no host: it is told, and the others are served',
    written => {
      const model = modelOf([ingress({ rules: { [written]: { 'Prefix /': 'bad' }, [host]: { 'Prefix /': 'web' } } })])
      expect(answer(model, host, '/')).toBe('web')
      expect([...model.hosts.keys()]).toEqual([host, ''])
      const [refused] = model.members.get('default/shop')?.refused ?? []
      expect(refused).toMatchObject({ at: 'spec.rules[0].host', problem: { reason: 'InvalidHost' } })
      expect(refused?.problem.message).not.toMatch(/\p{Cc}/u)
    },
  )
})

describe('what no path matches', () => {
  test('goes to the default backend of the Ingress that has the host, and is not found without one', () => {
    const model = modelOf([
      at({ 'Prefix /a': 'web' }, { defaultBackend: 'own', day: 2 }),
      ingress({ name: 'other', rules: { 'other.example.com': { 'Prefix /a': 'web' } } }),
    ])
    expect(answer(model, host, '/b')).toBe('own')
    expect(answer(model, 'unknown.example.com', '/')).toBe('own')
    expect(answer(model, 'other.example.com', '/b')).toBe('own')
    expect(answer(modelOf([at({ 'Prefix /a': 'web' })]), host, '/b')).toBe('404')
    expect(answer(modelOf([]), host, '/')).toBe('404')
  })

  test('of two Ingresses with the host the older one has it; where neither has one, the oldest of the namespace, then the class', () => {
    const old = at({ 'Prefix /a': 'a' }, { name: 'old', day: 1, defaultBackend: 'old' })
    const young = at({ 'Prefix /b': 'b' }, { name: 'young', day: 2, defaultBackend: 'young' })
    const catchAll = ingress({ name: 'catch-all', day: 3, defaultBackend: 'all' })
    const other = ingress({ name: 'other', rules: { 'other.example.com': { 'Exact /': 'web' } } })
    expect(answer(modelOf([young, catchAll, old]), host, '/')).toBe('old')
    const model = modelOf([young, catchAll, other])
    expect(answer(model, host, '/')).toBe('young')
    expect(answer(model, 'other.example.com', '/x')).toBe('young')
    const classDefault = {
      host: '',
      match: 'default' as const,
      backend: { kind: 'service' as const, namespace: 'weir-system', name: 'sorry', port: { port: 80 } },
      asked: 'sorry:80',
      origin: { class: 'lan', at: 'spec' },
    }
    expect(answer(modelOf([other], { classDefault }), 'other.example.com', '/x')).toBe('sorry')
    expect(answer(modelOf([other, catchAll], { classDefault }), 'other.example.com', '/x')).toBe('all')
  })

  test('at a host of one namespace goes to no default backend of another that does not name the host, however old', () => {
    const evil = ingress({ name: 'evil/all', day: 1, defaultBackend: 'evil' })
    const shop = at({ 'Prefix /a': 'a' }, { name: 'shop/web', day: 2 })
    const rest = ingress({ name: 'shop/rest', day: 3, defaultBackend: 'rest' })
    const guest = at({ 'Prefix /guest': 'guest' }, { name: 'guest/web', day: 4 })
    const guests = ingress({ name: 'guest/rest', day: 2, defaultBackend: 'guests' })
    const classDefault = {
      host: '',
      match: 'default' as const,
      backend: { kind: 'service' as const, namespace: 'weir-system', name: 'sorry', port: { port: 80 } },
      asked: 'sorry:80',
      origin: { class: 'lan', at: 'spec' },
    }
    expect(answer(modelOf([evil, shop]), host, '/b')).toBe('404')
    expect(answer(modelOf([evil, shop], { classDefault }), host, '/b')).toBe('sorry')
    expect(answer(modelOf([evil, shop, guest, guests, rest], { classDefault }), host, '/b')).toBe('rest')
    expect(answer(modelOf([evil, shop, rest]), 'unnamed.example.com', '/b')).toBe('evil')
  })

  test('a rule without paths gives its host to the default backend', () => {
    const spec = { rules: [{ host }], defaultBackend: to('fallback') }
    const model = modelOf([
      { metadata: { namespace: 'default', name: 'bare' }, spec },
      ingress({ rules: { '*.example.com': { 'Prefix /': 'wild' } } }),
    ])
    expect(answer(model, host, '/')).toBe('fallback')
    expect(answer(model, 'b.example.com', '/')).toBe('wild')
  })

  test('a default backend alone takes everything', () => {
    const model = modelOf([ingress({ defaultBackend: 'web' })])
    expect(answer(model, 'any.example.com', '/x')).toBe('web')
    expect(routeRequest(model, 'any.example.com', '/x')).toMatchObject({ by: 'default', host: '' })
  })
})

test('cert-manager finds its challenge served beside a route for everything', () => {
  const challenge = 'Exact /.well-known/acme-challenge/token'
  const solver = at({ [challenge]: 'cm-solver:8089' }, { name: 'cm-acme-http-solver', day: 9 })
  const model = modelOf([at({ 'Prefix /': 'web' }), solver])
  // The Service of the examples has no port 8089: the route is there all the same, and only it answers 503.
  expect(answer(model, host, '/.well-known/acme-challenge/token')).toBe('503')
  expect(answer(model, host, '/.well-known/acme-challenge/other')).toBe('web')
})

test('a verdict tells what else would have matched', () => {
  const model = modelOf([at({ 'Prefix /': 'a', 'Prefix /foo': 'b', 'Exact /foo': 'c', 'Prefix /bar': 'd' })])
  const routed = routeRequest(model, 'SHOP.example.com:443', '/foo?x=1')
  expect(routed).toMatchObject({ requested: { host, path: '/foo' }, host, by: 'exact', route: { asked: 'c:80' } })
  expect(routed.passedOver.map(({ asked }) => asked)).toEqual(['b:80', 'a:80'])
})
