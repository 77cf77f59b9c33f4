import { expect, test } from 'vitest'
import { simulatedClock } from '../../../../src/kubernetes/simulated-clock.ts'
import { departureMs } from './departures.ts'
import { announcementOf, makeForwarding, nic, reportOfNode, serviceOf, sliceOf } from './forwarding-under-test.ts'
import type { Pod } from './forwarding-under-test.ts'
import { conditionOf } from './verdict.ts'

const vip = '10.201.200.1'
const onBoth: readonly Pod[] = [
  ['10.244.1.2', 'n1'],
  ['10.244.2.2', 'n2'],
]

/** One Service with a pod on each of two nodes that can. */
async function web() {
  const node = makeForwarding(simulatedClock())
  node.report(reportOfNode('n2', 2))
  node.putService(serviceOf('web'))
  node.putSlice(sliceOf('web', onBoth))
  node.announce(announcementOf(vip, ['web']))
  await node.clock.advance(500)
  return node
}

test('an address goes straight to the pods of both nodes, by one write, and the node says that it takes part', async () => {
  const node = await web()
  expect(node.applied).toHaveLength(1)
  expect(node.at(vip)).toEqual({ path: 'direct', own: 1, nodes: ['n1', 'n2'] })
  expect(node.applied[0]?.seed).toBe(7)
  expect(node.verdicts).toEqual([{ able: true }])
  expect(node.forwarder.pathOf(vip)).toEqual({ mode: 'direct' })
  expect(node.told).toEqual([[vip]])
})

test('what changes nothing writes nothing, and of many changes at once one write is made', async () => {
  const node = await web()
  node.announce({ ...announcementOf(vip, ['web']), status: { epoch: 3, node: 'n2' } })
  node.putSlice(sliceOf('web', onBoth))
  await node.clock.advance(1000)
  expect(node.applied).toHaveLength(1)
  for (let number = 3; number < 50; number++) node.putSlice(sliceOf('web', [...onBoth, [`10.244.1.${number}`, 'n1']]))
  await node.clock.advance(1000)
  expect(node.applied).toHaveLength(2)
  expect(node.at(vip)).toMatchObject({ own: 2 })
})

test('of other Services nothing is built anew when one endpoint changes', async () => {
  const node = await web()
  node.putService(serviceOf('dns'))
  node.putSlice(sliceOf('dns', [['10.244.1.9', 'n1']]))
  node.announce(announcementOf('10.201.200.2', ['dns']))
  await node.clock.advance(1000)
  const before = node.applied.at(-1)?.services.get(`${vip} 6 80`)
  node.putSlice(sliceOf('dns', [['10.244.1.10', 'n1']]))
  await node.clock.advance(1000)
  expect(node.applied).toHaveLength(3)
  expect(node.applied.at(-1)?.services.get(`${vip} 6 80`)).toBe(before)
})

test('the slots of a node go when it dies, and come back with it', async () => {
  const node = await web()
  node.dead.add('n2')
  node.forwarder.changed()
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ nodes: ['n1'] })
  node.dead.clear()
  node.forwarder.changed()
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ nodes: ['n1', 'n2'] })
})

test('a node whose agent ended in order, as for an upgrade, keeps its slots until the next one should be there', async () => {
  const node = await web()
  node.left.add('n2')
  node.forwarder.changed()
  await node.clock.advance(departureMs - 1000)
  expect(node.applied).toHaveLength(1)
  await node.clock.advance(2000)
  expect(node.at(vip)).toMatchObject({ nodes: ['n1'] })
})

test('where all pods are on a node whose agent is away, connections still go there', async () => {
  const node = await web()
  node.putSlice(sliceOf('web', [['10.244.2.2', 'n2']]))
  node.dead.add('n2')
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'direct', nodes: ['n2'] })
})

test('a node that cannot, or does not say that it can, is not handed packets; the path says so', async () => {
  const node = await web()
  node.report(reportOfNode('n2', 2, false))
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'masquerade', own: 2 })
  expect(node.forwarder.pathOf(vip)).toEqual({
    mode: 'masquerade',
    reason: 'NodeUnable',
    node: 'n2',
    message: 'net.ipv4.ip_forward is 0.',
  })
  node.report({ ...reportOfNode('n2', 2), spec: { interfaces: reportOfNode('n2', 2).spec.interfaces, version: '0' } })
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'masquerade' })
})

test('an obstacle on this node leaves everything to kube-proxy; when it is gone the table is written', async () => {
  const node = makeForwarding(simulatedClock())
  node.world.obstacle = { reason: 'ForwardingOff', message: 'net.ipv4.ip_forward is 0.' }
  node.putService(serviceOf('web'))
  node.announce(announcementOf(vip, ['web']))
  await node.clock.advance(1000)
  expect(node.applied).toEqual([])
  expect(node.world.removals).toBe(1)
  expect(node.verdicts).toEqual([{ able: false, obstacle: node.world.obstacle }])
  expect(node.forwarder.pathOf(vip)).toMatchObject({ mode: 'kube-proxy', reason: 'ForwardingOff', node: 'n1' })
  node.world.obstacle = undefined
  await node.clock.advance(31_000)
  expect(node.applied).toHaveLength(1)
  expect(node.verdicts.at(-1)).toEqual({ able: true })
})

