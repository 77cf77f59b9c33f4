// The contract of rules.
import {
  DeleteRuleCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect } from 'vitest'
import { group, rule, site } from './makers.ts'
import type { ContractTest, Subject } from './subject.ts'
import { refusal, sentence } from './subject.ts'

async function order({ elbv2 }: Subject, ListenerArn: string): Promise<readonly (string | undefined)[]> {
  const { Rules } = await elbv2.send(new DescribeRulesCommand({ ListenerArn }))
  return (Rules ?? []).map(found => `${found.Priority} ${found.RuleArn}`).toSorted()
}

export const ruleContract: readonly ContractTest[] = [
  sentence('a listener has its rules and the default rule', async subject => {
    const { listener } = await site(subject)
    for (const priority of [20, 10]) await rule(subject, listener, priority)
    const { Rules } = await subject.elbv2.send(new DescribeRulesCommand({ ListenerArn: listener }))
    expect(Rules?.map(found => found.Priority).toSorted()).toEqual(['10', '20', 'default'])
    expect(Rules?.filter(found => found.IsDefault).map(found => found.Priority)).toEqual(['default'])
  }),
  sentence('a priority belongs to one rule', async subject => {
    const { listener } = await site(subject)
    await rule(subject, listener, 1)
    expect(await refusal(rule(subject, listener, 1))).toBe('PriorityInUseException')
  }),
  sentence('a priority is at most 50000', async subject => {
    const { listener } = await site(subject)
    expect(await refusal(rule(subject, listener, 50_001))).toBe('ValidationError')
  }),
  sentence('priorities can be swapped in one call', async subject => {
    const { listener } = await site(subject)
    const [one, two] = [await rule(subject, listener, 1), await rule(subject, listener, 2)]
    const RulePriorities = [
      { RuleArn: one.RuleArn, Priority: 2 },
      { RuleArn: two.RuleArn, Priority: 1 },
    ]
    await subject.elbv2.send(new SetRulePrioritiesCommand({ RulePriorities }))
    expect((await order(subject, listener)).slice(0, 2)).toEqual([`1 ${two.RuleArn}`, `2 ${one.RuleArn}`])
  }),
  sentence('a priority that another rule keeps is refused, and nothing moves', async subject => {
    const { listener } = await site(subject)
    const [one, two] = [await rule(subject, listener, 1), await rule(subject, listener, 2)]
    await rule(subject, listener, 3)
    const before = await order(subject, listener)
    const RulePriorities = [
      { RuleArn: one.RuleArn, Priority: 9 },
      { RuleArn: two.RuleArn, Priority: 3 },
    ]
    expect(await refusal(subject.elbv2.send(new SetRulePrioritiesCommand({ RulePriorities })))).toBe('PriorityInUseException')
    expect(await order(subject, listener)).toEqual(before)
  }),
  sentence('a rule has at most five condition values', async subject => {
    const { listener } = await site(subject)
    const Values = ['/1', '/2', '/3', '/4', '/5', '/6']
    expect(
      await refusal(rule(subject, listener, 1, { Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values } }] })),
    ).toBe('ValidationError')
  }),
  sentence('hosts and paths are described both ways', async subject => {
    const { listener } = await site(subject)
    const made = await rule(subject, listener, 1, {
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['a.example.com'] } }],
    })
    expect(made.Conditions?.[0]).toMatchObject({ Values: ['a.example.com'], HostHeaderConfig: { Values: ['a.example.com'] } })
  }),
  sentence('headers, methods, query strings and source addresses are conditions', async subject => {
    const { listener } = await site(subject)
    const Conditions = [
      { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Canary', Values: ['yes*'] } },
      { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET'] } },
      { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'v', Value: '2' }] } },
      { Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } },
    ]
    const made = await rule(subject, listener, 1, { Conditions })
    expect(made.Conditions?.map(condition => condition.Field).toSorted()).toEqual(
      Conditions.map(condition => condition.Field).toSorted(),
    )
  }),
  sentence('a path may be a regular expression', async subject => {
    const { listener } = await site(subject)
    const made = await rule(subject, listener, 1, {
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+/.*'] } }],
    })
    expect(made.Conditions?.[0]?.PathPatternConfig?.RegexValues).toEqual(['^/v[0-9]+/.*'])
  }),
  sentence('a host may be a regular expression, in any number of labels', async subject => {
    const { listener } = await site(subject)
    const RegexValues = ['^[^.]+\\.example\\.com$']
    const made = await rule(subject, listener, 1, { Conditions: [{ Field: 'host-header', HostHeaderConfig: { RegexValues } }] })
    expect(made.Conditions?.[0]?.HostHeaderConfig?.RegexValues).toEqual(RegexValues)
  }),
  sentence('a regular expression does not look ahead', async subject => {
    const { listener } = await site(subject)
    const Conditions = [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/(?!admin)'] } }]
    expect(await refusal(rule(subject, listener, 1, { Conditions }))).toBe('ValidationError')
  }),
  sentence('rules share traffic among target groups by weight', async subject => {
    const { listener } = await site(subject)
    const [one, two] = [
      await group(subject, { Name: 'one', Protocol: 'HTTP' }),
      await group(subject, { Name: 'two', Protocol: 'HTTP' }),
    ]
    const TargetGroups = [
      { TargetGroupArn: one.TargetGroupArn, Weight: 90 },
      { TargetGroupArn: two.TargetGroupArn, Weight: 10 },
    ]
    const made = await rule(subject, listener, 1, { Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }] })
    expect(made.Actions?.[0]?.ForwardConfig?.TargetGroups).toEqual(TargetGroups)
  }),
  sentence('several actions need an order', async subject => {
    const { listener } = await site(subject)
    const Actions = [404, 405].map(code => ({
      Type: 'fixed-response' as const,
      FixedResponseConfig: { StatusCode: String(code) },
    }))
    expect(await refusal(rule(subject, listener, 1, { Actions }))).toBe('InvalidLoadBalancerActionException')
  }),
  sentence('a redirect may not use a keyword that is not known', async subject => {
    const { listener } = await site(subject)
    const RedirectConfig = { StatusCode: 'HTTP_301' as const, Path: '/#{uri}' }
    expect(await refusal(rule(subject, listener, 1, { Actions: [{ Type: 'redirect', RedirectConfig }] }))).toBe(
      'InvalidLoadBalancerActionException',
    )
  }),
  sentence('a target group of gRPC needs an HTTPS listener', async subject => {
    const { listener } = await site(subject)
    const { TargetGroupArn } = await group(subject, { Protocol: 'HTTP', ProtocolVersion: 'GRPC' })
    expect(await refusal(rule(subject, listener, 1, { Actions: [{ Type: 'forward', TargetGroupArn }] }))).toBe(
      'InvalidConfigurationRequestException',
    )
  }),
  sentence('a URL can be rewritten', async subject => {
    const { listener } = await site(subject)
    const Transforms = [
      { Type: 'url-rewrite' as const, UrlRewriteConfig: { Rewrites: [{ Regex: '^/api/(.*)$', Replace: '/$1' }] } },
    ]
    expect((await rule(subject, listener, 1, { Transforms })).Transforms).toEqual(Transforms)
  }),
  sentence('a rule can be modified', async subject => {
    const { listener } = await site(subject)
    const { RuleArn } = await rule(subject, listener, 1)
    const Conditions = [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/other'] } }]
    const { Rules } = await subject.elbv2.send(new ModifyRuleCommand({ RuleArn, Conditions }))
    expect(Rules?.[0]).toMatchObject({ RuleArn, Priority: '1', Conditions: [{ PathPatternConfig: { Values: ['/other'] } }] })
  }),
  sentence('the default rule is not deleted', async subject => {
    const { listener } = await site(subject)
    const { Rules } = await subject.elbv2.send(new DescribeRulesCommand({ ListenerArn: listener }))
    const RuleArn = Rules?.[0]?.RuleArn ?? ''
    expect(await refusal(subject.elbv2.send(new DeleteRuleCommand({ RuleArn })))).toBe('OperationNotPermittedException')
  }),
  sentence('a deleted rule is gone', async subject => {
    const { listener } = await site(subject)
    const { RuleArn } = await rule(subject, listener, 1)
    await subject.elbv2.send(new DeleteRuleCommand({ RuleArn }))
    expect(await refusal(subject.elbv2.send(new DescribeRulesCommand({ RuleArns: [RuleArn] })))).toBe('RuleNotFoundException')
  }),
  sentence('a fixed response has a status that is no redirect', async subject => {
    const { listener } = await site(subject)
    const Actions = [{ Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '302' } }]
    expect(await refusal(rule(subject, listener, 1, { Actions }))).toBe('ValidationError')
  }),
  sentence('a redirect changes something', async subject => {
    const { listener } = await site(subject)
    const Actions = [{ Type: 'redirect' as const, RedirectConfig: { StatusCode: 'HTTP_301' as const } }]
    expect(await refusal(rule(subject, listener, 1, { Actions }))).toBe('InvalidLoadBalancerActionException')
  }),
]
