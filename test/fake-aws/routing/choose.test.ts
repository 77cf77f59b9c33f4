// The examples of the user guide ("Condition types for listener rules"), and what it says beside them.
import type { Rule, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { assert, constantFrom, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { chooseRule } from './choose.ts'
import type { Request } from './choose.ts'
import { matchesPattern } from './values.ts'

const fallback: Rule = { Priority: 'default', IsDefault: true, Conditions: [] }
const host = (...Values: string[]): RuleCondition => ({ Field: 'host-header', HostHeaderConfig: { Values } })
const path = (...Values: string[]): RuleCondition => ({ Field: 'path-pattern', PathPatternConfig: { Values } })

/** Whether a rule with these conditions takes the request. */
function takes(Conditions: readonly RuleCondition[], request: Partial<Request>): boolean {
  const rule: Rule = { Priority: '1', Conditions: [...Conditions] }
  return chooseRule([fallback, rule], { host: 'example.com', target: '/', ...request }) === rule
}

const rows: readonly (readonly [conditions: readonly RuleCondition[], request: Partial<Request>, taken: boolean])[] = [
  [[host('example.com')], { host: 'EXAMPLE.com' }, true],
  [[host('*.example.com')], { host: 'test.example.com' }, true],
  [[host('*.example.com')], { host: 'a.b.example.com' }, true],
  [[host('*.example.com')], { host: 'example.com' }, false],
  [[host('?.example.com')], { host: 'a.example.com' }, true],
  [[host('?.example.com')], { host: 'ab.example.com' }, false],
  [[host('example.com')], { host: 'example.com:8443' }, false],
  [[host('a.example.com', 'b.example.com')], { host: 'b.example.com' }, true],
  [[path('/img/*')], { target: '/img/picture.jpg?size=2' }, true],
  [[path('/img/*')], { target: '/img' }, false],
  [[path('/img/*/pics')], { target: '/img/a/b/pics' }, true],
  [[path('/IMG/*')], { target: '/img/a' }, false],
  [[path('/a')], { target: '/a?b' }, true],
  [[path('/a?b')], { target: '/a-b' }, true],
  [[{ Field: 'path-pattern', Values: ['/old'] }], { target: '/old' }, true],
  [[host('example.com'), path('/a')], { target: '/a' }, true],
  [[host('other.com'), path('/a')], { target: '/a' }, false],
  [[{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET', 'HEAD'] } }], {}, true],
  [[{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } }], {}, false],
  [
    [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'User-Agent', Values: ['*Chrome*'] } }],
    { headers: [['user-agent', 'a chrome b']] },
    true,
  ],
  [
    [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-A', Values: ['2'] } }],
    {
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    },
    true,
  ],
  [[{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-A', Values: ['*'] } }], {}, false],
  [
    [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'version', Value: 'v1' }] } }],
    { target: '/?a=b&VERSION=V1' },
    true,
  ],
  [[{ Field: 'query-string', QueryStringConfig: { Values: [{ Value: '*example*' }] } }], { target: '/?x=an-example' }, true],
  [[{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'a', Value: '\\*' }] } }], { target: '/?a=b' }, false],
  [[{ Field: 'source-ip', SourceIpConfig: { Values: ['192.0.2.0/24', '2001:db8::/32'] } }], { source: '192.0.2.9' }, true],
  [[{ Field: 'source-ip', SourceIpConfig: { Values: ['192.0.2.0/24'] } }], { source: '198.51.100.1' }, false],
  [[{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+/.*$'] } }], { target: '/v12/x' }, true],
  [
    [{ Field: 'host-header', HostHeaderConfig: { RegexValues: ['^[^.]+\\.example\\.com$'] } }],
    { host: 'a.b.example.com' },
    false,
  ],
]

for (const [conditions, request, taken] of rows) {
  const said = conditions.map(({ Field, ...rest }) => `${Field} ${JSON.stringify(Object.values(rest)[0])}`).join(' and ')
  test(`${said} ${taken ? 'takes' : 'does not take'} ${JSON.stringify(request)}`, () => {
    expect(takes(conditions, request)).toBe(taken)
  })
}

test('the rule with the lowest priority is taken, whatever the order in which they are listed', () => {
  const rules: Rule[] = [10, 2, 30].map(priority => ({ Priority: String(priority), Conditions: [path('/*')] }))
  expect(chooseRule([fallback, ...rules], { host: 'a.example.com', target: '/' }).Priority).toBe('2')
})

test('an expression that is not anchored is an open question, and no answer is given', () => {
  const rule: Rule = { Priority: '1', Conditions: [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['/a'] } }] }
  expect(() => chooseRule([rule, fallback], { host: 'example.com', target: '/ab' })).toThrow('as regular expressions are read')
})

test('wildcards mean what the same regular expression means', () => {
  const letters = string({ unit: constantFrom('a', 'b', '*', '?', '.'), maxLength: 8 })
  const text = string({ unit: constantFrom('a', 'b', '.'), maxLength: 8 })
  assert(
    property(letters, text, (pattern, given) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
      expect(matchesPattern(pattern, given)).toBe(new RegExp(`^${source}$`).test(given))
    }),
  )
})
