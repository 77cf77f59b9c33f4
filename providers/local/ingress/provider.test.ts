// Gateways of Ingresses: by which name, with which ports, and what is told while one is not there.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { NodeReport } from '../../../src/api/node-report.ts'
import type { IngressGroupGoal } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import { routingModel } from '../../../src/model/routing/build.ts'
import { gatewayRecord } from '../gateway/record.ts'
import { gatewayId, gatewayName, groupOf, groupWarnings } from './group.ts'
import { heldBack } from './held-back.ts'
import { outcomeOf } from './outcome.ts'
import { plan } from './plan.ts'
import { createLocalIngressProvider } from './provider.ts'
import { freePair, gatewayService, servicePatch } from './service.ts'

type Gateway = NonNullable<NonNullable<LoadBalancerClass['spec']['local']>['gateway']>

function lan(gateway: Gateway = {}, name = 'lan'): LoadBalancerClass {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancerClass',
    metadata: { name },
    spec: { provider: 'local', targets: 'Node', default: false, local: { gateway } },
  }
}

function shop(group?: string, namespace = 'default'): Ingress {
  return {
    metadata: {
      name: 'shop',
      namespace,
      ...(group === undefined ? {} : { annotations: { 'weir.dev/load-balancer-group': group } }),
    },
  }
}

const nameOf = (found: ReturnType<typeof groupOf>) => ('reason' in found ? found.reason : found.name)
const id = gatewayId('lan', 'weir-gateway-lan')
const goal = (lbClass = lan()): IngressGroupGoal => ({
  id,
  class: lbClass,
  members: [],
  model: routingModel([]),
  services: new Map(),
  secrets: new Map(),
})
const made = (lbClass = lan(), pair = 20_000): Service => gatewayService('weir-gateway-lan', lbClass, pair)

test('a class has one gateway, or one for each namespace or group, as it says', () => {
  expect(nameOf(groupOf(shop('edge'), lan()))).toBe('weir-gateway-lan')
  expect(nameOf(groupOf(shop(), lan({ per: 'Namespace' })))).toMatch(/^weir-gateway-lan-default-[0-9a-f]{8}$/)
  expect(nameOf(groupOf(shop('edge'), lan({ per: 'Group' })))).toMatch(/^weir-gateway-lan-edge-[0-9a-f]{8}$/)
  expect(groupOf(shop('edge', 'team'), lan({ per: 'Group' }))).toEqual(groupOf(shop('edge'), lan({ per: 'Group' })))
  expect(nameOf(groupOf(shop(), lan({ per: 'Group' })))).toBe('weir-gateway-lan')
  expect(nameOf(groupOf(shop('Not a name'), lan({ per: 'Group' })))).toBe('InvalidAnnotation')
  expect(groupWarnings(shop('edge'), lan()).map(({ severity }) => severity)).toEqual(['warns'])
  expect(groupWarnings(shop('edge'), lan({ per: 'Group' }))).toEqual([])
})

test('every name is one that a Service may have, and no two gateways have the same', () => {
  const long = 'x'.repeat(63)
  const names = [
    gatewayName('lan'),
    gatewayName('lan-a', 'namespace', 'b'),
    gatewayName('lan', 'namespace', 'a-b'),
    gatewayName('lan', 'group', 'a-b'),
    gatewayName('lan.v2'),
    gatewayName('lan-v2'),
    gatewayName(long),
    gatewayName(long, 'namespace', long),
  ]
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/)
})

test('each gateway has two ports of Envoy for itself, and keeps them', () => {
  const other = { ...made(), metadata: { ...made().metadata, name: 'weir-gateway-other' } }
  expect(freePair([])).toBe(20_000)
  expect(freePair([other, made(lan(), 20_004)])).toBe(20_002)
  const [create] = plan(goal(), { id, gateways: [other] })
  expect(create).toMatchObject({
    kind: 'create-gateway',
    service: { spec: { ports: [{ targetPort: 20_002 }, { targetPort: 20_003 }] } },
  })
  expect(plan(goal(), { id, service: made(lan(), 20_004), gateways: [made(lan(), 20_004)] })).toEqual([])
  expect(gatewayRecord(made())).toEqual({
    name: 'weir-gateway-lan',
    class: 'lan',
    http: { port: 20_000, publicPort: 80 },
    https: { port: 20_001, publicPort: 443 },
  })
})

test('two gateways that are made at once do not get the same ports', async () => {
  const empty = { get: () => undefined, values: () => [], subscribe: () => () => {} }
  const created: Service[] = []
  const provider = createLocalIngressProvider({
    services: empty,
    nodeReports: empty,
    serviceStore: {
      create: async service => {
        await Promise.resolve()
        created.push(service)
        return service
      },
      patch: async () => 'conflict',
      remove: async () => 'conflict',
    },
    copying: {
      copies: empty,
      isComplete: () => true,
      store: { create: async () => 'conflict', patch: async () => 'conflict', remove: async () => 'conflict' },
      now: () => 0,
      log: { info: () => {} },
    },
    signal: new AbortController().signal,
  })
  const { signal } = new AbortController()
  const look = async (name: string) => {
    const wanted = { ...goal(), members: [], id: gatewayId('lan', name) }
    const observed = await provider.observe(wanted.id, signal)
    return provider.apply({ id: wanted.id, goal: wanted, observed, actions: provider.plan(wanted, observed) }, signal)
  }
  const outcomes = await Promise.all(['weir-gateway-a', 'weir-gateway-b'].map(look))
  expect(outcomes.map(({ again }) => again)).toEqual(['on-change', { afterMs: 300 }])
  await look('weir-gateway-b')
  expect(created.map(({ metadata, spec }) => [metadata.name, spec.ports?.[0]?.targetPort])).toEqual([
    ['weir-gateway-a', 20_000],
    ['weir-gateway-b', 20_002],
  ])
})

