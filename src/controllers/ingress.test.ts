// The loop of Ingresses over simulated stores: what is written for what change, who is spared by whose mistake, and in which order.
import { otherControllers } from '../model/other-controllers.ts'
import type { TakeOver } from '../model/take-over.ts'
import { expect, test } from 'vitest'
import { ApiError } from '../kubernetes/errors.ts'
import { ProviderError } from '../provider.ts'
import { ingressWorld, lan, service, shop, web } from './ingress-under-test.ts'

const soon = 2000

test('of a thousand Ingresses behind one address the change of one is one write, and what it learns of itself', async () => {
  const world = ingressWorld()
  for (let index = 0; index < 1000; index++) world.put(shop(`shop-${index}`))
  const loop = world.start()
  await world.clock.advance(soon)
  expect(world.writes()).toHaveLength(2000)
  expect(world.reasonOf('shop-999')).toBe('Routed')

  const { metadata, ...rest } = shop('shop-7', { service: 'missing' })
  world.put({ ...rest, metadata: { ...metadata, generation: 2 } })
  await world.clock.advance(soon)
  expect(world.writes()).toEqual(['update ingressreports default/shop-7'])
  expect(world.reasonOf('shop-7')).toBe('ServiceNotFound')
  await loop.stop(0)
})

test('nothing is written when nothing has changed, after a restart neither', async () => {
  const world = ingressWorld()
  for (const name of ['a', 'b']) world.put(shop(name))
  const first = world.start()
  await world.clock.advance(soon)
  await first.stop(0)
  world.writes()
  const events = world.told.length
  const second = world.start()
  await world.clock.advance(soon)
  expect(world.writes()).toEqual([])
  expect(world.told).toHaveLength(events)
  await second.stop(0)
})

test('a write that fails for one is tried again for that one; the others have theirs', async () => {
  let failures = 3
  const failing = (write: string) =>
    write === 'create ingressreports default/b' && failures-- > 0 ? new ApiError('POST', 500) : undefined
  const world = ingressWorld({ failing })
  for (const name of ['a', 'b', 'c']) world.put(shop(name))
  const loop = world.start()
  await world.clock.advance(100)
  expect([world.reasonOf('a'), world.reasonOf('b'), world.reasonOf('c')]).toEqual(['Routed', undefined, 'Routed'])
  await world.clock.advance(60_000)
  expect(world.reasonOf('b')).toBe('Routed')
  expect(world.writes().filter(write => write.includes('/a') || write.includes('/c'))).toHaveLength(4)
  await loop.stop(0)
})

test('an error of the provider is told to every member, and their addresses stay', async () => {
  const world = ingressWorld()
  for (const name of ['a', 'b']) world.put(shop(name))
  const loop = world.start()
  await world.clock.advance(soon)
  const failure = new ProviderError({ code: 'ProviderError', message: 'AWS is away.', remedy: 'Wait.', retry: 'later' })
  world.broken.set('all', failure)
  world.wake('all')
  await world.clock.advance(100)
  expect([world.reasonOf('a'), world.reasonOf('b')]).toEqual(['ProviderError', 'ProviderError'])
  expect(world.ingress('a')?.status?.loadBalancer?.ingress).toEqual([{ ip: '10.0.0.3' }])
  world.broken.clear()
  await world.clock.advance(120_000)
  expect([world.reasonOf('a'), world.reasonOf('b')]).toEqual(['Routed', 'Routed'])
  expect(world.told.filter(({ about }) => about === 'default/a').map(({ reason }) => reason)).toEqual([
    'Routed',
    'ProviderError',
    'Routed',
  ])
  await loop.stop(0)
})

test('an Ingress that goes to another group stays in the old one until the new one is ready', async () => {
  const world = ingressWorld()
  world.put(shop('a'))
  world.put(shop('b'))
  const loop = world.start()
  await world.clock.advance(soon)
  world.unready.add('next')
  world.put(shop('a', { group: 'next' }))
  await world.clock.advance(soon)
  expect(world.report('a')?.spec.group).toBe('all')
  expect(world.ingress('a')?.status?.loadBalancer?.ingress).toEqual([{ ip: '10.0.0.3' }])
  expect(world.reasonOf('a')).toBe('GatewayNotReady')
  expect(world.outside.get('all')?.members).toEqual(['uid-a', 'uid-b'])
  world.unready.clear()
  world.wake('next')
  await world.clock.advance(soon)
  expect(world.report('a')?.spec.group).toBe('next')
  expect(world.ingress('a')?.status?.loadBalancer?.ingress).toEqual([{ ip: '10.0.0.4' }])
  expect(world.outside.get('all')?.members).toEqual(['uid-b'])
  await loop.stop(0)
})

