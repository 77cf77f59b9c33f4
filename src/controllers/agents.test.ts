// Liveness of agents by their Leases.
import { expect, test } from 'vitest'
import type { Lease } from '../kubernetes/leases.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import { createStore } from '../kubernetes/store.ts'
import { followAgents } from './agents.ts'

let version = 0
function lease(node: string, renewTime: string, holderIdentity = node): Lease {
  return {
    metadata: {
      namespace: 'weir-system',
      name: node,
      uid: `uid-${node}`,
      resourceVersion: String(++version),
      labels: { 'weir.dev/agent': 'node' },
    },
    spec: { holderIdentity, leaseDurationSeconds: 10, renewTime },
  }
}

/** The Lease of the controllers' election: no agent's, and renewed all the time. */
function controllerLease(renewTime: string): Lease {
  const { metadata, spec } = lease('weir-controller', renewTime)
  return { metadata: { ...metadata, labels: {} }, spec: { ...spec } }
}

function follow(...nodes: readonly string[]) {
  const clock = simulatedClock()
  const store = createStore<Lease>()
  store.put(controllerLease('0'))
  for (const node of nodes) store.put(lease(node, '0'))
  const agents = followAgents(store, clock)
  const heard: string[] = []
  agents.subscribe(node => heard.push(`${node} ${agents.alive(node) ? 'came' : 'went'}`))
  let renewals = 0
  return {
    clock,
    store,
    agents,
    heard,
    /** Lets time pass while the controllers' Lease and those of `renewing` are renewed every two seconds. */
    listen: async (seconds: number, ...renewing: readonly string[]) => {
      for (let passed = 0; passed < seconds; passed += 2) {
        await clock.advance(2000)
        store.put(controllerLease(String(++renewals)))
        for (const node of renewing) store.put(lease(node, String(renewals)))
      }
    },
  }
}

test('an agent that renews lives, one that stops is dead after its duration, and both moves are heard once', async () => {
  const { clock, store, agents, heard, listen } = follow('n0', 'n1')
  expect([agents.alive('n0'), agents.alive('n1'), agents.alive('n2')]).toEqual([true, true, false])
  await listen(8, 'n0')
  expect(heard).toEqual([])
  await listen(8, 'n0')
  expect([agents.alive('n0'), agents.alive('n1')]).toEqual([true, false])
  expect(heard).toEqual(['n1 went'])

  store.put(lease('n1', 'again'))
  expect(heard).toEqual(['n1 went', 'n1 came'])
  agents.stop()
  expect(clock.pending).toBe(0)
})

test('the only agent is found dead by the Lease of the controllers alone, which is no agent itself', async () => {
  const { agents, heard, listen } = follow('n0')
  expect(agents.alive('weir-controller')).toBe(false)
  await listen(12)
  expect(heard).toEqual(['n0 went'])
})

test('an agent that released its Lease or whose Lease was deleted is dead at once', () => {
  const { store, agents } = follow('n0', 'n1')
  store.put(lease('n0', '1', ''))
  store.remove('weir-system/n1')
  expect([agents.alive('n0'), agents.alive('n1')]).toEqual([false, false])
})

test('the clocks of other machines do not matter: only that renewTime changes', async () => {
  const { store, agents, listen } = follow('n0')
  store.put(lease('n0', '1999-01-01T00:00:00.000000Z'))
  await listen(8)
  store.put(lease('n0', '1998-01-01T00:00:00.000000Z'))
  await listen(8)
  expect(agents.alive('n0')).toBe(true)
})

test('after an API server that was away, every agent has its full duration to renew again', async () => {
  const { clock, agents, heard, listen } = follow('n0', 'n1')
  await clock.advance(60_000)
  // Ours comes first, as it may: the agents wait a little longer before they try again.
  await listen(8)
  expect([agents.alive('n0'), agents.alive('n1')]).toEqual([true, true])
  await listen(4, 'n0')
  expect(heard).toEqual(['n1 went'])
})

test('silence of everything says nothing about anybody', async () => {
  const { clock, agents } = follow('n0')
  await clock.advance(3_600_000)
  expect(agents.alive('n0')).toBe(true)
})

test('a process that was stopped reads on waking what had arrived meanwhile, and finds nobody dead by it', async () => {
  const { clock, store, heard, listen } = follow('n0', 'n1')
  await listen(6, 'n0')
  await clock.advance(120_000)
  for (let renewal = 100; renewal < 140; renewal++) store.put(lease('n0', String(renewal)))
  store.put(controllerLease('late'))
  expect(heard).toEqual([])
  await listen(8, 'n0', 'n1')
  expect(heard).toEqual([])
})

test('a change of labels is no sign of life', async () => {
  const { store, agents, listen } = follow('n0')
  await listen(8)
  const { metadata, spec } = lease('n0', '0')
  store.put({ metadata: { ...metadata, labels: { ...metadata.labels, zone: 'b' } }, spec: { ...spec } })
  await listen(4)
  expect(agents.alive('n0')).toBe(false)
})
