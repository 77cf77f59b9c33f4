// Whom a station believes: old frames, changing keys, noise, keys of others, namesakes of another cluster.
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { keyOne, makeSegment } from './segment-under-test.ts'
import { web, settled } from './election-under-test.ts'

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
