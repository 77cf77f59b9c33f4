// Whatever happens to stations and segment, one owner is left in the end, and never two that hear each other.
import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { makeSegment } from './segment-under-test.ts'
import { web, names } from './election-under-test.ts'

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
