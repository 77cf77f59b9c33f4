// From objects of the cluster to what a node's Envoys are to have.
import { describe, expect, test } from 'vitest'
import { copiedFromAnnotation, copiedSecretLabel, fingerprintAnnotation, gatewayLabel } from '../../../../src/api/group.ts'
import type { IngressReport } from '../../../../src/api/ingress-report.ts'
import type { LoadBalancerClass } from '../../../../src/api/load-balancer-class.ts'
import type { Ingress } from '../../../../src/model/ingress-objects.ts'
import type { EndpointSlice, Service } from '../../../../src/model/kubernetes-objects.ts'
import { ingress } from '../../../../src/model/routing/examples-under-test.ts'
import type { CopiedSecret } from '../../gateway/record.ts'
import { framesOf, gatewaysOf, hasIpv6, ingressOf, membersOf, secretFacts, targetsOf } from './members.ts'
import type { ClusterView } from './members.ts'

const gatewayService = (name: string, rest: Partial<Service['spec']> = {}): Service => ({
  metadata: { namespace: 'weir-system', name, labels: { [gatewayLabel]: 'lan' } },
  spec: {
    type: 'LoadBalancer',
    ports: [
      { name: 'http', port: 80, targetPort: 20_000 },
      { name: 'https', port: 443, targetPort: 20_001 },
    ],
    ...rest,
  },
})
const backend = (name: string): Service => ({
  metadata: { namespace: 'default', name },
  spec: { ports: [{ name: 'http', port: 80 }] },
})
const report = (name: string, group?: string, provider: 'local' | 'aws' = 'local'): IngressReport => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'IngressReport',
  metadata: { namespace: 'default', name },
  spec: { class: 'lan', provider, ...(group !== undefined && { group }) },
})
const lan: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'lan' },
  spec: {
    provider: 'local',
    targets: 'Node',
    default: false,
    ingress: { defaultBackend: { namespace: 'default', service: 'web', port: 80 } },
  },
}
const copy = (name: string, crt: string): CopiedSecret => ({
  metadata: {
    namespace: 'weir-system',
    name: `copy-${name}`,
    labels: { [copiedSecretLabel]: 'tls' },
    annotations: { [copiedFromAnnotation]: `default/${name}`, [fingerprintAnnotation]: crt },
  },
  data: { 'tls.crt': btoa(crt), 'tls.key': btoa(`key of ${crt}`) },
})

function viewOf(parts: {
  readonly services?: readonly Service[]
  readonly ingresses?: readonly Ingress[]
  readonly reports?: readonly IngressReport[]
  readonly secrets?: readonly CopiedSecret[]
}): ClusterView {
  const keyed = <T extends { readonly metadata: { readonly namespace?: string; readonly name: string } }>(
    all: readonly T[] = [],
  ) => new Map(all.map(object => [`${object.metadata.namespace}/${object.metadata.name}`, object]))
  return {
    services: keyed(parts.services ?? [gatewayService('weir-gateway-lan'), backend('web')]),
    ingresses: keyed(parts.ingresses),
    reports: keyed(parts.reports),
    classes: new Map([['lan', lan]]),
    secrets: keyed(parts.secrets),
  }
}

const shop = ingress({ rules: { 'shop.example.com': { 'Prefix /': 'web' } } })

test('an Ingress is served by the gateway that its report names, and by none before', () => {
  const view = viewOf({
    ingresses: [shop, ingress({ name: 'other' })],
    reports: [report('shop', 'weir-gateway-lan'), report('other')],
  })
  const frames = framesOf(view)
  const [gateway, ...more] = gatewaysOf(frames, view, membersOf(view, frames))
  expect(more).toEqual([])
  expect(gateway).toMatchObject({
    name: 'weir-gateway-lan',
    http: { port: 20_000, publicPort: 80 },
    https: { port: 20_001, publicPort: 443 },
  })
  expect([...(gateway?.model.members.keys() ?? [])]).toEqual(['default/shop'])
  expect(gateway?.model.hosts.get('')?.fallback?.asked).toBe('web:80')
  expect([...(gateway?.settings?.keys() ?? [])]).toEqual(['default/shop'])
})

