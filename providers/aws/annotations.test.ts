// Every annotation of AWS Load Balancer Controller is read or refused by its name, and none is ignored in silence.
import { describe, expect, test } from 'vitest'
import { ownAnnotations } from '../../src/api/annotations.ts'
import { awsClassSchema } from '../../src/api/aws-class.ts'
import { loadBalancerClass } from '../../src/api/load-balancer-class.ts'
import { ownAwsAnnotations, serviceAnnotations, servicePrefix, suffixRows } from './annotations.ts'
import type { AwsRow } from './annotations/row.ts'
import { certificate, read, reasonsOf, settingsOf } from './settings/settings-under-test.ts'

const rows = Object.entries<AwsRow>({ ...serviceAnnotations.rows, ...ownAwsAnnotations.rows })

/** Keys of AWS Load Balancer Controller 3.5 for Services, after service.beta.kubernetes.io/. */
const theirs = [
  'load-balancer-source-ranges',
  ...[
    'type',
    'nlb-target-type',
    'name',
    'scheme',
    'internal',
    'subnets',
    'eip-allocations',
    'private-ipv4-addresses',
    'ipv6-addresses',
    'ip-address-type',
    'enable-prefix-for-ipv6-source-nat',
    'source-nat-ipv6-prefixes',
    'security-groups',
    'security-group-prefix-lists',
    'manage-backend-security-group-rules',
    'inbound-sg-rules-on-private-link-traffic',
    'disable-nlb-sg',
    'enable-icmp-for-path-mtu-discovery',
    'proxy-protocol',
    'proxy-protocol-per-target-group',
    'target-group-attributes',
    'target-node-labels',
    'healthcheck-protocol',
    'healthcheck-port',
    'healthcheck-path',
    'healthcheck-interval',
    'healthcheck-timeout',
    'healthcheck-healthy-threshold',
    'healthcheck-unhealthy-threshold',
    'healthcheck-success-codes',
    'ssl-cert',
    'ssl-ports',
    'ssl-negotiation-policy',
    'backend-protocol',
    'alpn-policy',
    'attributes',
    'access-log-enabled',
    'access-log-s3-bucket-name',
    'access-log-s3-bucket-prefix',
    'cross-zone-load-balancing-enabled',
    'minimum-load-balancer-capacity',
    'additional-resource-tags',
    'multi-cluster-target-group',
    'enable-tcp-udp-listener',
    'quic-enabled-ports',
  ].map(key => `aws-load-balancer-${key}`),
]

test('the table has every key of AWS Load Balancer Controller and no other', () => {
  expect(Object.keys(serviceAnnotations.rows).toSorted()).toEqual(theirs.toSorted())
})

test.each(rows)('%s: its example can be read, and the class knows its setting', (_, row) => {
  if (row.example !== undefined && row.parse !== 'reserved') expect(row.parse(row.example)).toHaveProperty('value')
  if (row.setting !== undefined) {
    const final = awsClassSchema.shape.final.unwrap()
    expect(final.safeParse([row.setting]).success).toBe(true)
  }
})

test.each(Object.entries(suffixRows))('%s with a suffix: its example can be read', (_, row) => {
  expect(row.parse(row.example)).toHaveProperty('value')
})

test('every key of our own is known to all providers, so that no other one warns of it', () => {
  for (const key of Object.keys(ownAwsAnnotations.rows)) expect(Object.keys(ownAnnotations)).toContain(key)
})

test('a class takes every setting that an annotation can make, with the same value', () => {
  const aws = { healthCheckIntervalSeconds: 7, tlsPorts: ['443'], certificates: [certificate], tags: { a: 'b' } }
  const spec = { provider: 'aws', aws }
  expect(loadBalancerClass.schema.shape.spec.parse(spec)).toMatchObject({ aws })
  const fromClass = settingsOf({ aws, listeners: [{ port: 443 }] })
  const fromAnnotations = settingsOf({
    annotations: {
      'healthcheck-interval': '7',
      'ssl-ports': '443',
      'ssl-cert': certificate,
      'additional-resource-tags': 'a=b',
    },
    listeners: [{ port: 443 }],
  })
  expect(fromClass).toEqual(fromAnnotations)
})

