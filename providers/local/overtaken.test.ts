// Announcements that agents change under our hands: the write is refused, and somebody looks again.
import { expect, test } from 'vitest'
import { simulatedLan } from './simulation/simulated-lan.ts'
import type { SimulatedLan } from './simulation/simulated-lan.ts'
import { poolNamed, serviceNamed } from './simulation/simulation.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const announcement = 'ip-10-201-200-1'
const web = serviceNamed('web')
const signal = new AbortController().signal

/** Plans for nothing, then lets `meanwhile` happen before the plan is carried out. */
async function releaseWhile(lan: SimulatedLan, meanwhile: () => void) {
  const observed = await lan.provider.observe(web.id, signal)
  const actions = lan.provider.plan(undefined, observed)
  meanwhile()
  return lan.provider.apply({ id: web.id, goal: undefined, observed, actions }, signal)
}

test('a claim that comes before our delete brings the Service back soon, and then its address goes', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(web)
  await lan.announce()
  const overtaken = await releaseWhile(lan, () => lan.claim(announcement, 'n1'))
  expect(lan.announcements.read(announcement)?.metadata.deletionTimestamp).toBeUndefined()
  expect(overtaken).toMatchObject({ gone: false, again: { afterMs: 200 } })

  expect(await lan.remove(web.id)).toMatchObject({ gone: false, again: 'on-change' })
  lan.confirm(announcement)
  expect(await lan.remove(web.id)).toMatchObject({ gone: true })
})

test('a claim that comes before we confirm for a dead node brings the Service back soon', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(web)
  await lan.announce()
  await lan.remove(web.id)
  expect(await releaseWhile(lan, () => lan.claim(announcement, 'n1'))).toMatchObject({ gone: false, again: { afterMs: 200 } })
})

test('a claim that comes before an old address is withdrawn for a new one brings the Service back soon', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(web)
  await lan.announce()
  const desired = serviceNamed('web', { annotations: { 'weir.dev/load-balancer-ips': '10.201.200.9' } })
  const goal = { desired, membership: { nodesWithEndpoints: ['n0'], readyEndpoints: 1, totalEndpoints: 1 } }
  await lan.bring(desired)
  const observed = await lan.provider.observe(web.id, signal)
  const actions = lan.provider.plan(goal, observed)
  expect(actions).toEqual([{ kind: 'withdraw-announcement', address: '10.201.200.1', announcement }])
  lan.claim(announcement, 'n1')
  const outcome = await lan.provider.apply({ id: web.id, goal, observed, actions }, signal)
  expect(outcome).toMatchObject({ ingress: [{ ip: '10.201.200.9' }], again: { afterMs: 200 } })
})

test('what is held for a Service is known at every moment, not only from the start', async () => {
  const lan = await simulatedLan({ pools: [office] })
  expect(lan.provider.holds(web.id)).toBe(false)
  await lan.bring(web)
  const restarted = await simulatedLan({ pools: [office], after: lan })
  expect(restarted.provider.holds(web.id)).toBe(true)
  expect(await restarted.remove(web.id)).toMatchObject({ gone: true })
  expect(restarted.provider.holds(web.id)).toBe(false)
})
