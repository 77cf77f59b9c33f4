// Several Services at one address: who joins, who may not and is told why, who leaves, and what stays announced.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DesiredLoadBalancer, Listener } from '../../src/model/load-balancer.ts'
import type { IngressPoint, Outcome } from '../../src/provider.ts'
import { simulatedLan } from './simulated-lan.ts'
import type { SimulatedLan } from './simulated-lan.ts'
import { poolNamed, serviceNamed } from './simulation.ts'
import { discordBetween, termsOf } from './sharing.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const ipsOf = ({ ingress }: { readonly ingress: readonly IngressPoint[] }) =>
  ingress.map(point => ('ip' in point ? point.ip : point.hostname))
const ports = (...texts: readonly string[]): readonly Listener[] =>
  texts.map(text => {
    const [port, protocol] = text.split('/')
    return { port: Number(port), protocol: protocol === 'UDP' ? 'UDP' : 'TCP', portName: text }
  })

interface Wish extends Partial<DesiredLoadBalancer> {
  readonly key?: string
  readonly port?: string
  readonly ip?: string
  readonly namespace?: string
  readonly shareWith?: string
  readonly day?: number
}
/** A Service that shares under the key `dns` unless told otherwise. */
function sharer(
  name: string,
  { key = 'dns', port = '53/UDP', ip, namespace = 'default', shareWith, day = 1, ...rest }: Wish = {},
) {
  const annotations = {
    ...(key !== '' && { 'weir.dev/allow-shared-ip': key }),
    ...(ip !== undefined && { 'weir.dev/load-balancer-ips': ip }),
    ...(shareWith !== undefined && { 'weir.dev/share-with-namespaces': shareWith }),
  }
  const id = { kind: 'Service', namespace, name, uid: `uid-of-${namespace}-${name}` } as const
  return serviceNamed(name, { id, annotations, listeners: ports(port), createdAt: `2026-01-0${day}T00:00:00Z`, ...rest })
}
const shown = (desired: DesiredLoadBalancer, outcome: Outcome): DesiredLoadBalancer => ({
  ...desired,
  statusAddresses: ipsOf(outcome),
})
async function settled(lan: SimulatedLan, service: DesiredLoadBalancer): Promise<Outcome> {
  let outcome = await lan.bring(service)
  for (let look = 0; look < 4; look++) outcome = await lan.bring(shown(service, outcome))
  return outcome
}
const ownersAt = (lan: SimulatedLan, offset: number) =>
  lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations[offset]?.owners.map(({ name }) => name)

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

const wishes = fc.record({
  key: fc.constantFrom('', 'k', 'l'),
  port: fc.constantFrom('53/UDP', '53/TCP', '80/TCP'),
  namespace: fc.constantFrom('a', 'b'),
  shareWith: fc.constantFrom('a', 'b', 'c'),
  externalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
  ip: fc.option(fc.constantFrom('10.201.200.1', '10.201.200.2'), { nil: undefined }),
})

test('whatever Services ask for in whatever order, those at one address get on with each other, and each has one that it shows', async () => {
  const step = fc.record({ who: fc.nat({ max: 5 }), what: fc.constantFrom('change' as const, 'remove' as const), wish: wishes })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.scheduler(), async (steps, s) => {
      const lan = await simulatedLan({
        pools: [poolNamed('office', ['10.201.200.1-10.201.200.4'])],
        write: () => s.schedule(Promise.resolve()),
      })
      const present = new Map<number, DesiredLoadBalancer>()
      const waiting = new Set<string>()
      const removed: DesiredLoadBalancer['id'][] = []
      let count = 0
      const work: Promise<unknown>[] = []
      for (const { who, what, wish } of steps) {
        const old = present.get(who)
        if (what === 'remove' && old) {
          present.delete(who)
          removed.push(old.id)
          work.push(lan.remove(old.id))
        } else {
          const { ip, ...rest } = wish
          const fresh = sharer(`s${who}`, {
            ...rest,
            namespace: old?.id.namespace ?? rest.namespace,
            ...(ip !== undefined && { ip }),
            day: 1 + (count % 9),
          })
          const id = old?.id ?? { ...fresh.id, uid: `u${count++}` }
          const service = {
            ...fresh,
            id,
            createdAt: old?.createdAt ?? fresh.createdAt,
            statusAddresses: old?.statusAddresses ?? [],
          }
          present.set(who, service)
          const look = async () => {
            const outcome = await lan.bring(service)
            if (present.get(who) === service) present.set(who, shown(service, outcome))
          }
          work.push(look())
        }
        if (work.length % 2 === 0) await s.waitFor(Promise.all(work.splice(0)))
      }
      await s.waitFor(Promise.all(work))
      // Until nothing changes any more; each is looked at as the loop does.
      for (let round = 0; round < 12; round++) {
        for (const id of removed) await s.waitFor(lan.remove(id))
        for (const [who, service] of present) {
          const outcome = await s.waitFor(lan.bring(service))
          present.set(who, shown(service, outcome))
          if (outcome.readiness.ready) waiting.delete(service.id.uid)
          else waiting.add(service.id.uid)
        }
      }
      for (const { allocations } of [...lan.blocks.objects.values()].map(({ spec }) => spec)) {
        for (const [offset, { owners }] of Object.entries(allocations)) {
          const here = owners.flatMap(({ uid }) => lan.services.get(uid) ?? [])
          expect(here.length, `owners of ${offset}`).toBe(owners.length)
          const terms = here.map(termsOf)
          // Who wants to share no more stays where it is while it waits for another address.
          const isWaiting = owners.some(({ uid }) => waiting.has(uid))
          for (const one of terms)
            for (const other of terms) {
              const kind = one === other ? undefined : discordBetween(one, other)?.kind
              if (!isWaiting || (kind !== 'key' && kind !== 'namespace')) expect(kind).toBeUndefined()
            }
          for (const { id, statusAddresses } of present.values())
            if (owners.some(({ uid }) => uid === id.uid)) expect(statusAddresses).toEqual([`10.201.200.${offset}`])
        }
      }
    }),
    { numRuns: 100 },
  )
})
