// The line of those who wait at the local provider: refused Services leave it, nobody slips ahead, no address is given twice.
import { expect, test } from 'vitest'
import type { IngressPoint } from '../../src/provider.ts'
import { simulatedLan } from './simulation/simulated-lan.ts'
import { nodeNamed, poolNamed, reportOf, serviceNamed, threeReady } from './simulation/simulation.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const ipsOf = (ingress: readonly IngressPoint[]) => ingress.map(point => ('ip' in point ? point.ip : point.hostname))
const asking = (address: string) => ({ annotations: { 'weir.dev/load-balancer-ips': address } })
const at = (day: number) => ({ createdAt: `2026-01-0${day}T00:00:00Z` })

test('who waits and is then refused loses its place and its turn, and keeps what it has', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const holder = serviceNamed('holder', asking('10.201.200.5'))
  const first = serviceNamed('first', { ...asking('10.201.200.5'), ...at(2) })
  const second = serviceNamed('second', { ...asking('10.201.200.5'), ...at(3) })
  for (const service of [holder, first, second]) await lan.bring(service)
  await lan.remove(holder.id)
  expect(lan.woken()).toContain('first')

  lan.provider.refuse?.(first.id, { desired: first, membership: threeReady })
  expect(lan.woken()).toEqual(['second'])
  expect(ipsOf((await lan.bring(second)).ingress)).toEqual(['10.201.200.5'])
  lan.provider.refuse?.(second.id, undefined)
  expect((await lan.bring(first)).readiness.message).toContain('belongs to default/second')
})

test('who goes on waiting for an address is told who has it now', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const [holder, first, second] = [1, 2, 3].map(day => serviceNamed(`s${day}`, { ...asking('10.201.200.5'), ...at(day) }))
  if (!holder || !first || !second) throw new Error('three Services')
  for (const service of [holder, first, second]) await lan.bring(service)
  expect((await lan.bring(second)).readiness.message).toContain('belongs to default/s1')
  await lan.remove(holder.id)
  lan.woken()
  await lan.bring(first)
  expect(lan.woken()).toEqual(['s3'])
  expect((await lan.bring(second)).readiness.message).toContain('belongs to default/s2')
})

test('a refused Service stays announced after a restart, by the nodes that are there now', async () => {
  const before = await simulatedLan({ pools: [office], nodes: ['n0', 'n1'] })
  await before.bring(serviceNamed('web'))
  await before.announce()
  const lan = await simulatedLan({ pools: [office], nodes: ['n1'], after: before })
  lan.nodes.put(nodeNamed('n7'))
  lan.reports.put(reportOf('n7'))
  lan.setAlive('n7', true)
  await Promise.resolve()
  const web = serviceNamed('web', { statusAddresses: ['10.201.200.1'] })
  lan.provider.refuse?.(web.id, { desired: web, membership: threeReady })
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')?.spec.nodes.toSorted()).toEqual(['n1', 'n7'])
})

test('a Service whose class is gone stays announced after a restart, by the nodes that are there now', async () => {
  const before = await simulatedLan({ pools: [office], nodes: ['n0', 'n1', 'n2'] })
  const web = serviceNamed('web')
  await before.bring(web)
  await before.announce()
  const lan = await simulatedLan({ pools: [office], nodes: ['n7', 'n8', 'n9'], after: before })
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')?.spec.nodes.toSorted()).toEqual(['n0', 'n1', 'n2'])
  lan.provider.refuse?.(web.id, undefined)
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')?.spec.nodes.toSorted()).toEqual(['n7', 'n8', 'n9'])
  for (const step of ['withdraw', 'confirm', 'release']) expect((await lan.remove(web.id)).gone).toBe(step === 'release')
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')).toBeUndefined()
})

test('where rules choose by the labels of Services, nobody moves while the class of a Service is gone', async () => {
  const announce = { layer2: [{ serviceSelector: { matchLabels: { app: 'web' } } }] }
  const ruled = poolNamed('office', ['10.201.200.0/24'], { announce })
  const web = serviceNamed('web', { labels: { app: 'web' } })
  const before = await simulatedLan({ pools: [ruled], nodes: ['n0', 'n1'] })
  await before.bring(web)
  await before.announce()
  const lan = await simulatedLan({ pools: [ruled], nodes: ['n1', 'n7'], after: before })
  lan.provider.refuse?.(web.id, undefined)
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')?.spec.nodes.toSorted()).toEqual(['n0', 'n1'])
})

test('what a status names stays reserved for a Service that is refused from the start', async () => {
  const web = serviceNamed('web', { statusAddresses: ['10.201.200.1'] })
  const existing = [{ id: web.id, createdAt: web.createdAt, addresses: ['10.201.200.1'] }]
  for (const goal of [undefined, { desired: web, membership: threeReady }]) {
    const lan = await simulatedLan({ pools: [office], existing })
    lan.provider.refuse?.(web.id, goal)
    expect(ipsOf((await lan.bring(serviceNamed('other'))).ingress)).toEqual(['10.201.200.2'])
    expect(ipsOf((await lan.bring(web)).ingress)).toEqual(['10.201.200.1'])
  }
})