test('with a provider that holds something outside, the finalizer comes first and goes last', async () => {
  const world = ingressWorld({ holds: true })
  world.put(shop('a'))
  world.put(shop('b'))
  const loop = world.start()
  await world.clock.advance(soon)
  expect(world.writes()[0]).toBe('patch ingresses default/a')
  expect(world.ingress('a')?.metadata.finalizers).toEqual(['weir.dev/ingress-cleanup'])

  world.broken.set('all', new Error('AWS is away'))
  world.put({ ...shop('a'), metadata: { ...shop('a').metadata, deletionTimestamp: '2026-01-01T01:00:00Z' } })
  await world.clock.advance(soon)
  expect(world.ingress('a')?.metadata.finalizers).toEqual(['weir.dev/ingress-cleanup'])
  world.broken.clear()
  await world.clock.advance(120_000)
  expect(world.outside.get('all')?.members).toEqual(['uid-b'])
  expect(world.ingress('a')?.metadata.finalizers ?? []).toEqual([])
  expect(world.report('a')).toBeUndefined()
  await loop.stop(0)
})

test('the last one gone, its group is taken away', async () => {
  const world = ingressWorld()
  world.put(shop('a'))
  const loop = world.start()
  await world.clock.advance(soon)
  world.stores.ingresses.remove('default/a')
  await world.clock.advance(soon)
  expect(world.outside.size).toBe(0)
  expect(world.report('a')).toBeUndefined()
  await loop.stop(0)
})

test('what is left outside of a group without members is found at the start', async () => {
  const world = ingressWorld()
  world.outside.set('left', { id: world.idOf('left'), members: [] })
  const loop = world.start()
  await world.clock.advance(5000)
  expect(world.outside.size).toBe(0)
  await loop.stop(0)
})

test('while the class or its IngressClass is not there, everything is kept, and nothing is taken for left over', async () => {
  const world = ingressWorld()
  world.put(shop('a'))
  const first = world.start()
  await world.clock.advance(soon)
  world.stores.ingressClasses.remove('web')
  await world.clock.advance(soon)
  expect(world.reasonOf('a')).toBe('IngressClassMissing')
  expect(world.report('a')?.spec.group).toBe('all')
  world.stores.ingressClasses.put({ ...web, metadata: { ...web.metadata, resourceVersion: '2' } })
  world.stores.classes.remove('lan')
  await world.clock.advance(soon)
  expect(world.reasonOf('a')).toBe('ClassMissing')
  await first.stop(0)
  const second = world.start()
  await world.clock.advance(5000)
  expect(world.outside.get('all')?.members).toEqual(['uid-a'])
  expect(world.ingress('a')?.status?.loadBalancer?.ingress).toEqual([{ ip: '10.0.0.3' }])
  world.stores.classes.put({ ...lan, metadata: { ...lan.metadata, resourceVersion: '2' } })
  await world.clock.advance(soon)
  expect(world.reasonOf('a')).toBe('Routed')
  await second.stop(0)
})

test('what another controller wrote to the status of an Ingress that went to it stays', async () => {
  const world = ingressWorld()
  world.put(shop('a'))
  const loop = world.start()
  await world.clock.advance(soon)
  const theirs = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }
  const { metadata } = world.ingress('a') ?? shop('a')
  world.stores.ingresses.put({
    ...shop('a', { class: 'theirs' }),
    metadata: { ...metadata, resourceVersion: '9000' },
    status: theirs,
  })
  await world.clock.advance(soon)
  expect(world.ingress('a')?.status).toEqual(theirs)
  expect(world.report('a')).toBeUndefined()
  expect(world.told.at(-1)).toEqual({ about: 'default/a', type: 'Normal', reason: 'Released' })
  await loop.stop(0)
})

test('an Ingress made again under its name gets a report of its own', async () => {
  const world = ingressWorld()
  world.put(shop('a'))
  const loop = world.start()
  await world.clock.advance(soon)
  world.put({ ...shop('a'), metadata: { ...shop('a').metadata, uid: 'another' } })
  await world.clock.advance(soon)
  expect(world.report('a')?.metadata.ownerReferences).toMatchObject([{ uid: 'another' }])
  expect(world.reasonOf('a')).toBe('Routed')
  await loop.stop(0)
})

test('a provider that starts late finds its Ingresses told why they wait', async () => {
  const world = ingressWorld({ late: true })
  world.put(shop('a'))
  const loop = world.start()
  await world.clock.advance(soon)
  expect(world.reasonOf('a')).toBe('ProviderNotConfigured')
  world.arrive()
  loop.lookAtAll()
  await world.clock.advance(soon)
  expect(world.reasonOf('a')).toBe('Routed')
  await loop.stop(0)
})

