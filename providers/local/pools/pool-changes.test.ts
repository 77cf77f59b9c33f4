// Pools that shrink, split, are renamed, go, or turn out to be in the cluster's own ranges: what stays, what moves, who is looked at.
import { expect, test } from 'vitest'
import { parseRange } from '../../../src/model/address.ts'
import type { IngressPoint } from '../../../src/provider.ts'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import { poolNamed, serviceNamed } from '../simulation/simulation.ts'
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { ClusterRange } from './pools.ts'

const ipsOf = ({ ingress }: { readonly ingress: readonly IngressPoint[] }) =>
  ingress.map(point => ('ip' in point ? point.ip : point.hostname))
const asking = (address: string) => ({ annotations: { 'weir.dev/load-balancer-ips': address } })
const young = (pool: AddressPool): AddressPool => ({
  ...pool,
  metadata: { ...pool.metadata, creationTimestamp: '2026-01-05T00:00:00Z' },
})
const range = (text: string, what: string): ClusterRange => {
  const parsed = parseRange(text)
  if ('error' in parsed) throw new Error(parsed.error)
  return { range: parsed, what }
}

test('a pool that is split or renamed by making the new one first takes no address away, and the new name is written down', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('office', ['10.201.200.0/24'])] })
  const [low, high] = [serviceNamed('low', asking('10.201.200.9')), serviceNamed('high', asking('10.201.200.200'))]
  for (const service of [low, high]) await lan.bring(service)
  await lan.announce()
  lan.pools.put(young(poolNamed('upper', ['10.201.200.128/25'])))
  lan.pools.put(poolNamed('office', ['10.201.200.0/25']))
  await Promise.resolve()
  const outcome = await lan.bring(high)
  expect(ipsOf(outcome)).toEqual(['10.201.200.200'])
  expect(outcome.warnings).toEqual([])
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations).toMatchObject({ 9: { pool: 'office' }, 200: { pool: 'upper' } })
  expect((await lan.bring(high)).readiness.message).toContain('10.201.200.200 from pool upper')
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-200')?.spec.pool).toBe('upper')

  lan.pools.put(young(poolNamed('renamed', ['10.201.200.0/25'])))
  lan.pools.remove('office')
  await Promise.resolve()
  expect(ipsOf(await lan.bring(low))).toEqual(['10.201.200.9'])
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations[9]?.pool).toBe('renamed')
})

test('a change of a pool looks only at the Services that it touches', async () => {
  const ours = { allow: { namespaces: ['default'] } }
  const lan = await simulatedLan({
    pools: [poolNamed('a', ['10.201.200.1']), poolNamed('b', ['10.201.201.1-10.201.201.2'], { autoAssign: false })],
  })
  const other = { id: { kind: 'Service', namespace: 'other', name: 'other', uid: 'other' } } as const
  await lan.bring(serviceNamed('in-a'))
  await lan.bring(serviceNamed('in-b', asking('10.201.201.1')))
  await lan.bring(serviceNamed('waits'))
  await lan.bring(serviceNamed('other', other))
  lan.woken()
  lan.pools.put(poolNamed('b', ['10.201.201.1-10.201.201.3'], { autoAssign: false, ...ours }))
  await Promise.resolve()
  expect(lan.woken().toSorted()).toEqual(['in-b', 'other', 'waits'])
  // From here on the pool is nothing to the other namespace.
  lan.pools.put(poolNamed('b', ['10.201.201.1-10.201.201.4'], { autoAssign: false, ...ours }))
  await Promise.resolve()
  expect(lan.woken().toSorted()).toEqual(['in-b', 'waits'])
  lan.pools.put({ ...poolNamed('b', ['10.201.201.1-10.201.201.4'], { autoAssign: false, ...ours }), status: { used: 1 } })
  await Promise.resolve()
  expect(lan.woken()).toEqual([])
})

test('a pool that makes way for a younger one calls those who wait for that', async () => {
  const lan = await simulatedLan({
    pools: [poolNamed('old', ['10.201.200.1'], { autoAssign: false }), young(poolNamed('young', ['10.201.200.1-10.201.200.2']))],
  })
  expect((await lan.bring(serviceNamed('web'))).readiness.reason).toBe('NoPools')
  lan.woken()
  lan.pools.remove('old')
  await Promise.resolve()
  expect(lan.woken()).toEqual(['web'])
  expect(ipsOf(await lan.bring(serviceNamed('web')))).toEqual(['10.201.200.1'])
})

test('a pool that comes to be in the range of a node keeps what it gave and gives nothing new, until the range is another', async () => {
  let ranges: readonly ClusterRange[] = []
  let tell = () => {}
  const clusterRanges = {
    current: () => ranges,
    subscribe: (listener: () => void) => {
      tell = listener
      return () => {}
    },
  }
  const lan = await simulatedLan({ pools: [poolNamed('office', ['10.201.200.0/24'])], clusterRanges })
  await lan.bring(serviceNamed('web'))
  ranges = [range('10.201.200.128/25', 'pod range 10.201.200.128/25 of node n9')]
  tell()
  await Promise.resolve()
  const status = lan.provider.poolStatuses.get('office')
  expect(status).toMatchObject({ used: 1, free: '0' })
  expect(status?.conditions[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'OverlapsCluster' })
  expect(ipsOf(await lan.bring(serviceNamed('web')))).toEqual(['10.201.200.1'])
  const late = await lan.bring(serviceNamed('late', { annotations: { 'weir.dev/address-pool': 'office' } }))
  expect(late.readiness).toMatchObject({ reason: 'PoolNotUsable', message: expect.stringContaining('of node n9') })
  lan.woken()
  ranges = []
  tell()
  await Promise.resolve()
  expect(lan.woken()).toEqual(expect.arrayContaining(['late']))
  expect(ipsOf(await lan.bring(serviceNamed('late')))).toEqual(['10.201.200.2'])
})

test('an IPv6 /64 costs what is given of it, and what went leaves nothing', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('six', ['fd00:201::/64'])] })
  const services = Array.from({ length: 600 }, (_, at) => serviceNamed(`s${at}`, { families: ['IPv6'] }))
  await Promise.all(services.map(service => lan.bring(service)))
  expect(lan.blocks.objects.size).toBe(3)
  expect(lan.provider.poolStatuses.get('six')).toMatchObject({ total: '18446744073709551616', used: 600 })
  // Coming and going stays within the blocks there are.
  for (const service of services) await lan.remove(service.id)
  for (let round = 0; round < 5; round++) {
    for (const service of services.slice(0, 50)) await lan.bring(service)
    for (const service of services.slice(0, 50)) await lan.remove(service.id)
  }
  expect(lan.blocks.objects.size).toBe(3)
  await lan.tidy()
  expect(lan.blocks.objects.size).toBe(0)
})
