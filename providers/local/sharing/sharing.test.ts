// Several Services at one address: who joins, who may not and is told why, who leaves, and what stays announced.
import { expect, test } from 'vitest'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import { office, ipsOf, ports, sharer, shown, settled, ownersAt } from './sharing-under-test.ts'

test('Services with one key and different ports get one address, with one Announcement that names them all', async () => {
  const lan = await simulatedLan({ pools: [office] })
  expect(ipsOf(await lan.bring(sharer('udp')))).toEqual(['10.201.200.1'])
  expect(ipsOf(await lan.bring(sharer('tcp', { port: '53/TCP' })))).toEqual(['10.201.200.1'])
  expect(ipsOf(await lan.bring(sharer('web', { port: '80/TCP', key: 'web' })))).toEqual(['10.201.200.2'])
  expect(ipsOf(await lan.bring(sharer('alone', { key: '' })))).toEqual(['10.201.200.3'])
  await lan.announce()
  const { services, nodes } = lan.announcements.read('ip-10-201-200-1')?.spec ?? {}
  expect(services?.map(({ name }) => name)).toEqual(['udp', 'tcp'])
  expect(nodes?.length).toBeGreaterThan(1)
  expect(lan.provider.poolStatuses.get('office')?.used).toBe(3)
})

test('a hundred Services that are made at once share as those do that come one after the other', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const services = Array.from({ length: 100 }, (_, at) => sharer(`s${at}`, { port: `${8000 + at}/TCP` }))
  for (const service of services) lan.services.set(service.id.uid, service)
  const outcomes = await Promise.all(services.map(service => lan.bring(service)))
  // An address takes 64 owners.
  expect([...new Set(outcomes.flatMap(ipsOf))].toSorted()).toEqual(['10.201.200.1', '10.201.200.2'])
  expect(ownersAt(lan, 1)).toHaveLength(64)
  expect(lan.blocks.writes).toBeLessThanOrEqual(3)
})

test.each([
  ['another key', { key: 'web' }, 'default/holder shares under another key'],
  ['an equal port', { port: '53/UDP' }, 'default/holder serves 53/UDP as well'],
  ['another traffic policy', { externalTrafficPolicy: 'Local' }, 'default/holder has externalTrafficPolicy Cluster'],
  ['another namespace', { namespace: 'other' }, 'does not name namespace'],
  ['another namespace that only one side lets in', { namespace: 'other', shareWith: 'default' }, 'default/holder does not name'],
] as const)('%s refuses the address that is asked for, and names the other', async (_, changes, text) => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(sharer('holder', { ip: '10.201.200.7' }))
  const outcome = await lan.bring(sharer('guest', { port: '53/TCP', ip: '10.201.200.7', ...changes }))
  expect(outcome).toMatchObject({ ingress: [], readiness: { ready: false, reason: 'SharingRefused' } })
  expect(outcome.readiness.message).toContain('10.201.200.7 belongs to default/holder and cannot be shared with it: ')
  expect(outcome.readiness.message).toContain(text)
})

test('who does not share at all is told that the address is in use', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(sharer('holder', { ip: '10.201.200.7' }))
  const outcome = await lan.bring(sharer('guest', { key: '', port: '53/TCP', ip: '10.201.200.7' }))
  expect(outcome.readiness.reason).toBe('RequestedAddressInUse')
})

test('namespaces share where each names the other, and the key alone opens none', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const blue = sharer('blue', { namespace: 'a', shareWith: 'b' })
  await lan.bring(blue)
  expect(ipsOf(await lan.bring(sharer('red', { namespace: 'c', port: '1/TCP', shareWith: 'a' })))).toEqual(['10.201.200.2'])
  const green = sharer('green', { namespace: 'b', port: '2/TCP', shareWith: 'a,c' })
  const outcome = await lan.bring(green)
  expect(ipsOf(outcome)).toEqual(['10.201.200.1'])
  // Who takes the consent back leaves, and has another address before it does.
  const alone = shown(sharer('green', { namespace: 'b', port: '2/TCP' }), outcome)
  const moved = await settled(lan, alone)
  expect(ipsOf(moved)).toEqual(['10.201.200.3'])
  expect(ownersAt(lan, 1)).toEqual(['blue'])
})

