// Rules of an ALB mean what Kubernetes means: the tables of its documentation, and random Ingresses against the routing model.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answer, ingress, modelOf, resolve } from '../../../../src/model/routing/examples-under-test.ts'
import { routeRequest } from '../../../../src/model/routing/match.ts'
import { readIngress } from '../../../../src/model/routing/read.ts'
import { anyIngress, anyIngresses, anyRequest } from '../../../../src/model/routing/random-ingresses-under-test.ts'
import type { Ingress } from '../../../../src/model/ingress-objects.ts'
import type { Route } from '../../../../src/model/routing/model.ts'
import { requestHost } from '../../../../src/model/routing/host.ts'
import { requestPath } from '../../../../src/model/routing/path.ts'
import type { FoundListenerRule } from '../../model/application.ts'
import { albAnswer } from './alb-under-test.ts'
import { merge } from './merge.ts'
import type { Merged, Standing } from './merge.ts'
import { programOf } from './programs.ts'
import { settle } from './settle.ts'
import { standingOf } from './standing.ts'
import type { Way } from './item.ts'

const fixed = (body: string): Way => ({ actions: [{ kind: 'fixed-response', status: '200', body }], transforms: [], key: body })
const wayOf = ({ backend, asked }: Route) => ({ way: fixed(backend.kind === 'unavailable' ? '503' : asked), further: [] })

function rulesFor(ingresses: readonly Ingress[], standing?: Standing, order: (each: Ingress) => number = () => 0) {
  const members = ingresses.map(each => ({ routing: readIngress(each, resolve), order: order(each) }))
  const { items, otherwise } = programOf(members, { wayOf, notFound: fixed('404') })
  const settled = settle(items, otherwise)
  const { rules, refused } = merge(settled.items, standing)
  const said = rules.map(rule => ({ ...rule, actions: rule.way.actions }))
  const ask = (host: string, target: string) => {
    const [action] = albAnswer(said, settled.last.actions, { host, path: requestPath(target) })
    return action?.kind === 'fixed-response' ? (action.body ?? '').replace(/:80$/, '') : 'nothing'
  }
  return { ask, rules, refused, dead: settled.dead }
}

/** As AWS tells them. */
function found(rules: readonly Merged[]): readonly FoundListenerRule[] {
  return rules.map(({ conditions, way: { actions, transforms } }, index) => {
    const arn = `arn:rule/${index}`
    return { arn, listener: 'arn:listener', priority: (index + 1) * 100, conditions, actions, transforms }
  })
}

describe('the tables of the documentation', () => {
  const paths: readonly (readonly [rules: Readonly<Record<string, string>>, path: string, answer: string])[] = [
    [{ 'Prefix /': 'web' }, '/anything/at/all', 'web'],
    [{ 'Exact /foo': 'web' }, '/foo', 'web'],
    [{ 'Exact /foo': 'web' }, '/bar', '404'],
    [{ 'Exact /foo': 'web' }, '/foo/', '404'],
    [{ 'Exact /foo/': 'web' }, '/foo', '404'],
    [{ 'Prefix /foo': 'web' }, '/foo', 'web'],
    [{ 'Prefix /foo': 'web' }, '/foo/', 'web'],
    [{ 'Prefix /foo/': 'web' }, '/foo', 'web'],
    [{ 'Prefix /foo/': 'web' }, '/foo/', 'web'],
    [{ 'Prefix /aaa/bb': 'web' }, '/aaa/bbb', '404'],
    [{ 'Prefix /aaa/bbb': 'web' }, '/aaa/bbb', 'web'],
    [{ 'Prefix /aaa/bbb/': 'web' }, '/aaa/bbb', 'web'],
    [{ 'Prefix /aaa/bbb': 'web' }, '/aaa/bbb/', 'web'],
    [{ 'Prefix /aaa/bbb': 'web' }, '/aaa/bbb/ccc', 'web'],
    [{ 'Prefix /aaa/bbb': 'web' }, '/aaa/bbbxyz', '404'],
    [{ 'Prefix /': 'one', 'Prefix /aaa': 'two' }, '/aaa/ccc', 'two'],
    [{ 'Prefix /': 'one', 'Prefix /aaa': 'two', 'Prefix /aaa/bbb': 'three' }, '/aaa/bbb', 'three'],
    [{ 'Prefix /': 'one', 'Prefix /aaa': 'two', 'Prefix /aaa/bbb': 'three' }, '/ccc', 'one'],
    [{ 'Prefix /aaa': 'web' }, '/ccc', '404'],
    [{ 'Prefix /foo': 'prefix', 'Exact /foo': 'exact' }, '/foo', 'exact'],
    [{ 'Prefix /a*b': 'web' }, '/axb', '404'],
    [{ 'Prefix /a*b': 'web' }, '/a*b/c', 'web'],
    [{ 'Exact /ü': 'web' }, '/%C3%BC', 'web'],
    [{ 'Exact /A': 'web' }, '/a', '404'],
  ]
  test.each(paths)('%j asked for %s', (rules, path, expected) => {
    expect(rulesFor([ingress({ rules: { 'a.test': rules } })]).ask('a.test', path)).toBe(expected)
    expect(rulesFor([ingress({ rules: { '': rules } })]).ask('a.test', path)).toBe(expected)
  })

  test.each([
    ['*.foo.com', 'bar.foo.com', 'web'],
    ['*.foo.com', 'baz.bar.foo.com', '404'],
    ['*.foo.com', 'foo.com', '404'],
    ['foo.com', 'FOO.com:8080', 'web'],
    ['localhost', 'localhost', 'web'],
    ['', 'anything', 'web'],
  ])('host %j asked for %s', (host, asked, expected) => {
    expect(rulesFor([ingress({ rules: { [host]: { 'Prefix /': 'web' } } })]).ask(asked, '/')).toBe(expected)
  })

  test('a host hands on to no less precise one, neither paths nor whole requests', () => {
    const { ask } = rulesFor([
      ingress({ rules: { 'a.test': { 'Prefix /a': 'web' }, '*.test': { 'Prefix /': 'wild' }, '': { 'Prefix /x': 'any' } } }),
    ])
    expect(['/a', '/b', '/x'].map(path => ask('a.test', path))).toEqual(['web', '404', '404'])
    expect([ask('b.test', '/b'), ask('x.b.test', '/x'), ask('x.b.test', '/y')]).toEqual(['wild', 'any', '404'])
  })
})

