// Attributes of load balancers. Source: API_LoadBalancerAttribute.
import type {
  DescribeLoadBalancerAttributesInput,
  DescribeLoadBalancerAttributesOutput,
  ModifyLoadBalancerAttributesInput,
  ModifyLoadBalancerAttributesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { awsError } from '../errors.ts'
import type { LoadBalancer } from '../records.ts'
import { anyText, attributeOf, attributesOf, between, oneOf, trueOrFalse, withAttributes } from './attributes.ts'
import type { AttributeRow, AttributeRows } from './attributes.ts'
import { findLoadBalancer } from './find.ts'

type Row = AttributeRow<LoadBalancer>

const network = (row: Row): Row => ({ ...row, on: balancer => balancer.type === 'network' })
const application = (row: Row): Row => ({ ...row, on: balancer => balancer.type === 'application' })
const flag = (initial: 'true' | 'false'): Row => ({ default: initial, check: trueOrFalse })
const text: Row = { default: '', check: anyText }

export const loadBalancerAttributes: AttributeRows<LoadBalancer> = {
  'deletion_protection.enabled': flag('false'),
  'load_balancing.cross_zone.enabled': { default: balancer => String(balancer.type === 'application'), check: trueOrFalse },
  'access_logs.s3.enabled': flag('false'),
  'access_logs.s3.bucket': text,
  'access_logs.s3.prefix': text,
  'ipv6.deny_all_igw_traffic': { default: balancer => String(balancer.scheme === 'internal'), check: trueOrFalse },
  'zonal_shift.config.enabled': flag('false'),
  'dns_record.client_routing_policy': network({
    default: 'any_availability_zone',
    check: oneOf('availability_zone_affinity', 'partial_availability_zone_affinity', 'any_availability_zone'),
  }),
  'secondary_ips.auto_assigned.per_subnet': network({ default: '0', check: between(0, 7) }),
  'idle_timeout.timeout_seconds': application({ default: '60', check: between(1, 4000) }),
  'client_keep_alive.seconds': application({ default: '3600', check: between(60, 604_800) }),
  'connection_logs.s3.enabled': application(flag('false')),
  'connection_logs.s3.bucket': application(text),
  'connection_logs.s3.prefix': application(text),
  'health_check_logs.s3.enabled': application(flag('false')),
  'health_check_logs.s3.bucket': application(text),
  'health_check_logs.s3.prefix': application(text),
  'routing.http.desync_mitigation_mode': application({ default: 'defensive', check: oneOf('monitor', 'defensive', 'strictest') }),
  'routing.http.drop_invalid_header_fields.enabled': application(flag('false')),
  'routing.http.preserve_host_header.enabled': application(flag('false')),
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': application(flag('false')),
  'routing.http.xff_client_port.enabled': application(flag('false')),
  'routing.http.xff_header_processing.mode': application({ default: 'append', check: oneOf('append', 'preserve', 'remove') }),
  'routing.http2.enabled': application(flag('true')),
  'waf.fail_open.enabled': application(flag('false')),
}

/** The value a load balancer has for a key. */
export function loadBalancerAttribute(balancer: LoadBalancer, key: string): string | undefined {
  return attributeOf(loadBalancerAttributes, balancer, balancer.attributes, key)
}

function modify(input: ModifyLoadBalancerAttributesInput, call: Call): ModifyLoadBalancerAttributesOutput {
  const balancer = findLoadBalancer(call.world, input.LoadBalancerArn)
  const changes = input.Attributes ?? []
  const attributes = withAttributes('Load balancer', loadBalancerAttributes, balancer, balancer.attributes, changes)
  const changed = { ...balancer, attributes }
  checkTogether(balancer, changed)
  call.world.loadBalancers.put(balancer.arn, changed)
  const keys = new Set(changes.map(change => change.Key))
  return { Attributes: attributesOf(loadBalancerAttributes, changed, attributes).filter(({ Key }) => keys.has(Key)) }
}

/** Rules that more than one key, or the value before, take part in. */
function checkTogether(before: LoadBalancer, after: LoadBalancer): void {
  for (const logs of ['access_logs', 'connection_logs', 'health_check_logs']) {
    if (loadBalancerAttribute(after, `${logs}.s3.enabled`) === 'true' && !loadBalancerAttribute(after, `${logs}.s3.bucket`)) {
      throw awsError('InvalidConfigurationRequest', `${logs}.s3.bucket is required when ${logs} are enabled`)
    }
  }
  const secondary = (balancer: LoadBalancer) =>
    Number(loadBalancerAttribute(balancer, 'secondary_ips.auto_assigned.per_subnet') ?? 0)
  if (secondary(after) < secondary(before)) {
    throw awsError('InvalidConfigurationRequest', 'secondary_ips.auto_assigned.per_subnet cannot be decreased')
  }
  if (after.type === 'application' && loadBalancerAttribute(after, 'load_balancing.cross_zone.enabled') === 'false') {
    throw awsError(
      'InvalidConfigurationRequest',
      'load_balancing.cross_zone.enabled cannot be changed on an application load balancer',
    )
  }
}

function describe(input: DescribeLoadBalancerAttributesInput, call: Call): DescribeLoadBalancerAttributesOutput {
  const balancer = findLoadBalancer(call.seen, input.LoadBalancerArn)
  return { Attributes: attributesOf(loadBalancerAttributes, balancer, balancer.attributes) }
}

export const loadBalancerAttributeOperations = {
  ModifyLoadBalancerAttributes: modify,
  DescribeLoadBalancerAttributes: describe,
} satisfies Operations
