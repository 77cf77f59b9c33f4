// What is told of calls to AWS: outcomes, throttles also where the SDK repeated a call by itself, and the health of targets.
import { expect, test } from 'vitest'
import { createCalls } from './calls.ts'
import type { Send } from './calls.ts'
import { createLimiter } from './limiter.ts'
import type { MeteredCall } from './meter.ts'
import { createHealthSeen } from './meter.ts'

function metered(send: Send) {
  const told: MeteredCall[] = []
  let now = 0
  const clock = {
    monotonic: () => (now += 5),
    schedule: () => () => {},
  }
  const transports = { elasticloadbalancing: send, ec2: send, acm: send, wafv2: send }
  const health = createHealthSeen()
  const calls = createCalls(transports, createLimiter(clock), {
    monotonic: clock.monotonic,
    meter: call => void told.push(call),
    health,
  })
  return { calls, told, health, caller: { key: 'web', signal: new AbortController().signal } }
}

const named = (name: string, fields: object = {}) => Object.assign(new Error(name), { name, ...fields })

test('an answer is ok, and those that the SDK sent again count as throttles', async () => {
  const { calls, told, caller } = metered(async () => ({ $metadata: { attempts: 3 } }))
  await calls.ec2('CreateTags', { Resources: [], Tags: [] }, caller)
  expect(told).toEqual([{ service: 'ec2', operation: 'CreateTags', outcome: 'ok', ms: expect.any(Number), throttles: 2 }])
})

test.for([
  [named('ThrottlingException', { $metadata: { attempts: 5 } }), 'throttled', 5],
  [named('AccessDenied'), 'denied', 0],
  [named('LoadBalancerNotFoundException'), 'not-found', 0],
  [named('DuplicateLoadBalancerNameException'), 'conflict', 0],
  [named('TimeoutError'), 'unreachable', 0],
  [named('ValidationError'), 'refused', 0],
  [named('InternalFailure', { $fault: 'server' }), 'failed', 0],
] as const)('%s is "%s"', async ([error, outcome, throttles]) => {
  const { calls, told, caller } = metered(async () => Promise.reject(error))
  await expect(calls.elb('DescribeLoadBalancers', {}, caller)).rejects.toThrow()
  expect(told).toEqual([
    { service: 'elasticloadbalancing', operation: 'DescribeLoadBalancers', outcome, ms: expect.any(Number), throttles },
  ])
})

test('targets are counted by what was said last of each group, until the group is deleted', async () => {
  const states: Readonly<Record<string, readonly string[]>> = {
    'arn:a': ['healthy', 'initial'],
    'arn:b': ['healthy', 'unhealthy'],
  }
  const send: Send = async (operation, input) => {
    const { TargetGroupArn: arn = '' } = input as { TargetGroupArn?: string }
    if (operation !== 'DescribeTargetHealth') return {}
    return { TargetHealthDescriptions: (states[arn] ?? []).map(State => ({ TargetHealth: { State } })) }
  }
  const { calls, health, caller } = metered(send)
  await calls.elb('DescribeTargetHealth', { TargetGroupArn: 'arn:a' }, caller)
  await calls.elb('DescribeTargetHealth', { TargetGroupArn: 'arn:b' }, caller)
  await calls.elb('DescribeTargetHealth', { TargetGroupArn: 'arn:b' }, caller)
  expect(Object.fromEntries(health.counts())).toEqual({ healthy: 2, initial: 1, unhealthy: 1 })
  await calls.elb('DeleteTargetGroup', { TargetGroupArn: 'arn:b' }, caller)
  expect(Object.fromEntries(health.counts())).toEqual({ healthy: 1, initial: 1 })
})