test('of two that would join at the same moment with one port the first gets in, and the other is told by whom', async () => {
  const lan = await simulatedLan({ pools: [office] })
  await lan.bring(sharer('holder', { ip: '10.201.200.7' }))
  const [b, c] = ['b', 'c'].map(name => sharer(name, { port: '53/TCP', ip: '10.201.200.7' }))
  if (!b || !c) throw new Error('two Services')
  for (const service of [b, c]) lan.services.set(service.id.uid, service)
  const [first, second] = await Promise.all([lan.bring(b), lan.bring(c)])
  expect(ipsOf(first)).toEqual(['10.201.200.7'])
  expect(second.readiness.message).toContain('default/b serves 53/TCP as well')
  expect(ownersAt(lan, 7)).toEqual(['holder', 'b'])
})

test('with Local, Services share that have the same pods', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const local = { externalTrafficPolicy: 'Local', selector: { app: 'dns', tier: 'a' } } as const
  await lan.bring(sharer('udp', local))
  const same = sharer('tcp', { ...local, port: '53/TCP', selector: { tier: 'a', app: 'dns' } })
  expect(ipsOf(await lan.bring(same))).toEqual(['10.201.200.1'])
  expect(ipsOf(await lan.bring(sharer('other', { ...local, port: '54/TCP', selector: { app: 'x' } })))).toEqual(['10.201.200.2'])
})

test('a port that begins to collide costs the younger the address: it gets another, or says with whom it collides', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const old = sharer('old', { day: 1 })
  const young = sharer('young', { day: 2, port: '53/TCP' })
  const first = shown(old, await lan.bring(old))
  const second = shown(young, await lan.bring(young))
  await lan.announce()
  lan.claim('ip-10-201-200-1', 'n1')
  lan.woken()
  const changed = { ...first, listeners: ports('53/UDP', '53/TCP') }
  expect(ipsOf(await lan.bring(changed))).toEqual(['10.201.200.1'])
  expect(lan.woken()).toEqual(['young'])
  const moved = await lan.bring(second)
  expect(ipsOf(moved)).toEqual(['10.201.200.2'])
  expect(moved.warnings).toMatchObject([
    { reason: 'SharingEnded', message: expect.stringContaining('default/old serves 53/TCP') },
  ])
  expect(ownersAt(lan, 1)).toEqual(['old'])
  // The one who stays is announced all the time.
  await lan.announce()
  expect(lan.announcements.read('ip-10-201-200-1')).toMatchObject({
    spec: { services: [{ name: 'old' }] },
    status: { epoch: 1, node: 'n1' },
  })
  expect(lan.announcements.read('ip-10-201-200-1')?.metadata.deletionTimestamp).toBeUndefined()
  expect((await lan.bring(shown(young, moved))).warnings).toEqual([])
})

test('the younger that asked for the shared address loses it, waits, and has it back when the ports are apart again', async () => {
  const lan = await simulatedLan({ pools: [office] })
  const old = sharer('old', { day: 1, ip: '10.201.200.7' })
  const young = sharer('young', { day: 2, port: '53/TCP', ip: '10.201.200.7' })
  const first = shown(old, await lan.bring(old))
  const second = shown(young, await lan.bring(young))
  await lan.bring({ ...first, listeners: ports('53/TCP') })
  const lost = await settled(lan, second)
  expect(lost).toMatchObject({ ingress: [], readiness: { ready: false, reason: 'SharingRefused' } })
  expect(lost.readiness.message).toContain('default/old serves 53/TCP as well')
  lan.woken()
  await lan.bring({ ...first, listeners: ports('53/UDP') })
  expect(lan.woken()).toContain('young')
  expect(ipsOf(await settled(lan, young))).toEqual(['10.201.200.7'])
  expect(ownersAt(lan, 7)).toEqual(['old', 'young'])
})
