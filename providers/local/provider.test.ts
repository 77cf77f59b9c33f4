// The local provider over a simulated API server: addresses given, kept, waited for, moved and withdrawn.
import { expect, test } from 'vitest'
import type { IngressPoint } from '../../src/provider.ts'
import { simulatedLan } from './simulation/simulated-lan.ts'
import { nodeNamed, poolNamed, reportOf, serviceNamed } from './simulation/simulation.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const ipsOf = (ingress: readonly IngressPoint[]) => ingress.map(point => ('ip' in point ? point.ip : point.hostname))
const asking = (address: string) => ({ annotations: { 'weir.dev/load-balancer-ips': address } })

test('a Service gets the first address of the pool that does not end in .0, and the message names its Announcement', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const outcome = await lan.bring(serviceNamed('web'))
  expect(outcome.ingress).toEqual([{ ip: '10.201.200.1', ipMode: 'VIP' }])
  expect(outcome.readiness).toEqual({
    ready: true,
    reason: 'Serving',
    message: 'Served at 10.201.200.1 from pool office; kubectl get announcement ip-10-201-200-1 shows by which node.',
  })
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations).toEqual({
    '1': {
      pool: 'office',
      since: '2026-01-02T00:00:00Z',
      owners: [{ uid: 'uid-of-web', namespace: 'default', name: 'web' }],
    },
  })
})

test('a second look gives nothing more and writes nothing', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web'))
  const writes = lan.blocks.writes
  expect(ipsOf((await lan.bring(serviceNamed('web'))).ingress)).toEqual(['10.201.200.1'])
  expect(lan.blocks.writes).toBe(writes)
})

test('a hundred Services at once cost two writes of their block', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_, at) => lan.bring(serviceNamed(`s${at}`))))
  expect(new Set(outcomes.flatMap(outcome => ipsOf(outcome.ingress))).size).toBe(100)
  expect(lan.blocks.writes).toBeLessThanOrEqual(2)
})

test('after a restart every Service keeps its address', async () => {
  const before = await simulatedLan({ pools: [office] })
  await before.bring(serviceNamed('a'))
  await before.bring(serviceNamed('b'))
  const lan = await simulatedLan({ pools: [office], after: before })
  expect(ipsOf((await lan.bring(serviceNamed('c'))).ingress)).toEqual(['10.201.200.3'])
  expect(ipsOf((await lan.bring(serviceNamed('b'))).ingress)).toEqual(['10.201.200.2'])
})

test('an address that a status holds is kept for its Service, even when a newer one is looked at first', async () => {
  const old = serviceNamed('old', { statusAddresses: ['10.201.200.1'] })
  const lan = await simulatedLan({
    pools: [office],
    existing: [{ id: old.id, createdAt: old.createdAt, addresses: ['10.201.200.1'] }],
  })
  expect(ipsOf((await lan.bring(serviceNamed('new'))).ingress)).toEqual(['10.201.200.2'])
  const thief = await lan.bring(serviceNamed('thief', asking('10.201.200.1')))
  expect(thief.readiness.message).toContain('10.201.200.1 belongs to default/old')
  expect(ipsOf((await lan.bring(old)).ingress)).toEqual(['10.201.200.1'])
})

test('two Services with one address in their statuses: the older keeps it, the other gets another', async () => {
  const [old, late] = ['old', 'late'].map((name, at) =>
    serviceNamed(name, { statusAddresses: ['10.201.200.9'], createdAt: `2026-01-0${at + 1}T00:00:00Z` }),
  )
  if (!old || !late) throw new Error('two Services')
  const existing = [late, old].map(({ id, createdAt }) => ({ id, createdAt, addresses: ['10.201.200.9'] }))
  const lan = await simulatedLan({ pools: [office], existing })
  expect(ipsOf((await lan.bring(late)).ingress)).toEqual(['10.201.200.1'])
  expect(ipsOf((await lan.bring(old)).ingress)).toEqual(['10.201.200.9'])
})

test('a requested address is given, also one that ends in .255 or lies in a pool with autoAssign: false', async () => {
  const lan = await simulatedLan({ pools: [office, poolNamed('byHand', ['10.201.201.7'], { autoAssign: false })] })
  expect(ipsOf((await lan.bring(serviceNamed('a', asking('10.201.200.255')))).ingress)).toEqual(['10.201.200.255'])
  expect(ipsOf((await lan.bring(serviceNamed('b', { loadBalancerIP: '10.201.201.7' }))).ingress)).toEqual(['10.201.201.7'])
})

