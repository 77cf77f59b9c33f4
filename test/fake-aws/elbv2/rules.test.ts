// Rules, actions and certificates beyond the contract.
import { AddListenerCertificatesCommand, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { fakeSubject } from '../contract/fake-subject.ts'
import { application, group, listener, network, rule, site } from '../contract/makers.ts'
import { refusal } from '../contract/subject.ts'

const wrong: readonly (readonly [what: string, condition: RuleCondition])[] = [
  ['a field that does not exist', { Field: 'cookie', Values: ['a'] }],
  ['a host without a point', { Field: 'host-header', HostHeaderConfig: { Values: ['localhost'] } }],
  ['a host that ends in a digit', { Field: 'host-header', HostHeaderConfig: { Values: ['10.0.0.1'] } }],
  ['a path with a space', { Field: 'path-pattern', PathPatternConfig: { Values: ['/a b'] } }],
  ['a path of 129 characters', { Field: 'path-pattern', PathPatternConfig: { Values: [`/${'a'.repeat(128)}`] } }],
  ['values given twice', { Field: 'path-pattern', Values: ['/a'], PathPatternConfig: { Values: ['/a'] } }],
  ['the configuration of another field', { Field: 'path-pattern', HostHeaderConfig: { Values: ['a.example.com'] } }],
  ['no value', { Field: 'path-pattern', PathPatternConfig: { Values: [] } }],
  ['a method in lower case', { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['get'] } }],
  ['a header named Host', { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Host', Values: ['a'] } }],
  ['a source that is no block', { Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.1'] } }],
  ['an expression that does not parse', { Field: 'path-pattern', PathPatternConfig: { RegexValues: ['('] } }],
  ['seven wildcards', { Field: 'path-pattern', PathPatternConfig: { Values: ['/*/*/*/*/*/*/*'] } }],
]

for (const [what, condition] of wrong) {
  test(`a condition with ${what} is refused`, async () => {
    await using subject = await fakeSubject()
    const { listener } = await site(subject)
    expect(await refusal(rule(subject, listener, 1, { Conditions: [condition] }))).toBe('ValidationError')
  })
}

test('a load balancer has at most the rules of its quota, over all its listeners', async () => {
  await using subject = await fakeSubject({ quotas: { rulesPerApplicationLoadBalancer: 2 } })
  const { listener } = await site(subject)
  for (const priority of [1, 2]) await rule(subject, listener, priority)
  expect(await refusal(rule(subject, listener, 3))).toBe('TooManyRulesException')
})

test('a network load balancer tells only address families apart, and has no transforms', async () => {
  await using subject = await fakeSubject()
  const [one, two] = [await group(subject, { Name: 'one' }), await group(subject, { Name: 'two' })]
  const { LoadBalancerArn } = await network(subject)
  const { ListenerArn } = await listener(subject, LoadBalancerArn, one.TargetGroupArn)
  const Actions = [{ Type: 'forward' as const, TargetGroupArn: two.TargetGroupArn }]
  expect(await refusal(rule(subject, ListenerArn, 1, { Actions }))).toBe('ValidationError')
  const Conditions = [{ Field: 'source-ip', SourceIpConfig: { IpAddressType: 'ipv6' as const } }]
  const Transforms = [{ Type: 'url-rewrite' as const, UrlRewriteConfig: { Rewrites: [{ Regex: 'a', Replace: 'b' }] } }]
  expect(await refusal(rule(subject, ListenerArn, 1, { Actions, Conditions, Transforms }))).toBe(
    'InvalidConfigurationRequestException',
  )
  expect(await refusal(rule(subject, ListenerArn, 1, { Actions, Conditions }))).toBe('accepted')
})

test('transforms are replaced and reset', async () => {
  await using subject = await fakeSubject()
  const made = await site(subject)
  const rewrite = { Rewrites: [{ Regex: '^/a', Replace: '/b' }] }
  const { RuleArn } = await rule(subject, made.listener, 1, { Transforms: [{ Type: 'url-rewrite', UrlRewriteConfig: rewrite }] })
  const host = {
    Type: 'host-header-rewrite' as const,
    HostHeaderRewriteConfig: { Rewrites: [{ Regex: '.*', Replace: 'b.example.com' }] },
  }
  const replaced = await subject.elbv2.send(new ModifyRuleCommand({ RuleArn, Transforms: [host] }))
  expect(replaced.Rules?.[0]?.Transforms).toEqual([host])
  const reset = await subject.elbv2.send(new ModifyRuleCommand({ RuleArn, ResetTransforms: true }))
  expect(reset.Rules?.[0]?.Transforms).toEqual([])
})

test('an action shares traffic among at most five target groups', async () => {
  await using subject = await fakeSubject()
  const groups = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(Name => group(subject, { Name, Protocol: 'HTTP' })))
  const { LoadBalancerArn } = await application(subject)
  const forward = (count: number) => {
    const TargetGroups = groups.slice(0, count).map(({ TargetGroupArn }) => ({ TargetGroupArn, Weight: 1 }))
    const DefaultActions = [{ Type: 'forward' as const, ForwardConfig: { TargetGroups } }]
    return refusal(listener(subject, LoadBalancerArn, '', { Protocol: 'HTTP', DefaultActions }))
  }
  expect(await forward(6)).toBe('TooManyTargetGroupsException')
  expect(await forward(5)).toBe('accepted')
})

test('logging in needs HTTPS, and one action ends the list', async () => {
  await using subject = await fakeSubject()
  const { LoadBalancerArn } = await application(subject)
  const end = { Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '404' } }
  const login = { Type: 'authenticate-oidc' as const }
  const create = (DefaultActions: (typeof end | typeof login)[]) =>
    refusal(listener(subject, LoadBalancerArn, '', { Protocol: 'HTTP', DefaultActions }))
  expect(await create([login, end])).toBe('InvalidLoadBalancerActionException')
  expect(await create([end, end])).toBe('InvalidLoadBalancerActionException')
})

test('a load balancer has at most the certificates of its quota beside the default one', async () => {
  await using subject = await fakeSubject({ quotas: { certificatesPerLoadBalancer: 2 } })
  const { LoadBalancerArn } = await application(subject)
  const target = await group(subject, { Protocol: 'HTTP' })
  const Certificates = [{ CertificateArn: subject.site.certificate }]
  const { ListenerArn } = await listener(subject, LoadBalancerArn, target.TargetGroupArn, {
    Protocol: 'HTTPS',
    Port: 443,
    Certificates,
  })
  const add = (count: number) => {
    const more = Array.from({ length: count }, (_, index) => ({
      CertificateArn: subject.aws.createCertificate({ domain: `${index}.example.com` }),
    }))
    return refusal(subject.elbv2.send(new AddListenerCertificatesCommand({ ListenerArn, Certificates: more })))
  }
  expect(await add(3)).toBe('TooManyCertificatesException')
  expect(await add(2)).toBe('accepted')
})

test('a certificate that is not issued yet is refused', async () => {
  await using subject = await fakeSubject()
  const { LoadBalancerArn } = await network(subject)
  const target = await group(subject)
  const CertificateArn = subject.aws.createCertificate({ domain: 'new.example.com', status: 'PENDING_VALIDATION' })
  const input = { Protocol: 'TLS' as const, Port: 443, Certificates: [{ CertificateArn }] }
  expect(await refusal(listener(subject, LoadBalancerArn, target.TargetGroupArn, input))).toBe('UnsupportedCertificate')
})
