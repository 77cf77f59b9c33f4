// Annotations of Ingresses: every example is read, mistakes are told with what to do, and nothing that anybody writes throws.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ingressAnnotations, ingressPrefix, ingressSuffixRows } from '../ingress.ts'
import { readIngressAnnotations, readServiceAnnotations } from './read.ts'
import type { IngressRow } from './row.ts'

const read = (key: string, value: string) => readIngressAnnotations({ [ingressPrefix + key]: value })
const messages = (key: string, value: string) =>
  read(key, value).mistakes.map(({ message }) => message.replace(`Annotation ${ingressPrefix}${key}: `, ''))

test('the example of every row is what the row reads', () => {
  for (const [name, row] of Object.entries<IngressRow>(ingressAnnotations.rows))
    if (row.example !== undefined) expect([name, read(name, row.example).mistakes]).toEqual([name, []])
  for (const [name, row] of Object.entries(ingressSuffixRows))
    expect([name, read(`${name}.${row.suffix === 'NAME' ? 'web' : 'HTTPS-443'}`, row.example).mistakes]).toEqual([name, []])
})

test.each([
  ['actions.go', '{"type":"forward"', 'is not JSON: at character 18 there is the end where a comma or } is expected.'],
  ['actions.go', "{'type':'forward'}", `is not JSON: at character 2 there is "'" where a name in quotation marks is expected.`],
  ['actions.go', '{"type":"forwards"}', 'type must be forward, redirect or fixed-response.'],
  [
    'actions.go',
    '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"other/web","servicePort":80}]}}',
    'forwardConfig.targetGroups[0].serviceName must be the name of a Service of the same namespace.',
  ],
  [
    'actions.go',
    '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web"}]}}',
    'forwardConfig.targetGroups[0] has a serviceName and needs a servicePort.',
  ],
  [
    'actions.go',
    '{"type":"redirect","redirectConfig":{"statusCode":"HTTP_301"}}',
    'redirects to where the request was: protocol, host, port or path must change.',
  ],
  [
    'actions.go',
    '{"type":"redirect","redirectConfig":{"host":"a.test","statusCode":"HTTP_307"}}',
    'redirectConfig.statusCode must be HTTP_301 or HTTP_302 of a redirect, 2XX, 4XX or 5XX of a fixed response.',
  ],
  [
    'actions.go',
    '{"type":"fixed-response","fixedResponseConfig":{"statusCode":"302"}}',
    'fixedResponseConfig.statusCode must be HTTP_301 or HTTP_302 of a redirect, 2XX, 4XX or 5XX of a fixed response.',
  ],
  [
    'conditions.go',
    '[{"field":"path-pattern","pathPatternConfig":{"values":["/a"],"regexValues":["/b"]}}]',
    '[0] has values and regexValues; ALB takes one of the two.',
  ],
  [
    'conditions.go',
    '[{"field":"source-ip","sourceIpConfig":{"values":["10.0.0.1"]}}]',
    '[0].sourceIPConfig.values[0] is no CIDR.',
  ],
  [
    'conditions.go',
    '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"Host","values":["a"]}}]',
    '[0] is for the header Host, which has a condition of its own, host-header.',
  ],
  [
    'transforms.go',
    '[{"type":"url-rewrite","urlRewriteConfig":{"rewrites":[{"regex":"(?=a)","replace":""}]}}]',
    '[0] has "(?=a)", which is no regular expression.',
  ],
  ['listen-ports', '[{"HTTP":80},{"HTTPS":80}]', 'port 80 stands there twice.'],
  ['listen-ports', '[{"TCP":80}]', '[0] has TCP, which is not known here.'],
  ['auth-idp-oidc', '{"issuer":"http://id.test"}', 'issuer must be an address that begins with https://.'],
  ['group.order', '1001', '"1001" is no number from -1000 to 1000.'],
  ['group.name', 'Edge', '"Edge" is no name of at most 63 small letters, digits, dashes and dots.'],
  ['inbound-cidrs', '10.0.0.0/8,all', '"all" is no CIDR.'],
  ['wafv2-acl-arn', 'shop', '"shop" is neither an ARN of WAFv2 nor none.'],
  ['waf-acl-id', 'abc', 'WAF classic is not supported yet.'],
  ['shield-advanced-protection', 'true', 'Shield is not supported yet.'],
  ['mutual-authentication', '[{"port":443,"mode":"verify"}]', 'trust stores and client certificates are not supported yet.'],
  ['enable-frontend-nlb', 'true', 'a Network Load Balancer in front is not supported yet.'],
  ['frontend-nlb-scheme', 'internal', 'a Network Load Balancer in front is not supported yet.'],
  ['target-control-port.web.80', '3000', 'target control is not supported yet.'],
  ['create-acm-cert', 'true', 'to request certificates of ACM is not supported yet.'],
])('%s: %s is refused: %s', (key, value, message) => {
  expect(messages(key, value)).toEqual([message])
  expect(read(key, value).mistakes.every(({ severity }) => severity === 'blocks')).toBe(true)
})

test('what is refused passes where it asks for nothing', () => {
  for (const [key, value] of [
    ['shield-advanced-protection', 'false'],
    ['enable-frontend-nlb', 'false'],
    ['waf-acl-id', 'none'],
  ] as const)
    expect(read(key, value).mistakes).toEqual([])
})

test.each([
  ['scheem', 'scheme'],
  ['listenPorts', 'listen-ports'],
  ['healthcheck-intervall-seconds', 'healthcheck-interval-seconds'],
  ['action.go', 'actions.go'],
])('%s warns and names %s', (key, meant) => {
  expect(read(key, 'x').mistakes).toMatchObject([
    { reason: 'UnknownAnnotation', severity: 'warns', remedy: `Did you mean ${ingressPrefix}${meant}?` },
  ])
})

describe('a Service', () => {
  test('says what its targets are like, and nothing of the load balancer', () => {
    const { values, mistakes } = readServiceAnnotations({
      [`${ingressPrefix}target-type`]: 'ip',
      [`${ingressPrefix}scheme`]: 'sideways',
      [`${ingressPrefix}tags`]: 'team=shop',
    })
    expect([values, mistakes]).toEqual([{ targetType: 'ip', tags: { team: 'shop' } }, []])
  })
})

test('whatever is written, something is read or told', () => {
  const key = fc.oneof(
    fc.constantFrom(
      ...Object.keys(ingressAnnotations.rows),
      'actions.a',
      'conditions.a',
      'transforms.a',
      'listener-attributes.HTTP-80',
      'x',
    ),
    fc.string(),
  )
  const json = fc.oneof(
    fc.json(),
    fc.json().map(text => text.slice(0, -1)),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.dictionary(key, json), written => {
      const annotations = Object.fromEntries(Object.entries(written).map(([name, value]) => [ingressPrefix + name, value]))
      for (const { message, remedy } of readIngressAnnotations(annotations).mistakes)
        expect(message.length * remedy.length).toBeGreaterThan(0)
    }),
  )
})

test('JSON breaks off exactly where no JSON could go on', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', '}', ']', ',', ':', 'x', '"', '0'), (text, place, put) => {
      const at = place % (text.length + 1)
      const broken = text.slice(0, at) + put + text.slice(at + 1)
      const [message] = messages('actions.go', broken)
      let isJson = true
      try {
        JSON.parse(broken)
      } catch {
        isJson = false
      }
      expect(message?.startsWith('is not JSON') ?? false).toBe(!isJson)
    }),
    { numRuns: 500 },
  )
})
