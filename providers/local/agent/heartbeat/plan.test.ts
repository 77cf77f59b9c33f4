import { expect, test } from 'vitest'
import { deadAfter, intervalFor, mostFramesPerSecond, pairInterval, peersOf } from './plan.ts'

const nodes = Array.from({ length: 1000 }, (_, index) => `n${index}`)

/** Three candidates for each of so many addresses. */
function placed(addresses: number, pick: (address: number) => readonly number[]) {
  return Array.from({ length: addresses }, (_, address) => ({
    candidates: pick(address).map(index => `n${index % nodes.length}`),
  }))
}
/** Frames a second that the busiest node sends and receives. */
function busiest(addresses: ReturnType<typeof placed>) {
  const byNode = new Map<string, (typeof addresses)[number][]>()
  for (const address of addresses) for (const node of address.candidates) byNode.set(node, [...(byNode.get(node) ?? []), address])
  const peers = new Map(nodes.map(node => [node, peersOf(node, byNode.get(node) ?? [])]))
  const interval = (node: string) => intervalFor(peers.get(node)?.size ?? 0)
  let most = 0
  for (const node of nodes) {
    let each = 0
    for (const peer of peers.get(node) ?? []) each += 1000 / pairInterval(interval(node), interval(peer))
    most = Math.max(most, each)
  }
  // What goes to a peer comes from it as often.
  return most
}

test('with its neighbours as candidates a node speaks to four others, whatever the number of nodes and addresses', () => {
  const load = busiest(placed(10_000, address => [address, address + 1, address + 2]))
  expect(load).toBe(40)
})

test('with candidates picked anyhow it is ten frames a second for each that shares an address', () => {
  let state = 1
  const any = () => (state = (state * 48_271) % 0x7fff_ffff)
  const load = busiest(placed(10_000, () => [any(), any(), any()]))
  expect(load).toBeGreaterThan(100)
  expect(load).toBeLessThanOrEqual(mostFramesPerSecond)
})

test('when everybody shares addresses with everybody, beats get rarer and the bound holds', () => {
  expect(busiest([{ candidates: nodes }])).toBeLessThanOrEqual(mostFramesPerSecond)
  expect(intervalFor(999)).toBe(999)
})

test('one node that shares addresses with all others neither sends nor receives more than the bound', () => {
  const hub = nodes.slice(1).map(node => ({ candidates: ['n0', node] }))
  expect(busiest(hub)).toBeLessThanOrEqual(mostFramesPerSecond + 1)
})

test('a node speaks only to those it shares an address with, and to an owner that is no candidate any more', () => {
  const addresses = [
    { candidates: ['a', 'b'] },
    { candidates: ['c', 'd'] },
    { candidates: ['a'], owner: 'e' },
    { candidates: ['f'], owner: 'a' },
  ]
  expect([...peersOf('a', addresses)].toSorted()).toEqual(['b', 'e', 'f'])
})

test('a death is noticed within 400 ms at the usual rate', () => {
  expect(deadAfter(intervalFor(100))).toBe(400)
})
