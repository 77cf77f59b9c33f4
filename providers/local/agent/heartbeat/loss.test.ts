// What frames that are lost one by one cost: how often a living peer is taken for dead.
import { expect, test } from 'vitest'
import { makeSegment } from './segment-under-test.ts'

const web = '10.201.200.1'

/** False deaths in an hour, per pair of nodes and direction, at this part of frames lost; and how often the address moved. */
function falseDeaths(lostPart: number, minutes: number) {
  const segment = makeSegment(['n0', 'n1'], 7)
  for (const station of segment.stations) station.start()
  segment.plan(web, ['n0', 'n1'])
  segment.advance(2000)
  segment.lose(lostPart)
  segment.advance(minutes * 60_000)
  const missed = segment.stations.reduce((sum, { counts }) => sum + (counts.get('missed') ?? 0), 0)
  return { perHour: (missed / 2) * (60 / minutes), moves: segment.moves.get(web) }
}

test('with one frame in twenty lost nobody is taken for dead, and nothing moves', () => {
  expect(falseDeaths(0.05, 30)).toEqual({ perHour: 0, moves: 1 })
})

test('with one in seven lost, a living peer is taken for dead about once an hour, not a hundred times', () => {
  expect(falseDeaths(0.15, 60).perHour).toBeLessThanOrEqual(3)
})
