// import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { SimulatedStation } from './segment-under-test.ts'
import { web, names, windowMs, settled, gapWhile, twoOwnersAfterHealing } from './election-under-test.ts'

test('the first candidate claims a new address, and only it', () => {
  const segment = settled()
  expect(segment.owners(web)).toEqual(['n0'])
  expect(segment.moves.get(web)).toBe(1)
})

test('when the owner dies, the next candidate has the address within the window and one beat', () => {
  for (let offset = 0; offset < 100; offset += 7) {
    const segment = settled()
    segment.advance(offset)
    segment.station('n0').crash()
    expect(gapWhile(segment, 1000)).toBeLessThanOrEqual(windowMs + 20)
    expect(segment.owners(web)).toEqual(['n1'])
  }
})

test.each([
  ['has just booted', (node: SimulatedStation) => node.start()],
  [
    'lives but has no keys yet',
    (node: SimulatedStation) => {
      node.useKeys(undefined)
      node.start()
    },
  ],
])('so it is though a node that comes before it in the list %s, and never heard the owner', (_how, begin) => {
  for (const afterMs of [0, 5, 20, 50, 10_000]) {
    const segment = settled()
    segment.station('n1').crash()
    segment.plan(web, ['n0', 'n2'])
    segment.advance(20_000)
    segment.plan(web, names)
    begin(segment.station('n1'))
    segment.advance(afterMs)
    segment.station('n0').crash()
    expect(gapWhile(segment, 3000)).toBeLessThanOrEqual(windowMs + 20)
    expect(segment.owners(web)).toHaveLength(1)
    expect(segment.moves.get(web)).toBe(2)
  }
})

test('this needs no API server', () => {
  const segment = settled()
  segment.cutApi()
  segment.station('n0').crash()
  segment.advance(400)
  expect(segment.owners(web)).toEqual(['n1'])
  segment.station('n1').crash()
  segment.advance(400)
  expect(segment.owners(web)).toEqual(['n2'])
})

test('an owner that returns takes nothing back, however fast it was', () => {
  for (const awayMs of [0, 50, 340, 2000, 60_000]) {
    const segment = settled()
    segment.station('n0').crash()
    segment.advance(awayMs)
    segment.station('n0').start()
    segment.advance(5000)
    expect(segment.owners(web)).toEqual(['n1'])
    expect(segment.moves.get(web)).toBe(2)
  }
})

test('an owner that ends hands over without waiting for anything', () => {
  const segment = settled()
  segment.station('n0').leave()
  expect(gapWhile(segment, 1000)).toBeLessThan(10)
  expect(segment.owners(web)).toEqual(['n1'])
})

test('a planned move: the old owner has stopped before the new one starts, and not long before', () => {
  const segment = settled()
  segment.plan(web, ['n2', 'n1'])
  const seen: string[] = []
  let gap = 0
  let last = segment.nowMs
  segment.advance(3000, now => {
    const owners = segment.owners(web)
    expect(owners.length).toBeLessThanOrEqual(1)
    if (owners.length > 0) last = now
    gap = Math.max(gap, now - last)
    if (owners[0] !== undefined && owners[0] !== seen.at(-1)) seen.push(owners[0])
  })
  expect(seen).toEqual(['n0', 'n2'])
  expect(gap).toBeLessThan(30)
})

test('a paused owner that wakes up answers nothing before it has listened, and yields', () => {
  const segment = settled()
  segment.station('n0').pause()
  segment.advance(3000)
  expect(segment.owners(web)).toEqual(['n1'])
  segment.station('n0').resume()
  segment.advance(1000, () => expect(segment.owners(web)).toEqual(['n1']))
  expect(segment.station('n0').owned.size).toBe(0)
  expect(segment.station('n0').events).toContainEqual(expect.objectContaining({ kind: 'paused' }))
})

test('what a node did not hear while it came late itself, though not by a pause, is no silence of others', () => {
  const segment = settled()
  segment.partition(['n0'], ['n1', 'n2'])
  for (let i = 0; i < 2; i++) {
    for (const name of ['n1', 'n2']) segment.station(name).pause()
    segment.advance(180)
    for (const name of ['n1', 'n2']) segment.station(name).resume()
    segment.advance(20)
  }
  segment.advance(40)
  segment.partition()
  segment.advance(2000)
  expect(segment.owners(web)).toEqual(['n0'])
  expect(segment.moves.get(web)).toBe(1)
})

test('nobody takes over because it was paused itself', () => {
  const segment = settled()
  for (const name of ['n1', 'n2']) segment.station(name).pause()
  segment.advance(10_000)
  for (const name of ['n1', 'n2']) segment.station(name).resume()
  segment.advance(2000)
  expect(segment.owners(web)).toEqual(['n0'])
  expect(segment.moves.get(web)).toBe(1)
})

test.each([
  ['a second', 1000, 110],
  ['half a minute', 30_000, 110],
  ['five minutes', 300_000, 110],
])('after a partition of %s there are two owners no longer than a heartbeat', (_case, partedMs, boundMs) => {
  const segment = settled()
  segment.cutApi()
  segment.partition(['n0'], ['n1', 'n2'])
  segment.advance(partedMs)
  expect(segment.owners(web)).toEqual(['n0', 'n1'])
  expect(twoOwnersAfterHealing(segment)).toBeLessThanOrEqual(boundMs)
  expect(segment.owners(web)).toEqual(['n1'])
})

test('so it is when the one that was cut off reaches no API server yet, and the others do not list it any more', () => {
  const segment = settled()
  segment.cutApi('n0')
  segment.partition(['n0'], ['n1', 'n2'])
  segment.advance(20_000)
  segment.plan(web, ['n1', 'n2'])
  segment.advance(100_000)
  expect(segment.owners(web)).toEqual(['n0', 'n1'])
  expect(twoOwnersAfterHealing(segment)).toBeLessThanOrEqual(110)
  expect(segment.owners(web)).toEqual(['n1'])
})

test('a thousand addresses move at once', () => {
  const many = Array.from({ length: 1000 }, (_, index) => `10.201.${200 + (index >> 8)}.${index & 255}`)
  const segment = settled(many)
  expect(segment.station('n0').owned.size).toBe(1000)
  segment.station('n0').crash()
  segment.advance(400)
  expect(segment.station('n1').owned.size).toBe(1000)
  segment.advance(2000)
  segment.station('n1').leave()
  segment.advance(100)
  expect(segment.station('n2').owned.size).toBe(1000)
})

test('a node that is cut off from the segment takes the address from nobody there, though it reaches the API server', () => {
  const segment = settled()
  segment.partition(['n2'], ['n0', 'n1'])
  segment.advance(5000)
  expect(segment.owners(web)).toEqual(['n0', 'n2'])
  segment.partition()
  segment.advance(200)
  expect(segment.owners(web)).toEqual(['n2'])
})

test('what a node that was cut off had told the API server is put right when that node is gone', () => {
  const segment = settled()
  segment.partition(['n2'], ['n0', 'n1'])
  segment.advance(5000)
  segment.station('n2').crash()
  segment.partition()
  segment.advance(15_000)
  expect(segment.owners(web)).toEqual(['n0'])
  expect(segment.status(web)).toEqual({ epoch: 3, node: 'n0' })
})
