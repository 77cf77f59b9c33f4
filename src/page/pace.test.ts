// However many look: one answer for all who ask the same, and time for the controller between two answers.
import { expect, test } from 'vitest'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import { createSharing, createTurns } from './pace.ts'

test('who asks for what is being made gets the same; of different questions only so many are taken', async () => {
  const share = createSharing<string>(2)
  const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  let made = 0
  const make = () => ends[made++]?.promise ?? Promise.resolve('anew')
  const first = share('web', make)
  expect(share('web', make)).toBe(first)
  const other = share('dns', make)
  expect(share('shop', make)).toBeUndefined()
  ends[0]?.resolve('as it is')
  expect(await first).toBe('as it is')
  expect(await share('web', make)).toBe('anew')
  // What failed is made again.
  ends[1]?.reject(new Error('no answer'))
  await expect(other).rejects.toThrow('no answer')
  expect(await share('dns', make)).toBe('anew')
  expect(made).toBe(4)
})

test('what takes 50 ms leaves the thread to others for 200 ms, also when it fails', async () => {
  const clock = simulatedClock()
  const begun = clock.monotonic()
  const ending = new AbortController()
  // A clock that goes on while something is made.
  let spentMs = 0
  const inTurn = createTurns(
    { monotonic: () => clock.monotonic() + spentMs, sleep: (ms, end) => clock.sleep(ms, end) },
    ending.signal,
  )
  const at: number[] = []
  const make = () => {
    at.push(clock.monotonic() + spentMs - begun)
    spentMs += 50
    if (at.length === 2) throw new Error('broken')
    return at.length
  }
  const all = [inTurn(make), inTurn(make), inTurn(make)]
  const settled = Promise.allSettled(all)
  await clock.advance(1000)
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(at).toEqual([0, 250, 500])
  const late = inTurn(make)
  ending.abort(new Error('closed'))
  await expect(late).rejects.toThrow('closed')
})