test('an alias serves nothing before its controller is gone; then its Ingresses are taken over with what it left on them', async () => {
  const world = ingressWorld({ watchesOthers: true })
  const alias = 'ingress.k8s.aws/alb'
  const runs = { reason: 'OtherControllerRuns', message: 'It runs.', remedy: 'Stop it.', severity: 'blocks' } as const
  const unproven = { ...runs, reason: 'TakeOverUnproven' } as const
  const active = { kind: 'active', other: otherControllers.AWSLoadBalancerController, seen: '' } as const
  world.stores.ingressClasses.put({ metadata: { name: 'alb', uid: 'alb', resourceVersion: '1' }, spec: { controller: alias } })
  world.stores.classes.put({
    ...lan,
    metadata: { ...lan.metadata, resourceVersion: '2' },
    spec: { ...lan.spec, aliases: [alias] },
  })
  const { metadata, ...rest } = shop('held', { class: 'alb' })
  world.put({ ...rest, metadata: { ...metadata, finalizers: ['group.ingress.k8s.aws/all', 'example.com/other'] } })
  const loop = world.start()
  await world.clock.advance(soon)
  expect(world.writes()).toEqual([])
  const becomes = async (takeOver: TakeOver) => {
    world.takeOvers.set(alias, takeOver)
    loop.lookAtAll()
    await world.clock.advance(soon)
  }
  for (const problem of [runs, unproven, runs]) {
    await becomes({ kind: 'waiting', runs: problem === runs, problem })
    expect([world.reasonOf('held'), world.applied]).toEqual([problem.reason, []])
  }
  await becomes(active)
  expect(world.reasonOf('held')).toBe('Routed')
  expect(world.ingress('held')?.metadata.finalizers).toEqual(['example.com/other'])
  // It comes back: what is served stays, and nothing new begins.
  const shown = world.ingress('held')?.status
  await becomes({ kind: 'waiting', runs: true, problem: runs })
  world.put(shop('late', { class: 'alb' }))
  await world.clock.advance(soon)
  expect([world.reasonOf('held'), world.reasonOf('late')]).toEqual(['OtherControllerRuns', 'OtherControllerRuns'])
  expect(world.ingress('held')?.status).toEqual(shown)
  expect(world.applied.at(-1)?.members).toEqual(['held'])
  await becomes({ kind: 'waiting', runs: false, problem: unproven })
  expect([world.reasonOf('held'), world.reasonOf('late')]).toEqual(['Routed', 'TakeOverUnproven'])
  await loop.stop(0)
})

test('a class with an alias serves IngressClasses of that controller, but for Ingresses that it still holds', async () => {
  const world = ingressWorld()
  const alias = 'ingress.k8s.aws/alb'
  world.stores.ingressClasses.put({ metadata: { name: 'alb', uid: 'alb', resourceVersion: '1' }, spec: { controller: alias } })
  const { metadata, ...rest } = shop('held', { class: 'alb' })
  const finalizers = ['ingress.k8s.aws/resources']
  world.put({ ...rest, metadata: { ...metadata, finalizers } })
  world.put(shop('free', { class: 'alb' }))
  const loop = world.start()
  await world.clock.advance(soon)
  expect(world.writes()).toEqual([])
  world.stores.classes.put({
    ...lan,
    metadata: { ...lan.metadata, resourceVersion: '2' },
    spec: { ...lan.spec, aliases: [alias] },
  })
  await world.clock.advance(soon)
  expect([world.reasonOf('free'), world.reasonOf('held')]).toEqual(['Routed', 'ForeignLoadBalancer'])
  expect(world.applied.at(-1)?.members).toEqual(['free'])
  const { metadata: now, ...content } = world.ingress('held') ?? shop('held')
  world.stores.ingresses.put({ ...content, metadata: { ...now, finalizers: [], resourceVersion: '9000' } })
  await world.clock.advance(soon)
  expect(world.reasonOf('held')).toBe('Routed')
  await loop.stop(0)
})

test('a class that is being deleted keeps its Ingresses and takes no new ones', async () => {
  const world = ingressWorld()
  world.put(shop('old'))
  const loop = world.start()
  await world.clock.advance(soon)
  const metadata = { ...lan.metadata, resourceVersion: '2', deletionTimestamp: '2026-01-01T00:00:00Z' }
  world.stores.classes.put({ ...lan, metadata })
  world.put(shop('new'))
  await world.clock.advance(soon)
  expect([world.reasonOf('old'), world.reasonOf('new')]).toEqual(['Routed', 'ClassMissing'])
  expect(loop.usersOf('lan')).toEqual(['default/old'])
  await loop.stop(0)
})

test('endpoints bring the targets up to date, and nothing is written', async () => {
  const world = ingressWorld()
  world.put(shop('a'))
  const loop = world.start()
  await world.clock.advance(soon)
  world.writes()
  const looks = world.applied.length
  world.stores.slices.put({
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.0.1'] }],
  })
  await world.clock.advance(soon)
  expect(world.synced).toEqual(['all'])
  expect(world.applied).toHaveLength(looks)
  expect(world.writes()).toEqual([])
  await loop.stop(0)
})

test('a Service that comes ends the report of the route that waited for it', async () => {
  const world = ingressWorld()
  world.put(shop('a', { service: 'late' }))
  const loop = world.start()
  await world.clock.advance(soon)
  expect(world.reasonOf('a')).toBe('ServiceNotFound')
  world.stores.services.put(service('late'))
  await world.clock.advance(soon)
  expect(world.reasonOf('a')).toBe('Routed')
  expect(loop.usersOf('lan')).toEqual(['default/a'])
  await loop.stop(0)
})
