// What stands in an account for one Service, asked of AWS itself as anybody would; the same for the fake and moto.
import { DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2'
import {
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { AwsClients } from '../fake-aws/fake-aws.ts'

export interface Standing {
  readonly arn: string
  readonly scheme: string | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  /** By protocol and port, as `TCP-80`. */
  readonly listeners: Readonly<Record<string, StandingListener>>
  /** What its security groups let in, as `tcp 80 10.0.0.0/8`. */
  readonly lets: readonly string[]
}

export interface StandingListener {
  readonly arn: string
  readonly certificates: readonly string[]
  readonly groups: readonly StandingGroup[]
}

export interface StandingGroup {
  readonly weight: number
  readonly protocol: string | undefined
  readonly type: string | undefined
  readonly check: string
  readonly attributes: Readonly<Record<string, string>>
  /** Ids and ports, sorted. */
  readonly targets: readonly string[]
}

type Clients = Pick<AwsClients, 'elbv2' | 'ec2'>

/** The load balancer behind a hostname; undefined when there is none. */
export async function lookAt({ elbv2, ec2 }: Clients, hostname: string): Promise<Standing | undefined> {
  const { LoadBalancers = [] } = await elbv2.send(new DescribeLoadBalancersCommand({}))
  const balancer = LoadBalancers.find(({ DNSName }) => DNSName?.toLowerCase() === hostname)
  if (!balancer) return undefined
  const LoadBalancerArn = balancer.LoadBalancerArn ?? ''
  const { Attributes } = await elbv2.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }))
  const { TagDescriptions } = await elbv2.send(new DescribeTagsCommand({ ResourceArns: [LoadBalancerArn] }))
  const { Listeners = [] } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }))
  const listeners: Record<string, StandingListener> = {}
  for (const { ListenerArn = '', Protocol, Port, DefaultActions = [], Certificates = [] } of Listeners) {
    const [action] = DefaultActions
    const places = action?.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action?.TargetGroupArn, Weight: 1 }]
    const groups = await Promise.all(places.map(place => groupOf(elbv2, place.TargetGroupArn ?? '', place.Weight ?? 1)))
    const certificates = Certificates.flatMap(({ CertificateArn }) => CertificateArn ?? [])
    listeners[`${Protocol}-${Port}`] = { arn: ListenerArn, certificates, groups }
  }
  const GroupIds = balancer.SecurityGroups ?? []
  const { SecurityGroups = [] } = GroupIds.length > 0 ? await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds })) : {}
  const lets = SecurityGroups.flatMap(({ IpPermissions = [] }) =>
    IpPermissions.flatMap(({ IpProtocol, FromPort, IpRanges = [] }) =>
      IpRanges.map(({ CidrIp }) => `${IpProtocol} ${FromPort} ${CidrIp}`),
    ),
  )
  const tags = pairs(TagDescriptions?.[0]?.Tags)
  return { arn: LoadBalancerArn, scheme: balancer.Scheme, attributes: pairs(Attributes), tags, listeners, lets: lets.toSorted() }
}

async function groupOf(elbv2: Clients['elbv2'], TargetGroupArn: string, weight: number): Promise<StandingGroup> {
  const { TargetGroups } = await elbv2.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] }))
  const { Attributes } = await elbv2.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))
  const { TargetHealthDescriptions = [] } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }))
  const group = TargetGroups?.[0]
  const present = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== 'draining')
  return {
    weight,
    protocol: group?.Protocol,
    type: group?.TargetType,
    check: [group?.HealthCheckProtocol, group?.HealthCheckPort, group?.HealthCheckPath ?? ''].join(' ').trim(),
    attributes: pairs(Attributes),
    targets: present.map(({ Target }) => `${Target?.Id}:${Target?.Port}`).toSorted(),
  }
}

function pairs(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries((list ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
}
