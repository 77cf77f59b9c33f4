// Services at one address that change: who leaves, who lets in, and what stays announced.
import { expect, test } from 'vitest'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import { poolNamed } from '../simulation/simulation.ts'
import { office, ipsOf, ports, sharer, shown, settled, ownersAt } from './sharing-under-test.ts'

test('the older one that changes its port into that of the younger keeps the address, whoever is looked at first', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const [old, young] = [sharer('old', { day: 1 }), sharer('young', { day: 2, port: '53/TCP' })]
  const first = shown(old, await lan.bring(old))
  const second = shown(young, await lan.bring(young))
  const changed = { ...first, listeners: ports('53/TCP') }
  lan.services.set(changed.id.uid, changed)
  expect(ipsOf(await settled(lan, second))).toEqual(['10.201.200.2'])
  expect(ipsOf(await settled(lan, changed))).toEqual(['10.201.200.1'])
})

test('who gives up the key gets an address of its own before it leaves; one that is alone changes its key in place', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const [a, b] = [sharer('a'), sharer('b', { port: '53/TCP' })]
  const shownA = shown(a, await lan.bring(a))
  await lan.bring(b)
  const alone = { ...sharer('a', { key: '' }), statusAddresses: shownA.statusAddresses }
  const moving = await lan.bring(alone)
  expect(ipsOf(moving)).toEqual(['10.201.200.2'])
  expect(ownersAt(lan, 1)).toEqual(['a', 'b'])
  await lan.bring(shown(alone, moving))
  expect(ownersAt(lan, 1)).toEqual(['b'])
  expect(ipsOf(await settled(lan, sharer('b', { port: '53/TCP', key: 'other' })))).toEqual(['10.201.200.1'])
  expect(ipsOf(await lan.bring(sharer('c', { port: '54/TCP', key: 'other' })))).toEqual(['10.201.200.1'])
  expect(ipsOf(await lan.bring(sharer('d', { port: '55/TCP' })))).toEqual(['10.201.200.3'])
})

test('an owner that begins to share lets in who waits for its address, and who waits for any', async () => {
  const lan = await simulatedLan({ pools: [poolNamed('tiny', ['10.201.200.7'])] })
  const holder = sharer('holder', { key: '' })
  await lan.bring(holder)
  const exact = sharer('exact', { port: '53/TCP', ip: '10.201.200.7' })
  const any = sharer('any', { port: '54/TCP' })
  expect((await lan.bring(exact)).readiness.reason).toBe('SharingRefused')
  expect((await lan.bring(any)).readiness.reason).toBe('PoolsExhausted')
  lan.woken()
  await lan.bring(sharer('holder'))
  expect(lan.woken()).toEqual(expect.arrayContaining(['exact', 'any']))
  expect(ipsOf(await lan.bring(exact))).toEqual(['10.201.200.7'])
  expect(ipsOf(await lan.bring(any))).toEqual(['10.201.200.7'])
})

test('one of several that is deleted takes nothing from the others; the last one withdraws the address', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const [a, b] = [sharer('a'), sharer('b', { port: '53/TCP' })]
  await lan.bring(a)
  await lan.bring(b)
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  expect((await lan.remove(a.id)).gone).toBe(true)
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')).toMatchObject({ spec: { services: [{ name: 'b' }] }, status: { epoch: 1 } })
  expect((await lan.remove(b.id)).gone).toBe(false)
  expect(lan.announcements.read('ip-10-201-200-1')?.metadata.deletionTimestamp).toBeDefined()
  expect(ownersAt(lan, 1)).toEqual(['b'])
  // Nobody joins what is on its way out.
  expect(ipsOf(await lan.bring(sharer('c', { port: '54/TCP' })))).toEqual(['10.201.200.2'])
  lan.confirm('ip-10-201-200-1')
  expect((await lan.remove(b.id)).gone).toBe(true)
})

test('sharers that are deleted at the same moment leave no address free that a node still announces', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const services = [sharer('a'), sharer('b', { port: '53/TCP' }), sharer('c', { port: '54/TCP' })]
  for (const service of services) await lan.bring(service)
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  const outcomes = await Promise.all(services.map(({ id }) => lan.remove(id)))
  expect(outcomes.filter(({ gone }) => gone)).toHaveLength(2)
  expect(ownersAt(lan, 1)).toHaveLength(1)
  const left = services.find(({ id }) => ownersAt(lan, 1)?.includes(id.name))
  if (!left) throw new Error('one is left')
  await lan.remove(left.id)
  expect(lan.announcements.read('ip-10-201-200-1')?.metadata.deletionTimestamp).toBeDefined()
  lan.confirm('ip-10-201-200-1')
  expect((await lan.remove(left.id)).gone).toBe(true)
})

test('sharers move together when their pool loses the address', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const [a, b] = [sharer('a'), sharer('b', { port: '53/TCP' })]
  const before = [shown(a, await lan.bring(a)), shown(b, await lan.bring(b))]
  lan.pools.put(poolNamed('office', ['10.201.201.0/24']))
  await Promise.resolve()
  for (const service of before) expect(ipsOf(await lan.bring(service))).toEqual(['10.201.201.1'])
})

