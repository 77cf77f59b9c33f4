// Services of two families: what PreferDualStack and RequireDualStack get, how the second family comes and goes, and what stays.
import { expect, test } from 'vitest'
import type { DesiredLoadBalancer } from '../../src/model/load-balancer.ts'
import type { IngressPoint, Outcome } from '../../src/provider.ts'
import { simulatedLan } from './simulation/simulated-lan.ts'
import type { SimulatedLan, SimulatedLanOptions } from './simulation/simulated-lan.ts'
import { poolNamed, reportOf, serviceNamed } from './simulation/simulation.ts'

const v4 = '10.201.200.0/24'
const v6 = 'fd00:201::100/120'
const ipsOf = ({ ingress }: { readonly ingress: readonly IngressPoint[] }) =>
  ingress.map(point => ('ip' in point ? point.ip : point.hostname))

async function dualLan(options: SimulatedLanOptions): Promise<SimulatedLan> {
  const lan = await simulatedLan(options)
  for (const node of ['n0', 'n1', 'n2']) lan.reports.put(reportOf(node, ['10.201.0.11/16', 'fd00:201::11/64']))
  await Promise.resolve()
  return lan
}
const dual = (name: string, changes: Partial<DesiredLoadBalancer> = {}) =>
  serviceNamed(name, { families: ['IPv4', 'IPv6'], familyPolicy: 'PreferDualStack', ...changes })
const required = (name: string, changes: Partial<DesiredLoadBalancer> = {}) =>
  dual(name, { familyPolicy: 'RequireDualStack', ...changes })
/** The Service with the status it was given last. */
const shown = (desired: DesiredLoadBalancer, outcome: Outcome): DesiredLoadBalancer => ({
  ...desired,
  statusAddresses: ipsOf(outcome),
})
/** Looks at the Service again and again, as the loop does, until nothing is left to do. */
async function settled(lan: SimulatedLan, service: DesiredLoadBalancer): Promise<Outcome> {
  let outcome = await lan.bring(service)
  for (let look = 0; look < 5; look++) outcome = await lan.bring(shown(service, outcome))
  return outcome
}

test('both addresses come from one pool, in the order of the families, each with an Announcement of its own', async () => {
  const lan = await dualLan({ pools: [poolNamed('only-v4', ['10.201.201.0/24']), poolNamed('office', [v4, v6])] })
  const web = await lan.bring(dual('web'))
  expect(ipsOf(web)).toEqual(['10.201.200.1', 'fd00:201::100'])
  expect(web.readiness).toMatchObject({ ready: true, reason: 'Serving' })
  expect(ipsOf(await lan.bring(dual('six', { families: ['IPv6', 'IPv4'] })))).toEqual(['fd00:201::101', '10.201.200.2'])
  expect(ipsOf(await lan.bring(serviceNamed('old', { families: ['IPv6'] })))).toEqual(['fd00:201::102'])
  await lan.announce()
  expect([...lan.announcements.objects.keys()].toSorted()).toEqual([
    'ip-10-201-200-1',
    'ip-10-201-200-2',
    'ip-fd00-0201-0000-0000-0000-0000-0000-0100',
    'ip-fd00-0201-0000-0000-0000-0000-0000-0101',
    'ip-fd00-0201-0000-0000-0000-0000-0000-0102',
  ])
})

test('PreferDualStack is content with its first family, and gets the second when its own pool has it, from no other', async () => {
  const lan = await dualLan({ pools: [poolNamed('office', [v4])] })
  const first = await lan.bring(dual('web'))
  expect(ipsOf(first)).toEqual(['10.201.200.1'])
  expect(first.readiness).toMatchObject({ ready: true, reason: 'Serving' })
  expect(first.readiness.message).toContain('An IPv6 address comes as soon as pool office has one.')

  lan.woken()
  lan.pools.put(poolNamed('both', ['10.201.201.0/24', 'fd00:201::200/120']))
  await Promise.resolve()
  expect(ipsOf(await settled(lan, shown(dual('web'), first)))).toEqual(['10.201.200.1'])

  lan.woken()
  lan.pools.put(poolNamed('office', [v4, v6]))
  await Promise.resolve()
  expect(lan.woken()).toContain('web')
  const second = await settled(lan, shown(dual('web'), first))
  expect(ipsOf(second)).toEqual(['10.201.200.1', 'fd00:201::100'])
  expect(second.readiness.message).not.toContain('comes as soon')

  lan.pools.put(poolNamed('office', [v4]))
  await Promise.resolve()
  expect(ipsOf(await settled(lan, shown(dual('web'), second)))).toEqual(['10.201.200.1'])
})