test.each([
  ['names a gateway that is not there', [report('shop', 'weir-gateway-gone')]],
  ['is of another provider', [report('shop', 'weir-gateway-lan', 'aws')]],
  ['is of an Ingress that is gone', [report('gone', 'weir-gateway-lan')]],
])('nothing is served when the report %s', (_, reports) => {
  const view = viewOf({ ingresses: [shop], reports })
  expect([...membersOf(view, framesOf(view)).keys()]).toEqual([])
})

test('a Service that is no gateway, or one that goes, makes none', () => {
  const going = gatewayService('going')
  const elsewhere = gatewayService('elsewhere')
  const services = [
    backend('web'),
    { ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    { ...elsewhere, metadata: { ...elsewhere.metadata, namespace: 'default' } },
  ]
  expect(framesOf(viewOf({ services }))).toEqual([])
})

describe('a version', () => {
  const versionOf = (given: Parameters<typeof viewOf>[0]) => {
    const view = viewOf({ reports: [report('shop', 'weir-gateway-lan')], ...given })
    return membersOf(view, framesOf(view)).get('ingress default/shop')?.digest
  }

  test('of an Ingress is another when it, its annotations or its Services change, and else the same', () => {
    const annotated = {
      ...shop,
      metadata: { ...shop.metadata, annotations: { 'nginx.ingress.kubernetes.io/enable-cors': 'true' } },
    }
    const touched = { ...shop, metadata: { ...shop.metadata, resourceVersion: '7' } }
    const one = versionOf({ ingresses: [shop] })
    expect(versionOf({ ingresses: [touched] })).toBe(one)
    expect(versionOf({ ingresses: [annotated] })).not.toBe(one)
    expect(versionOf({ ingresses: [shop], services: [gatewayService('weir-gateway-lan')] })).not.toBe(one)
  })

  test('of a certificate is the fingerprint of its copy', () => {
    const view = viewOf({ secrets: [copy('cert', 'one')] })
    const members = membersOf(view, [])
    expect([...members].map(([id, { digest }]) => [id, digest])).toEqual([['tls default/cert', 'one']])
    const { certificate, users } = secretFacts(members)
    expect(certificate({ namespace: 'default', name: 'cert' })).toEqual({ chain: 'one', key: 'key of one' })
    expect([certificate({ namespace: 'other', name: 'cert' }), users({ namespace: 'default', name: 'cert' })]).toEqual([
      undefined,
      undefined,
    ])
  })
})

describe('endpoints', () => {
  const slice = (addressType: 'IPv4' | 'IPv6', address: string, ready = true): EndpointSlice => ({
    metadata: { namespace: 'default', name: `web-${addressType}` },
    addressType,
    endpoints: [{ addresses: [address], conditions: { ready } }],
    ports: [{ name: 'http', port: 8080 }],
  })

  test('are of one family: a pod has an address of each', () => {
    const of = (...slices: readonly EndpointSlice[]) =>
      targetsOf(backend('web'), slices, 80).map(({ address, port }) => [address, port])
    expect(of(slice('IPv6', 'fd00::1'), slice('IPv4', '10.0.0.1'))).toEqual([['10.0.0.1', 8080]])
    expect(of(slice('IPv6', 'fd00::1'))).toEqual([['fd00::1', 8080]])
    expect(of(slice('IPv6', 'fd00::1'), slice('IPv4', '10.0.0.1', false))).toEqual([['fd00::1', 8080]])
  })

  test('of a port that is not there are none', () => {
    expect(targetsOf(backend('web'), [slice('IPv4', '10.0.0.1')], 81)).toEqual([])
    expect(targetsOf(undefined, [slice('IPv4', '10.0.0.1')], 80)).toEqual([])
  })
})

test('Envoys listen for IPv6 where a gateway has it', () => {
  expect(hasIpv6(viewOf({}))).toBe(false)
  expect(hasIpv6(viewOf({ services: [gatewayService('g', { ipFamilies: ['IPv4', 'IPv6'] })] }))).toBe(true)
  expect(hasIpv6(viewOf({ services: [{ ...backend('web'), spec: { ipFamilies: ['IPv6'] } }] }))).toBe(false)
})

test('the Ingress that a member is can be told', () => {
  expect(ingressOf('ingress default/shop.v2')).toEqual({ namespace: 'default', name: 'shop.v2' })
  expect(ingressOf('tls default/cert')).toBeUndefined()
})
