// Attributes of load balancers, target groups and listeners: what AWS has by itself, and what must be modified to get what is asked for. Pure.
import type { Attributes, AttributeSettings, IpAddressType, ListenerProtocol, Scheme } from './aws-settings.ts'

/**
 * Never put back on our own: deletion protection is as often set by hand, for good reason; secondary addresses cannot be
 * taken away (both: ELBv2 API, LoadBalancerAttribute).
 */
const keptUnlessAsked: ReadonlySet<string> = new Set(['deletion_protection.enabled', 'secondary_ips.auto_assigned.per_subnet'])
const neverPutBack: ReadonlySet<string> = new Set(['secondary_ips.auto_assigned.per_subnet'])

/** Defaults by ELBv2 API reference, LoadBalancerAttribute, for type network. */
export function loadBalancerAttributes(
  asked: Attributes,
  { scheme, ipAddressType }: { readonly scheme: Scheme; readonly ipAddressType: IpAddressType },
): AttributeSettings {
  return {
    asked,
    defaults: {
      'deletion_protection.enabled': 'false',
      'load_balancing.cross_zone.enabled': 'false',
      'access_logs.s3.enabled': 'false',
      'access_logs.s3.bucket': '',
      'access_logs.s3.prefix': '',
      'zonal_shift.config.enabled': 'false',
      'dns_record.client_routing_policy': 'any_availability_zone',
      'secondary_ips.auto_assigned.per_subnet': '0',
      ...(ipAddressType === 'dualstack' ? { 'ipv6.deny_all_igw_traffic': String(scheme === 'internal') } : {}),
    },
  }
}

/** Defaults by ELBv2 API reference, TargetGroupAttribute, for target groups of Network Load Balancers. */
export function targetGroupAttributes(
  asked: Attributes,
  { protocol, targetType }: { readonly protocol: ListenerProtocol; readonly targetType: 'instance' | 'ip' },
): AttributeSettings {
  const isUdp = protocol === 'UDP' || protocol === 'TCP_UDP'
  return {
    asked,
    defaults: {
      'deregistration_delay.timeout_seconds': '300',
      'deregistration_delay.connection_termination.enabled': String(isUdp),
      'preserve_client_ip.enabled': String(isUdp || targetType === 'instance'),
      'proxy_protocol_v2.enabled': 'false',
      'stickiness.enabled': 'false',
      'stickiness.type': 'source_ip',
      'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
      'target_health_state.unhealthy.connection_termination.enabled': String(!isUdp),
      'target_health_state.unhealthy.draining_interval_seconds': '0',
      'target_group_health.dns_failover.minimum_healthy_targets.count': '1',
      'target_group_health.dns_failover.minimum_healthy_targets.percentage': 'off',
      'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '1',
      'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': 'off',
    },
  }
}

/** Defaults by ELBv2 API reference, ListenerAttribute: the idle timeout exists for TCP only. */
export function listenerAttributes(asked: Attributes, protocol: ListenerProtocol): AttributeSettings {
  return { asked, defaults: protocol === 'TCP' ? { 'tcp.idle_timeout.seconds': '350' } : {} }
}

/** What to modify right after creating: no need to read what a fresh resource has. */
export function changesOfFresh({ asked, defaults }: AttributeSettings): Attributes {
  return Object.fromEntries(Object.entries(asked).filter(([key, value]) => defaults[key] !== value))
}

/**
 * What to modify so that `observed` becomes what is asked for. A key nobody asks for goes back to AWS's default; keys without
 * a known default are left alone. `askedBefore` are the keys of the last application: those that people also set by hand
 * go back only if it was us who set them.
 */
export function attributeChanges(
  { asked, defaults }: AttributeSettings,
  observed: Attributes,
  askedBefore: readonly string[] = [],
): Attributes {
  const changes: Record<string, string> = {}
  for (const [key, value] of Object.entries(asked)) if (observed[key] !== value) changes[key] = value
  for (const [key, value] of Object.entries(defaults)) {
    if (key in asked || observed[key] === undefined || observed[key] === value || neverPutBack.has(key)) continue
    if (keptUnlessAsked.has(key) && !askedBefore.includes(key)) continue
    changes[key] = value
  }
  return changes
}
