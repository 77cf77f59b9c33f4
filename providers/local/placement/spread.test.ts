// How addresses spread over nodes: at placing, when nodes come and go, when one dies, and what that costs in heartbeats.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { intervalFor, mostFramesPerSecond, pairInterval, peersOf } from '../agent/heartbeat/plan.ts'
import { maxCandidates, neighbours } from './candidates.ts'
import { dead, drained, localOn, testCluster, well } from '../simulation/cluster-under-test.ts'
import type { NodeState, TestCluster } from '../simulation/cluster-under-test.ts'
import { bearerOf } from './load.ts'

const named = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`)
const allWell = (count: number) => new Map<string, NodeState>(named(count).map(name => [name, well]))

test('placed one after the other, addresses lie on nodes as evenly as they can, each with as many candidates as may be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 120 }), (nodes, addresses) => {
      const cluster = testCluster()
      cluster.nodes(allWell(nodes))
      for (let at = 0; at < addresses; at++) cluster.place(at)
      expect(Math.max(...cluster.loads().values())).toBe(Math.ceil(addresses / nodes))
      for (const { spec } of cluster.announcements.values()) {
        expect(new Set(spec.nodes).size).toBe(spec.nodes.length)
        expect(spec.nodes).toHaveLength(Math.min(nodes, maxCandidates))
      }
    }),
  )
})

test('whoever joins, leaves, dies or is drained: a new address makes no node bear more than 1.25 times the mean plus one', () => {
  const state = fc.constantFrom<NodeState | undefined>(well, well, well, dead, drained, undefined)
  const round = fc.record({ states: fc.array(state, { minLength: 9, maxLength: 9 }), places: fc.integer({ min: 0, max: 12 }) })
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 10 }), rounds => {
      const cluster = testCluster()
      let next = 0
      for (const { states, places } of rounds) {
        const here = states.flatMap((each, at) => (each ? [[`n${at}`, each] as const] : []))
        cluster.nodes(new Map(here))
        cluster.placeAll()
        cluster.claimAll()
        const usable = here.filter(([, each]) => each === well)
        for (let count = 0; count < places; count++) {
          cluster.place(next)
          const placed = cluster.announcements.get(next)
          next++
          if (!placed || usable.length === 0) continue
          const loads = cluster.loads()
          const total = usable.reduce((sum, [name]) => sum + (loads.get(name) ?? 0), 0)
          const bearer = bearerOf(placed) ?? ''
          expect(usable.map(([name]) => name)).toContain(bearer)
          expect(loads.get(bearer)).toBeLessThanOrEqual(1.25 * (total / usable.length) + 1)
        }
      }
    }),
  )
})

test('nothing moves but what has to: a bearer stays while it lives, fits and is not drained', () => {
  const state = fc.constantFrom<NodeState | undefined>(well, well, dead, drained, undefined)
  const round = fc.array(state, { minLength: 7, maxLength: 7 })
  fc.assert(
    fc.property(fc.array(round, { minLength: 2, maxLength: 8 }), rounds => {
      const cluster = testCluster()
      cluster.nodes(allWell(7))
      for (let at = 0; at < 20; at++) cluster.place(at)
      cluster.claimAll()
      for (const states of rounds) {
        const before = new Map([...cluster.announcements].map(([at, each]) => [at, each.status?.node]))
        const here = new Map<string, NodeState>(states.flatMap((each, at) => (each ? [[`n${at}`, each] as const] : [])))
        cluster.nodes(here)
        cluster.placeAll()
        cluster.claimAll()
        const hasWell = [...here.values()].includes(well)
        for (const [at, { spec, status }] of cluster.announcements) {
          const old = here.get(before.get(at) ?? '')
          if (old === well) expect(status?.node).toBe(before.get(at))
          if (old === drained && !hasWell) expect(status?.node).toBe(before.get(at))
          // A drained node has nothing while another can.
          if (hasWell) expect(spec.nodes.filter(node => here.get(node) === drained)).toEqual([])
          const canServe = hasWell || [...here.values()].includes(drained)
          if (canServe) expect(here.get(status?.node ?? '')?.alive).toBe(true)
        }
        const settled = [...cluster.announcements.values()].map(({ spec }) => spec)
        cluster.placeAll()
        // Those that gave something up may be candidates again, once it is theirs no more; after that all is quiet.
        const after = [...cluster.announcements.values()].map(({ spec }) => spec)
        expect(after.map(({ nodes }) => nodes[0])).toEqual(settled.map(({ nodes }) => nodes[0]))
        cluster.placeAll()
        expect([...cluster.announcements.values()].map(({ spec }) => spec)).toEqual(after)
      }
    }),
  )
})

test('when a node dies its addresses go to many: each of its neighbours gets its share', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 300 }), (nodes, addresses) => {
      const cluster = testCluster()
      cluster.nodes(allWell(nodes))
      for (let at = 0; at < addresses; at++) cluster.place(at)
      cluster.claimAll()
      const victim = bearerOf([...cluster.announcements.values()][0] ?? never()) ?? ''
      const before = cluster.loads()
      cluster.nodes(new Map(named(nodes).map(name => [name, name === victim ? dead : well])))
      cluster.claimAll()
      const heirs = Math.min(neighbours, nodes - 1)
      const share = Math.ceil((before.get(victim) ?? 0) / heirs)
      for (const [node, load] of cluster.loads()) expect(load - (before.get(node) ?? 0)).toBeLessThanOrEqual(share)
    }),
    { numRuns: 40 },
  )
})

/** Frames a second that the busiest node sends; what goes to a peer comes from it as often. */
function busiest(cluster: TestCluster): number {
  const addresses = [...cluster.announcements.values()].map(({ spec, status }) => ({
    candidates: spec.nodes,
    owner: status?.node,
  }))
  const byNode = new Map<string, (typeof addresses)[number][]>()
  for (const address of addresses)
    for (const node of new Set([...address.candidates, address.owner ?? '']))
      byNode.set(node, [...(byNode.get(node) ?? []), address])
  const peers = new Map([...byNode].map(([node, own]) => [node, peersOf(node, own)]))
  const interval = (node: string) => intervalFor(peers.get(node)?.size ?? 0)
  const sent = [...peers].map(([node, others]) =>
    [...others].reduce((sum, other) => sum + 1000 / pairInterval(interval(node), interval(other)), 0),
  )
  return Math.max(...sent)
}

test('10,000 addresses with eight candidates each on 1,000 nodes: no node sends more than 250 heartbeats a second', () => {
  const cluster = testCluster()
  cluster.nodes(allWell(1000))
  for (let at = 0; at < 10_000; at++) cluster.place(at)
  cluster.claimAll()
  expect(new Set(cluster.announcements.values().map(({ spec }) => spec.nodes.length))).toEqual(new Set([maxCandidates]))
  expect(Math.max(...cluster.peers().values())).toBeLessThanOrEqual(2 * neighbours)
  expect(busiest(cluster)).toBeLessThanOrEqual(250)
  expect(Math.max(...cluster.loads().values())).toBe(10)
})

test('so it stays within what beats of 100 ms allow while a cluster grows from 100 to 1,000 nodes and half of it is replaced', () => {
  const cluster = testCluster()
  let next = 0
  for (const size of [100, 200, 400, 700, 1000]) {
    cluster.nodes(allWell(size))
    cluster.placeAll()
    for (const most = size * 4; next < most; next++) cluster.place(next)
    cluster.claimAll()
  }
  for (let gone = 100; gone <= 500; gone += 100) {
    const kept = named(1000 + gone).slice(gone)
    cluster.nodes(new Map(kept.map(name => [name, well])))
    cluster.placeAll()
    cluster.claimAll()
  }
  cluster.placeAll()
  expect(Math.max(...cluster.peers().values())).toBeLessThan(70)
  expect(busiest(cluster)).toBeLessThan(mostFramesPerSecond)
})

test('10,000 Services of Local, each with pods on ten nodes anywhere of 1,000, keep beats at 100 ms too', () => {
  const cluster = testCluster()
  cluster.nodes(allWell(1000))
  let state = 7
  const any = () => (state = (state * 48_271) % 0x7fff_ffff) % 1000
  for (let at = 0; at < 10_000; at++) cluster.place(at, localOn(Array.from({ length: 10 }, () => `n${any()}`)))
  cluster.claimAll()
  for (const { spec } of cluster.announcements.values()) expect(spec.nodes.length).toBeGreaterThanOrEqual(2)
  expect(Math.max(...cluster.peers().values())).toBeLessThanOrEqual(100)
  expect(busiest(cluster)).toBeLessThanOrEqual(mostFramesPerSecond)
})

function never(): never {
  throw new Error('there are addresses')
}