test('of two gateways with the same ports the younger gets others', () => {
  const dated = (name: string, day: string): Service => ({
    ...made(),
    metadata: { ...made().metadata, name, creationTimestamp: `2026-01-${day}T00:00:00Z` },
  })
  const [older, younger] = [dated('weir-gateway-z', '01'), dated('weir-gateway-a', '02')]
  const gateways = [younger, older]
  const look = (service: Service) =>
    plan(goal(), { id: gatewayId('lan', service.metadata.name), service, gateways }).map(action =>
      action.kind === 'change-gateway' ? action.patch : action.kind,
    )
  expect(look(older)).toEqual([])
  expect(look(younger)).toMatchObject([{ spec: { ports: [{ targetPort: 20_002 }, { targetPort: 20_003 }] } }])
})

test('what the class says is carried over, what others put on the Service stays', () => {
  const asked = lan({ addresses: ['10.201.200.7'], sourceRanges: ['192.0.2.0/24'], externalTrafficPolicy: 'Cluster' })
  expect(made(asked)).toMatchObject({
    metadata: { annotations: { 'weir.dev/load-balancer-ips': '10.201.200.7' } },
    spec: { loadBalancerSourceRanges: ['192.0.2.0/24'], externalTrafficPolicy: 'Cluster' },
  })
  const found = { ...made(), metadata: { ...made().metadata, annotations: { 'example.com/note': 'mine' } } }
  expect(servicePatch(found, made())).toBeUndefined()
  expect(servicePatch(found, made(asked))).toEqual({
    metadata: { annotations: { 'weir.dev/load-balancer-ips': '10.201.200.7' } },
    spec: { externalTrafficPolicy: 'Cluster', loadBalancerSourceRanges: ['192.0.2.0/24'] },
  })
  expect(servicePatch(made(asked), made())).toEqual({
    metadata: { annotations: { 'weir.dev/load-balancer-ips': null } },
    spec: { externalTrafficPolicy: 'Local', loadBalancerSourceRanges: null },
  })
})

test('a Service of the same name that is not ours is left alone, and is told of', () => {
  const theirs: Service = { ...made(), metadata: { name: 'weir-gateway-lan', namespace: 'weir-system' } }
  const observed = { id, service: theirs, gateways: [] }
  expect(plan(goal(), observed)).toEqual([])
  expect(plan(undefined, observed)).toEqual([])
  expect(outcomeOf(observed, theirs, { wanted: true })).toMatchObject({ ingress: [], readiness: { reason: 'GatewayNotReady' } })
  expect(outcomeOf(observed, theirs, { wanted: false }).gone).toBe(true)
})

test('an Ingress whose last change an Envoy refused is told so, once for all nodes, and no other is', () => {
  const report = (node: string, message: string): NodeReport => ({
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'NodeReport',
    metadata: { name: node },
    spec: { interfaces: [], version: 'test', gateway: { envoys: 1, held: [{ namespace: 'default', name: 'bad', message }] } },
  })
  const members = ['bad', 'good'].map(name => ({ id: { namespace: 'default', name, uid: name } }))
  const told = heldBack([report('n1', 'too long'), report('n0', 'a regex is too long')], members)
  expect([...told.keys()]).toEqual(['default/bad'])
  expect(told.get('default/bad')?.problems).toMatchObject([{ reason: 'ChangeHeldBack', severity: 'blocks' }])
  expect(told).toEqual(heldBack([report('n0', 'a regex is too long')], members))
  expect(heldBack([], members).size).toBe(0)
})

test('one that is being deleted is waited for, and made anew', () => {
  const leaving: Service = { ...made(), metadata: { ...made().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  const observed = { id, service: leaving, gateways: [leaving] }
  expect(plan(goal(), observed)).toEqual([])
  expect(outcomeOf(observed, leaving, { wanted: true })).toMatchObject({
    readiness: { ready: false, reason: 'Pending' },
    gone: false,
  })
  expect(plan(goal(), { id, gateways: [] })).toMatchObject([{ kind: 'create-gateway' }])
})

test('Ingresses are told in the words of the Service why their gateway does not serve', () => {
  const withCondition = (status: 'True' | 'False', reason: string, message: string): Service => ({
    ...made(),
    status: {
      loadBalancer: { ingress: [{ ip: '10.201.200.1', ipMode: 'VIP' }] },
      conditions: [{ type: 'weir.dev/Ready', status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  })
  const told = (service: Service | undefined) =>
    outcomeOf({ id, ...(service ? { service } : {}), gateways: [] }, service, { wanted: true })
  expect(told(made()).readiness).toMatchObject({ ready: false, reason: 'Pending', waiting: true })
  expect(told(withCondition('True', 'Serving', ''))).toMatchObject({
    ingress: [{ ip: '10.201.200.1' }],
    readiness: { ready: true },
  })
  expect(told(withCondition('False', 'NoReadyEndpoints', 'x')).readiness).toMatchObject({ reason: 'GatewayMissing' })
  expect(told(withCondition('False', 'PoolsExhausted', 'Pool office is full.')).readiness).toMatchObject({
    reason: 'GatewayNotReady',
    message: 'Service weir-system/weir-gateway-lan: PoolsExhausted. Pool office is full.',
  })
})