test('who waits for an address gets it in order of creation when it is free, and nobody overtakes', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const holder = serviceNamed('holder', asking('10.201.200.5'))
  const second = serviceNamed('second', { ...asking('10.201.200.5'), createdAt: '2026-01-03T00:00:00Z' })
  const first = serviceNamed('first', { ...asking('10.201.200.5'), createdAt: '2026-01-02T00:00:00Z' })
  await lan.bring(holder)
  const outcome = await lan.bring(second)
  expect(outcome).toMatchObject({ ingress: [], again: 'on-change', readiness: { ready: false, reason: 'RequestedAddressInUse' } })
  expect(outcome.readiness.message).toContain('10.201.200.5 belongs to default/holder')
  await lan.bring(first)
  lan.woken()

  expect((await lan.remove(holder.id)).gone).toBe(true)
  expect(lan.woken()).toEqual(['first'])
  expect((await lan.bring(second)).readiness.message).toContain('belongs to default/first')
  expect(ipsOf((await lan.bring(first)).ingress)).toEqual(['10.201.200.5'])
})

test('who was called and wants it no more makes way for the next', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const holder = serviceNamed('holder', asking('10.201.200.5'))
  const first = serviceNamed('first', { ...asking('10.201.200.5'), createdAt: '2026-01-02T00:00:00Z' })
  const second = serviceNamed('second', { ...asking('10.201.200.5'), createdAt: '2026-01-03T00:00:00Z' })
  for (const service of [holder, first, second]) await lan.bring(service)
  await lan.remove(holder.id)
  lan.woken()
  expect(ipsOf((await lan.bring({ ...first, annotations: {} })).ingress)).toEqual(['10.201.200.1'])
  expect(lan.woken()).toEqual(['second'])
  expect(ipsOf((await lan.bring(second)).ingress)).toEqual(['10.201.200.5'])
})

test('a full pool says so, calls the oldest waiter when an address frees, and all when it grows', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('tiny', ['10.201.200.1'])] })
  await lan.bring(serviceNamed('a'))
  const late = serviceNamed('late', { createdAt: '2026-01-05T00:00:00Z' })
  const early = serviceNamed('early', { createdAt: '2026-01-04T00:00:00Z' })
  expect((await lan.bring(late)).readiness.reason).toBe('PoolsExhausted')
  await lan.bring(early)
  lan.woken()
  await lan.remove(serviceNamed('a').id)
  expect(lan.woken()).toEqual(['early'])
  expect((await lan.bring(late)).readiness.reason).toBe('PoolsExhausted')
  expect(ipsOf((await lan.bring(early)).ingress)).toEqual(['10.201.200.1'])
  lan.woken()
  lan.pools.put(poolNamed('tiny', ['10.201.200.1-10.201.200.2']))
  await Promise.resolve()
  expect(lan.woken()).toContain('late')
  expect(ipsOf((await lan.bring(late)).ingress)).toEqual(['10.201.200.2'])
})

test.each([
  ['RequestedAddressOutsidePools', asking('10.9.9.9'), 'pools: office 10.201.200.0/24'],
  ['UnknownPool', { annotations: { 'weir.dev/address-pool': 'attic' } }, 'There is no AddressPool attic (pools: office)'],
  ['RequestedAddressInvalid', asking('10.9.9'), '"10.9.9" is not an IPv4 or IPv6 address'],
  ['RequestedAddressInvalid', asking('10.201.200.1,10.201.200.2'), 'several addresses of one family'],
  ['RequestedAddressWrongFamily', asking('fd00::1'), 'fd00::1 is IPv6, but the Service has IPv4'],
  ['RequestConflict', { ...asking('10.201.200.1'), loadBalancerIP: '10.201.200.2' }, 'spec.loadBalancerIP for 10.201.200.2'],
  ['NoPools', { families: ['IPv6'] as const }, 'office has no IPv6 addresses'],
  ['UnsupportedFamily', { familyPolicy: 'RequireDualStack' }, 'gave it IPv4 only'],
] as const)('%s: the reason and the values are named, and nothing is given', async (reason, changes, text) => {
  const lan = await simulatedLan({ pools: [office] })
  const outcome = await lan.bring(serviceNamed('web', changes))
  expect(outcome).toMatchObject({ ingress: [], readiness: { ready: false, reason } })
  expect(outcome.readiness.message).toContain(text)
  expect(lan.blocks.objects.size).toBe(0)
})

