// Attributes of target groups. Source: API_TargetGroupAttribute; "Edit target group attributes" in the NLB guide.
import type {
  DescribeTargetGroupAttributesInput,
  DescribeTargetGroupAttributesOutput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupAttributesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { TargetGroup } from '../records.ts'
import { attributeOf, attributesOf, between, oneOf, trueOrFalse, withAttributes } from './attributes.ts'
import type { AttributeRow, AttributeRows } from './attributes.ts'
import { findTargetGroup } from './find.ts'

type Row = AttributeRow<TargetGroup>

const isHttp = (group: TargetGroup) => group.protocol === 'HTTP' || group.protocol === 'HTTPS'
const isLambda = (group: TargetGroup) => group.targetType === 'lambda'
const isDatagram = (group: TargetGroup) => /UDP|QUIC/.test(group.protocol ?? '')
const week = 604_800

const application = (row: Row): Row => ({ ...row, on: group => isHttp(group) && !isLambda(group) })
const network = (row: Row): Row => ({ ...row, on: group => !isHttp(group) && !isLambda(group) })
const notLambda = (row: Row): Row => ({ ...row, on: group => !isLambda(group) })
const percent: Row = { default: 'off', check: between(1, 100, 'off') }

export const targetGroupAttributes: AttributeRows<TargetGroup> = {
  'deregistration_delay.timeout_seconds': notLambda({ default: '300', check: between(0, 3600) }),
  'stickiness.enabled': { default: 'false', check: trueOrFalse },
  'stickiness.type': {
    default: group => (isHttp(group) || isLambda(group) ? 'lb_cookie' : 'source_ip'),
    check: oneOf('lb_cookie', 'app_cookie', 'source_ip'),
  },
  'load_balancing.cross_zone.enabled': {
    default: 'use_load_balancer_configuration',
    check: oneOf('true', 'false', 'use_load_balancer_configuration'),
  },
  'target_group_health.dns_failover.minimum_healthy_targets.count': notLambda({ default: '1', check: between(1, 1000, 'off') }),
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': notLambda(percent),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': notLambda({
    default: '1',
    check: between(1, 1000),
  }),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': notLambda(percent),
  'load_balancing.algorithm.type': application({
    default: 'round_robin',
    check: oneOf('round_robin', 'least_outstanding_requests', 'weighted_random'),
  }),
  'load_balancing.algorithm.anomaly_mitigation': application({ default: 'off', check: oneOf('on', 'off') }),
  'slow_start.duration_seconds': application({ default: '0', check: between(30, 900, '0') }),
  'stickiness.app_cookie.cookie_name': application({
    default: '',
    check: value => (value.startsWith('AWSALB') ? 'must not begin with AWSALB' : undefined),
  }),
  'stickiness.app_cookie.duration_seconds': application({ default: '86400', check: between(1, week) }),
  'stickiness.lb_cookie.duration_seconds': application({ default: '86400', check: between(1, week) }),
  'lambda.multi_value_headers.enabled': { default: 'false', check: trueOrFalse, on: isLambda },
  'deregistration_delay.connection_termination.enabled': network({
    default: group => String(isDatagram(group)),
    check: trueOrFalse,
  }),
  'preserve_client_ip.enabled': network({
    default: group => String(group.targetType === 'instance' || isDatagram(group)),
    check: trueOrFalse,
  }),
  'proxy_protocol_v2.enabled': network({ default: 'false', check: trueOrFalse }),
  'target_health_state.unhealthy.connection_termination.enabled': network({
    default: group => String(!isDatagram(group)),
    check: trueOrFalse,
  }),
  'target_health_state.unhealthy.draining_interval_seconds': network({ default: '0', check: between(0, 360_000) }),
}

/** The value a target group has for a key. */
export function targetGroupAttribute(group: TargetGroup, key: string): string | undefined {
  return attributeOf(targetGroupAttributes, group, group.attributes, key)
}

function modify(input: ModifyTargetGroupAttributesInput, call: Call): ModifyTargetGroupAttributesOutput {
  const group = findTargetGroup(call.world, input.TargetGroupArn)
  const changes = input.Attributes ?? []
  const attributes = withAttributes('Target group', targetGroupAttributes, group, group.attributes, changes)
  const changed = { ...group, attributes }
  checkTogether(changed)
  call.world.targetGroups.put(group.arn, changed)
  const keys = new Set(changes.map(change => change.Key))
  return { Attributes: attributesOf(targetGroupAttributes, changed, attributes).filter(({ Key }) => keys.has(Key)) }
}

/** Rules on several keys, or on a key and the group's protocol. */
function checkTogether(group: TargetGroup): void {
  const value = (key: string) => targetGroupAttribute(group, key)
  const refuse = (message: string) => awsError('InvalidConfigurationRequest', message)
  const type = value('stickiness.type')
  if (isHttp(group) === (type === 'source_ip'))
    throw refuse(`Stickiness type '${type}' is not supported for protocol ${group.protocol}`)
  if (value('stickiness.enabled') === 'true' && group.protocol === 'TLS')
    throw refuse('Stickiness is not supported for protocol TLS')
  if (value('stickiness.enabled') === 'true' && type === 'app_cookie' && !value('stickiness.app_cookie.cookie_name')) {
    throw refuse('stickiness.app_cookie.cookie_name is required')
  }
  if (isDatagram(group) && value('preserve_client_ip.enabled') === 'false') {
    throw refuse(`Client IP preservation cannot be disabled for protocol ${group.protocol}`)
  }
  const unhealthy = value('target_health_state.unhealthy.connection_termination.enabled')
  if (isDatagram(group) && unhealthy === 'true') {
    throw refuse(`Termination of connections to unhealthy targets cannot be enabled for protocol ${group.protocol}`)
  }
  if (unhealthy === 'true' && (value('target_health_state.unhealthy.draining_interval_seconds') ?? '0') !== '0') {
    throw refuse('A draining interval needs termination of connections to unhealthy targets to be disabled')
  }
  const mitigation = value('load_balancing.algorithm.anomaly_mitigation')
  if (mitigation === 'on' && value('load_balancing.algorithm.type') !== 'weighted_random') {
    throw refuse('Anomaly mitigation needs the algorithm weighted_random')
  }
  if ((value('slow_start.duration_seconds') ?? '0') !== '0' && value('load_balancing.algorithm.type') !== 'round_robin') {
    throw refuse('Slow start needs the algorithm round_robin')
  }
}

function describe(input: DescribeTargetGroupAttributesInput, call: Call): DescribeTargetGroupAttributesOutput {
  const group = findTargetGroup(call.seen, input.TargetGroupArn)
  return { Attributes: attributesOf(targetGroupAttributes, group, group.attributes) }
}

export const targetGroupAttributeOperations = {
  ModifyTargetGroupAttributes: modify,
  DescribeTargetGroupAttributes: describe,
} satisfies Operations
