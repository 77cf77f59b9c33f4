import { expect, test } from 'vitest'
import { simulatedClock } from '../../../src/kubernetes/simulated-clock.ts'
import { watchInterfaces } from './interface-watch.ts'

const eth0 = { name: 'eth0', index: 2, mac: '02:00:00:00:00:02', carrier: true, addresses: [] }

test('where the kernel does not tell, a change is found by looking; a failure to read changes nothing', async () => {
  const clock = simulatedClock()
  const told: string[] = []
  let carrier = true
  let fails = false
  using watch = watchInterfaces({
    read: () => {
      if (fails) throw new Error('gone')
      return [{ name: 'eth0', index: 2, mac: '02:00:00:00:00:02', carrier, addresses: [] }]
    },
    everyMs: 3000,
    schedule: (ms, run) => clock.schedule(ms, run),
    onChange: now => told.push(now[0]?.carrier ? 'up' : 'down'),
    onError: () => told.push('error'),
  })
  await clock.advance(10_000)
  carrier = false
  await clock.advance(3000)
  fails = true
  await clock.advance(3000)
  expect(told).toEqual(['up', 'down', 'error'])
  expect(watch.interfaces).toHaveLength(1)
})

test('where the kernel tells, nobody looks in between, and many changes at once are two looks', async () => {
  const clock = simulatedClock()
  let looks = 0
  using watch = watchInterfaces({
    read: () => {
      looks++
      return [eth0]
    },
    schedule: (ms, run) => clock.schedule(ms, run),
    onChange: () => {},
    onError: () => {},
  })
  await clock.advance(3_600_000)
  expect(looks).toBe(1)
  for (let i = 0; i < 250; i++) watch.changed({ lost: [] })
  await clock.advance(1000)
  expect(looks).toBe(3)
})

test('a link that was down only for a moment is told as down and up, because the switch forgot us', async () => {
  const clock = simulatedClock()
  const told: string[] = []
  using watch = watchInterfaces({
    read: () => [eth0],
    schedule: (ms, run) => clock.schedule(ms, run),
    onChange: now => told.push(now[0]?.carrier ? 'up' : 'down'),
    onError: () => {},
  })
  watch.changed({ lost: [2, 77] })
  expect(told).toEqual(['up', 'down', 'up'])
})

test('a look that failed is repeated though nothing else changes', async () => {
  const clock = simulatedClock()
  let fails = true
  let errors = 0
  using watch = watchInterfaces({
    read: () => {
      if (fails) throw new Error('gone')
      return [eth0]
    },
    schedule: (ms, run) => clock.schedule(ms, run),
    onChange: () => {},
    onError: () => errors++,
  })
  fails = false
  await clock.advance(10_000)
  expect(errors).toBe(1)
  expect(watch.interfaces).toHaveLength(1)
})