describe('few rules', () => {
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`Exact /p${index}`, 'web']))
  test('take as many paths and hosts of the same backend as ALB lets them', () => {
    expect(rulesFor([ingress({ rules: { 'a.test': many } })]).rules.map(({ paths }) => paths.length)).toEqual([4, 4])
    const hosts = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map(name => [`${name}.test`, { 'Prefix /': 'web' }]))
    expect(rulesFor([ingress({ rules: hosts })]).rules.map(({ hosts: each }) => each.length)).toEqual([5, 1])
  })

  test('a path that ends where it would end without is no rule', () => {
    const { rules } = rulesFor([ingress({ rules: { 'a.test': { 'Exact /a': 'web', 'Prefix /a/b': 'web', 'Prefix /': 'web' } } })])
    expect(rules).toHaveLength(1)
    expect(rulesFor([ingress({ rules: { '': { 'Prefix /': 'web' } } })]).rules).toHaveLength(0)
  })

  test('one more path leaves every rule that stood as it was', () => {
    const before = rulesFor([ingress({ rules: { 'a.test': many } })]).rules
    const after = rulesFor(
      [ingress({ rules: { 'a.test': { 'Exact /first': 'web', ...many } } })],
      standingOf(found(before)),
    ).rules
    const texts = (rules: typeof before) => rules.map(({ conditions }) => JSON.stringify(conditions))
    expect(texts(after).filter(text => !texts(before).includes(text))).toHaveLength(1)
    expect(texts(after)).toEqual(expect.arrayContaining(texts(before)))
  })
})

test('a path or host that ALB cannot ask is told, and the others are asked', () => {
  const long = `/${'x'.repeat(130)}`
  const { refused, ask } = rulesFor([ingress({ rules: { 'a.test': { [`Prefix ${long}`]: 'web', 'Prefix /b': 'api' } } })])
  expect(refused.map(({ item, why }) => [item.author, why])).toEqual([
    [{ ingress: 'default/shop', at: 'spec.rules[0].http.paths[0]' }, expect.stringContaining('too long for ALB')],
  ])
  expect(ask('a.test', '/b')).toBe('api')
})

test('an order that somebody gives goes before every precedence, for every host', () => {
  const first = ingress({ name: 'first', rules: { '': { 'Prefix /': 'down' } } })
  const precise = ingress({ name: 'precise', rules: { 'a.test': { 'Exact /a': 'web' } } })
  const later = ingress({ name: 'later', rules: { '*.test': { 'Prefix /late': 'late' }, 'a.test': { 'Exact /a': 'late' } } })
  const order = ({ metadata }: Ingress) => ({ first: -5, precise: 0, later: 7 })[metadata.name] ?? 0
  const closed = rulesFor([first, precise], undefined, order)
  expect([closed.ask('a.test', '/a'), closed.ask('x', '/')]).toEqual(['down', 'down'])
  expect(closed.dead.map(({ item, by }) => [item.author.ingress, by.ingress])).toContainEqual([
    'default/precise',
    'default/first',
  ])
  const { ask } = rulesFor([precise, later], undefined, order)
  expect([ask('a.test', '/a'), ask('b.test', '/late'), ask('a.test', '/late')]).toEqual(['web', 'late', '404'])
})

const words = (answered: string) => answered.replace(/:80$/, '')

test('for random Ingresses ALB answers every request as the routing model does, whatever stood before', () => {
  fc.assert(
    fc.property(
      anyIngresses,
      anyIngresses,
      fc.array(anyRequest, { minLength: 1, maxLength: 8 }),
      (ingresses, before, requests) => {
        const model = modelOf(ingresses)
        const stood = standingOf(found(rulesFor(before).rules))
        const fresh = rulesFor(ingresses)
        const changed = rulesFor(ingresses, stood)
        for (const { host, path } of requests) {
          const expected = words(answer(model, host, path))
          expect(fresh.ask(requestHost(host), path)).toBe(expected)
          expect(changed.ask(requestHost(host), path)).toBe(expected)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('no rule has more values than ALB takes', () => {
  fc.assert(
    fc.property(fc.array(anyIngress, { maxLength: 8 }), ingresses => {
      for (const { conditions } of rulesFor(ingresses).rules) {
        const count = conditions.flatMap(condition => ('values' in condition ? condition.values : [])).length
        expect(count).toBeGreaterThan(0)
        expect(count).toBeLessThanOrEqual(5)
      }
    }),
    { numRuns: 50 },
  )
})

test('every route that the model has in effect is of somebody whom the rules name', () => {
  const given = ingress({ rules: { 'a.test': { 'Prefix /a': 'web', 'Prefix /b': 'api' } } })
  expect(routeRequest(modelOf([given]), 'a.test', '/a').route?.origin).toMatchObject({ at: 'spec.rules[0].http.paths[0]' })
  expect(rulesFor([given]).rules.flatMap(({ authors }) => authors.map(({ at }) => at))).toEqual([
    'spec.rules[0].http.paths[0]',
    'spec.rules[0].http.paths[1]',
  ])
})
