// Target groups beyond the contract: health checks, attributes, targets that cannot be.
import {
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CreateTargetGroupCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { fakeSubject } from '../contract/fake-subject.ts'
import { group, listener, network } from '../contract/makers.ts'
import { refusal } from '../contract/subject.ts'

const groups: readonly (readonly [what: string, input: Partial<CreateTargetGroupCommandInput>, answer: string])[] = [
  ['a path on a TCP check', { HealthCheckPath: '/' }, 'InvalidConfigurationRequestException'],
  ['a matcher on a TCP check', { Matcher: { HttpCode: '200' } }, 'InvalidConfigurationRequestException'],
  ['an HTTP check on TCP', { HealthCheckProtocol: 'HTTP', Matcher: { HttpCode: '200-399' } }, 'accepted'],
  ['code 503 as healthy on TCP', { HealthCheckProtocol: 'HTTP', Matcher: { HttpCode: '503' } }, 'accepted'],
  ['code 503 as healthy on HTTP', { Protocol: 'HTTP', Matcher: { HttpCode: '503' } }, 'ValidationError'],
  ['a timeout as long as the interval on TCP', { HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 10 }, 'accepted'],
  [
    'a timeout as long as the interval on HTTP',
    { Protocol: 'HTTP', HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 10 },
    'ValidationError',
  ],
  ['a threshold of 11', { HealthyThresholdCount: 11 }, 'ValidationError'],
  ['a check on port http', { HealthCheckPort: 'http' }, 'ValidationError'],
  ['a check by UDP', { HealthCheckProtocol: 'UDP' }, 'ValidationError'],
  ['a protocol version on TCP', { ProtocolVersion: 'HTTP2' }, 'ValidationError'],
  ['gRPC codes', { Protocol: 'HTTP', ProtocolVersion: 'GRPC', Matcher: { GrpcCode: '0-99' } }, 'accepted'],
  ['no checks', { HealthCheckEnabled: false }, 'InvalidConfigurationRequestException'],
]

for (const [what, input, answer] of groups) {
  test(`a target group with ${what}: ${answer}`, async () => {
    await using subject = await fakeSubject()
    expect(await refusal(group(subject, input))).toBe(answer)
  })
}

test('a check that becomes TCP loses its path and its matcher', async () => {
  await using subject = await fakeSubject()
  const { TargetGroupArn } = await group(subject, { HealthCheckProtocol: 'HTTP', HealthCheckPath: '/healthz' })
  const { TargetGroups } = await subject.elbv2.send(new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckProtocol: 'TCP' }))
  expect(TargetGroups?.[0]).not.toHaveProperty('HealthCheckPath')
  expect(TargetGroups?.[0]).not.toHaveProperty('Matcher')
})

const attributes: readonly (readonly [protocol: 'TCP' | 'UDP' | 'TLS' | 'HTTP', key: string, value: string, answer: string])[] = [
  ['TCP', 'preserve_client_ip.enabled', 'false', 'accepted'],
  ['UDP', 'preserve_client_ip.enabled', 'false', 'InvalidConfigurationRequestException'],
  ['HTTP', 'preserve_client_ip.enabled', 'false', 'InvalidConfigurationRequestException'],
  ['TCP', 'stickiness.enabled', 'true', 'accepted'],
  ['TLS', 'stickiness.enabled', 'true', 'InvalidConfigurationRequestException'],
  ['TCP', 'stickiness.type', 'lb_cookie', 'InvalidConfigurationRequestException'],
  ['HTTP', 'stickiness.type', 'source_ip', 'InvalidConfigurationRequestException'],
  ['TCP', 'proxy_protocol_v2.enabled', 'yes', 'ValidationError'],
  ['UDP', 'target_health_state.unhealthy.connection_termination.enabled', 'true', 'InvalidConfigurationRequestException'],
  ['TCP', 'target_health_state.unhealthy.draining_interval_seconds', '10', 'InvalidConfigurationRequestException'],
  ['TCP', 'target_group_health.dns_failover.minimum_healthy_targets.percentage', '101', 'ValidationError'],
  ['HTTP', 'load_balancing.algorithm.anomaly_mitigation', 'on', 'InvalidConfigurationRequestException'],
]

for (const [Protocol, Key, Value, answer] of attributes) {
  test(`${Key}=${Value} on ${Protocol}: ${answer}`, async () => {
    await using subject = await fakeSubject()
    const { TargetGroupArn } = await group(subject, { Protocol })
    const command = new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: [{ Key, Value }] })
    expect(await refusal(subject.elbv2.send(command))).toBe(answer)
  })
}

test('targets that cannot be are refused', async () => {
  await using subject = await fakeSubject()
  const stopped = subject.aws.createInstance({ subnet: subject.vpc.publicSubnets[0] ?? never(), state: 'stopped' })
  const far = subject.aws.createVpc({ number: 1 })
  const foreign = subject.aws.createInstance({ subnet: far.publicSubnets[0] ?? never() })
  const instances = await group(subject)
  const addresses = await group(subject, { Name: 'addresses', TargetType: 'ip' })
  const register = (TargetGroupArn: string, Id: string, Port?: number) =>
    refusal(subject.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id, Port }] })))
  expect(await register(instances.TargetGroupArn, stopped.id)).toBe('InvalidTargetException')
  expect(await register(instances.TargetGroupArn, foreign.id)).toBe('InvalidTargetException')
  expect(await register(instances.TargetGroupArn, '10.0.0.9')).toBe('ValidationError')
  expect(await register(addresses.TargetGroupArn, subject.site.instances[0])).toBe('ValidationError')
  expect(await register(addresses.TargetGroupArn, '2001:db8::1')).toBe('ValidationError')
  expect(await register(addresses.TargetGroupArn, '10.0.0.9', 0)).toBe('ValidationError')
})

test('targets of a load balancer are counted in each zone', async () => {
  await using subject = await fakeSubject({ quotas: { targetsPerZonePerNetworkLoadBalancer: 2 } })
  const { LoadBalancerArn } = await network(subject)
  const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
  await listener(subject, LoadBalancerArn, TargetGroupArn)
  const register = (...ids: string[]) =>
    refusal(subject.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: ids.map(Id => ({ Id })) })))
  expect(await register('10.0.0.9', '10.0.0.10', '10.0.16.9')).toBe('accepted')
  expect(await register('10.0.0.11')).toBe('TooManyTargetsException')
})

function never(): never {
  throw new Error('the VPC lacks a subnet')
}
