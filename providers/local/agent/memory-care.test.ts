import { expect, test } from 'vitest'
import { simulatedClock } from '../../../src/kubernetes/simulated-clock.ts'
import { takeCareOfMemory } from './memory-care.ts'

const megabytes = (count: number) => count * 1024 * 1024

test('what start-up needed is given back once, and again after a burst; an idle agent is left alone', async () => {
  const clock = simulatedClock()
  let resident = megabytes(88)
  const done: string[] = []
  using _ = takeCareOfMemory({
    collect: () => void done.push('collect'),
    release: async () => {
      done.push('release')
      resident = megabytes(45)
    },
    residentBytes: () => resident,
    schedule: (ms, run) => clock.schedule(ms, run),
    onError: error => done.push(String(error)),
  })
  await clock.advance(600_000)
  expect(done).toEqual(['collect', 'release'])
  resident = megabytes(60)
  await clock.advance(600_000)
  expect(done).toHaveLength(2)
  resident = megabytes(120)
  await clock.advance(600_000)
  expect(done).toHaveLength(4)
})
