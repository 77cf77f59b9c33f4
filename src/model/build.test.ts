// Building the neutral load balancer: what each field of a Service becomes, and what mistakes say.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { buildLoadBalancer, sourceRangesAnnotation } from './build.ts'
import type { Service, ServiceSpec } from './kubernetes-objects.ts'

const lan: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'lan' },
  spec: { provider: 'local', targets: 'Pod', default: false },
}

function service(spec: Partial<ServiceSpec> = {}, annotations: Record<string, string> = {}): Service {
  return {
    metadata: { name: 'web', namespace: 'shop', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z', annotations },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ...spec },
  }
}

function build(spec: Partial<ServiceSpec> = {}, annotations: Record<string, string> = {}) {
  return buildLoadBalancer(service(spec, annotations), lan)
}

test('a plain Service becomes a plain load balancer', () => {
  expect(build()).toEqual({
    problems: [],
    desired: {
      id: { kind: 'Service', namespace: 'shop', name: 'web', uid: 'u1' },
      class: lan,
      targetType: 'Pod',
      families: ['IPv4'],
      familyPolicy: 'SingleStack',
      listeners: [{ port: 80, protocol: 'TCP', portName: '' }],
      externalTrafficPolicy: 'Cluster',
      sourceRanges: [],
      labels: {},
      annotations: {},
      statusAddresses: [],
      createdAt: '2026-01-01T00:00:00Z',
    },
  })
})

test('every field a load balancer needs is carried over', () => {
  const full = service({
    ports: [
      { name: 'https', port: 443, nodePort: 30443, appProtocol: 'kubernetes.io/h2c' },
      { name: 'dns', port: 53, protocol: 'UDP', nodePort: 0 },
    ],
    ipFamilies: ['IPv6', 'IPv4'],
    ipFamilyPolicy: 'RequireDualStack',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32000,
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    loadBalancerIP: '10.201.200.7',
  })
  const status = { loadBalancer: { ingress: [{ ip: '10.201.200.7' }, { hostname: 'web.example.com' }, { ip: '2001:db8::7' }] } }
  expect(buildLoadBalancer({ ...full, status }, lan).desired).toMatchObject({
    families: ['IPv6', 'IPv4'],
    familyPolicy: 'RequireDualStack',
    listeners: [
      { port: 443, protocol: 'TCP', portName: 'https', nodePort: 30443, appProtocol: 'kubernetes.io/h2c' },
      { port: 53, protocol: 'UDP', portName: 'dns' },
    ],
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32000,
    sessionAffinity: { timeoutSeconds: 60 },
    loadBalancerIP: '10.201.200.7',
    statusAddresses: ['10.201.200.7', '2001:db8::7'],
  })
})

test('affinity without a timeout lasts three hours, as in Kubernetes', () => {
  expect(build({ sessionAffinity: 'ClientIP' }).desired.sessionAffinity).toEqual({ timeoutSeconds: 10_800 })
  expect(build({ sessionAffinity: 'None' }).desired).not.toHaveProperty('sessionAffinity')
})

test('families that are not filled in yet follow the cluster IP', () => {
  expect(build({ ipFamilies: [], clusterIP: 'fd00::1' }).desired.families).toEqual(['IPv6'])
  expect(build({ ipFamilies: [], clusterIP: 'None' }).desired.families).toEqual(['IPv4'])
})

describe('source ranges', () => {
  test.each<[string, Partial<ServiceSpec>, string | undefined, readonly string[]]>([
    ['are everybody when nothing is said', {}, undefined, []],
    [
      'come from the field, trimmed, as networks, each once',
      { loadBalancerSourceRanges: [' 192.0.2.0/24 ', '192.0.2.9/24', '2001:DB8::/32'] },
      undefined,
      ['192.0.2.0/24', '2001:db8::/32'],
    ],
    [
      'come from the annotation when the field is empty',
      { loadBalancerSourceRanges: [] },
      '192.0.2.0/24, 198.51.100.0/24',
      ['192.0.2.0/24', '198.51.100.0/24'],
    ],
    [
      'come from the field alone when both are set',
      { loadBalancerSourceRanges: ['192.0.2.0/24'] },
      '198.51.100.0/24',
      ['192.0.2.0/24'],
    ],
    ['of an empty annotation are everybody', {}, '  ', []],
  ])('%s', (_, spec, annotation, ranges) => {
    const built = build(spec, annotation === undefined ? {} : { [sourceRangesAnnotation]: annotation })
    expect(built.desired.sourceRanges).toEqual(ranges)
    expect(built.problems).toEqual([])
  })

  test('that cannot be read block, and name themselves and where they stand', () => {
    expect(build({ loadBalancerSourceRanges: ['192.0.2.0/24', 'office'] }).problems).toEqual([
      {
        reason: 'InvalidSourceRanges',
        message: '"office" in spec.loadBalancerSourceRanges is not a CIDR.',
        remedy: 'Write networks like 192.0.2.0/24 or 2001:db8::/32.',
        severity: 'blocks',
      },
    ])
    expect(build({}, { [sourceRangesAnnotation]: '192.0.2.1,192.0.2.0/24,' }).problems[0]?.message).toBe(
      `"192.0.2.1", "" in annotation ${sourceRangesAnnotation} are not CIDRs.`,
    )
    const many = Array.from({ length: 1000 }, (_, at) => `x${at}`)
    expect(build({ loadBalancerSourceRanges: many }).problems[0]?.message).toBe(
      '"x0", "x1", "x2", "x3", "x4" and 995 more in spec.loadBalancerSourceRanges are not CIDRs.',
    )
  })
})

test('a Service without ports is told so', () => {
  expect(build({ ports: [] }).problems).toMatchObject([{ reason: 'NoSupportedPorts', severity: 'blocks' }])
})

test('a misspelt annotation of ours warns with the nearest key', () => {
  expect(build({}, { 'weir.dev/loadbalancer-ip': '10.201.200.7' }).problems).toEqual([
    {
      reason: 'UnknownAnnotation',
      message: 'Annotation weir.dev/loadbalancer-ip is unknown and has no effect.',
      remedy: 'Did you mean weir.dev/load-balancer-ips?',
      severity: 'warns',
    },
  ])
})

test('no text in annotations or source ranges makes the builder throw', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.array(fc.string()), (annotations, loadBalancerSourceRanges) => {
      build({ loadBalancerSourceRanges }, annotations)
    }),
  )
})