test('PreferDualStack takes the other family where no pool has its first one', async () => {
  const lan = await dualLan({ pools: [poolNamed('six', [v6])] })
  const outcome = await settled(lan, dual('web'))
  expect(ipsOf(outcome)).toEqual(['fd00:201::100'])
  expect(outcome.readiness.ready).toBe(true)
  const none = await dualLan({ pools: [] })
  expect((await none.bring(dual('web'))).readiness.reason).toBe('NoPools')
})

test('a full half of the pool is waited for while the other half serves', async () => {
  const lan = await dualLan({ pools: [poolNamed('office', [v4, 'fd00:201::100'])] })
  const holder = serviceNamed('holder', { families: ['IPv6'] })
  await lan.bring(holder)
  const web = await settled(lan, dual('web'))
  expect(ipsOf(web)).toEqual(['10.201.200.1'])
  expect(web.readiness.ready).toBe(true)
  lan.woken()
  await lan.remove(holder.id)
  expect(lan.woken()).toEqual(['web'])
  expect(ipsOf(await lan.bring(shown(dual('web'), web)))).toEqual(['10.201.200.1', 'fd00:201::100'])
})

test('RequireDualStack shows both addresses or none, and holds nothing while it waits', async () => {
  const lan = await dualLan({ pools: [poolNamed('office', [v4])] })
  const web = await lan.bring(required('web'))
  expect(web).toMatchObject({ ingress: [], readiness: { ready: false, reason: 'NoPools' } })
  expect(web.readiness.message).toContain('office has no IPv6 addresses')
  expect(lan.blocks.objects.size).toBe(0)
})

test('who names a pool is told what that pool lacks, and nothing of the others', async () => {
  const lan = await dualLan({ pools: [poolNamed('four', [v4]), poolNamed('both', ['10.201.201.0/24', v6])] })
  const web = await lan.bring(required('web', { annotations: { 'weir.dev/address-pool': 'four' } }))
  expect(web.readiness).toMatchObject({
    reason: 'NoPools',
    message: expect.stringContaining('an IPv6 address: four has no IPv6 addresses. Make'),
  })
})

test('RequireDualStack holds no address of one family while it waits for the other', async () => {
  const lan = await dualLan({ pools: [poolNamed('office', [v4, 'fd00:201::100'])] })
  const holder = serviceNamed('holder', { families: ['IPv6'] })
  await lan.bring(holder)
  const waiting = await settled(lan, required('web'))
  expect(waiting).toMatchObject({ ingress: [], readiness: { ready: false, reason: 'PoolsExhausted' } })
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations ?? {}).toEqual({})
  lan.woken()
  await lan.remove(holder.id)
  expect(lan.woken()).toEqual(['web'])
  expect(ipsOf(await lan.bring(required('web')))).toEqual(['10.201.200.1', 'fd00:201::100'])
})

test('RequireDualStack takes its families from two pools where no pool has both', async () => {
  const lan = await dualLan({ pools: [poolNamed('four', [v4]), poolNamed('six', [v6])] })
  expect(ipsOf(await lan.bring(required('web')))).toEqual(['10.201.200.1', 'fd00:201::100'])
  // One pool would be enough for PreferDualStack, which does not mix them.
  expect(ipsOf(await settled(lan, dual('content')))).toEqual(['10.201.200.2'])
})

test('a Service that serves and comes to need a second family keeps its address while there is none', async () => {
  const lan = await dualLan({ pools: [poolNamed('office', [v4])] })
  const single = await lan.bring(serviceNamed('web'))
  const outcome = await settled(lan, shown(required('web'), single))
  expect(outcome).toMatchObject({ ingress: [{ ip: '10.201.200.1' }], readiness: { ready: false, reason: 'NoPools' } })
  expect(outcome.readiness.message).toMatch(/Until then 10\.201\.200\.1 stays\.$/)
})