test('a mistake in a Service that is served takes nothing away', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web'))
  const outcome = await lan.bring(serviceNamed('web', asking('10.9.9.9')))
  expect(ipsOf(outcome.ingress)).toEqual(['10.201.200.1'])
  expect(outcome.readiness.message).toMatch(/10\.9\.9\.9 is in no pool.*Until then 10\.201\.200\.1 stays\.$/)
})

test('another address is given before the old one is withdrawn, and the status moves in between', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web'))
  await lan.announce()
  const moved = await lan.bring(serviceNamed('web', asking('10.201.200.77')))
  expect(ipsOf(moved.ingress)).toEqual(['10.201.200.77'])
  expect(moved.again).toEqual({ afterMs: 0 })
  expect(lan.announcements.read('ip-10-201-200-1')?.metadata.deletionTimestamp).toBeUndefined()
  await lan.bring(serviceNamed('web', asking('10.201.200.77')))
  expect(lan.announcements.read('ip-10-201-200-1')?.metadata.deletionTimestamp).toBeDefined()
})

test('an address that its pool loses is replaced, and the user is told once', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web'))
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  lan.woken()
  lan.pools.put(poolNamed('office', ['10.201.201.0/24']))
  await Promise.resolve()
  expect(lan.woken()).toEqual(['web'])
  const outcome = await lan.bring(serviceNamed('web'))
  expect(ipsOf(outcome.ingress)).toEqual(['10.201.201.1'])
  expect(outcome.warnings.map(({ reason, message }) => [reason, message])).toEqual([
    [
      'AddressReplaced',
      '10.201.200.1 is taken from this Service: pool office does not hold it any more or is not for this Service.',
    ],
  ])
  expect((await lan.bring(serviceNamed('web'))).warnings).toEqual([])
  lan.confirm('ip-10-201-200-1')
  await lan.bring(serviceNamed('web'))
  expect(lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations).toEqual({})
})

test('a pool with a typing mistake keeps what it gave and gives nothing new', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web'))
  lan.pools.put(poolNamed('office', ['10.201.200.0-10.201.100.0']))
  expect(ipsOf((await lan.bring(serviceNamed('web'))).ingress)).toEqual(['10.201.200.1'])
  expect((await lan.bring(serviceNamed('other'))).readiness.reason).toBe('NoPools')
})

test('an address is free only after the node that announced it has confirmed its silence', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const web = serviceNamed('web')
  await lan.bring(web)
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  expect(await lan.remove(web.id)).toMatchObject({ gone: false, ingress: [], readiness: { reason: 'Withdrawing' } })
  expect((await lan.remove(web.id)).gone).toBe(false)
  expect(ipsOf((await lan.bring(serviceNamed('next'))).ingress)).toEqual(['10.201.200.2'])
  lan.woken()
  lan.confirm('ip-10-201-200-1')
  expect(lan.woken()).toEqual(['web'])
  expect((await lan.remove(web.id)).gone).toBe(true)
  expect(ipsOf((await lan.bring(serviceNamed('later'))).ingress)).toEqual(['10.201.200.1'])
})

test('a dead node confirms nothing, so its address is freed when its Lease has ended', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const web = serviceNamed('web')
  await lan.bring(web)
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  await lan.remove(web.id)
  lan.woken()
  lan.setAlive('n1', false)
  await Promise.resolve()
  expect(lan.woken()).toContain('web')
  await lan.remove(web.id)
  expect((await lan.remove(web.id)).gone).toBe(true)
})

test('an Announcement whose address nobody has is withdrawn', async () => {
  const before = await simulatedLan({ pools: [office] })
  await before.bring(serviceNamed('web'))
  await before.announce()
  const lan = await simulatedLan({ pools: [office], after: before })
  const block = lan.blocks.read('ipv4-10-201-200-0')
  if (!block) throw new Error('a block')
  lan.blocks.update({ ...block, spec: { ...block.spec, bitmap: '0'.repeat(64), allocations: {} } })
  await lan.announce()
  expect(lan.announcements.objects.size).toBe(0)
})