describe('a value that cannot be read keeps everything as it is', () => {
  test.each([
    ['scheme', 'public', '"public" is none of internal, internet-facing'],
    ['type', 'classic', '"classic" is none of external, nlb, nlb-ip'],
    ['nlb-target-type', 'pod', '"pod" is none of instance, ip'],
    ['name', 'a'.repeat(33), 'must have 1 to 32 characters'],
    ['name', 'internal-web', 'must not begin with internal-'],
    ['name', 'web_1', 'may have only letters, digits and dashes'],
    ['internal', 'maybe', '"maybe" is none of true, false'],
    ['subnets', ' , ', 'must not be empty'],
    ['subnets', 'a,b,a', '"a" stands there twice'],
    ['private-ipv4-addresses', '10.0.0.1,::1', '"::1" is no IPv4 address'],
    ['ipv6-addresses', '10.0.0.1', '"10.0.0.1" is no IPv6 address'],
    ['source-nat-ipv6-prefixes', '2001:db8::/64', 'neither an IPv6 prefix of length 80'],
    ['ip-address-type', 'ipv6', '"ipv6" is none of ipv4, dualstack'],
    ['enable-icmp-for-path-mtu-discovery', 'true', '"true" is none of on, off'],
    ['proxy-protocol', '80', '"80" is not *'],
    ['proxy-protocol-per-target-group', '80,http', '"http" is no number from 1 to 65535'],
    ['target-group-attributes', 'deregistration_delay', 'is not key=value'],
    ['target-node-labels', 'a=b,a=c', '"a" stands there twice'],
    ['healthcheck-protocol', 'UDP', '"UDP" is none of TCP, HTTP, HTTPS'],
    ['healthcheck-interval', '4', '"4" is no number from 5 to 300'],
    ['healthcheck-timeout', '2m', '"2m" is no number from 2 to 120'],
    ['healthcheck-healthy-threshold', '1', '"1" is no number from 2 to 10'],
    ['healthcheck-success-codes', '200-600', 'no list of codes'],
    ['healthcheck-success-codes', '300-200', 'no list of codes'],
    ['ssl-cert', 'my-cert', '"my-cert" is no ARN'],
    ['alpn-policy', 'H2', '"H2" is none of None'],
    ['backend-protocol', 'udp', '"udp" is none of tcp, ssl, http, https'],
    ['minimum-load-balancer-capacity', '3000', 'is not CapacityUnits=<number>'],
    ['listener-attributes.80', 'a=b', '"80" is not a protocol and a port'],
    ['target-group-attributes.http', 'a=b', '"http" is not a port'],
    ['.actions.TCP-80', '{', 'is not JSON'],
    ['.actions.TCP-80', '{"type":"redirect"}', 'type must be "forward"'],
    ['.actions.TCP-80', forward(1000), 'forwardConfig.baseServiceWeight must be a whole number from 0 to 999'],
    [
      '.actions.TCP-80',
      forward(1, { weight: 1 }),
      'forwardConfig.targetGroups[0] needs serviceName or targetGroupARN, and not both',
    ],
    [
      '.actions.TCP-80',
      forward(1, { serviceName: 'a', weight: 1 }),
      'forwardConfig.targetGroups[0] has a serviceName and needs a servicePort',
    ],
    [
      '.actions.TCP-80',
      '{"type":"forward","forwardConfig":{}}',
      'forwardConfig.baseServiceWeight must be a whole number from 0 to 999, and is missing',
    ],
    ['.actions.TCP-80', '{"type":"forward"}', 'forwardConfig must be a JSON object, and is missing'],
    [
      '.actions.TCP-80',
      '{"type":"forward","forwardConfig":{"baseServiceWeight":1},"order":1}',
      'the value has order, which is not known here',
    ],
    [
      '.actions.TCP-80',
      forward(1, { targetGroupARN: 'web' }),
      'forwardConfig.targetGroups[0].targetGroupARN must be the ARN of a target group',
    ],
    [
      '.actions.TCP-80',
      forward(1, { serviceName: 'a', servicePort: 80, weight: 1 }, { serviceName: 'a', servicePort: 80, weight: 2 }),
      'a:80 is named twice',
    ],
    ['weir.dev/load-balancer-group', 'Not a name', 'is no name of small letters'],
    ['weir.dev/deletion-policy', 'keep', '"keep" is none of delete, retain'],
  ])('%s: %s', (key, value, message) => {
    const { problems } = read({ annotations: { [key]: value } })
    expect(problems[0]).toMatchObject({ reason: 'InvalidAnnotation', severity: 'blocks' })
    expect(problems[0]?.message).toContain(message)
  })
})

