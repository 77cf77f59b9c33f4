// One agent with nothing but stand-ins around it, for what goes wrong between it and them.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Announcement } from '../../../src/api/announcement.ts'
import { simulatedClock } from '../../../src/kubernetes/simulated-clock.ts'
import { createAgent } from './agent.ts'
import type { AddressAnnouncer } from './announced-addresses.ts'
import type { HeartbeatPort, Standing } from './heartbeat/heartbeats.ts'
import type { Watched } from './ports.ts'
import { numberOf } from './world-under-test.ts'

const address = '10.201.200.1'
const web: Announcement = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'Announcement',
  metadata: { name: 'ip-10-201-200-1', uid: 'u', resourceVersion: '1', finalizers: ['weir.dev/announced'] },
  spec: { address, pool: 'office', services: [], nodes: ['n0', 'n1'] },
  status: { epoch: 5, node: 'n1', interface: 'eth0', mac: '02:00:00:00:00:01' },
}
const eth0 = { name: 'eth0', index: 2, mac: '02:00:00:00:00:01', carrier: true, addresses: ['10.201.0.1/16'] }

function nothing<T>(...objects: readonly T[]): Watched<T> {
  return { get: () => objects[0], values: () => objects, isSynced: true, subscribe: () => () => {} }
}

/** n1, which took the address by heartbeat in epoch 6. */
const standing: Standing = { elects: true, own: { term: 0, epoch: 6, reason: 'OwnerDead' }, owner: undefined }
const heartbeats: HeartbeatPort = {
  subscribe: () => {},
  standing: () => standing,
  lives: () => undefined,
  hasLeft: () => false,
  plan: () => {},
  forget: () => {},
  release: () => {},
  useLease: () => {},
  end: async () => {},
}

function agentWith(announcer: Partial<AddressAnnouncer>) {
  const told: string[] = []
  const clock = simulatedClock()
  const log = (_: object, message: string) => void told.push(message)
  const agent = createAgent({
    self: 'n1',
    announcements: nothing(web),
    leases: nothing(),
    announcer: { set: async () => {}, repeat: async () => {}, defend: async () => {}, ...announcer },
    writer: { patchStatus: async () => undefined, setFinalizers: async () => undefined },
    lastRenewal: () => 0,
    leaseDurationMs: 10_000,
    heartbeats,
    wake: () => {},
    clock,
    logger: { debug: log, info: log, warn: log, error: log },
  })
  return { agent, told, clock }
}

test('an announcer that fails is told of in the log; the process ends for its reason and not for a rejection nobody met', async () => {
  const broken = async () => Promise.reject(new Error('the worker is gone'))
  const { agent, told } = agentWith({ set: broken, repeat: broken, defend: broken })
  agent.useInterfaces([eth0])
  await sleep(10)
  agent.useInterfaces([{ ...eth0, carrier: false }])
  agent.useInterfaces([eth0])
  await sleep(10)
  expect(told).toContain('the announcer does not obey')
})

test('an agent that has not renewed its Lease gives way to a station that insists, also where heartbeats decide', async () => {
  const { agent, clock } = agentWith({})
  agent.useInterfaces([eth0])
  await clock.advance(60_000)
  const conflict = { interface: 'eth0', address: numberOf(address), mac: '02:00:00:00:00:99' }
  agent.meetConflict(conflict)
  expect(agent.announcing).toBe(1)
  await clock.advance(1000)
  agent.meetConflict(conflict)
  expect(agent.announcing).toBe(0)
})