test('without a living agent the address is given and NoAnnouncer says why; the first agent wakes the Service', async () => {
  const lan = await simulatedLan({ pools: [office], nodes: ['n0'] })
  lan.setAlive('n0', false)
  lan.nodes.put(nodeNamed('n1'))
  lan.nodes.put(nodeNamed('n2'))
  lan.reports.put(reportOf('n2', ['192.0.2.2/24']))
  await Promise.resolve()
  const outcome = await lan.bring(serviceNamed('web'))
  expect(ipsOf(outcome.ingress)).toEqual(['10.201.200.1'])
  expect(outcome.readiness).toMatchObject({ ready: false, reason: 'NoAnnouncer' })
  expect(outcome.readiness.message).toContain(
    '3 nodes: 1 whose agent does not answer (n0), 1 without an agent (n1), 1 without an interface in its subnet (n2 has eth0',
  )
  lan.woken()
  lan.setAlive('n0', true)
  await Promise.resolve()
  expect(lan.woken()).toEqual(['web'])
  expect((await lan.bring(serviceNamed('web'))).readiness.reason).toBe('Serving')
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')?.spec.nodes).toEqual(['n0'])
})

test('a failed write gives nothing, and the next look starts anew', async () => {
  let isDown = true
  const lan = await simulatedLan({
    pools: [office],
    write: async () => {
      if (isDown) throw new Error('connection refused')
    },
  })
  await expect(lan.bring(serviceNamed('web'))).rejects.toThrow('connection refused')
  isDown = false
  expect(ipsOf((await lan.bring(serviceNamed('web'))).ingress)).toEqual(['10.201.200.1'])
})

test('statuses of pools count what is given', async () => {
  const lan = await simulatedLan({ pools: [office, poolNamed('young', ['10.201.200.128-10.201.201.3'])] })
  await lan.bring(serviceNamed('web'))
  expect(lan.provider.poolStatuses.get('office')).toMatchObject({ total: '256', used: 1, free: '253' })
  expect(lan.provider.poolStatuses.get('young')).toMatchObject({ total: '132', used: 0, free: '0' })
  const conditions = lan.provider.poolStatuses.get('young')?.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')
  expect(ready).toMatchObject({ status: 'False', reason: 'Overlap' })
  expect(ready?.message).toContain('10.201.200.128-10.201.200.255 are also in the older pool office')
  // One condition is enough for the younger; the older goes on and tells of it beside.
  expect(conditions.map(({ type }) => type)).not.toContain('Overlap')
  const older = lan.provider.poolStatuses.get('office')?.conditions ?? []
  expect(older).toContainEqual(expect.objectContaining({ type: 'Overlap', status: 'True' }))
})

test('an address that is taken away with its pool is told without a word of a new one, when there is none', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(serviceNamed('web'))
  await lan.announce()
  lan.pools.remove('office')
  const [warning] = (await lan.bring(serviceNamed('web'))).warnings
  expect(warning).toMatchObject({
    reason: 'AddressReplaced',
    message: '10.201.200.1 is taken from this Service: pool office is gone.',
    remedy: 'There is no other address for it, so clients cannot reach it; put 10.201.200.1 back into a pool.',
  })
})

test('a named pool that is broken, and a class that names a pool that is not there, are told as that', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('office', ['10.201.200.9-10.201.200.1'])] })
  const named = await lan.bring(serviceNamed('named', { annotations: { 'weir.dev/address-pool': 'office' } }))
  expect(named.readiness).toMatchObject({ ready: false, reason: 'PoolNotUsable' })
  expect(named.readiness.message).toContain('10.201.200.9-10.201.200.1')
  const { class: lbClass } = serviceNamed('classed')
  const choosy = { ...lbClass, spec: { ...lbClass.spec, local: { pools: ['nosuch'] } } }
  const classed = await lan.bring(serviceNamed('classed', { class: choosy }))
  expect(classed.readiness.reason).toBe('NoPools')
  expect(classed.readiness.message).toContain('class lan names nosuch, which does not exist')
})