test('an address is asked for per family, and the other family comes from the same pool', async () => {
  const lan = await dualLan({
    pools: [poolNamed('office', [v4, v6]), poolNamed('attic', ['10.201.201.0/24', 'fd00:201::200/120'])],
  })
  const asking = (text: string) => ({ annotations: { 'weir.dev/load-balancer-ips': text } })
  expect(ipsOf(await lan.bring(dual('a', asking('10.201.200.9,fd00:201::109'))))).toEqual(['10.201.200.9', 'fd00:201::109'])
  expect(ipsOf(await lan.bring(dual('b', asking('fd00:201::209'))))).toEqual(['10.201.201.1', 'fd00:201::209'])
  expect(ipsOf(await lan.bring(dual('c', { loadBalancerIP: '10.201.201.9' })))).toEqual(['10.201.201.9', 'fd00:201::200'])
  const wrong = await lan.bring(dual('d', asking('fd00:9::9')))
  expect(wrong.readiness.reason).toBe('RequestedAddressOutsidePools')
})

test('who has an address of a pool that gives only on request gets the other family from there as well', async () => {
  const lan = await dualLan({ pools: [poolNamed('kept', [v4, v6], { autoAssign: false })] })
  const web = await lan.bring(dual('web', { annotations: { 'weir.dev/load-balancer-ips': '10.201.200.9' } }))
  expect(ipsOf(web)).toEqual(['10.201.200.9', 'fd00:201::100'])
})

test('a family that the Service gives up is withdrawn before it is free, and the other stays as it is', async () => {
  const lan = await dualLan({ pools: [poolNamed('office', [v4, v6])] })
  const both = await lan.bring(dual('web'))
  await lan.announce()
  const six = 'ip-fd00-0201-0000-0000-0000-0000-0000-0100'
  lan.claim(six, 'n1')
  lan.claim('ip-10-201-200-1', 'n1')
  const single = serviceNamed('web', { statusAddresses: ipsOf(both) })
  const outcome = await lan.bring(single)
  expect(ipsOf(outcome)).toEqual(['10.201.200.1'])
  expect(outcome.readiness.ready).toBe(true)
  expect(lan.announcements.read(six)?.metadata.deletionTimestamp).toBeDefined()
  // The agent still answers: the address is nobody else's yet.
  expect(ipsOf(await lan.bring(serviceNamed('next', { families: ['IPv6'] })))).toEqual(['fd00:201::101'])
  lan.confirm(six)
  await settled(lan, shown(single, outcome))
  expect(lan.blocks.read('ipv6-fd000201000000000000000000000100')?.spec.allocations['0']).toBeUndefined()
  expect(lan.announcements.read('ip-10-201-200-1')?.metadata.deletionTimestamp).toBeUndefined()
  expect(lan.announcements.read('ip-10-201-200-1')?.status?.epoch).toBe(1)
})

test('a pool that is turned into another one for one family takes that address alone', async () => {
  const lan = await dualLan({ pools: [poolNamed('office', [v4, v6])] })
  const both = await lan.bring(required('web'))
  lan.pools.put(poolNamed('office', [v4, 'fd00:201::200/120']))
  await Promise.resolve()
  const moved = await lan.bring(shown(required('web'), both))
  expect(ipsOf(moved)).toEqual(['10.201.200.1', 'fd00:201::200'])
  expect(moved.warnings).toMatchObject([{ reason: 'AddressReplaced' }])
})

test('after a restart a dual-stack Service keeps both, and one that died with half of what it needs goes on from there', async () => {
  const before = await dualLan({ pools: [poolNamed('office', [v4, v6])] })
  const both = await before.bring(dual('web'))
  await before.bring(serviceNamed('half'))
  const lan = await dualLan({ pools: [poolNamed('office', [v4, v6])], after: before })
  expect(ipsOf(await lan.bring(shown(dual('web'), both)))).toEqual(ipsOf(both))
  expect(ipsOf(await lan.bring(required('half')))).toEqual(['10.201.200.2', 'fd00:201::101'])
})