test.each([
  ['quic-enabled-ports', '443'],
  ['multi-cluster-target-group', 'true'],
])('%s is refused by its name', (key, value) => {
  const { problems } = read({ annotations: { [key]: value } })
  expect(problems).toMatchObject([{ reason: 'UnsupportedAnnotation', severity: 'blocks' }])
  expect(problems[0]?.message).toContain(`${servicePrefix}aws-load-balancer-${key}`)
})

test('not to ask for a multi-cluster target group is fine', () => {
  expect(read({ annotations: { 'multi-cluster-target-group': 'false' } }).problems).toEqual([])
})

describe('a key that nobody reads warns, and names what was probably meant', () => {
  test.each([
    ['aws-load-balancer-shceme', 'Did you mean service.beta.kubernetes.io/aws-load-balancer-scheme?'],
    ['aws-load-balancer-eip-allocation', 'Did you mean service.beta.kubernetes.io/aws-load-balancer-eip-allocations?'],
    ['aws-load-balancer-ssl-certs', 'Did you mean service.beta.kubernetes.io/aws-load-balancer-ssl-cert?'],
    ['load-balancer-source-range', 'Did you mean service.beta.kubernetes.io/load-balancer-source-ranges?'],
    [
      'aws-load-balancer-listner-attributes.TCP-80',
      'Did you mean service.beta.kubernetes.io/aws-load-balancer-listener-attributes.TCP-80?',
    ],
    ['action.TCP-80', 'Did you mean service.beta.kubernetes.io/actions.TCP-80?'],
  ])('%s', (key, remedy) => {
    const { problems } = read({ annotations: { [`.${key}`]: 'x' } })
    expect(problems).toMatchObject([{ reason: 'UnknownAnnotation', severity: 'warns', remedy }])
  })

  test('keys of Classic Load Balancers say what does the same', () => {
    const { problems } = read({ annotations: { 'connection-draining-timeout': '60' } })
    expect(problems).toMatchObject([{ reason: 'SettingWithoutEffect', severity: 'warns' }])
    expect(problems[0]?.remedy).toContain('deregistration_delay.timeout_seconds')
  })

  test('keys of other clouds are none of our business, those for local addresses are told', () => {
    const annotations = { '.azure-load-balancer-internal': 'true', '.openstack-internal-load-balancer': 'true' }
    expect(read({ annotations }).problems).toEqual([])
    const { problems } = read({ annotations: { 'metallb.io/loadBalancerIPs': '192.0.2.1', 'weir.dev/address-pool': 'x' } })
    expect(reasonsOf(problems)).toEqual(['SettingWithoutEffect', 'SettingWithoutEffect'])
  })
})

function forward(baseServiceWeight: number, ...targetGroups: readonly object[]): string {
  return JSON.stringify({ type: 'forward', forwardConfig: { baseServiceWeight, targetGroups } })
}
