// What looking for peers that are missing costs a segment.
import { expect, test } from 'vitest'
import { createHellos } from './hellos.ts'
import { makeSegment } from './segment-under-test.ts'

/** So many nodes in a ring, each address with four neighbours as candidates; every fourth node is dead from the beginning. */
function ringWithDead(count: number, diesAtMs: number | undefined) {
  const names = Array.from({ length: count }, (_, at) => `n${at}`)
  const segment = makeSegment(names, 3)
  const dying = segment.stations.filter((_, at) => at % 4 === 0)
  for (const station of segment.stations) if (diesAtMs !== undefined || !dying.includes(station)) station.start()
  for (const at of names.keys()) {
    const candidates = [0, 1, 2, 3].map(step => names[(at + step) % count] ?? '')
    segment.plan(`10.201.200.${at}`, candidates)
  }
  segment.advance(diesAtMs ?? 0)
  if (diesAtMs !== undefined) for (const station of dying) station.crash()
  const broadcasts = () => segment.stations.reduce((sum, { sent }) => sum + sent.filter(frame => frame[0] === 255).length, 0)
  return { segment, broadcasts }
}

test('when every fourth of 24 nodes dies, the others, who know where they were, hardly broadcast for them', () => {
  const { segment, broadcasts } = ringWithDead(24, 3000)
  const before = broadcasts()
  segment.advance(20_000)
  expect(broadcasts() - before).toBeLessThanOrEqual(24)
})

test('for those that were never heard they broadcast less and less', () => {
  const { segment, broadcasts } = ringWithDead(16, undefined)
  segment.advance(20_000)
  const before = broadcasts()
  segment.advance(30_000)
  expect((broadcasts() - before) / 30).toBeLessThanOrEqual(12 / 6)
})

test('1,000 nodes that begin at once, each with somebody to look for for ever: broadcasts in a second stay bounded and get few', () => {
  let state = 11
  const random = () => (state = (state * 48_271) % 0x7fff_ffff) / 0x7fff_ffff
  const nodes = Array.from({ length: 1000 }, () => createHellos(random))
  const bySecond = new Map<number, number>()
  for (let now = 0; now < 60_000; now += 10) {
    for (const node of nodes.filter(({ dueAt }) => dueAt <= now)) {
      if (!node.turn('unheard', now)) continue
      const second = Math.floor(now / 1000)
      bySecond.set(second, (bySecond.get(second) ?? 0) + 1)
      for (const other of nodes) if (other !== node) other.heard(now)
    }
  }
  const most = (from: number, to: number) => Math.max(...[...bySecond].map(([at, count]) => (at >= from && at < to ? count : 0)))
  // The first of each, then what waits for others, then one in eight seconds.
  expect(most(0, 1)).toBeLessThanOrEqual(2200)
  expect(most(1, 40)).toBeLessThanOrEqual(500)
  expect(most(40, 60)).toBeLessThanOrEqual(180)
})

test('whoever is not in time looked for by broadcast is found by frames to the place where it was last', () => {
  const segment = makeSegment(['n0', 'n1'], 5)
  for (const station of segment.stations) station.start()
  segment.plan('10.201.200.1', ['n0', 'n1'])
  segment.advance(2000)
  segment.partition(['n0'], ['n1'])
  segment.advance(200_000)
  const lastLife = (name: string) => segment.station(name).events.findLast(({ kind }) => kind === 'peer')
  expect(lastLife('n0')).toMatchObject({ node: 'n1', alive: false })
  segment.partition()
  segment.advance(1200)
  expect(lastLife('n0')).toMatchObject({ node: 'n1', alive: true })
  expect(lastLife('n1')).toMatchObject({ node: 'n0', alive: true })
})
