// An address that a station of others has: its Service is told, and nobody is told that it is served.
import { expect, test } from 'vitest'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import { poolNamed, serviceNamed } from '../simulation/simulation.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const asking = (address: string) => ({ annotations: { 'weir.dev/load-balancer-ips': address } })

test('a Service whose address a station of others has is not ready, says by which MAC, and is served when it is gone', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const web = serviceNamed('web', asking('10.201.200.7'))
  await lan.bring(web)
  await lan.announce()
  lan.woken()
  lan.meet('ip-10-201-200-7', '02:00:00:00:00:99')
  expect(lan.woken()).toEqual(['web'])
  const outcome = await lan.bring(web)
  expect(outcome).toMatchObject({ ingress: [{ ip: '10.201.200.7' }], readiness: { ready: false, reason: 'AddressConflict' } })
  expect(outcome.readiness.message).toContain('10.201.200.7 is used on the LAN by a station with the MAC 02:00:00:00:00:99')
  lan.meet('ip-10-201-200-7', undefined)
  expect(lan.woken()).toEqual(['web'])
  expect((await lan.bring(web)).readiness.reason).toBe('Serving')
})

test('who took any address gets another one, and the one that the stranger has is given only on request', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web'))
  await lan.announce()
  lan.meet('ip-10-201-200-1', '02:00:00:00:00:99')
  const moved = await lan.bring(serviceNamed('web'))
  expect(moved).toMatchObject({ ingress: [{ ip: '10.201.200.2' }], readiness: { reason: 'Serving' }, again: { afterMs: 0 } })
  expect(moved.warnings).toMatchObject([{ reason: 'AddressConflict', message: expect.stringContaining('02:00:00:00:00:99') }])
  const known = serviceNamed('web', { statusAddresses: ['10.201.200.2'] })
  for (let step = 0; step < 3; step++) expect((await lan.bring(known)).ingress).toMatchObject([{ ip: '10.201.200.2' }])
  await lan.announce()
  expect([...lan.announcements.objects.keys()]).toEqual(['ip-10-201-200-2'])
  expect((await lan.bring(serviceNamed('next'))).ingress).toMatchObject([{ ip: '10.201.200.3' }])
  expect((await lan.bring(serviceNamed('bold', asking('10.201.200.1')))).ingress).toMatchObject([{ ip: '10.201.200.1' }])
})

test('a station that uses an address in service is told as a Warning, and the address stays; a node of ours is none', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const web = serviceNamed('web')
  await lan.bring(web)
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  lan.woken()
  lan.defend('ip-10-201-200-1', '02:00:00:00:00:99')
  expect(lan.woken()).toEqual(['web'])
  const outcome = await lan.bring(web)
  expect(outcome.readiness.reason).toBe('Serving')
  expect(outcome.warnings).toMatchObject([
    {
      reason: 'AddressConflict',
      message: expect.stringContaining('MAC 02:00:00:00:00:99 used 10.201.200.1 on the LAN at 2026-'),
    },
  ])
  lan.defend('ip-10-201-200-1', '02:00:00:00:00:01')
  expect((await lan.bring(web)).warnings).toEqual([])
})

test('an address that clients may know stays: one from the status, and one that was announced', async () => {
  const web = serviceNamed('web', { statusAddresses: ['10.201.200.9'] })
  const existing = [{ id: web.id, createdAt: web.createdAt, addresses: ['10.201.200.9'] }]
  const lan = await simulatedLan({ pools: [office], existing })
  await lan.bring(web)
  await lan.announce()
  lan.meet('ip-10-201-200-9', '02:00:00:00:00:99')
  expect(await lan.bring(web)).toMatchObject({ ingress: [{ ip: '10.201.200.9' }], readiness: { reason: 'AddressConflict' } })
})

test('without another address the Service keeps what it has, says so, and gets the first that becomes free', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('tiny', ['10.201.200.1'])] })
  const web = serviceNamed('web')
  await lan.bring(web)
  await lan.announce()
  lan.meet('ip-10-201-200-1', '02:00:00:00:00:99')
  const known = serviceNamed('web', { statusAddresses: ['10.201.200.1'] })
  expect(await lan.bring(known)).toMatchObject({ ingress: [{ ip: '10.201.200.1' }], readiness: { reason: 'AddressConflict' } })
  lan.woken()
  lan.pools.put(poolNamed('tiny', ['10.201.200.1-10.201.200.2']))
  await Promise.resolve()
  expect(lan.woken()).toContain('web')
  expect((await lan.bring(known)).ingress).toMatchObject([{ ip: '10.201.200.2' }])
})

test('a station that answers for every address costs a Service three of them, not the pool', async () => {
  const lan = await simulatedLan({ pools: [office] })
  let statusAddresses: readonly string[] = []
  for (let look = 0; look < 20; look++) {
    const outcome = await lan.bring(serviceNamed('web', { statusAddresses }))
    statusAddresses = outcome.ingress.map(point => ('ip' in point ? point.ip : ''))
    await lan.announce()
    for (const [name, { metadata, status }] of lan.announcements.objects)
      if (!status && metadata.deletionTimestamp === undefined) lan.meet(name, '02:00:00:00:00:99')
  }
  const last = await lan.bring(serviceNamed('web', { statusAddresses }))
  expect(last).toMatchObject({ ingress: [{ ip: '10.201.200.4' }], readiness: { ready: false, reason: 'AddressConflict' } })
  expect(last.readiness.message).toContain('already has 3 others that this pool gave (10.201.200.1, 10.201.200.2, 10.201.200.3)')
  expect(last.readiness.message).toContain('(proxy ARP?)')
})
