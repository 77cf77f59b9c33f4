// Liveness of agents by their Leases.
import { expect, test } from 'vitest'
import type { Lease } from '../kubernetes/leases.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import { createStore } from '../kubernetes/store.ts'
import { followAgents } from './agents.ts'

let version = 0
function lease(node: string, renewTime: string, holderIdentity = node): Lease {
  return {
    metadata: { namespace: 'weir-system', name: node, uid: `uid-${node}`, resourceVersion: String(++version) },
    spec: { holderIdentity, leaseDurationSeconds: 10, renewTime },
  }
}

test('an agent that renews lives, one that stops is dead after its duration, and both moves are heard once', async () => {
  const clock = simulatedClock()
  const store = createStore<Lease>()
  store.put(lease('n0', '0'))
  store.put(lease('n1', '0'))
  const agents = followAgents(store, clock)
  const heard: string[] = []
  agents.subscribe(node => heard.push(`${node} ${agents.alive(node) ? 'came' : 'went'}`))
  expect([agents.alive('n0'), agents.alive('n1'), agents.alive('n2')]).toEqual([true, true, false])

  for (let second = 3; second <= 15; second += 3) {
    await clock.advance(3000)
    store.put(lease('n0', String(second)))
  }
  expect([agents.alive('n0'), agents.alive('n1')]).toEqual([true, false])
  expect(heard).toEqual(['n1 went'])

  store.put(lease('n1', '16'))
  expect(heard).toEqual(['n1 went', 'n1 came'])
  agents.stop()
  expect(clock.pending).toBe(0)
})

test('an agent that released its Lease or whose Lease was deleted is dead at once', () => {
  const clock = simulatedClock()
  const store = createStore<Lease>()
  store.put(lease('n0', '0'))
  store.put(lease('n1', '0'))
  const agents = followAgents(store, clock)
  store.put(lease('n0', '1', ''))
  store.remove('weir-system/n1')
  expect([agents.alive('n0'), agents.alive('n1')]).toEqual([false, false])
})

test('the clocks of other machines do not matter: only that renewTime changes', async () => {
  const clock = simulatedClock()
  const store = createStore<Lease>()
  store.put(lease('n0', '1999-01-01T00:00:00.000000Z'))
  const agents = followAgents(store, clock)
  await clock.advance(9000)
  store.put(lease('n0', '1998-01-01T00:00:00.000000Z'))
  await clock.advance(9000)
  expect(agents.alive('n0')).toBe(true)
})
