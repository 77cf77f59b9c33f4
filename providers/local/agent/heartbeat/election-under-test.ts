// Stations on a simulated segment of which one owns an address, for tests of the election.
import { makeSegment } from './segment-under-test.ts'

export const web = '10.201.200.1'
export const names = ['n0', 'n1', 'n2']
export const windowMs = 400

export function settled(addresses: readonly string[] = [web]) {
  const segment = makeSegment(names)
  for (const station of segment.stations) station.start()
  for (const address of addresses) segment.plan(address, names)
  segment.advance(2000)
  return segment
}

/** Times (ms) during which nobody owned the address while `run` went by. */
export function gapWhile(segment: ReturnType<typeof makeSegment>, ms: number): number {
  let since: number | undefined
  let longest = 0
  segment.advance(ms, now => {
    if (segment.owners(web).length > 0) since = undefined
    else longest = Math.max(longest, now - (since ??= now))
  })
  return longest
}

/** Ends the partition; for how long (ms) there are two owners after that. */
export function twoOwnersAfterHealing(segment: ReturnType<typeof makeSegment>): number {
  segment.partition()
  const healed = segment.nowMs
  let both = 0
  segment.advance(3000, now => {
    if (segment.owners(web).length > 1) both = now - healed
  })
  return both
}
