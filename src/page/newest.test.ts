// Of very many events only the newest stay, whatever order they come in and however often they are listed.
import { expect, test } from 'vitest'
import { createStore } from '../kubernetes/store.ts'
import { keepNewest } from './newest.ts'
import type { WeirEvent } from './sources.ts'
import { timeOf } from './tables/events.ts'

const noon = Date.parse('2026-05-01T12:00:00Z')

/** The `index`-th event, a second younger than the one before. */
const event = (index: number, seenAt = index): WeirEvent => ({
  metadata: { namespace: 'default', name: `event-${index}`, uid: `uid-${index}`, resourceVersion: `${index}-${seenAt}` },
  eventTime: new Date(noon + index * 1000).toISOString(),
  ...(seenAt === index ? {} : { series: { count: 2, lastObservedTime: new Date(noon + seenAt * 1000).toISOString() } }),
})

/** 10,000 indexes in an order that is always the same and no order of time. */
const shuffled = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_000)

function newestOf(most: number) {
  const store = createStore<WeirEvent>()
  let largest = 0
  const stop = keepNewest(store, { most, timeOf })
  store.subscribe(() => {
    largest = Math.max(largest, store.size)
  })
  const numbers = () => [...store.values()].map(({ metadata }) => Number(metadata.name.slice('event-'.length)))
  return { store, stop, numbers, largest: () => largest }
}

test('of 10,000 listed events the newest 1,000 are there, and never more than a quarter besides', () => {
  const { store, numbers, largest } = newestOf(1000)
  for (let times = 0; times < 2; times++) {
    store.replace(shuffled.map(index => event(index)))
    expect(numbers()).toEqual(expect.arrayContaining(Array.from({ length: 1000 }, (_, index) => 9000 + index)))
    expect(largest()).toBeLessThanOrEqual(1251)
    expect(store.isSynced).toBe(true)
  }
})

test('new ones push the oldest out; one that happens again counts as new', () => {
  const { store, numbers } = newestOf(100)
  for (let index = 0; index < 100; index++) store.put(event(index))
  store.put(event(0, 5000))
  for (let index = 100; index < 1000; index++) store.put(event(index))
  expect(numbers()).toEqual(expect.arrayContaining([0, ...Array.from({ length: 99 }, (_, index) => 901 + index)]))
  expect(store.size).toBeLessThanOrEqual(125)
})

test('one that was pushed out and happens again comes back, and one that is deleted is no trouble', () => {
  const { store, numbers } = newestOf(100)
  for (let index = 0; index < 1000; index++) store.put(event(index))
  expect(numbers()).not.toContain(3)
  store.remove('default/event-3')
  store.put(event(3, 5000))
  expect(numbers()).toContain(3)
})

test('when nobody looks any more nothing is pushed out', () => {
  const { store, stop } = newestOf(100)
  stop()
  for (let index = 0; index < 500; index++) store.put(event(index))
  expect(store.size).toBe(500)
})
