import { array, assert, boolean, integer, property, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { assignPriorities } from './priorities.ts'

const none = new Set<number>()

test('rules that are all new are numbered with gaps', () => {
  expect(assignPriorities([undefined, undefined], none)).toEqual({ priorities: [100, 200], moved: [] })
})

test('one more rule in the middle goes between its neighbours, and nobody moves', () => {
  expect(assignPriorities([100, undefined, 200], none)).toEqual({ priorities: [100, 150, 200], moved: [] })
})

test('of two that changed places, one moves', () => {
  expect(assignPriorities([200, 100], none)).toEqual({ priorities: [200, 300], moved: [1] })
})

test('a full gap has all numbered afresh, past those that others have', () => {
  expect(assignPriorities([1, undefined, 2], new Set([100]))).toEqual({ priorities: [101, 201, 301], moved: [0, 2] })
})

test('for every order: priorities rise, nobody gets one that is taken, and what is new leaves as many as can be in place', () => {
  const rules = uniqueArray(integer({ min: 1, max: 400 }), { maxLength: 30 })
  assert(
    property(
      rules,
      array(boolean(), { maxLength: 60 }),
      uniqueArray(integer({ min: 1, max: 400 }), { maxLength: 5 }),
      (present, isNew, others) => {
        const taken = new Set(others.filter(each => !present.includes(each)))
        const left = [...present]
        const standing = isNew.map(fresh => (fresh ? undefined : left.shift()))
        const { priorities, moved } = assignPriorities(standing, taken)
        expect(priorities).toHaveLength(standing.length)
        expect(priorities.every((priority, index) => priority > (priorities[index - 1] ?? 0) && priority <= 50_000)).toBe(true)
        expect(priorities.some(priority => taken.has(priority))).toBe(false)
        expect(moved).toEqual(
          standing.flatMap((each, index) => (each !== undefined && each !== priorities[index] ? [index] : [])),
        )
      },
    ),
  )
})
