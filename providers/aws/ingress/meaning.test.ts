// Whatever Ingresses ask for, the rules that AWS is sent mean what the routing model says, by an evaluator that knows only AWS's guide.
import * as fc from 'fast-check'
import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { checkConditions } from '../../../test/fake-aws/elbv2/conditions.ts'
import { chooseRule } from '../../../test/fake-aws/routing/choose.ts'
import { defaultQuotas } from '../../../test/fake-aws/quotas.ts'
import { routeRequest } from '../../../src/model/routing/match.ts'
import { anyIngresses, anyRequest } from '../../../src/model/routing/random-ingresses-under-test.ts'
import { actionsInput, conditionsInput } from '../apply/application/rule-inputs.ts'
import type { HttpListener, RuleAction } from '../model/application.ts'
import { assignPriorities } from '../plan/application/priorities.ts'
import { applicationWish } from './application.ts'
import { goalOf } from './world-under-test.ts'

const around = {
  before: [],
  existing: 'none',
  place: { region: 'us-west-2', vpcId: 'vpc-1' },
  discovered: new Map(['a.test', 'b.test', 'x.a.test', '*.test', '*.a.test'].map(host => [host, `arn:${host}`])),
  imported: new Set<string>(),
  webAclNamed: () => undefined,
} as const

/** As AWS describes them. */
function described({ rules, defaultActions }: HttpListener): readonly Rule[] {
  const { priorities } = assignPriorities(
    rules.map(() => undefined),
    new Set(),
  )
  return [
    { Priority: 'default', IsDefault: true, Actions: sent(defaultActions) },
    ...rules.map(({ conditions, actions }, index) => ({
      Priority: String(priorities[index]),
      Conditions: conditionsInput(conditions),
      Actions: sent(actions),
    })),
  ]
}

const sent = (actions: readonly RuleAction[]) =>
  actionsInput(actions, { targetGroup: key => key, client: () => ({ id: '', secret: '' }) })

/** The key of a target group, or a status. */
function answerOf({ Actions }: Rule): string | undefined {
  const last = Actions?.at(-1)
  return last?.ForwardConfig?.TargetGroups?.[0]?.TargetGroupArn ?? last?.FixedResponseConfig?.StatusCode
}

// How a Host header with a port is compared is not documented, so that only names are asked for.
const plainRequest = anyRequest.filter(({ host }) => !host.includes(':'))

test('for random Ingresses the load balancer chooses what the routing model does, at every listener', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(anyIngresses, fc.array(plainRequest, { minLength: 1, maxLength: 20 }), (ingresses, requests) => {
      const goal = goalOf(ingresses)
      const { settings } = applicationWish(goal, around)
      for (const listener of settings.listeners) {
        const rules = described(listener)
        // Only members that have the listener have a part in what it does.
        const takesPart = goal.members.filter(({ ingress }) => listener.port === 80 || (ingress.spec?.tls ?? []).length > 0)
        const { model } = goalOf(takesPart.map(({ ingress }) => ingress))
        for (const { host, path } of requests) {
          const { route } = routeRequest(model, host, path)
          const wanted =
            route?.backend.kind === 'service'
              ? `${route.backend.namespace}/${route.backend.name}:${route.backend.port.port}`
              : '404'
          expect(answerOf(chooseRule(rules, { host, target: path })), `${listener.port} ${host}${path}`).toBe(wanted)
        }
      }
    }),
    { numRuns: 150 },
  )
})

test('for random Ingresses AWS takes every rule', () => {
  // No condition asks for more of the call.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const call = { settings: { quotas: defaultQuotas } } as Parameters<typeof checkConditions>[0]
  fc.assert(
    fc.property(anyIngresses, ingresses => {
      for (const { rules } of applicationWish(goalOf(ingresses), around).settings.listeners)
        for (const { conditions } of rules)
          expect(checkConditions(call, 'application', conditionsInput(conditions))).toBeDefined()
    }),
    { numRuns: 150 },
  )
})
