import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { keyOne, makeSegment } from './segment-under-test.ts'
import type { SimulatedStation } from './segment-under-test.ts'

const web = '10.201.200.1'
const names = ['n0', 'n1', 'n2']
const windowMs = 400

function settled(addresses: readonly string[] = [web]) {
  const segment = makeSegment(names)
  for (const station of segment.stations) station.start()
  for (const address of addresses) segment.plan(address, names)
  segment.advance(2000)
  return segment
}

/** Times (ms) during which nobody owned the address while `run` went by. */
function gapWhile(segment: ReturnType<typeof makeSegment>, ms: number): number {
  let since: number | undefined
  let longest = 0
  segment.advance(ms, now => {
    if (segment.owners(web).length > 0) since = undefined
    else longest = Math.max(longest, now - (since ??= now))
  })
  return longest
}

/** Ends the partition; for how long (ms) there are two owners after that. */
function twoOwnersAfterHealing(segment: ReturnType<typeof makeSegment>): number {
  segment.partition()
  const healed = segment.nowMs
  let both = 0
  segment.advance(3000, now => {
    if (segment.owners(web).length > 1) both = now - healed
  })
  return both
}

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

test('a process that was started anew is believed only after it answered a question made for it', () => {
  const segment = settled()
  const old = [...segment.station('n0').sent]
  segment.station('n0').crash()
  segment.advance(2000)
  for (let i = 0; i < 100; i++) {
    for (const name of ['n1', 'n2']) for (const frame of old) segment.station(name).hear(frame)
    segment.advance(100)
  }
  expect(segment.owners(web)).toEqual(['n1'])
  expect(segment.station('n1').events.filter(event => event.kind === 'peer' && event.node === 'n0')).toEqual([
    { kind: 'peer', node: 'n0', alive: true },
    { kind: 'peer', node: 'n0', alive: false },
  ])
  expect(segment.station('n1').counts.get('replayed')).toBeGreaterThan(1000)
  segment.station('n0').start()
  segment.advance(2000)
  expect(segment.station('n1').events.at(-1)).toEqual({ kind: 'peer', node: 'n0', alive: true })
})

test('old frames repeated all the time do not silence the process that is there now', () => {
  const segment = settled()
  const old = [...segment.station('n0').sent]
  segment.station('n0').crash()
  segment.station('n0').start()
  for (let i = 0; i < 200; i++) {
    for (const frame of old.slice(-20)) segment.station('n1').hear(frame)
    segment.advance(10)
  }
  const before = segment.station('n1').counts.get('missed') ?? 0
  for (let i = 0; i < 1000; i++) {
    segment.station('n1').hear(old[i % old.length] ?? new Uint8Array())
    segment.advance(10)
  }
  expect(segment.station('n1').counts.get('missed') ?? 0).toBe(before)
})

test('keys change in any order of arrival while old and new are both accepted', () => {
  const segment = settled()
  const second = { id: 2, secret: new Uint8Array(32).fill(2) }
  const both = [...keyOne.keys, second]
  for (const next of [
    { current: 1, keys: both },
    { current: 2, keys: both },
    { current: 2, keys: [second] },
  ]) {
    for (const station of segment.stations) {
      station.useKeys(next)
      segment.advance(1500)
    }
  }
  expect(segment.owners(web)).toEqual(['n0'])
  for (const station of segment.stations) {
    expect(station.counts.get('missed') ?? 0).toBe(0)
    expect(station.counts.get('unauthenticated') ?? 0).toBe(0)
  }
})

property.prop([fc.uint8Array({ maxLength: 2000 }), fc.nat(), fc.nat()])(
  'whatever comes from the segment, nothing crashes and nothing moves',
  (noise, cut, flip) => {
    const segment = settled()
    const real = segment.station('n0').sent.at(-1) ?? new Uint8Array()
    const bent = real.slice(0, cut % real.length)
    const flipped = real.slice()
    flipped[flip % real.length] = (flipped[flip % real.length] ?? 0) ^ 1
    for (const frame of [noise, bent, flipped, new Uint8Array([...real, ...noise])]) segment.station('n1').hear(frame)
    segment.advance(1000)
    expect(segment.owners(web)).toEqual(['n0'])
    expect(segment.station('n1').counts.get('missed') ?? 0).toBe(0)
  },
)

const dns = '2001:db8::53'
const who = fc.constantFrom(...names)
const happening = fc.oneof(
  fc.record({ kind: fc.constantFrom('crash', 'start', 'leave', 'pause', 'resume'), node: who }),
  fc.record({ kind: fc.constantFrom('part', 'heal', 'cut', 'restore', 'lossy', 'sound'), node: who }),
  fc.record({
    kind: fc.constant('plan'),
    address: fc.constantFrom(web, dns),
    candidates: fc.uniqueArray(who, { minLength: 1 }),
  }),
)
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never
const story = fc.array(fc.tuple(happening, fc.constantFrom(0, 1, 30, 120, 340, 360, 700, 3000, 15_000, 70_000)), {
  maxLength: 30,
})

