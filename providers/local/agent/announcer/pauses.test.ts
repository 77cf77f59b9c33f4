import { expect, test } from 'vitest'
import { createPauses } from './pauses.ts'

test.each([
  ['a turn that begins a little late is no pause', 200, undefined, 0],
  ['after a pause of two heartbeats, which may have cost an address, a listening window passes without an answer', 201, 201, 400],
  ['after one that may have cost the Lease, as long as the API server needs to say so', 6000, 6000, 1000],
])('%s', (_case, lateMs, paused, listenMs) => {
  const pauses = createPauses(1000)
  expect(pauses.isListening(1000)).toBe(false)
  const now = 1100 + lateMs
  expect(pauses.turn(now, 1100)).toBe(paused)
  expect(pauses.isListening(now + listenMs - 1)).toBe(listenMs > 0)
  expect(pauses.isListening(now + listenMs)).toBe(false)
})

test('a second pause while listening does not end the first one sooner', () => {
  const pauses = createPauses(0)
  pauses.turn(10_000, 0)
  pauses.turn(10_300, 10_020)
  expect(pauses.isListening(10_999)).toBe(true)
})

test('a process that stands still between two frames of a turn sends the second one no more', () => {
  const pauses = createPauses(0)
  pauses.turn(100, 100)
  expect(pauses.maySpeak(300)).toBe(true)
  expect(pauses.maySpeak(2700)).toBe(false)
  expect(pauses.turn(2701, 200)).toBe(2501)
  expect(pauses.maySpeak(3100)).toBe(false)
  pauses.turn(3101, 3101)
  expect(pauses.maySpeak(3101)).toBe(true)
})
