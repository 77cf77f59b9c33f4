// The contract of target groups, their targets and their health.
import {
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect } from 'vitest'
import { group, listener, network } from './makers.ts'
import type { ContractTest, Subject } from './subject.ts'
import { refusal, sentence } from './subject.ts'

async function health({ elbv2 }: Subject, TargetGroupArn: string): Promise<readonly string[]> {
  const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }))
  return (TargetHealthDescriptions ?? [])
    .map(({ Target, TargetHealth }) => `${Target?.Id}:${Target?.Port} ${TargetHealth?.State}`)
    .toSorted()
}

const register = (
  { elbv2 }: Subject,
  TargetGroupArn: string,
  ...Targets: { Id: string; Port?: number; AvailabilityZone?: string }[]
) => elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }))

/** A group that a listener forwards to. */
async function used(subject: Subject): Promise<string> {
  const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
  const { LoadBalancerArn } = await network(subject)
  await listener(subject, LoadBalancerArn, TargetGroupArn)
  return TargetGroupArn
}

export const targetGroupContract: readonly ContractTest[] = [
  sentence('a TCP target group is checked by TCP every 30 seconds', async subject => {
    expect(await group(subject)).toMatchObject({
      Protocol: 'TCP',
      Port: 80,
      TargetType: 'instance',
      HealthCheckProtocol: 'TCP',
      HealthCheckPort: 'traffic-port',
      HealthCheckIntervalSeconds: 30,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
    })
  }),
  sentence('creating a target group again with the same settings gives the same one', async subject => {
    const first = await group(subject)
    expect((await group(subject)).TargetGroupArn).toBe(first.TargetGroupArn)
  }),
  sentence('creating a target group of the same name with another port is refused', async subject => {
    await group(subject)
    expect(await refusal(group(subject, { Port: 81 }))).toBe('DuplicateTargetGroupNameException')
  }),
  sentence('a target group name has at most 32 characters', async subject => {
    expect(await refusal(group(subject, { Name: 'a'.repeat(33) }))).toBe('ValidationError')
  }),
  sentence('a target group name has no underscore', async subject => {
    expect(await refusal(group(subject, { Name: 'web_80' }))).toBe('ValidationError')
  }),
  sentence('a target group needs a port', async subject => {
    expect(await refusal(group(subject, { Port: undefined }))).toBe('ValidationError')
  }),
  sentence('a target group needs a VPC that exists', async subject => {
    expect(await refusal(group(subject, { VpcId: 'vpc-0123456789abcdef0' }))).toBe('ValidationError')
  }),
  sentence('the health check interval is between 5 and 300 seconds', async subject => {
    expect(await refusal(group(subject, { HealthCheckIntervalSeconds: 4 }))).toBe('ValidationError')
  }),
  sentence('an HTTP target group cannot be checked by TCP', async subject => {
    expect(await refusal(group(subject, { Protocol: 'HTTP', HealthCheckProtocol: 'TCP' }))).toBe('ValidationError')
  }),
  sentence('the health check can be modified', async subject => {
    const { TargetGroupArn } = await group(subject, { HealthCheckProtocol: 'HTTP', HealthCheckPath: '/healthz' })
    await subject.elbv2.send(
      new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: '/ready', HealthyThresholdCount: 2 }),
    )
    const { TargetGroups } = await subject.elbv2.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] }))
    expect(TargetGroups?.[0]).toMatchObject({
      HealthCheckPath: '/ready',
      HealthyThresholdCount: 2,
      HealthCheckIntervalSeconds: 30,
    })
  }),
  sentence('attributes have defaults and keep what is set', async subject => {
    const { TargetGroupArn } = await group(subject)
    const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '10' }]
    await subject.elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }))
    const { Attributes: all } = await subject.elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))
    expect(all).toContainEqual(Attributes[0])
    expect(all).toContainEqual({ Key: 'stickiness.enabled', Value: 'false' })
  }),
  sentence('the stickiness of a network target group is by source address', async subject => {
    const { TargetGroupArn } = await group(subject)
    const { Attributes } = await subject.elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))
    expect(Attributes).toContainEqual({ Key: 'stickiness.type', Value: 'source_ip' })
  }),
  sentence('an attribute value out of range is refused', async subject => {
    const { TargetGroupArn } = await group(subject)
    const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '3601' }]
    expect(await refusal(subject.elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes })))).toBe(
      'ValidationError',
    )
  }),
  sentence('a registered instance is a target', async subject => {
    const { TargetGroupArn } = await group(subject)
    const [Id] = subject.site.instances
    await register(subject, TargetGroupArn, { Id, Port: 30_080 })
    expect((await health(subject, TargetGroupArn)).map(line => line.split(' ')[0])).toEqual([`${Id}:30080`])
  }),
  sentence('targets of a group in no listener are unused', async subject => {
    const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
    await register(subject, TargetGroupArn, { Id: subject.site.address })
    subject.settle()
    expect(await health(subject, TargetGroupArn)).toEqual([`${subject.site.address}:80 unused`])
  }),
  sentence('a target is initial at first', async subject => {
    const arn = await used(subject)
    await register(subject, arn, { Id: subject.site.address })
    expect(await health(subject, arn)).toEqual([`${subject.site.address}:80 initial`])
  }),
  sentence('a target becomes healthy', async subject => {
    const arn = await used(subject)
    await register(subject, arn, { Id: subject.site.address })
    subject.settle()
    expect(await health(subject, arn)).toEqual([`${subject.site.address}:80 healthy`])
  }),
  sentence('one address with two ports is two targets', async subject => {
    const arn = await used(subject)
    const Id = subject.site.address
    await register(subject, arn, { Id, Port: 8080 }, { Id, Port: 8081 })
    subject.settle()
    expect(await health(subject, arn)).toEqual([`${Id}:8080 healthy`, `${Id}:8081 healthy`])
  }),
  sentence('deregistering one port leaves the other', async subject => {
    const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
    const Id = subject.site.address
    await register(subject, TargetGroupArn, { Id, Port: 8080 }, { Id, Port: 8081 })
    await subject.elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id, Port: 8080 }] }))
    expect((await health(subject, TargetGroupArn)).map(line => line.split(' ')[0])).toEqual([`${Id}:8081`])
  }),
  sentence('a target that is deregistered from a group in use drains', async subject => {
    const arn = await used(subject)
    const Id = subject.site.address
    await register(subject, arn, { Id })
    await subject.elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets: [{ Id }] }))
    expect(await health(subject, arn)).toEqual([`${Id}:80 draining`])
  }),
  sentence('deregistering what is not registered succeeds', async subject => {
    const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
    const call = subject.elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: subject.site.address }] }))
    expect(await refusal(call)).toBe('accepted')
  }),
  sentence('an instance that does not exist cannot be a target', async subject => {
    const { TargetGroupArn } = await group(subject)
    expect(await refusal(register(subject, TargetGroupArn, { Id: 'i-0123456789abcdef0' }))).toBe('InvalidTargetException')
  }),
  sentence('a public address cannot be a target', async subject => {
    const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
    expect(await refusal(register(subject, TargetGroupArn, { Id: '8.8.8.8', AvailabilityZone: 'all' }))).toBe(
      'InvalidTargetException',
    )
  }),
  sentence('an address inside the VPC has the zone of its subnet', async subject => {
    const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
    expect(await refusal(register(subject, TargetGroupArn, { Id: subject.site.address, AvailabilityZone: 'all' }))).toBe(
      'ValidationError',
    )
  }),
  sentence('an address outside the VPC needs a zone', async subject => {
    const { TargetGroupArn } = await group(subject, { TargetType: 'ip' })
    expect(await refusal(register(subject, TargetGroupArn, { Id: '192.168.7.7' }))).toBe('ValidationError')
    expect(await refusal(register(subject, TargetGroupArn, { Id: '192.168.7.7', AvailabilityZone: 'all' }))).toBe('accepted')
  }),
  sentence('a target group in use is not deleted', async subject => {
    const TargetGroupArn = await used(subject)
    expect(await refusal(subject.elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn })))).toBe('ResourceInUseException')
  }),
  sentence('deleting a target group twice succeeds', async subject => {
    const { TargetGroupArn } = await group(subject)
    await subject.elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn }))
    expect(await refusal(subject.elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn })))).toBe('accepted')
  }),
  sentence('a target group knows the load balancer that uses it', async subject => {
    const TargetGroupArn = await used(subject)
    const { TargetGroups } = await subject.elbv2.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] }))
    expect(TargetGroups?.[0]?.LoadBalancerArns).toHaveLength(1)
  }),
  sentence('target groups come in pages of the size asked for', async subject => {
    for (const Name of ['one', 'two', 'three']) await group(subject, { Name })
    const { TargetGroups } = await subject.elbv2.send(new DescribeTargetGroupsCommand({ PageSize: 2 }))
    expect(TargetGroups).toHaveLength(2)
  }),
  sentence('a target group that does not exist is not found', async subject => {
    const { TargetGroupArn } = await group(subject)
    const TargetGroupArns = [TargetGroupArn.replace(/[0-9a-f]{16}$/, '0123456789abcdef')]
    expect(await refusal(subject.elbv2.send(new DescribeTargetGroupsCommand({ TargetGroupArns })))).toBe(
      'TargetGroupNotFoundException',
    )
  }),
]