test('announce rules that leave no node for both refuse the sharing, also when they come later', async () => {
  const rules = (...tiers: readonly string[]) => ({
    announce: {
      layer2: tiers.map(tier => ({ nodeSelector: { matchLabels: { tier } }, serviceSelector: { matchLabels: { tier } } })),
    },
  })
  const lan = await simulatedLan({ pools: [office] })
  lan.nodes.put({ ...lan.nodes.get('n0')!, metadata: { name: 'n0', labels: { tier: 'a' } } })
  lan.nodes.put({ ...lan.nodes.get('n1')!, metadata: { name: 'n1', labels: { tier: 'b' } } })
  await Promise.resolve()
  const a = sharer('a', { day: 1, labels: { tier: 'a' } })
  const b = sharer('b', { day: 2, port: '53/TCP', labels: { tier: 'b' } })
  const before = [shown(a, await lan.bring(a)), shown(b, await lan.bring(b))]
  expect(before.flatMap(({ statusAddresses }) => statusAddresses)).toEqual(['10.201.200.1', '10.201.200.1'])
  lan.woken()
  lan.pools.put(poolNamed('office', ['10.201.200.0/24'], rules('a', 'b')))
  await Promise.resolve()
  expect(lan.woken()).toEqual(expect.arrayContaining(['a', 'b']))
  const [stays, leaves] = [await settled(lan, before[0] ?? a), await settled(lan, before[1] ?? b)]
  expect([ipsOf(stays), ipsOf(leaves)]).toEqual([['10.201.200.1'], ['10.201.200.2']])
  const asks = await lan.bring(sharer('c', { port: '54/TCP', labels: { tier: 'b' }, ip: '10.201.200.1' }))
  expect(asks.readiness.reason).toBe('SharingRefused')
  expect(asks.readiness.message).toContain('no node may announce it for all (default/a: n0; default/c: n1)')
})

test('after a restart sharers stay together, and statuses that show one address are adopted by all that may share it', async () => {
  const before = await simulatedLan({ pools: [office] })
  const [a, b] = [sharer('a', { day: 1 }), sharer('b', { day: 2, port: '53/TCP' })]
  await before.bring(a)
  await before.bring(b)
  const again = await simulatedLan({ pools: [office], after: before })
  expect(ipsOf(await again.bring(sharer('c', { day: 3, port: '54/TCP' })))).toEqual(['10.201.200.1'])
  expect(ipsOf(await again.bring(b))).toEqual(['10.201.200.1'])

  const moved = [a, b, sharer('alone', { key: '', day: 3 })].map(service => ({ ...service, statusAddresses: ['10.201.200.9'] }))
  const existing = moved.map(({ id, createdAt, statusAddresses }) => ({ id, createdAt, addresses: statusAddresses }))
  const lan = await simulatedLan({ pools: [office], existing, services: moved })
  const ips = []
  for (const service of moved.toReversed()) ips.push(...ipsOf(await lan.bring(service)))
  expect(ips).toEqual(['10.201.200.1', '10.201.200.9', '10.201.200.9'])
})

test.each([1, 9])(
  'who takes its consent back moves and is told so; the other keeps what it asks for, older or younger',
  async day => {
    const lan = await simulatedLan({ pools: [office] })
    const u1 = sharer('u1', { namespace: 'team-a', shareWith: 'team-b', day: 5 })
    const first = shown(u1, await lan.bring(u1))
    const u2 = sharer('u2', { namespace: 'team-b', shareWith: 'team-a', port: '80/TCP', ip: '10.201.200.1', day })
    const second = shown(u2, await lan.bring(u2))
    expect(second.statusAddresses).toEqual(['10.201.200.1'])

    const closed = { ...sharer('u1', { namespace: 'team-a', day: 5 }), statusAddresses: first.statusAddresses }
    lan.services.set(closed.id.uid, closed)
    const stays = async () => {
      expect(await lan.bring(second)).toMatchObject({
        ingress: [{ ip: '10.201.200.1' }],
        readiness: { reason: 'Serving' },
        warnings: [],
      })
    }
    await stays()
    const moved = await lan.bring(closed)
    expect(ipsOf(moved)).toEqual(['10.201.200.2'])
    expect(moved.warnings).toMatchObject([
      {
        reason: 'AddressReplaced',
        message: expect.stringContaining('team-a/u1 does not name namespace team-b'),
        remedy: expect.stringContaining('Clients have to use 10.201.200.2.'),
      },
    ])
    await stays()
    expect((await settled(lan, shown(closed, moved))).warnings).toEqual([])
    await stays()
    expect(ownersAt(lan, 1)).toEqual(['u2'])
  },
)

test('of two that took back their consent to each other the younger moves', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const open = [
    sharer('old', { namespace: 'a', shareWith: 'b', day: 1 }),
    sharer('young', { namespace: 'b', shareWith: 'a', port: '80/TCP', day: 2 }),
  ]
  const statuses = []
  for (const service of open) statuses.push(ipsOf(await lan.bring(service)))
  expect(statuses).toEqual([['10.201.200.1'], ['10.201.200.1']])
  const old = { ...sharer('old', { namespace: 'a', day: 1 }), statusAddresses: ['10.201.200.1'] }
  const young = { ...sharer('young', { namespace: 'b', port: '80/TCP', day: 2 }), statusAddresses: ['10.201.200.1'] }
  for (const service of [old, young]) lan.services.set(service.id.uid, service)
  expect(ipsOf(await settled(lan, young))).toEqual(['10.201.200.2'])
  expect(ipsOf(await settled(lan, old))).toEqual(['10.201.200.1'])
})
