import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildSlots, previousSlots, slotTable } from './slots.ts'

const weights = (text: string) => new Map(text.split(' ').map(each => [each.slice(0, 1), Number(each.slice(1))]))
const sharesOf = (nodes: readonly string[]) => {
  const shares = new Map<string, number>()
  for (const node of nodes) shares.set(node, (shares.get(node) ?? 0) + 1)
  return shares
}

test('every node gets its share of the slots, whatever order its endpoints were found in', () => {
  expect(sharesOf(buildSlots(weights('a5 b3 c2'))?.nodes ?? [])).toEqual(
    new Map([
      ['a', 32],
      ['b', 19],
      ['c', 13],
    ]),
  )
  expect(buildSlots(weights('c2 b3 a5'))?.id).toBe(buildSlots(weights('a5 b3 c2'))?.id)
  expect(buildSlots(weights('a0'))).toBeUndefined()
  expect(buildSlots(new Map())).toBeUndefined()
})

test('shares are exact within one slot, and nobody with an endpoint is left out', () => {
  const anyWeights = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 30,
    selector: ([name]) => name,
  })
  fc.assert(
    fc.property(anyWeights, entries => {
      const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
      const table = buildSlots(new Map(entries))
      const count = table?.nodes.length ?? 0
      const shares = sharesOf(table?.nodes ?? [])
      for (const [name, weight] of entries) {
        const share = shares.get(name) ?? 0
        expect(share).toBeGreaterThanOrEqual(1)
        expect(share).toBeLessThanOrEqual(Math.ceil((weight * count) / total) + 1)
      }
      expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBe(count)
    }),
  )
})

test('a pod that comes or goes moves few slots besides those that have to move', () => {
  const before = buildSlots(weights('a4 b3 c3'))?.nodes ?? []
  const after = buildSlots(weights('a3 b3 c3'))?.nodes ?? []
  const lost = (sharesOf(before).get('a') ?? 0) - (sharesOf(after).get('a') ?? 0)
  const moved = before.filter((node, slot) => node !== after[slot]).length
  expect(lost).toBeGreaterThan(0)
  expect(moved).toBeLessThanOrEqual(2 * lost + 2)
})

test('a slot remembers its last other owner through changes that do not concern it', () => {
  const first = slotTable(['a', 'a', 'b', 'b'])
  const second = slotTable(['c', 'a', 'b', 'b'])
  const third = slotTable(['c', 'c', 'b', 'b'])
  const once = previousSlots(second, first, undefined)
  expect(once?.nodes).toEqual(['a', 'a', 'b', 'b'])
  const twice = previousSlots(third, second, once)
  expect(twice?.nodes).toEqual(['a', 'a', 'b', 'b'])
  expect(previousSlots(third, third, twice)).toBe(twice)
  expect(previousSlots(first, undefined, undefined)).toBeUndefined()
  expect(previousSlots(first, third, twice)?.nodes).toEqual(['c', 'c', 'b', 'b'])
})

test('with a table of another size, all of the one before is where connections were', () => {
  const small = slotTable(['a', 'b'])
  expect(previousSlots(slotTable(['a', 'a', 'a', 'b']), small, undefined)).toBe(small)
})
