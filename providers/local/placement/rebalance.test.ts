// Spreading anew: as even as it can be, with as few moves as that takes.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { planMoves } from './rebalance.ts'
import type { Movable, Move } from './rebalance.ts'

const named = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`)
const loadsOf = (movables: readonly Movable[], moves: readonly Move[] = []) => {
  const loads = new Map<string, number>()
  const to = new Map(moves.map(move => [move.name, move.to]))
  for (const { name, bearer } of movables) {
    const node = to.get(name) ?? bearer
    loads.set(node, (loads.get(node) ?? 0) + 1)
  }
  return (node: string) => loads.get(node) ?? 0
}

test('where every address may be everywhere, all bear the same or one more, by the fewest moves', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.nat(11), { maxLength: 80 }), (count, bearers) => {
      const nodes = named(count)
      const movables = bearers.map((at, index) => ({ name: `a${index}`, bearer: `n${at % count}`, nodes }))
      const before = loadsOf(movables)
      const moves = planMoves(movables, before)
      const after = loadsOf(movables, moves)
      const floor = Math.floor(movables.length / count)
      expect(Math.max(...nodes.map(after)) - Math.min(...nodes.map(after))).toBeLessThanOrEqual(1)
      // Each node keeps what it may; as many as are left over may keep one more.
      const kept = nodes.map(node => Math.min(before(node), floor)).reduce((sum, one) => sum + one, 0)
      const extra = Math.min(movables.length % count, nodes.filter(node => before(node) > floor).length)
      expect(moves).toHaveLength(movables.length - kept - extra)
      for (const { name, from } of moves) expect(movables.find(each => each.name === name)?.bearer).toBe(from)
    }),
  )
})

test('whatever addresses may be where: no single move is left that would help, none moves twice, and none where it may not be', () => {
  const address = fc.record({ bearer: fc.nat(5), nodes: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 6 }) })
  fc.assert(
    fc.property(
      fc.array(address, { maxLength: 40 }),
      fc.array(fc.nat(9), { minLength: 6, maxLength: 6 }),
      (addresses, others) => {
        const movables = addresses.map(({ bearer, nodes }, at) => {
          return { name: `a${at}`, bearer: `n${bearer}`, nodes: nodes.map(node => `n${node}`) }
        })
        const other = (node: string) => others[Number(node.slice(1))] ?? 0
        const own = loadsOf(movables)
        const moves = planMoves(movables, node => own(node) + other(node))
        const after = loadsOf(movables, moves)
        const load = (node: string) => after(node) + other(node)
        const to = new Map(moves.map(move => [move.name, move.to]))
        expect(to.size).toBe(moves.length)
        for (const { name, bearer, nodes } of movables) {
          const node = to.get(name) ?? bearer
          expect(nodes).toContain(node)
          if (to.has(name)) continue
          for (const target of nodes) expect(load(node) - load(target)).toBeLessThan(2)
        }
      },
    ),
  )
})

test('planned a few at a time, it comes to as many moves as all at once', () => {
  const nodes = named(100)
  let movables: readonly Movable[] = Array.from({ length: 1000 }, (_, at) => ({ name: `a${at}`, bearer: `n${at % 50}`, nodes }))
  let moved = 0
  for (let round = 0; round < 100; round++) {
    const moves = planMoves(movables, loadsOf(movables), 16)
    expect(moves.length).toBeLessThanOrEqual(16)
    moved += moves.length
    const to = new Map(moves.map(move => [move.name, move.to]))
    movables = movables.map(each => ({ ...each, bearer: to.get(each.name) ?? each.bearer }))
  }
  expect(moved).toBe(500)
})
