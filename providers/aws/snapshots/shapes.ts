// What there is in AWS, as far as it matters here: the answers of Describe calls in a form without holes.
import type { SecurityGroup } from '@aws-sdk/client-ec2'
import type { Listener, LoadBalancer, TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { RuleAction, UnknownPart } from '../model/application.ts'
import { foundActions } from './rule-shapes.ts'
import type { Rule } from '../model/security-group-rules.ts'

export type Tags = Readonly<Record<string, string>>

export interface FoundSubnet {
  readonly subnetId: string
  readonly zone: string
  readonly allocationId?: string
  readonly privateIpv4?: string
  readonly ipv6?: string
}

export interface FoundLoadBalancer {
  readonly arn: string
  readonly name: string
  readonly type: string
  readonly dnsName: string
  readonly scheme: string
  readonly ipAddressType: string
  readonly vpcId: string
  readonly state: string
  /** Why it is in that state, when AWS says. */
  readonly stateReason?: string
  readonly subnets: readonly FoundSubnet[]
  readonly securityGroups: readonly string[]
  readonly sourceNat: boolean
  readonly customerOwnedIpv4Pool?: string
  readonly ipamIpv4Pool?: string
  /** Absent while nobody set it. */
  readonly privateLinkInboundRules?: boolean
  readonly tags: Tags
}

export interface FoundHealthCheck {
  readonly protocol: string
  readonly port: string
  readonly path?: string
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  readonly successCodes?: string
}

export interface FoundTargetGroup {
  readonly arn: string
  readonly name: string
  readonly protocol: string
  readonly protocolVersion?: string
  readonly targetType: string
  readonly ipAddressType: string
  readonly vpcId: string
  readonly healthCheck: FoundHealthCheck
  readonly loadBalancers: readonly string[]
  readonly tags: Tags
}

export interface FoundListener {
  readonly arn: string
  readonly loadBalancer: string
  readonly port: number
  readonly protocol: string
  /** The default certificate. */
  readonly certificate?: string
  readonly policy?: string
  readonly alpn?: string
  /** Of a listener for HTTP or HTTPS: what it does with requests that no rule takes. */
  readonly actions?: readonly (RuleAction | UnknownPart)[]
  readonly forward: readonly { readonly targetGroup: string; readonly weight: number }[]
  readonly stickiness: boolean
}

/** A rule of a security group that lets something in. */
export interface FoundRule extends Rule {
  readonly description: string
}

export interface FoundSecurityGroup {
  readonly id: string
  readonly name: string
  readonly vpcId: string
  readonly rules: readonly FoundRule[]
  readonly tags: Tags
}

export function foundLoadBalancer(it: LoadBalancer, tags: Tags): FoundLoadBalancer {
  const privateLink = it.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
  return {
    arn: it.LoadBalancerArn ?? '',
    name: it.LoadBalancerName ?? '',
    type: it.Type ?? '',
    dnsName: (it.DNSName ?? '').toLowerCase(),
    scheme: it.Scheme ?? '',
    ipAddressType: it.IpAddressType ?? 'ipv4',
    vpcId: it.VpcId ?? '',
    state: it.State?.Code ?? '',
    ...(it.State?.Reason ? { stateReason: it.State.Reason } : {}),
    subnets: (it.AvailabilityZones ?? []).map(zone => {
      const addresses = zone.LoadBalancerAddresses ?? []
      const allocationId = addresses.find(({ AllocationId }) => AllocationId !== undefined)?.AllocationId
      const privateIpv4 = addresses.find(address => address.PrivateIPv4Address !== undefined)?.PrivateIPv4Address
      const ipv6 = addresses.find(({ IPv6Address }) => IPv6Address !== undefined)?.IPv6Address
      return {
        subnetId: zone.SubnetId ?? '',
        zone: zone.ZoneName ?? '',
        ...(allocationId === undefined ? {} : { allocationId }),
        ...(privateIpv4 === undefined ? {} : { privateIpv4 }),
        ...(ipv6 === undefined ? {} : { ipv6 }),
      }
    }),
    securityGroups: it.SecurityGroups ?? [],
    sourceNat: it.EnablePrefixForIpv6SourceNat === 'on',
    ...(it.CustomerOwnedIpv4Pool ? { customerOwnedIpv4Pool: it.CustomerOwnedIpv4Pool } : {}),
    ...(it.IpamPools?.Ipv4IpamPoolId ? { ipamIpv4Pool: it.IpamPools.Ipv4IpamPoolId } : {}),
    ...(privateLink === undefined ? {} : { privateLinkInboundRules: privateLink === 'on' }),
    tags,
  }
}

export function foundTargetGroup(it: TargetGroup, tags: Tags): FoundTargetGroup {
  const codes = it.Matcher?.HttpCode ?? it.Matcher?.GrpcCode
  return {
    arn: it.TargetGroupArn ?? '',
    name: it.TargetGroupName ?? '',
    protocol: it.Protocol ?? '',
    ...(it.ProtocolVersion === undefined ? {} : { protocolVersion: it.ProtocolVersion }),
    targetType: it.TargetType ?? '',
    ipAddressType: it.IpAddressType ?? 'ipv4',
    vpcId: it.VpcId ?? '',
    healthCheck: {
      protocol: it.HealthCheckProtocol ?? '',
      port: it.HealthCheckPort ?? '',
      intervalSeconds: it.HealthCheckIntervalSeconds ?? 0,
      timeoutSeconds: it.HealthCheckTimeoutSeconds ?? 0,
      healthyThreshold: it.HealthyThresholdCount ?? 0,
      unhealthyThreshold: it.UnhealthyThresholdCount ?? 0,
      ...(it.HealthCheckPath === undefined ? {} : { path: it.HealthCheckPath }),
      ...(codes === undefined ? {} : { successCodes: codes }),
    },
    loadBalancers: it.LoadBalancerArns ?? [],
    tags,
  }
}

export function foundListener(it: Listener): FoundListener {
  const [action] = it.DefaultActions ?? []
  const config = action?.ForwardConfig
  const groups = config?.TargetGroups ?? (action?.TargetGroupArn === undefined ? [] : [{ TargetGroupArn: action.TargetGroupArn }])
  const certificate = it.Certificates?.[0]?.CertificateArn
  const alpn = it.AlpnPolicy?.[0]
  return {
    arn: it.ListenerArn ?? '',
    loadBalancer: it.LoadBalancerArn ?? '',
    port: it.Port ?? 0,
    protocol: it.Protocol ?? '',
    forward: groups.map(({ TargetGroupArn, Weight }) => ({ targetGroup: TargetGroupArn ?? '', weight: Weight ?? 1 })),
    stickiness: config?.TargetGroupStickinessConfig?.Enabled ?? false,
    ...(it.Protocol === 'HTTP' || it.Protocol === 'HTTPS' ? { actions: foundActions(it.DefaultActions) } : {}),
    ...(certificate === undefined ? {} : { certificate }),
    ...(it.SslPolicy === undefined ? {} : { policy: it.SslPolicy }),
    ...(alpn === undefined ? {} : { alpn }),
  }
}

export function foundSecurityGroup(it: SecurityGroup): FoundSecurityGroup {
  const rules = (it.IpPermissions ?? []).flatMap((permission): FoundRule[] => {
    const rule = (kind: FoundRule['kind'], source: string | undefined, description: string | undefined): FoundRule => ({
      protocol: permission.IpProtocol ?? '-1',
      from: permission.FromPort ?? -1,
      to: permission.ToPort ?? -1,
      kind,
      source: source ?? '',
      description: description ?? '',
    })
    return [
      ...(permission.IpRanges ?? []).map(range => rule('cidr', range.CidrIp, range.Description)),
      ...(permission.Ipv6Ranges ?? []).map(range => rule('cidr6', range.CidrIpv6, range.Description)),
      ...(permission.PrefixListIds ?? []).map(list => rule('prefix-list', list.PrefixListId, list.Description)),
      ...(permission.UserIdGroupPairs ?? []).map(pair => rule('group', pair.GroupId, pair.Description)),
    ]
  })
  const tags = Object.fromEntries((it.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
  return { id: it.GroupId ?? '', name: it.GroupName ?? '', vpcId: it.VpcId ?? '', rules, tags }
}
