// Makes the resources that a contract test is not about.
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type {
  CreateListenerCommandInput,
  CreateLoadBalancerCommandInput,
  CreateRuleCommandInput,
  CreateTargetGroupCommandInput,
  Listener,
  LoadBalancer,
  Rule,
  TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand } from '@aws-sdk/client-ec2'
import type { Subject } from './subject.ts'

function only<T>(list: readonly T[] | undefined): T {
  const [first] = list ?? []
  if (first === undefined) throw new Error('the answer is empty')
  return first
}

/** A record with the name that AWS always gives it. */
type Named<T, K extends keyof T> = T & { readonly [Key in K]: string }

function given(value: string | undefined): string {
  if (value === undefined) throw new Error('the answer names no ARN')
  return value
}

/** A Network Load Balancer in the public subnets. */
export async function network(
  subject: Subject,
  input: Partial<CreateLoadBalancerCommandInput> = {},
): Promise<Named<LoadBalancer, 'LoadBalancerArn'>> {
  const subnets = input.SubnetMappings ? {} : { Subnets: [...subject.site.subnets] }
  const output = await subject.elbv2.send(new CreateLoadBalancerCommand({ Name: 'web', Type: 'network', ...subnets, ...input }))
  const made = only(output.LoadBalancers)
  return { ...made, LoadBalancerArn: given(made.LoadBalancerArn) }
}

/** An Application Load Balancer in the public subnets. */
export function application(
  subject: Subject,
  input: Partial<CreateLoadBalancerCommandInput> = {},
): Promise<Named<LoadBalancer, 'LoadBalancerArn'>> {
  return network(subject, { Name: 'site', Type: 'application', ...input })
}

/** A target group for TCP on port 80 with instances as targets. */
export async function group(
  subject: Subject,
  input: Partial<CreateTargetGroupCommandInput> = {},
): Promise<Named<TargetGroup, 'TargetGroupArn'>> {
  const defaults = { Name: 'web-80', Protocol: 'TCP', Port: 80, VpcId: subject.site.vpcId, TargetType: 'instance' } as const
  const output = await subject.elbv2.send(new CreateTargetGroupCommand({ ...defaults, ...input }))
  const made = only(output.TargetGroups)
  return { ...made, TargetGroupArn: given(made.TargetGroupArn) }
}

/** A TCP listener on port 80 that forwards to a group. */
export async function listener(
  subject: Subject,
  LoadBalancerArn: string,
  TargetGroupArn: string,
  input: Partial<CreateListenerCommandInput> = {},
): Promise<Named<Listener, 'ListenerArn'>> {
  const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn }]
  const output = await subject.elbv2.send(
    new CreateListenerCommand({ LoadBalancerArn, Protocol: 'TCP', Port: 80, DefaultActions, ...input }),
  )
  const made = only(output.Listeners)
  return { ...made, ListenerArn: given(made.ListenerArn) }
}

/** A rule for a path that answers 404. */
export async function rule(
  subject: Subject,
  ListenerArn: string,
  Priority: number,
  input: Partial<CreateRuleCommandInput> = {},
): Promise<Named<Rule, 'RuleArn'>> {
  const defaults: CreateRuleCommandInput = {
    ListenerArn,
    Priority,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [`/${Priority}`] } }],
    Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  }
  const output = await subject.elbv2.send(new CreateRuleCommand({ ...defaults, ...input }))
  const made = only(output.Rules)
  return { ...made, RuleArn: given(made.RuleArn) }
}

/** An Application Load Balancer with an HTTP listener that answers 404. */
export async function site(subject: Subject): Promise<{ readonly balancer: string; readonly listener: string }> {
  const balancer = await application(subject)
  const { ListenerArn } = await listener(subject, balancer.LoadBalancerArn, '', {
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  })
  return { balancer: balancer.LoadBalancerArn, listener: ListenerArn }
}

/** A security group that lets TCP port 80 in. */
export async function securityGroup(subject: Subject, GroupName = 'weir'): Promise<string> {
  const { GroupId = '' } = await subject.ec2.send(
    new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: subject.site.vpcId }),
  )
  await subject.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [allow('0.0.0.0/0')] }))
  return GroupId
}

/** A permission for TCP port 80 from a range. */
export function allow(CidrIp: string) {
  return { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp }] }
}
