// An address that a station of others has: its Service is told, and nobody is told that it is served.
import { expect, test } from 'vitest'
import { simulatedLan } from './simulated-lan.ts'
import { poolNamed, serviceNamed } from './simulation.ts'

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
