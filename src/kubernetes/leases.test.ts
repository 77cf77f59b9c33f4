// Liveness by leases: only changes count, and clocks of different machines are never compared.
import { expect, test } from 'vitest'
import { keepLease } from './lease-keeper.ts'
import { aliveHolders, nextExpiry, observeLeases } from './leases.ts'
import type { Lease } from './leases.ts'
import { silentLogger } from './logger.ts'
import { perfectLink, simulatedApi } from './simulated-api.ts'
import { simulatedClock } from './simulated-clock.ts'

function lease(name: string, renewTime: string, holder = name): Lease {
  return {
    metadata: { namespace: 'weir-system', name, uid: name },
    spec: { holderIdentity: holder, leaseDurationSeconds: 10, renewTime },
  }
}

const longAgo = '1999-01-01T00:00:00.000000Z'
const inTheFuture = '2099-01-01T00:00:00.000000Z'

test('a node whose clock is decades off is alive while its lease changes, and dead a lease duration after the last change', () => {
  let seen = observeLeases(new Map(), [lease('slow', longAgo), lease('fast', inTheFuture)], 0)
  expect([...aliveHolders(seen, 9_999)]).toEqual(['slow', 'fast'])
  seen = observeLeases(seen, [lease('slow', '1999-01-01T00:00:05.000000Z'), lease('fast', inTheFuture)], 5_000)
  expect([...aliveHolders(seen, 10_000)]).toEqual(['slow'])
  expect(nextExpiry(seen, 5_000)).toBe(10_000)
  expect(nextExpiry(seen, 10_000)).toBe(15_000)
  expect(nextExpiry(seen, 15_000)).toBeUndefined()
})

test('seeing the same lease again, as after a relist, is no sign of life', () => {
  let seen = observeLeases(new Map(), [lease('node-1', longAgo)], 0)
  seen = observeLeases(seen, [lease('node-1', longAgo)], 9_000)
  expect(aliveHolders(seen, 10_000).size).toBe(0)
})

test('a released or deleted lease keeps nobody alive', () => {
  let seen = observeLeases(new Map(), [lease('node-1', longAgo), lease('node-2', longAgo)], 0)
  seen = observeLeases(seen, [lease('node-1', inTheFuture, '')], 1_000)
  expect(aliveHolders(seen, 1_000).size).toBe(0)
})

function renewTimeOf(lease: Lease | undefined): string | undefined {
  return lease?.spec?.renewTime
}

const leases = '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases'

test('a keeper makes its lease, renews it, goes on after a cut, makes it again when it was deleted, and releases it', async () => {
  const clock = simulatedClock()
  const api = simulatedApi()
  const link = perfectLink()
  const keeper = keepLease({
    transport: api.connect(clock, link),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    namespace: 'weir-system',
    name: 'node-1',
    identity: 'agent-1',
    durationMs: 10_000,
    intervalMs: 3000,
    labels: { 'weir.dev/agent': 'node-1' },
  })
  const renewTime = () => renewTimeOf(api.get(leases, 'node-1'))
  expect(keeper.lastSuccess).toBeUndefined()
  await clock.advance(100)
  expect(api.get(leases, 'node-1')).toMatchObject({
    metadata: { labels: { 'weir.dev/agent': 'node-1' } },
    spec: { holderIdentity: 'agent-1', leaseDurationSeconds: 10, renewTime: '2026-01-01T00:00:00.000000Z' },
  })
  await clock.advance(3000)
  expect([renewTime(), keeper.lastSuccess]).toEqual(['2026-01-01T00:00:03.000000Z', 3000])
  link.up = false
  await clock.advance(30_000)
  expect(keeper.lastSuccess).toBe(3000)
  link.up = true
  await clock.advance(10_000)
  expect(keeper.lastSuccess).toBeGreaterThan(30_000)
  api.remove(leases, 'node-1')
  await clock.advance(3000)
  expect(renewTime()).toBeDefined()
  const stopped = keeper.stop({ release: true })
  await clock.advance(10)
  await stopped
  expect(api.get(leases, 'node-1')).toMatchObject({ spec: { holderIdentity: '' } })
})

test('a lease goes with its owner as that is now: made anew it names the new one, and one that stayed is told', async () => {
  const clock = simulatedClock()
  const api = simulatedApi()
  let uid: string | undefined = 'first'
  const keeper = keepLease({
    transport: api.connect(clock, perfectLink()),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    namespace: 'weir-system',
    name: 'node-1',
    identity: 'agent-1',
    durationMs: 10_000,
    intervalMs: 3000,
    ownerReferences: () => (uid === undefined ? undefined : [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid }]),
  })
  const owners = () => api.get(leases, 'node-1')?.metadata.ownerReferences
  await clock.advance(100)
  expect(owners()).toMatchObject([{ uid: 'first' }])
  api.remove(leases, 'node-1')
  uid = 'second'
  await clock.advance(3000)
  expect(owners()).toMatchObject([{ uid: 'second' }])
  api.remove(leases, 'node-1')
  uid = undefined
  await clock.advance(3000)
  expect([api.get(leases, 'node-1') === undefined, owners()]).toEqual([false, undefined])
  uid = 'third'
  await clock.advance(3000)
  expect(owners()).toMatchObject([{ uid: 'third' }])
  const stopped = keeper.stop()
  await clock.advance(10)
  await stopped
})
