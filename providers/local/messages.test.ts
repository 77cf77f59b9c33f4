// What a Service that is not served is told: the names and values at hand, and what to do about it.
import { expect, test } from 'vitest'
import type { DesiredLoadBalancer } from '../../src/model/load-balancer.ts'
import { simulatedLan } from './simulation/simulated-lan.ts'
import { nodeNamed, poolNamed, serviceNamed } from './simulation/simulation.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const asking = (address: string): Partial<DesiredLoadBalancer> => ({ annotations: { 'weir.dev/load-balancer-ips': address } })
const both = { families: ['IPv4', 'IPv6'], familyPolicy: 'RequireDualStack' } as const
const dual = poolNamed('dual', ['10.201.200.1-10.201.200.9', 'fd00::1-fd00::9'])
const messageOf = async (lan: Awaited<ReturnType<typeof simulatedLan>>, service: DesiredLoadBalancer) => {
  const { readiness } = await lan.bring(service)
  return `${readiness.reason}: ${readiness.message}`
}

test('an address of a pool that gives nothing names the pool and why', async () => {
  const broken = poolNamed('attic', ['10.9.9.0/24', '10.9.8.9-10.9.8.1'])
  const closed = poolNamed('kitchen', ['10.8.8.0/24'], { allow: { namespaces: ['kitchen'] } })
  const lan = await simulatedLan({ pools: [office, broken, closed] })
  const told = await messageOf(lan, serviceNamed('web', asking('10.9.9.9')))
  expect(told).toContain('PoolNotUsable: 10.9.9.9 is in pool attic, which gives no addresses: ')
  expect(told).toContain('10.9.8.9-10.9.8.1')
  expect(await messageOf(lan, serviceNamed('web', asking('10.8.8.8')))).toBe(
    'PoolNotAllowed: 10.8.8.8 is in pool kitchen, which does not allow namespace default. Ask for an address of another pool, or allow namespace default in pool kitchen (spec.allow).',
  )
})

test('a pool that the class does not name: the advice is to add it to the class', async () => {
  const lan = await simulatedLan({ pools: [office, poolNamed('attic', ['10.9.9.0/24'])] })
  const { class: lbClass } = serviceNamed('web')
  const narrow = { ...lbClass, spec: { ...lbClass.spec, local: { pools: ['office'] } } }
  const annotations = { 'weir.dev/address-pool': 'attic' }
  const { readiness } = await lan.bring(serviceNamed('web', { class: narrow, annotations }))
  expect(readiness).toMatchObject({ reason: 'PoolNotAllowed' })
  expect(readiness.message).toContain('add attic to spec.local.pools of class lan')
})

test('an address in use mentions that it could be shared, with the key where there is one', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('a', asking('10.201.200.7')))
  expect(await messageOf(lan, serviceNamed('b', asking('10.201.200.7')))).toContain(
    'set the same weir.dev/allow-shared-ip on both',
  )
  const sharing = { 'weir.dev/load-balancer-ips': '10.201.200.8', 'weir.dev/allow-shared-ip': 'dns' }
  await lan.bring(serviceNamed('c', { annotations: sharing }))
  const guest = serviceNamed('d', asking('10.201.200.8'))
  expect(await messageOf(lan, guest)).toContain('set weir.dev/allow-shared-ip: dns here')
  const final = { ...guest.class, spec: { ...guest.class.spec, local: { final: ['allow-shared-ip' as const] } } }
  expect(await messageOf(lan, { ...guest, class: final })).not.toContain('allow-shared-ip')
})

test('a full pool speaks of .0 and .255 only where it has them, and of addresses that are kept', async () => {
  const small = poolNamed('small', ['10.201.200.1'], { keepFor: '1h' })
  const lan = await simulatedLan({ pools: [small] })
  await lan.bring(serviceNamed('a'))
  expect(await messageOf(lan, serviceNamed('b'))).toBe(
    'PoolsExhausted: Pool small is full: no IPv4 address is free. Enlarge a pool or free an address; this Service gets the next one by itself.',
  )
  await lan.remove(serviceNamed('a').id)
  expect(await messageOf(lan, serviceNamed('b'))).toContain(
    'Kept for Services that are gone (keepFor): 10.201.200.1 for default/a until 2026-01-02T01:00:00Z.',
  )
  const edge = await simulatedLan({ pools: [poolNamed('edge', ['10.201.200.0/31'])] })
  await edge.bring(serviceNamed('a'))
  expect(await messageOf(edge, serviceNamed('b'))).toContain('ending in .0 or .255 are given only on request')
})

test('nodes excluded by label: the label and the remedy are named, for both families', async () => {
  const label = 'node.kubernetes.io/exclude-from-external-load-balancers'
  const lan = await simulatedLan({ pools: [dual], nodes: ['n0'] })
  lan.nodes.put(nodeNamed('n0', { [label]: 'true' }))
  await Promise.resolve()
  const told = await messageOf(lan, serviceNamed('web', both))
  expect(told).toBe(
    `NoAnnouncer: No node can announce 10.201.200.1 (1 node: 1 excluded by the label ${label} (n0)). No node can announce fd00::1 (1 node: 1 excluded by the label ${label} (n0)). Take the label off a node that is to announce: kubectl label node NAME ${label}-`,
  )
})

test('pods that start are waited for, and where there are none the selector is named', async () => {
  const lan = await simulatedLan({ pools: [dual] })
  const starting = { nodesWithEndpoints: [], readyEndpoints: 0, totalEndpoints: 3 }
  const web = serviceNamed('web', both)
  expect((await lan.bring(web, starting)).readiness).toEqual({
    ready: false,
    reason: 'NoReadyEndpoints',
    message:
      '10.201.200.1 and fd00::1 are given, but none of 3 endpoints is ready yet. Wait while pods start; if it stays, check their readiness probes.',
    waiting: true,
  })
  const { readiness } = await lan.bring(web, { ...starting, totalEndpoints: 0 })
  expect(readiness.message).toContain('are given, but there are no endpoints yet.')
})

test('a target port by a name that no pod has is not served, and port, name and remedy are told', async () => {
  const lan = await simulatedLan({ pools: [dual] })
  const listener = { port: 80, protocol: 'TCP', portName: 'web', targetPort: 'htpp' } as const
  const other = { port: 81, protocol: 'TCP', portName: 'metrics', targetPort: 9090 } as const
  const membership = { nodesWithEndpoints: ['n0'], readyEndpoints: 0, totalEndpoints: 3, portless: [listener] }
  for (const externalTrafficPolicy of ['Cluster', 'Local'] as const) {
    const { readiness } = await lan.bring(serviceNamed('web', { listeners: [listener], externalTrafficPolicy }), membership)
    expect(readiness).toEqual({
      ready: false,
      reason: 'NoReadyEndpoints',
      message:
        '10.201.200.1 is given, but no pod has a port named htpp, which port 80/TCP of the Service asks for. Correct targetPort in the Service, or give a container a port of that name.',
    })
  }
  const half = await lan.bring(serviceNamed('web', { listeners: [listener, other] }), { ...membership, readyEndpoints: 3 })
  expect(half.readiness.ready).toBe(true)
})