function happen(segment: ReturnType<typeof makeSegment>, what: Happening): void {
  if ('address' in what) return segment.plan(what.address, what.candidates)
  const station = segment.station(what.node)
  if (what.kind === 'crash') station.crash()
  if (what.kind === 'start') station.start()
  if (what.kind === 'leave') station.leave()
  if (what.kind === 'pause') station.pause()
  if (what.kind === 'resume') station.resume()
  if (what.kind === 'part')
    segment.partition(
      [what.node],
      names.filter(name => name !== what.node),
    )
  if (what.kind === 'heal') segment.partition()
  if (what.kind === 'cut') segment.cutApi()
  if (what.kind === 'restore') segment.restoreApi()
  if (what.kind === 'lossy') segment.lose(0.3)
  if (what.kind === 'sound') segment.lose(0)
}

property.prop([story, fc.subarray([...names]), fc.nat()], { numRuns: 40 })(
  'after any joins, leaves, pauses, partitions and outages, healing leaves one owner alive for each address, and no move follows',
  (steps, stayDown, seed) => {
    const segment = makeSegment(names, seed + 1)
    const addresses = [web, dns]
    for (const address of addresses) segment.plan(address, names)
    for (const station of segment.stations) station.start()
    for (const [what, waitMs] of steps) {
      happen(segment, what)
      segment.advance(waitMs)
    }
    segment.partition()
    segment.lose(0)
    segment.restoreApi()
    for (const station of segment.stations) {
      station.resume()
      if (stayDown.includes(station.name)) station.crash()
      else station.start()
    }
    // Somebody who is not known here is believed alive as long as its Lease.
    segment.advance(13_000)
    const moves = addresses.map(address => segment.moves.get(address))
    for (const address of addresses) {
      const living = segment.candidates(address).filter(name => segment.station(name).isRunning)
      const owners = segment.owners(address)
      expect(owners).toHaveLength(living.length > 0 ? 1 : 0)
      expect(living).toEqual(expect.arrayContaining([...owners]))
    }
    segment.advance(5000)
    expect(addresses.map(address => segment.moves.get(address))).toEqual(moves)
  },
)

property.prop([story, fc.nat()], { numRuns: 40 })(
  'while all can hear each other there are never two that answer, but for the moment that news needs',
  (steps, seed) => {
    const segment = makeSegment(names, seed + 1)
    for (const address of [web, dns]) segment.plan(address, names)
    for (const station of segment.stations) station.start()
    let since: number | undefined
    for (const [what, waitMs] of steps) {
      if (['part', 'lossy', 'cut'].includes(what.kind)) continue
      happen(segment, what)
      segment.advance(waitMs, now => {
        if (segment.owners(web).length < 2) since = undefined
        else expect(now - (since ??= now)).toBeLessThanOrEqual(100)
      })
    }
  },
)

test('nodes with different keys do not both announce: neither takes anything by heartbeat from whom it hears but cannot read', () => {
  const segment = makeSegment(['n0', 'n1'])
  for (const station of segment.stations) station.start()
  segment.plan(web, ['n0', 'n1'])
  segment.advance(2000)
  const [owner = ''] = segment.owners(web)
  const other = owner === 'n0' ? 'n1' : 'n0'
  segment.station(other).useKeys({ current: 9, keys: [{ id: 9, secret: new Uint8Array(32).fill(9) }] })
  segment.advance(60_000, () => expect(segment.owners(web)).toEqual([owner]))
  const lastView = segment.station(other).events.findLast(({ kind }) => kind === 'view')
  expect(lastView).toMatchObject({ elects: false })
  // Gone is gone, whatever keys it had.
  segment.station(owner).crash()
  segment.advance(20_000)
  expect(segment.owners(web)).toEqual([other])
})

test('single frames of an unknown key in the name of a peer do not delay what follows from its death', () => {
  for (let offset = 0; offset < 500; offset += 23) {
    const segment = settled()
    const foreign = segment.station('n0').sent.at(-1)?.slice() ?? new Uint8Array()
    foreign[25] = 99
    segment.advance(offset)
    segment.station('n1').hear(foreign)
    segment.station('n2').hear(foreign)
    segment.advance(500 - offset)
    segment.station('n0').crash()
    segment.advance(200)
    for (const name of ['n1', 'n2']) segment.station(name).hear(foreign)
    expect(segment.station('n1').counts.get('unknown-key')).toBe(2)
    segment.advance(220)
    expect(segment.owners(web)).toEqual(['n1'])
  }
})

test('a namesake in another cluster on the same segment changes nothing', () => {
  const segment = makeSegment(['n0', 'n1'])
  const foreign = makeSegment(['n0', 'n1'], 2)
  for (const each of [segment, foreign]) {
    for (const station of each.stations) station.start()
    each.plan(web, ['n0', 'n1'])
  }
  for (const station of foreign.stations) station.useKeys({ current: 9, keys: [{ id: 9, secret: new Uint8Array(32).fill(9) }] })
  foreign.advance(2000)
  const frames = foreign.station('n0').sent.slice(-5)
  segment.advance(2000)
  for (let i = 0; i < 20; i++) {
    for (const frame of frames) segment.station('n1').hear(frame)
    segment.advance(100)
  }
  expect(segment.station('n1').counts.get('unknown-key')).toBe(100)
  const lastView = segment.station('n1').events.findLast(({ kind }) => kind === 'view')
  expect(lastView).toMatchObject({ elects: true })
})
