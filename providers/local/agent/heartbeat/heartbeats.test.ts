import { expect, test } from 'vitest'
import type { ElectionEvent } from './election.ts'
import { createHeartbeats } from './heartbeats.ts'
import type { HeartbeatOrder } from './host.ts'
import { keyOne } from './segment-under-test.ts'

const web = '10.201.200.1'
const eth0 = { name: 'eth0', index: 2, mac: '02:00:00:00:00:01' }
const plan = { address: web, candidates: ['n0', 'n1'], able: true, term: 0, known: { epoch: 1, node: 'n0' } }

function agentSide() {
  const orders: HeartbeatOrder[] = []
  const soon: (() => void)[] = []
  const changed: string[] = []
  const heartbeats = createHeartbeats({
    self: 'n1',
    tell: async order => void orders.push(order),
    soon: run => void soon.push(run),
  })
  heartbeats.subscribe({
    onStanding: address => void changed.push(address),
    onLife: (on, node, alive) => void changed.push(`${node} on ${on} ${alive ? 'lives' : 'is dead'}`),
  })
  heartbeats.useKeys(keyOne)
  orders.length = 0
  return {
    heartbeats,
    changed,
    /** What was told since the last time, by kind. */
    told: () => {
      for (const run of soon.splice(0)) run()
      return orders.splice(0)
    },
    hear: (...events: readonly ElectionEvent[]) => heartbeats.hear({ kind: 'events', interface: 'eth0', events }),
  }
}

test('plans of one turn go to the worker together, after their segment was opened, and only when they changed', () => {
  const { heartbeats, told } = agentSide()
  heartbeats.plan(plan, eth0)
  heartbeats.plan({ ...plan, address: '10.201.200.2' }, eth0)
  const orders = told()
  expect(orders.map(({ kind }) => kind)).toEqual(['open', 'plan'])
  expect(orders[1]).toMatchObject({ interface: 'eth0', plans: [{ address: web }, { address: '10.201.200.2' }] })
  heartbeats.plan({ ...plan }, eth0)
  expect(told()).toEqual([])
})

test('an address that changes its interface is given up on the old one', () => {
  const { heartbeats, told } = agentSide()
  heartbeats.plan(plan, eth0)
  told()
  heartbeats.plan(plan, { ...eth0, name: 'eth1', index: 3 })
  expect(told().map(({ kind }) => kind)).toEqual(['forget', 'open', 'plan'])
})

test('without an interface for now, an address stays where it was planned, and says that it is not able', () => {
  const { heartbeats, told } = agentSide()
  heartbeats.plan({ ...plan, able: false }, undefined)
  expect(told()).toEqual([])
  heartbeats.plan(plan, eth0)
  told()
  heartbeats.plan({ ...plan, able: false }, undefined)
  expect(told()).toMatchObject([{ kind: 'plan', interface: 'eth0', plans: [{ able: false }] }])
})

test('what happens in the worker is remembered and told', () => {
  const { heartbeats, changed, hear, told } = agentSide()
  heartbeats.plan(plan, eth0)
  hear(
    { kind: 'peer', node: 'n0', alive: false },
    { kind: 'own', address: web, claim: { term: 0, epoch: 2 }, reason: 'OwnerDead' },
  )
  expect(changed).toEqual(['n0 on eth0 is dead', web])
  expect(heartbeats.lives('eth0', 'n0')).toBe(false)
  expect(heartbeats.lives('eth0', 'n2')).toBeUndefined()
  expect(heartbeats.standing(web)).toMatchObject({ elects: true, own: { epoch: 2, reason: 'OwnerDead' } })
  told()
  heartbeats.release(web)
  heartbeats.release(web)
  expect(told()).toEqual([{ kind: 'release', interface: 'eth0', addresses: [web] }])
  expect(heartbeats.standing(web)?.own).toBeUndefined()
})

test('of a node that is spoken with no more nothing is remembered', () => {
  const { heartbeats, hear } = agentSide()
  heartbeats.plan(plan, eth0)
  hear({ kind: 'peer', node: 'n0', alive: true }, { kind: 'peer-forgotten', node: 'n0' })
  expect(heartbeats.lives('eth0', 'n0')).toBeUndefined()
  hear({ kind: 'peer', node: 'n0', alive: false, left: true }, { kind: 'peer-forgotten', node: 'n0' })
  expect(heartbeats.hasLeft('eth0', 'n0')).toBe(false)
})

test('what the worker let go of is not released again', () => {
  const { heartbeats, hear, told } = agentSide()
  heartbeats.plan({ ...plan, known: { epoch: 2, node: 'n1' }, holds: 2 }, eth0)
  told()
  hear({ kind: 'let-go', address: web })
  expect(heartbeats.standing(web)?.own).toBeUndefined()
  heartbeats.release(web)
  expect(told()).toEqual([])
})

test('what is released in one turn is released together, after what was planned before', () => {
  const { heartbeats, told } = agentSide()
  const two = '10.201.200.2'
  for (const address of [web, two]) heartbeats.plan({ ...plan, address, known: { epoch: 2, node: 'n1' }, holds: 2 }, eth0)
  for (const address of [web, two]) heartbeats.release(address)
  expect(told()).toMatchObject([{ kind: 'open' }, { kind: 'plan' }, { kind: 'release', addresses: [web, two] }])
  // Held again, by a claim that was accepted, before the release is told.
  heartbeats.plan({ ...plan, known: { epoch: 3, node: 'n1' }, holds: 3 }, eth0)
  heartbeats.release(web)
  heartbeats.plan({ ...plan, known: { epoch: 4, node: 'n1' }, holds: 4 }, eth0)
  expect(told().map(({ kind }) => kind)).toEqual(['plan', 'release', 'plan'])
})

test('a claim that the API server accepted is ours until the segment knows a better one', () => {
  const { heartbeats, hear } = agentSide()
  heartbeats.plan({ ...plan, known: { epoch: 2, node: 'n1' }, holds: 2 }, eth0)
  expect(heartbeats.standing(web)?.own?.epoch).toBe(2)
  hear({ kind: 'lose', address: web, to: { term: 0, epoch: 3, rank: 0, node: 'n0' } })
  expect(heartbeats.standing(web)).toMatchObject({ own: undefined, owner: { epoch: 3, node: 'n0' } })
})

test('without keys nothing is said of anybody, and of what is unknown or of another interface neither', () => {
  const { heartbeats, hear } = agentSide()
  heartbeats.plan(plan, eth0)
  hear({ kind: 'own', address: '10.201.200.9', claim: { term: 0, epoch: 1 }, reason: 'Vacant' })
  heartbeats.hear({
    kind: 'events',
    interface: 'eth1',
    events: [{ kind: 'own', address: web, claim: { term: 0, epoch: 9 }, reason: 'Vacant' }],
  })
  expect(heartbeats.standing('10.201.200.9')).toBeUndefined()
  expect(heartbeats.standing(web)?.own).toBeUndefined()
  heartbeats.useKeys(undefined)
  expect(heartbeats.standing(web)).toBeUndefined()
})