test('when a pool grows, those who wait come before a brand-new Service, oldest first', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('tiny', ['10.201.200.1'])] })
  await lan.bring(serviceNamed('holder'))
  for (const [name, day] of [
    ['late', 5],
    ['early', 4],
  ] as const)
    await lan.bring(serviceNamed(name, at(day)))
  lan.pools.put(poolNamed('tiny', ['10.201.200.1-10.201.200.3']))
  await Promise.resolve()
  expect((await lan.bring(serviceNamed('new', at(9)))).readiness.reason).toBe('PoolsExhausted')
  expect(ipsOf((await lan.bring(serviceNamed('late', at(5)))).ingress)).toEqual(['10.201.200.3'])
  expect(ipsOf((await lan.bring(serviceNamed('early', at(4)))).ingress)).toEqual(['10.201.200.2'])
})

test('a new pool serves those who waited for it before a brand-new Service', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('tiny', ['10.201.200.1'])] })
  await lan.bring(serviceNamed('holder'))
  await lan.bring(serviceNamed('waiting', at(4)))
  lan.pools.put(poolNamed('annex', ['10.201.201.1']))
  await Promise.resolve()
  expect((await lan.bring(serviceNamed('new', at(9)))).ingress).toEqual([])
  expect(ipsOf((await lan.bring(serviceNamed('waiting', at(4)))).ingress)).toEqual(['10.201.201.1'])
})

test('two pools over the same addresses give none of them twice, and only the older gives them', async () => {
  const lan = await simulatedLan({
    pools: [poolNamed('office', ['10.201.200.1-10.201.200.6']), poolNamed('young', ['10.201.200.4-10.201.200.9'])],
  })
  const names = Array.from({ length: 12 }, (_, index) => `s${index}`)
  const wishes = [asking('10.201.200.5'), { annotations: { 'weir.dev/address-pool': 'young' } }, {}]
  const outcomes = await Promise.all(names.map((name, index) => lan.bring(serviceNamed(name, wishes[index % 3] ?? {}))))
  const given = outcomes.flatMap(({ ingress }) => ipsOf(ingress))
  expect(given).toHaveLength(new Set(given).size)
  expect(given.toSorted()).toEqual(['10.201.200.1', '10.201.200.2', '10.201.200.3', '10.201.200.4', '10.201.200.5'])
  const owners = Object.values(lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations ?? {})
  expect(owners.map(({ pool }) => pool)).toEqual(given.map(() => 'office'))
  expect(owners.map(allocation => allocation.owners.length)).toEqual(given.map(() => 1))
})

test.each([
  ['NoPools', {}, [], 'there is no AddressPool'],
  ['UnknownPool', { annotations: { 'weir.dev/address-pool': 'office' } }, [], 'office'],
  ['RequestedAddressOutsidePools', asking('10.201.200.1'), [poolNamed('office', ['10.201.201.0/24'])], '10.201.201.0/24'],
  [
    'PoolNotAllowed',
    { annotations: { 'weir.dev/address-pool': 'office' } },
    [poolNamed('office', ['10.201.200.0/24'], { allow: { namespaces: ['kitchen'] } })],
    'does not allow namespace default',
  ],
  ['NoPools', {}, [poolNamed('office', ['10.201.200.9-10.201.200.1'])], 'InvalidRange'],
] as const)('%s lasts until a pool helps: the oldest that waits is served first (%#)', async (reason, changes, pools, text) => {
  const lan = await simulatedLan({ pools })
  const [late, early] = [serviceNamed('late', { ...changes, ...at(5) }), serviceNamed('early', { ...changes, ...at(4) })]
  for (const service of [late, early]) expect((await lan.bring(service)).readiness).toMatchObject({ ready: false, reason })
  expect((await lan.bring(late)).readiness.message).toContain(text)
  lan.woken()
  lan.pools.put(poolNamed('office', ['10.201.200.1']))
  await Promise.resolve()
  expect(lan.woken()).toEqual(['early', 'late'])
  expect((await lan.bring(serviceNamed('new', at(9)))).ingress).toEqual([])
  expect((await lan.bring(late)).ingress).toEqual([])
  expect(ipsOf((await lan.bring(early)).ingress)).toEqual(['10.201.200.1'])
})

test('who waits is told anew when its pool shrinks, goes, comes again, or shares its addresses no more', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('old', ['10.201.200.0/24']), poolNamed('young', ['10.201.200.7'])] })
  const web = serviceNamed('web', { annotations: { 'weir.dev/address-pool': 'young' } })
  expect((await lan.bring(web)).readiness.message).toContain('older pool old')
  const told = async () => {
    await Promise.resolve()
    expect(lan.woken()).toContain('web')
    return lan.bring(web)
  }
  lan.woken()
  lan.pools.remove('young')
  expect((await told()).readiness.reason).toBe('UnknownPool')
  lan.pools.put(poolNamed('young', ['10.201.200.7']))
  expect((await told()).readiness.message).toContain('older pool old')
  lan.pools.put(poolNamed('old', ['10.201.200.1']))
  expect(ipsOf((await told()).ingress)).toEqual(['10.201.200.7'])
  lan.pools.remove('young')
  expect((await told()).ingress).toEqual([])
  lan.pools.put(poolNamed('young', ['10.201.200.8']))
  expect(ipsOf((await told()).ingress)).toEqual(['10.201.200.8'])
})
