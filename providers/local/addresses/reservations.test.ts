// Addresses that are kept for the name of a deleted Service, or set aside because a stranger has them; and blocks that hold nothing.
import { expect, test } from 'vitest'
import type { IngressPoint } from '../../../src/provider.ts'
import { durationMs } from './reservations.ts'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import type { SimulatedLan } from '../simulation/simulated-lan.ts'
import { poolNamed, serviceNamed } from '../simulation/simulation.ts'

const ipsOf = ({ ingress }: { readonly ingress: readonly IngressPoint[] }) =>
  ingress.map(point => ('ip' in point ? point.ip : point.hostname))
const asking = (address: string) => ({ annotations: { 'weir.dev/load-balancer-ips': address } })
const keeping = poolNamed('office', ['10.201.200.0/24'], { keepFor: '10m' })
/** The same Service, deleted and made again. */
const again = (name: string, changes = {}) =>
  serviceNamed(name, { id: { kind: 'Service', namespace: 'default', name, uid: `new-uid-of-${name}` }, ...changes })

async function withWebDeleted(): Promise<SimulatedLan> {
  const lan = await simulatedLan({ pools: [keeping] })
  await lan.bring(serviceNamed('web', asking('10.201.200.7')))
  await lan.remove(serviceNamed('web').id)
  return lan
}

test('a Service that is made again in time has its address back, also after a restart, and its pool shows what is kept', async () => {
  const before = await withWebDeleted()
  const status = before.provider.poolStatuses.get('office')
  expect(status).toMatchObject({ used: 0, free: '253', kept: 1 })
  expect(status?.conditions[0]?.message).toContain('10.201.200.7 for default/web until 2026-01-02T00:10:00Z')
  const lan = await simulatedLan({ pools: [keeping], after: before })
  expect(ipsOf(await lan.bring(serviceNamed('other')))).toEqual(['10.201.200.1'])
  expect(ipsOf(await lan.bring(again('web')))).toEqual(['10.201.200.7'])
  expect(lan.provider.poolStatuses.get('office')).toMatchObject({ used: 2, free: '252', kept: 0 })
})

test('nobody else gets a kept address before its time is over, and who waits for it gets it then', async () => {
  const lan = await withWebDeleted()
  const thief = serviceNamed('thief', asking('10.201.200.7'))
  const refused = await lan.bring(thief)
  expect(refused).toMatchObject({ ingress: [], readiness: { reason: 'RequestedAddressInUse' } })
  expect(refused.readiness.message).toContain('10.201.200.7 is kept for default/web, which is gone, until 2026-01-02T00:10:00Z')
  lan.pass(599_000)
  await lan.tidy()
  expect(ipsOf(await lan.bring(thief))).toEqual([])
  lan.woken()
  lan.pass(2000)
  await lan.tidy()
  expect(lan.woken()).toEqual(['thief'])
  expect(ipsOf(await lan.bring(thief))).toEqual(['10.201.200.7'])
  expect(ipsOf(await lan.bring(again('web')))).toEqual(['10.201.200.1'])
})

test('a full pool keeps its promise, and gives a kept address when the time is over', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('tiny', ['10.201.200.1'], { keepFor: '1h' })] })
  await lan.bring(serviceNamed('web'))
  await lan.remove(serviceNamed('web').id)
  expect((await lan.bring(serviceNamed('other'))).readiness.reason).toBe('PoolsExhausted')
  lan.woken()
  lan.pass(3_601_000)
  await lan.tidy()
  expect(lan.woken()).toEqual(['other'])
  expect(ipsOf(await lan.bring(serviceNamed('other')))).toEqual(['10.201.200.1'])
})

test('an announced address is kept only after its node has confirmed that it is silent', async () => {
  const lan = await simulatedLan({ pools: [keeping] })
  const web = serviceNamed('web')
  await lan.bring(web)
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  await lan.remove(web.id)
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.reserved).toBeUndefined()
  lan.confirm('ip-10-201-200-1')
  expect((await lan.remove(web.id)).gone).toBe(true)
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.reserved).toMatchObject({ 1: { for: { name: 'web' } } })
})

test('an address that a Service left for another one is free at once; so is one whose pool keeps none any more', async () => {
  const lan = await simulatedLan({ pools: [keeping] })
  await lan.bring(serviceNamed('web'))
  await lan.bring(serviceNamed('web', asking('10.201.200.9')))
  await lan.bring(serviceNamed('web', { ...asking('10.201.200.9'), statusAddresses: ['10.201.200.9'] }))
  expect(ipsOf(await lan.bring(serviceNamed('next', asking('10.201.200.1'))))).toEqual(['10.201.200.1'])
  await lan.remove(serviceNamed('web').id)
  lan.pools.put(poolNamed('office', ['10.201.200.0/24']))
  await lan.tidy()
  expect(ipsOf(await lan.bring(serviceNamed('last', asking('10.201.200.9'))))).toEqual(['10.201.200.9'])
})

test('one of several that share an address leaves nothing behind; the last one does', async () => {
  const lan = await simulatedLan({ pools: [keeping] })
  const shared = (name: string, port: number) =>
    serviceNamed(name, { annotations: { 'weir.dev/allow-shared-ip': 'k' }, listeners: [{ port, protocol: 'TCP', portName: '' }] })
  await lan.bring(shared('a', 1))
  await lan.bring(shared('b', 2))
  await lan.remove(shared('a', 1).id)
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.reserved).toBeUndefined()
  await lan.remove(shared('b', 2).id)
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.reserved).toMatchObject({ 1: { for: { name: 'b' } } })
})

test('an address that a stranger has stays set aside over a restart, and counts as not free', async () => {
  const office = poolNamed('office', ['10.201.200.0/24'])
  const before = await simulatedLan({ pools: [office] })
  await before.bring(serviceNamed('web'))
  await before.announce()
  before.meet('ip-10-201-200-1', '02:00:00:00:00:99')
  await before.bring(serviceNamed('web'))
  for (let look = 0; look < 3; look++) {
    await before.bring(serviceNamed('web', { statusAddresses: ['10.201.200.2'] }))
    await before.announce()
  }
  expect(before.provider.poolStatuses.get('office')).toMatchObject({ used: 1, free: '252', kept: 0 })
  expect(before.provider.poolStatuses.get('office')?.conditions[0]?.message).toContain('10.201.200.1 of 02:00:00:00:00:99')
  const lan = await simulatedLan({ pools: [office], after: before })
  expect(ipsOf(await lan.bring(serviceNamed('next')))).toEqual(['10.201.200.3'])
  expect(ipsOf(await lan.bring(serviceNamed('bold', asking('10.201.200.1'))))).toEqual(['10.201.200.1'])
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.reserved).toBeUndefined()
})

test('a block that holds nothing is deleted, unless somebody else has written it meanwhile, and is made again when needed', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('office', ['10.201.200.0/24', 'fd00::/64'])] })
  const six = serviceNamed('six', { families: ['IPv6'] })
  await lan.bring(serviceNamed('web'))
  await lan.bring(six)
  await lan.remove(six.id)
  await lan.tidy()
  expect([...lan.blocks.objects.keys()]).toEqual(['ipv4-10-201-200-0'])
  await lan.remove(serviceNamed('web').id)
  await Promise.all([lan.tidy(), lan.bring(serviceNamed('racing'))])
  await lan.tidy()
  expect(Object.keys(lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations ?? {})).toEqual(['1'])
  await lan.bring(six)
  expect(lan.blocks.objects.size).toBe(2)
})

test.each([
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['45s', 45_000],
  ['', 0],
  [undefined, 0],
  ['soon', 0],
])('%s is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})
