// The calls of many Services by themselves, without a controller: how much of its time is that of the AWS at the other end.
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, DeleteSecurityGroupCommand } from '@aws-sdk/client-ec2'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Subject } from '../fake-aws/contract/subject.ts'
import { forEach } from './population.ts'

export interface BareTimes {
  readonly createMs: number
  readonly deleteMs: number
}

interface Made {
  readonly security: string
  readonly target: string
  readonly balancer: string
}

/** Makes what `services` Services of one port with pods as targets need, by the fewest calls there are, and deletes it again. */
export async function bareCalls(subject: Subject, services: number): Promise<BareTimes> {
  const made: Made[] = []
  const start = performance.now()
  await forEach(services, async index => void made.push(await create(subject, index)))
  const between = performance.now()
  await forEach(services, index => destroy(subject, made[index]))
  return { createMs: between - start, deleteMs: performance.now() - between }
}

async function create({ elbv2, ec2, site }: Subject, index: number): Promise<Made> {
  const [name, tags] = [`bare-${index}`, [{ Key: 'weir.dev/owner', Value: `default/bare-${index}` }]]
  const { vpcId: VpcId } = site
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: name,
      Description: name,
      VpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: tags }],
    }),
  )
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
  const { TargetGroups } = await elbv2.send(
    new CreateTargetGroupCommand({ Name: name, Protocol: 'TCP', Port: 80, VpcId, TargetType: 'ip', Tags: tags }),
  )
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? ''
  await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: '10.0.49.1', Port: 8080 }] }))
  const { LoadBalancers } = await elbv2.send(
    new CreateLoadBalancerCommand({
      Name: name,
      Type: 'network',
      Scheme: 'internal',
      SubnetMappings: site.privateSubnets.map(SubnetId => ({ SubnetId })),
      SecurityGroups: [GroupId],
      Tags: tags,
    }),
  )
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? ''
  const DefaultActions = [{ Type: 'forward' as const, TargetGroupArn }]
  await elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'TCP', Port: 80, DefaultActions }))
  return { security: GroupId, target: TargetGroupArn, balancer: LoadBalancerArn }
}

async function destroy({ elbv2, ec2 }: Subject, made: Made | undefined): Promise<void> {
  if (!made) return
  await elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: made.balancer }))
  await elbv2.send(new DeleteTargetGroupCommand({ TargetGroupArn: made.target }))
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: made.security }))
}