const ranged = { ...serviceOf('web'), spec: { ...serviceOf('web').spec, loadBalancerSourceRanges: ['192.0.2.0/24'] } }

test('source ranges are kept in front of kube-proxy while an obstacle leaves the rest to it, unless packets cannot be looked at', async () => {
  const node = await web()
  node.putService(ranged)
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'direct' })
  node.world.obstacle = { reason: 'ForwardingOff', message: 'net.ipv4.ip_forward is 0.' }
  await node.clock.advance(601_000)
  expect(node.at(vip)).toMatchObject({ path: 'elsewhere', own: 0 })
  expect(node.applied.at(-1)?.services.get(`${vip} 6 80`)?.sources).toHaveLength(1)
  expect(node.applied.at(-1)?.peers).toEqual([])
  expect(node.world.removals).toBe(0)
  expect(node.forwarder.pathOf(vip)).toMatchObject({ mode: 'kube-proxy', reason: 'ForwardingOff' })
  const { length } = node.applied
  await node.clock.advance(100_000)
  expect(node.applied).toHaveLength(length)
  node.world.obstacle = { reason: 'NetfilterBypassed', message: 'Cilium takes packets past netfilter.' }
  await node.clock.advance(31_000)
  expect(node.world.removals).toBeGreaterThan(0)
  expect(node.applied).toHaveLength(length)
  node.world.obstacle = undefined
  await node.clock.advance(31_000)
  expect(node.at(vip)).toMatchObject({ path: 'direct' })
})

test('a candidate keeps source ranges of an address with node targets, whatever stands in the way of pod targets', async () => {
  const node = makeForwarding(simulatedClock())
  node.world.obstacle = { reason: 'AddressesOnNode', message: 'kube-proxy uses IPVS.' }
  node.putService(ranged)
  const { targets: _, hashSeed: __, ...spec } = announcementOf(vip, ['web']).spec
  const fenced = { ...announcementOf(vip, ['web']), spec: { ...spec, fenced: true } }
  node.announce({ ...fenced, spec: { ...fenced.spec, nodes: ['n2'] } })
  await node.clock.advance(500)
  expect(node.at(vip)).toBeUndefined()
  expect(node.forwarder.isSettled(vip)).toBe(false)
  node.announce(fenced)
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'elsewhere' })
  expect(node.forwarder.isSettled(vip)).toBe(true)
  expect(node.forwarder.pathOf(vip)).toBeUndefined()
  // What it announces it goes on keeping until its successor has it.
  const moving = { ...fenced, spec: { ...fenced.spec, nodes: ['n2', 'n3'] } }
  node.announce({ ...moving, status: { epoch: 1, node: 'n1' } })
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'elsewhere' })
  node.announce({ ...moving, status: { epoch: 2, node: 'n2' } })
  await node.clock.advance(500)
  expect(node.at(vip)).toBeUndefined()
})

test('after a first write that took long, new endpoints are written soon', async () => {
  const node = makeForwarding(simulatedClock())
  Object.assign(node.world, { lookMs: 1500, writeMs: 1000 })
  node.putService(serviceOf('web'))
  node.announce(announcementOf(vip, ['web']))
  await node.clock.advance(2600)
  expect(node.at(vip)).toMatchObject({ path: 'silent' })
  node.world.writeMs = 0
  node.putSlice(sliceOf('web', onBoth))
  await node.clock.advance(400)
  expect(node.at(vip)).toMatchObject({ path: 'masquerade' })
})

test('what is found in the way later is found beside the writing, which does not wait for it', async () => {
  const node = await web()
  expect(node.world.looks).toBe(1)
  node.world.lookMs = 5000
  node.world.interfaces = [nic(1), { ...nic(1, 202), name: 'eth1', index: 3 }]
  node.world.obstacle = { reason: 'StrictReversePath', message: 'eth1 drops what comes in.' }
  node.announce(announcementOf('10.202.200.1', ['web']))
  node.putSlice(sliceOf('web', onBoth.slice(1)))
  await node.clock.advance(400)
  expect(node.world.looks).toBe(2)
  expect(node.at(vip)).toMatchObject({ own: 0 })
  expect(node.applied).toHaveLength(2)
  await node.clock.advance(6000)
  expect(node.verdicts.at(-1)).toEqual({ able: false, obstacle: node.world.obstacle })
  expect(node.world.looks).toBe(2)
})

test('nothing is looked for again while the same is asked of the same interfaces', async () => {
  const node = await web()
  for (let number = 3; number < 9; number++) {
    node.putSlice(sliceOf('web', [...onBoth, [`10.244.1.${number}`, 'n1']]))
    await node.clock.advance(1000)
  }
  expect(node.applied).toHaveLength(7)
  expect(node.world.looks).toBe(1)
})

