// Annotations of Services that the aws provider reads, those of AWS Load Balancer Controller and ours; docs/aws.md is made from these rows.
import { annotationTable, nonEmpty, oneOf } from '../../src/api/annotations.ts'
import { parseForward } from './annotations/forward.ts'
import { loadBalancerRows } from './annotations/load-balancer.ts'
import { flag, map } from './annotations/readers.ts'
import type { AwsRow, SuffixRow } from './annotations/row.ts'
import { targetRows } from './annotations/targets.ts'

/** What belongs to AWS Load Balancer Controller's keys. */
export const servicePrefix = 'service.beta.kubernetes.io/'

/** Keys under `service.beta.kubernetes.io/`. */
export const serviceAnnotations = annotationTable(servicePrefix, { ...loadBalancerRows, ...targetRows })

/** Keys of our own that this provider reads. */
const ownRows = {
  'load-balancer-group': {
    parse: groupName,
    sets: 'group',
    setting: 'group',
    doc: 'Services of one namespace and class with the same value share a load balancer; their ports must differ.',
    default: 'a load balancer of its own',
    example: 'edge',
  },
  'adopt-load-balancer': {
    parse: nonEmpty,
    sets: 'adopt',
    setting: 'adopt',
    doc: 'Name or ARN of a Network Load Balancer to take over. It must carry the tag `weir.dev/adopt` with `<namespace>/<name>` of the Service, or those of AWS Load Balancer Controller for the same Service.',
    default: 'none',
    example: 'shop-front',
  },
  'deletion-policy': {
    parse: oneOf('delete', 'retain'),
    sets: 'deletionPolicy',
    setting: 'deletionPolicy',
    doc: '`retain`: what was made stays in AWS when the Service goes, without our tags.',
    default: 'delete',
    example: 'retain',
  },
  'nodes-with-endpoints-only': {
    parse: flag,
    sets: 'nodesWithEndpointsOnly',
    setting: 'nodesWithEndpointsOnly',
    doc: 'With `externalTrafficPolicy: Local`, register only nodes that hold endpoints.',
    default: 'false: all nodes, the health check decides',
    example: 'true',
  },
  'allow-interruption': {
    parse: flag,
    sets: 'allowInterruption',
    doc: 'Lets a change go on that cannot be made without interrupting traffic.',
    default: 'false',
    example: 'true',
  },
} as const satisfies Readonly<Record<string, AwsRow>>

export const ownAwsAnnotations = annotationTable('weir.dev/', ownRows)

/** Keys under `service.beta.kubernetes.io/` with a dot and a suffix after them. */
export const suffixRows = {
  'aws-load-balancer-target-group-attributes': {
    suffix: 'PORT',
    parse: map(),
    sets: 'targetGroupAttributesByPort',
    setting: 'targetGroupAttributes',
    doc: 'Attributes of the target group of one port; go before those of all.',
    default: 'none',
    example: 'preserve_client_ip.enabled=false',
  },
  'aws-load-balancer-listener-attributes': {
    suffix: 'PROTO-PORT',
    parse: map(),
    sets: 'listenerAttributesByListener',
    setting: 'listenerAttributes',
    doc: 'Attributes of one listener, by its protocol and port, as `TCP-80` or `TLS-443`.',
    default: 'those of AWS',
    example: 'tcp.idle_timeout.seconds=600',
  },
  actions: {
    suffix: 'PROTO-PORT',
    parse: parseForward,
    sets: 'forwardByListener',
    setting: 'actions',
    doc: 'JSON: how one listener shares connections among the Service, other Services of the namespace and target groups by ARN.',
    default: 'all to the Service',
    example:
      '{"type":"forward","forwardConfig":{"baseServiceWeight":90,"targetGroups":[{"serviceName":"canary","servicePort":80,"weight":10}]}}',
  },
} as const satisfies Readonly<Record<string, SuffixRow>>

/** Keys of the cloud provider's Classic Load Balancers that have no meaning for a Network Load Balancer, and what does the same. */
export const classicKeys: Readonly<Record<string, string>> = {
  'aws-load-balancer-connection-draining-enabled': 'Network Load Balancers always drain; remove it.',
  'aws-load-balancer-connection-draining-timeout':
    'Use aws-load-balancer-target-group-attributes: deregistration_delay.timeout_seconds=<seconds>.',
  'aws-load-balancer-connection-idle-timeout':
    'Use aws-load-balancer-listener-attributes.TCP-<port>: tcp.idle_timeout.seconds=<seconds>.',
  'aws-load-balancer-access-log-emit-interval': 'Network Load Balancers have one interval; remove it.',
  'aws-load-balancer-extra-security-groups': 'List all security groups in aws-load-balancer-security-groups.',
  'aws-load-balancer-security-group': 'Use aws-load-balancer-security-groups.',
}

function groupName(text: string): { readonly value: string } | { readonly error: string } {
  const value = text.trim()
  if (value.includes('/')) return { error: `${JSON.stringify(text)} has a slash, and a group is always of one namespace` }
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)
    ? { value }
    : { error: `${JSON.stringify(text)} is no name of small letters, digits and dashes` }
}
