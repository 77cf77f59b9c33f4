// Values that attributes may have, by the ELBv2 API reference. Attributes that are not listed pass: AWS has the last word on them. Pure.
import type { Attributes } from './aws-settings.ts'

/** One attribute: which values it may have, and what they are like. */
export type Rule = { readonly fits: (value: string) => boolean; readonly like: string }

export const flag: Rule = { fits: value => value === 'true' || value === 'false', like: 'true or false' }
export const number = (min: number, max: number): Rule => ({
  fits: value => /^[0-9]+$/.test(value) && Number(value) >= min && Number(value) <= max,
  like: `a number from ${min} to ${max}`,
})
export const choice = (...choices: readonly string[]): Rule => ({
  fits: value => choices.includes(value),
  like: choices.join(', '),
})
export const offOr = ({ fits, like }: Rule): Rule => ({ fits: value => value === 'off' || fits(value), like: `off, or ${like}` })

/** Of Network Load Balancers, their target groups and listeners. */
const networkRules: Readonly<Record<string, Rule>> = {
  'deletion_protection.enabled': flag,
  'load_balancing.cross_zone.enabled': choice('true', 'false', 'use_load_balancer_configuration'),
  'access_logs.s3.enabled': flag,
  'zonal_shift.config.enabled': flag,
  'ipv6.deny_all_igw_traffic': flag,
  'dns_record.client_routing_policy': choice(
    'availability_zone_affinity',
    'partial_availability_zone_affinity',
    'any_availability_zone',
  ),
  'secondary_ips.auto_assigned.per_subnet': number(0, 7),
  'deregistration_delay.timeout_seconds': number(0, 3600),
  'deregistration_delay.connection_termination.enabled': flag,
  'preserve_client_ip.enabled': flag,
  'proxy_protocol_v2.enabled': flag,
  'stickiness.enabled': flag,
  'stickiness.type': choice('source_ip'),
  'target_health_state.unhealthy.connection_termination.enabled': flag,
  'target_health_state.unhealthy.draining_interval_seconds': number(0, 360_000),
  'target_group_health.dns_failover.minimum_healthy_targets.count': offOr(number(1, 1000)),
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': offOr(number(1, 100)),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': number(1, 1000),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': offOr(number(1, 100)),
  'tcp.idle_timeout.seconds': number(60, 6000),
}

/** What is wrong with the attributes that are asked for, in sentences. */
export function attributeProblems(asked: Attributes, rules: Readonly<Record<string, Rule>> = networkRules): readonly string[] {
  const problems = Object.entries(asked).flatMap(([key, value]) => {
    const rule = rules[key]
    return rule === undefined || rule.fits(value) ? [] : [`the attribute ${key} is ${JSON.stringify(value)}, not ${rule.like}.`]
  })
  const logsWithoutBucket = asked['access_logs.s3.enabled'] === 'true' && !asked['access_logs.s3.bucket']
  return logsWithoutBucket
    ? [...problems, 'access logs need a bucket: the attribute access_logs.s3.bucket is missing.']
    : problems
}