test('without pods the node that announces refuses; another one keeps silent to what it is handed, until it announces', async () => {
  const node = await web()
  node.putSlice(sliceOf('web', []))
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'silent' })
  node.world.announced.add(vip)
  node.forwarder.changed()
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'refuse' })
  const { length } = node.applied
  node.world.announced.clear()
  node.forwarder.changed()
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'silent' })
  expect(node.applied).toHaveLength(length + 1)
})

test('what stood before is told to who drains connections, once it does not any more', async () => {
  const node = await web()
  expect(node.drained).toHaveLength(1)
  expect(node.drained[0]?.[0]).toBeUndefined()
  node.putSlice(sliceOf('web', onBoth.slice(1)))
  await node.clock.advance(500)
  const [before, now] = node.drained[1] ?? []
  const podsOf = (services: typeof before) => services?.get(`${vip} 6 80`)?.endpoints.map(({ address }) => address.text)
  expect([podsOf(before), podsOf(now)]).toEqual([['10.244.1.2'], []])
})

test('a table that never could be written leaves the address to kube-proxy, and it says so', async () => {
  const node = makeForwarding(simulatedClock())
  node.world.refuses = true
  node.putService(serviceOf('web'))
  node.announce(announcementOf(vip, ['web']))
  await node.clock.advance(20_000)
  expect(node.forwarder.pathOf(vip)).toMatchObject({ mode: 'kube-proxy', reason: 'NftRefused', message: 'the kernel says no' })
  node.world.refuses = false
  await node.clock.advance(31_000)
  expect(node.forwarder.pathOf(vip)).toEqual({ mode: 'direct' })
})

test('what the kernel refuses is tried again, ever more slowly; a node that goes on failing says so, until it works', async () => {
  const node = await web()
  node.world.refuses = true
  node.putSlice(sliceOf('web', [['10.244.1.2', 'n1']]))
  await node.clock.advance(1000)
  expect(node.verdicts).toEqual([{ able: true }])
  await node.clock.advance(10_000)
  expect(node.verdicts.at(-1)).toEqual({ able: false, obstacle: { reason: 'NftRefused', message: 'the kernel says no' } })
  node.world.refuses = false
  await node.clock.advance(30_000)
  expect(node.at(vip)).toMatchObject({ nodes: ['n1'] })
  expect(node.verdicts.at(-1)).toEqual({ able: true })
})

test('a node whose kernel takes no shortcuts takes part and says that it has none, until it has', async () => {
  const node = makeForwarding(simulatedClock())
  node.world.shortcutsRefused = 'family netdev: not supported'
  node.putService(serviceOf('web'))
  node.announce(announcementOf(vip, ['web']))
  await node.clock.advance(500)
  expect(node.verdicts).toEqual([{ able: true, withoutShortcuts: 'family netdev: not supported' }])
  expect(conditionOf(node.verdicts[0] ?? { able: true })).toMatchObject({
    status: 'True',
    message: expect.stringMatching(/^Serves .* no shortcut.*: family netdev: not supported$/),
  })
  node.world.shortcutsRefused = undefined
  node.putSlice(sliceOf('web', onBoth))
  await node.clock.advance(500)
  expect(node.verdicts.at(-1)).toEqual({ able: true })
})

test('an address that goes takes its Services along; a Service made anew under an old name is not served before the controller says so', async () => {
  const node = await web()
  node.putService(serviceOf('web', 'another'))
  await node.clock.advance(500)
  expect(node.applied.at(-1)?.services.size).toBe(0)
  node.announce(announcementOf(vip, ['web'], { services: [{ uid: 'another', namespace: 'default', name: 'web' }] }))
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'direct' })
  node.withdraw(announcementOf(vip, ['web']))
  await node.clock.advance(500)
  expect(node.applied.at(-1)?.services.size).toBe(0)
  expect(node.told.at(-1)).toEqual([vip])
  expect(node.forwarder.pathOf(vip)).toBeUndefined()
})

test('of Services that share an address, one with node targets is left to kube-proxy', async () => {
  const node = await web()
  node.putService({ ...serviceOf('dns'), spec: { ...serviceOf('dns').spec, ports: [{ name: 'http', port: 53 }] } })
  node.putSlice(sliceOf('dns', [['10.244.1.9', 'n1']]))
  const shared = announcementOf(vip, ['web', 'dns'])
  const services = shared.spec.services.map(each => (each.name === 'dns' ? { ...each, targets: 'Node' as const } : each))
  node.announce({ ...shared, spec: { ...shared.spec, services } })
  await node.clock.advance(500)
  expect(node.at(vip)).toMatchObject({ path: 'direct' })
  expect(node.at(vip, 53)).toMatchObject({ path: 'elsewhere' })
  expect(node.forwarder.pathOf(vip)).toEqual({ mode: 'direct' })
})

test('once it is stopped it does nothing any more', async () => {
  const node = await web()
  await node.forwarder.stop()
  node.putSlice(sliceOf('web', []))
  await node.clock.advance(60_000)
  expect(node.applied).toHaveLength(1)
  expect(node.world.removals).toBe(0)
})
