// The steps of Application Load Balancers, one by one, at the fake AWS.
import { expect, test } from 'vitest'
import { selfSigned } from '../../../../test/fake-aws/certificate-files.ts'
import { chooseRule } from '../../../../test/fake-aws/routing/choose.ts'
import { DescribeRulesCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { ApplicationAction } from '../../actions/application.ts'
import type { ListenerRule, RuleAction, RuleCondition } from '../../model/application.ts'
import { ownershipTags } from '../../model/ownership.ts'
import { certificatesOf } from '../../observe/application/certificates.ts'
import { rulesOf } from '../../observe/application/rules.ts'
import { webAclOf } from '../../observe/application/web-acl.ts'
import { carryOut } from '../steps.ts'
import { applicationRun, owner, secretOf } from './run-under-test.ts'

const answers = (status: string): RuleAction => ({ kind: 'fixed-response', status })
const path = (...values: string[]): RuleCondition => ({ field: 'path-pattern', values, isRegex: false })
const rule = (conditions: readonly RuleCondition[], ...actions: readonly RuleAction[]): ListenerRule => ({
  conditions,
  actions,
  transforms: [],
  origins: ['shop/web'],
})
const http = { protocol: 'HTTP', certificates: [], attributes: { asked: {}, defaults: {} }, tags: {}, rules: [] } as const
const listener = (port = 80): ApplicationAction => ({
  kind: 'create-http-listener',
  listener: { ...http, port, defaultActions: [answers('404')] },
})
const create = (priority: number, made: ListenerRule): ApplicationAction => ({
  kind: 'create-rule',
  port: 80,
  rule: made,
  priority,
})

/** A rule of every kind of condition and action that a plain listener may have. */
const everything: ListenerRule = {
  conditions: [
    { field: 'host-header', values: ['^[^.]+\\.example\\.com$'], isRegex: true },
    path('/a*'),
    { field: 'http-header', header: 'X-Canary', values: ['yes'], isRegex: false },
    { field: 'http-request-method', values: ['GET'] },
    { field: 'query-string', pairs: [{ key: 'v', value: '2' }] },
  ],
  actions: [
    {
      kind: 'redirect',
      protocol: 'HTTPS',
      host: '#{host}',
      port: '443',
      path: '/#{path}',
      query: '#{query}',
      status: 301,
    },
  ],
  transforms: [{ kind: 'url-rewrite', regex: '^/a(.*)$', replace: '/$1' }],
  origins: ['shop/web'],
}

test('what is made is found again in the form in which it was planned', async () => {
  await using at = await applicationRun()
  const source = rule([{ field: 'source-ip', cidrs: ['10.0.0.0/8'] }], {
    ...answers('503'),
    kind: 'fixed-response',
    body: 'later',
    contentType: 'text/plain',
    status: '503',
  })
  await carryOut(at.run, [listener(), create(10, everything), create(20, source)])
  at.run.location.pictures.rules.lost(at.arn('listener/80'))
  const found = await rulesOf(at.run.location, at.listeners(), false, at.run.caller)
  expect(found.map(({ priority, conditions, actions, transforms }) => ({ priority, conditions, actions, transforms }))).toEqual([
    { priority: 10, conditions: everything.conditions, actions: everything.actions, transforms: everything.transforms },
    { priority: 20, conditions: source.conditions, actions: source.actions, transforms: [] },
  ])
})

test('rules are kept in mind: after their listener was made by us, nobody is asked', async () => {
  await using at = await applicationRun()
  await carryOut(at.run, [listener(), create(10, everything)])
  const mark = at.aws.calls.mark()
  const [found] = await rulesOf(at.run.location, at.listeners(), false, at.run.caller)
  expect(found).toMatchObject({ priority: 10, conditions: everything.conditions })
  expect(at.aws.calls.since(mark).count()).toBe(0)
  await carryOut(at.run, [
    { kind: 'modify-rule', port: 80, arn: found?.arn ?? '', rule: rule([path('/b')], answers('200')) },
    { kind: 'set-rule-priorities', port: 80, priorities: [{ arn: found?.arn ?? '', priority: 7 }] },
  ])
  const changed = await rulesOf(at.run.location, at.listeners(), false, at.run.caller)
  expect(changed).toMatchObject([{ priority: 7, conditions: [path('/b')], actions: [answers('200')], transforms: [] }])
  expect(await rulesOf(at.run.location, at.listeners(), true, at.run.caller)).toEqual(changed)
  await carryOut(at.run, [{ kind: 'delete-rule', port: 80, arn: found?.arn ?? '', priority: 7 }])
  expect(await rulesOf(at.run.location, at.listeners(), false, at.run.caller)).toEqual([])
})

test('traffic is shared among target groups, and goes where the rules say', async () => {
  await using at = await applicationRun()
  await at.targetGroups('shop/web:80', 'shop/next:80')
  const to = [
    { own: 'shop/web:80', weight: 90 },
    { own: 'shop/next:80', weight: 10 },
  ]
  await carryOut(at.run, [listener(), create(10, rule([path('/a*')], { kind: 'forward', to, stickySeconds: 60 }))])
  const [found] = await rulesOf(at.run.location, at.listeners(), true, at.run.caller)
  expect(found?.actions).toEqual([
    { kind: 'forward', to: to.map(({ own, weight }) => ({ arn: at.arn(`target-group/${own}`), weight })), stickySeconds: 60 },
  ])
  const { Rules = [] } = await at.clients.elbv2.send(new DescribeRulesCommand({ ListenerArn: at.arn('listener/80') }))
  expect(chooseRule(Rules, { host: 'example.com', target: '/ab' }).Priority).toBe('10')
  expect(chooseRule(Rules, { host: 'example.com', target: '/b' }).Priority).toBe('default')
})

test('logging in sends the client of the Secret, and a Secret without one is the trouble of its Ingress alone', async () => {
  await using at = await applicationRun({ clients: { 'shop/idp': { id: 'weir', secret: 's3cret' } } })
  const pem = await selfSigned('example.com')
  const login = (name: string): RuleAction => ({
    kind: 'authenticate-oidc',
    issuer: 'https://idp.example.com',
    authorizationEndpoint: 'https://idp.example.com/authorize',
    tokenEndpoint: 'https://idp.example.com/token',
    userInfoEndpoint: 'https://idp.example.com/user',
    secret: { namespace: 'shop', name, hash: '1' },
    sessionCookie: 'AWSELBAuthSessionCookie',
    scope: 'openid',
    sessionTimeoutSeconds: 604_800,
    onUnauthenticated: 'authenticate',
    extraParameters: {},
  })
  const { secrets, certificate } = secretOf(pem, 'one')
  at.run.secrets.set('tls/shop/web-tls', secrets)
  await carryOut(at.run, [
    { kind: 'import-certificate', certificate },
    {
      kind: 'create-http-listener',
      listener: {
        ...http,
        protocol: 'HTTPS',
        port: 443,
        certificates: [{ imported: certificate.key }],
        defaultActions: [answers('404')],
      },
    },
    { kind: 'create-rule', port: 443, priority: 10, rule: rule([path('/in')], login('idp'), answers('200')) },
    {
      kind: 'create-rule',
      port: 443,
      priority: 20,
      rule: { ...rule([path('/bad')], login('none'), answers('200')), origins: ['shop/bad'] },
    },
    { kind: 'create-rule', port: 443, priority: 30, rule: rule([path('/*')], answers('201')) },
  ])
  expect([...at.run.failed]).toMatchObject([['shop/bad', { code: 'InvalidSecret' }]])
  expect(at.aws.world.rules.values().map(({ priority }) => priority)).toEqual([10, 30])
  const [first] = at.aws.world.rules.values()
  expect(first?.actions[0]?.AuthenticateOidcConfig).toMatchObject({ ClientId: 'weir', ClientSecret: 's3cret' })
})

test('at the quota of rules what goes makes room, and what still does not fit is told of its Ingress', async () => {
  await using at = await applicationRun({ quotas: { rulesPerApplicationLoadBalancer: 2 } })
  const plain = (name: string): ListenerRule => ({ ...rule([path(`/${name}`)], answers('200')), origins: [`shop/${name}`] })
  await carryOut(at.run, [listener(), create(10, plain('a')), create(20, plain('b'))])
  const [first] = await rulesOf(at.run.location, at.listeners(), false, at.run.caller)
  await carryOut(at.run, [
    create(30, plain('c')),
    create(40, plain('d')),
    { kind: 'delete-rule', port: 80, arn: first?.arn ?? '', priority: 10 },
  ])
  expect([...at.run.failed]).toMatchObject([['shop/d', { code: 'QuotaReached' }]])
  expect(at.aws.world.rules.values().map(({ priority }) => priority)).toEqual([20, 30])
})

test('a rule whose answer was lost is not made twice', async () => {
  await using at = await applicationRun({ maxAttempts: 3 })
  await carryOut(at.run, [listener()])
  using fault = at.aws.fail({ operation: 'CreateRule', when: 'after', error: 'reset' })
  await expect(carryOut(at.run, [create(10, everything)])).rejects.toMatchObject({ retry: 'now' })
  expect(fault.hits).toBe(1)
  expect(await rulesOf(at.run.location, at.listeners(), false, at.run.caller)).toMatchObject([{ priority: 10 }])
})

test('a certificate is imported once, found again by its tags, renewed in place and deleted when it is unused', async () => {
  await using at = await applicationRun()
  const [one, two] = [secretOf(await selfSigned('example.com'), 'one'), secretOf(await selfSigned('example.com'), 'two')]
  at.run.secrets.set('tls/shop/web-tls', one.secrets)
  await carryOut(at.run, [{ kind: 'import-certificate', certificate: one.certificate }])
  const wanted = new Map([[one.certificate.key, ['example.com']]])
  const look = (record = at.run.record) =>
    certificatesOf(at.run.location, { cluster: 'cluster-uid', owner, record, wanted, isFresh: false }, at.run.caller)
  const arn = at.arn('certificate/shop/web-tls')
  // The run was cut before anything went on record.
  const found = await look({ ...at.run.record, ids: {}, attributes: {} })
  expect(found).toMatchObject([{ arn, key: 'shop/web-tls', hash: 'one' }])
  at.run.secrets.set('tls/shop/web-tls', two.secrets)
  await carryOut(at.run, [{ kind: 'import-certificate', certificate: two.certificate, arn }])
  expect(at.aws.world.certificates.values()).toMatchObject([{ arn, tags: { 'weir.dev/content': 'two', team: 'shop' } }])
  at.run.record = { ...at.run.record, ids: Object.fromEntries(at.run.ids) }
  const mark = at.aws.calls.mark()
  expect(await look()).toMatchObject([{ arn, hash: 'two' }])
  expect(at.aws.calls.since(mark).count()).toBe(0)
  await carryOut(at.run, [{ kind: 'delete-certificate', arn, key: 'shop/web-tls' }])
  expect(at.aws.world.certificates.values()).toEqual([])
  expect(at.run.ids.has('certificate/shop/web-tls')).toBe(false)
})

test('a certificate that bears other marks is not deleted', async () => {
  await using at = await applicationRun()
  const arn = at.aws.createCertificate({
    domain: 'example.com',
    type: 'IMPORTED',
    tags: { ...ownershipTags('other', 'certificate/shop/web-tls', owner) },
  })
  await carryOut(at.run, [{ kind: 'delete-certificate', arn, key: 'shop/web-tls' }])
  expect(at.aws.world.certificates.values()).toHaveLength(1)
})

test('a web ACL is associated, known without asking, and taken away', async () => {
  await using at = await applicationRun()
  const arn = at.aws.createWebAcl({ name: 'site' })
  const look = (isFresh: boolean) =>
    webAclOf(at.run.location, { balancer: at.arn('load-balancer'), record: at.run.record, isFresh }, at.run.caller)
  expect(await look(false)).toBe('none')
  await carryOut(at.run, [{ kind: 'associate-web-acl', arn }])
  const mark = at.aws.calls.mark()
  expect(await look(false)).toEqual({ arn })
  expect(at.aws.calls.since(mark).count()).toBe(0)
  await carryOut(at.run, [{ kind: 'disassociate-web-acl' }])
  expect([await look(false), await look(true)]).toEqual(['none', 'none'])
})

test('WAF is waited for while it does not know the load balancer', async () => {
  await using at = await applicationRun({ timings: { staleReferenceMs: 60_000 } })
  const arn = at.aws.createWebAcl({ name: 'site' })
  expect(await carryOut(at.run, [{ kind: 'associate-web-acl', arn }])).toMatchObject({ kind: 'wait' })
  at.aws.advance(61_000)
  expect(await carryOut(at.run, [{ kind: 'associate-web-acl', arn }])).toBeUndefined()
})
