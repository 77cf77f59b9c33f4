import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { beats, createHeldClaims, createOwnClaims } from './claims.ts'

const claim = fc.record({ term: fc.nat(1), epoch: fc.nat(3), rank: fc.nat(2), node: fc.constantFrom('n0', 'n1', 'n2') })

test('the later term wins, then the higher epoch, then the better place in the list, then the name', () => {
  expect(beats({ term: 2, epoch: 1, rank: 1, node: 'n1' }, { term: 1, epoch: 9, rank: 0, node: 'n0' })).toBe(true)
  expect(beats({ term: 1, epoch: 2, rank: 1, node: 'n1' }, { term: 1, epoch: 1, rank: 0, node: 'n0' })).toBe(true)
  expect(beats({ term: 1, epoch: 2, rank: 0, node: 'n1' }, { term: 1, epoch: 2, rank: 1, node: 'n0' })).toBe(true)
  expect(beats({ term: 1, epoch: 2, rank: 0, node: 'n0' }, { term: 1, epoch: 2, rank: 0, node: 'n1' })).toBe(true)
})

property.prop([claim, claim, claim])(
  'of different claims exactly one wins, whoever compares them in whatever order',
  (a, b, c) => {
    const isSame = a.term === b.term && a.epoch === b.epoch && a.rank === b.rank && a.node === b.node
    expect(Number(beats(a, b)) + Number(beats(b, a))).toBe(isSame ? 0 : 1)
    if (beats(a, b) && beats(b, c)) expect(beats(a, c)).toBe(true)
  },
)

const step = fc.oneof(
  fc.record({ address: fc.nat(90), state: fc.constantFrom('owned', 'released', 'ready'), epoch: fc.nat(9) }),
  fc.record({ exchange: fc.constantFrom('all', 'first', 'lost', 'prune', 'other process') }),
)

property.prop([fc.array(step, { maxLength: 300 })])(
  'whatever is lost on the way, one exchange more makes the other side know exactly what is claimed',
  steps => {
    const own = createOwnClaims()
    let held = createHeldClaims()
    const exchange = (parts: number) => {
      for (const part of own.since(held.version, parts)) held.take(part)
    }
    const addresses = Array.from({ length: 91 }, (_, index) => `10.201.200.${index}`)
    for (const each of steps) {
      if ('state' in each)
        own.set({ address: addresses[each.address] ?? '', state: each.state, term: 1, epoch: each.epoch, rank: 0 })
      else if (each.exchange === 'all') exchange(64)
      else if (each.exchange === 'first') exchange(1)
      else if (each.exchange === 'lost')
        held.take({
          ...own.since(held.version, 1)[0],
          entries: [],
          base: held.version,
          upTo: own.version,
          version: own.version,
          digest: 7,
        })
      else if (each.exchange === 'prune') own.prune(() => held.version)
      else held = createHeldClaims()
    }
    for (let i = 0; i < 3; i++) exchange(64)
    expect(held.isComplete).toBe(true)
    for (const address of addresses) {
      const entry = own.get(address)
      expect(held.get(address)).toEqual(entry?.state === 'released' ? undefined : entry)
    }
  },
)
