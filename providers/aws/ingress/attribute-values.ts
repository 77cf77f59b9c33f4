// Values that attributes of Application Load Balancers and their target groups may have, by the ELBv2 API reference. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { invalidSettings } from '../model/problems.ts'
import { attributeProblems, choice, flag, number, offOr } from '../settings/attribute-values.ts'
import type { Rule } from '../settings/attribute-values.ts'
import type { Attributes } from '../settings/aws-settings.ts'

const ofBalancers: Readonly<Record<string, Rule>> = {
  'deletion_protection.enabled': flag,
  'load_balancing.cross_zone.enabled': choice('true'),
  'access_logs.s3.enabled': flag,
  'connection_logs.s3.enabled': flag,
  'health_check_logs.s3.enabled': flag,
  'zonal_shift.config.enabled': flag,
  'ipv6.deny_all_igw_traffic': flag,
  'idle_timeout.timeout_seconds': number(1, 4000),
  'client_keep_alive.seconds': number(60, 604_800),
  'routing.http.desync_mitigation_mode': choice('monitor', 'defensive', 'strictest'),
  'routing.http.drop_invalid_header_fields.enabled': flag,
  'routing.http.preserve_host_header.enabled': flag,
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': flag,
  'routing.http.xff_client_port.enabled': flag,
  'routing.http.xff_header_processing.mode': choice('append', 'preserve', 'remove'),
  'routing.http2.enabled': flag,
  'waf.fail_open.enabled': flag,
}

const week = 604_800

const ofGroups: Readonly<Record<string, Rule>> = {
  'deregistration_delay.timeout_seconds': number(0, 3600),
  'stickiness.enabled': flag,
  'stickiness.type': choice('lb_cookie', 'app_cookie'),
  'stickiness.lb_cookie.duration_seconds': number(1, week),
  'stickiness.app_cookie.duration_seconds': number(1, week),
  'load_balancing.cross_zone.enabled': choice('true', 'false', 'use_load_balancer_configuration'),
  'load_balancing.algorithm.type': choice('round_robin', 'least_outstanding_requests', 'weighted_random'),
  'load_balancing.algorithm.anomaly_mitigation': choice('on', 'off'),
  'target_group_health.dns_failover.minimum_healthy_targets.count': offOr(number(1, 1000)),
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': offOr(number(1, 100)),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': number(1, 1000),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': offOr(number(1, 100)),
}

const remedy = 'Correct the value or remove the attribute.'

export function balancerAttributeProblems(asked: Attributes): readonly Problem[] {
  return attributeProblems(asked, ofBalancers).map(text => invalidSettings(text, remedy))
}

/** Two more rules that one value alone does not tell (API_TargetGroupAttribute). */
export function groupAttributeProblems(asked: Attributes): readonly Problem[] {
  const slow = asked['slow_start.duration_seconds'] ?? '0'
  const algorithm = asked['load_balancing.algorithm.type'] ?? 'round_robin'
  const texts = [
    ...attributeProblems(asked, ofGroups),
    ...(slow === '0' || number(30, 900).fits(slow)
      ? []
      : [`the attribute slow_start.duration_seconds is ${JSON.stringify(slow)}, not 0 or a number from 30 to 900.`]),
    ...(slow !== '0' && algorithm !== 'round_robin'
      ? [`a slow start needs round_robin, and the algorithm is ${algorithm}.`]
      : []),
    ...(asked['stickiness.type'] === 'app_cookie' && !asked['stickiness.app_cookie.cookie_name']
      ? ['stickiness by app_cookie needs the attribute stickiness.app_cookie.cookie_name.']
      : []),
  ]
  return texts.map(text => invalidSettings(text, remedy))
}
