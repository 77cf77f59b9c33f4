// What AWS Load Balancer Controller leaves in an account: load balancers, listeners, target groups and security groups with its names and tags.
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { FakeAws } from '../fake-aws/fake-aws.ts'
import type { Vpc } from '../fake-aws/presets.ts'

export interface LeftPath {
  readonly path: string
  /** Part of the resource id of its target group: `default/web-cart:80`. */
  readonly resource: string
  readonly pods: readonly string[]
}

export interface LeftStack {
  /** `clusterName` of that controller. */
  readonly cluster: string
  readonly of: 'service' | 'ingress'
  /** `default/web`, or the name of a group of Ingresses. */
  readonly stack: string
  readonly name: string
  /** Of a Service: the pods behind port 80. */
  readonly pods?: readonly string[]
  /** Of an Ingress: host and paths. */
  readonly host?: string
  readonly paths?: readonly LeftPath[]
}

export interface Left {
  readonly balancer: string
  readonly dnsName: string
  readonly listener: string
  readonly targetGroups: readonly string[]
  readonly securityGroup: string
}

/** Made by other credentials than those of Weir, as they stand once that controller has gone. */
export async function leftByLbc(aws: FakeAws, vpc: Vpc, left: LeftStack): Promise<Left> {
  const { elbv2 } = aws.clients({ accessKeyId: 'AKIALBC' })
  const { cluster, of, stack, name, pods = [], paths = [] } = left
  const tagsOf = (resource: string) => ({
    'elbv2.k8s.aws/cluster': cluster,
    [`${of}.k8s.aws/stack`]: stack,
    [`${of}.k8s.aws/resource`]: resource,
  })
  const tagList = (resource: string) => Object.entries(tagsOf(resource)).map(([Key, Value]) => ({ Key, Value }))
  const isNetwork = of === 'service'
  const securityGroup = aws.createSecurityGroup({ vpcId: vpc.id, name, tags: tagsOf('ManagedLBSecurityGroup') })
  const subnets = isNetwork ? vpc.privateSubnets.slice(0, 1) : vpc.privateSubnets.slice(0, 2)
  const { LoadBalancers = [] } = await elbv2.send(
    new CreateLoadBalancerCommand({
      Name: name,
      Type: isNetwork ? 'network' : 'application',
      Scheme: 'internal',
      Subnets: subnets.map(({ id }) => id),
      SecurityGroups: [securityGroup.id],
      Tags: tagList('LoadBalancer'),
    }),
  )
  const [{ LoadBalancerArn: balancer = '', DNSName: dnsName = '' } = {}] = LoadBalancers
  const targetGroups: string[] = []
  const groupOf = async (resource: string, targets: readonly string[]) => {
    const made = await elbv2.send(
      new CreateTargetGroupCommand({
        Name: `${name.slice(0, 26)}-tg${targetGroups.length}`,
        Protocol: isNetwork ? 'TCP' : 'HTTP',
        Port: 8080,
        VpcId: vpc.id,
        TargetType: 'ip',
        Tags: tagList(resource),
      }),
    )
    const arn = made.TargetGroups?.[0]?.TargetGroupArn ?? ''
    const Targets = targets.map(Id => ({ Id, Port: 8080 }))
    if (Targets.length > 0) await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }))
    targetGroups.push(arn)
    return arn
  }
  const { Listeners = [] } = await elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: balancer,
      Protocol: isNetwork ? 'TCP' : 'HTTP',
      Port: 80,
      DefaultActions: isNetwork
        ? [{ Type: 'forward', TargetGroupArn: await groupOf(`${stack}:80`, pods) }]
        : [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain' } }],
      Tags: tagList('80'),
    }),
  )
  const listener = Listeners[0]?.ListenerArn ?? ''
  for (const [index, { path, resource, pods: behind }] of paths.entries()) {
    await elbv2.send(
      new CreateRuleCommand({
        ListenerArn: listener,
        Priority: index + 1,
        Conditions: [
          { Field: 'host-header', HostHeaderConfig: { Values: [left.host ?? ''] } },
          { Field: 'path-pattern', PathPatternConfig: { Values: [path, `${path}/*`] } },
        ],
        Actions: [{ Type: 'forward', TargetGroupArn: await groupOf(resource, behind) }],
        Tags: tagList(`80:${index + 1}`),
      }),
    )
  }
  return { balancer, dnsName, listener, targetGroups, securityGroup: securityGroup.id }
}
