// Conditions: the time of the last transition moves with the status and with nothing else.
import { expect, test } from 'vitest'
import { findCondition, formatMicroTime, formatTime, removeCondition, setCondition } from './conditions.ts'
import type { Condition } from './conditions.ts'

const ready: Condition = {
  type: 'weir.dev/Ready',
  status: 'False',
  reason: 'PoolExhausted',
  message: 'pool office has no free address',
  lastTransitionTime: '2026-01-01T00:00:00Z',
}
const foreign: Condition = { ...ready, type: 'example.com/Other' }
const later = Date.UTC(2026, 5, 1, 12, 30, 15, 500)

test('another message with the same status keeps the time', () => {
  const { lastTransitionTime, ...state } = ready
  const list = setCondition([foreign, ready], { ...state, message: 'pool home has no free address' }, later)
  expect(list).toEqual([foreign, { ...ready, message: 'pool home has no free address', lastTransitionTime }])
})

test('another status takes the time, cut to seconds', () => {
  const list = setCondition([ready, foreign], { type: ready.type, status: 'True', reason: 'Announced', message: '' }, later)
  expect(list[0]).toEqual({
    type: ready.type,
    status: 'True',
    reason: 'Announced',
    message: '',
    lastTransitionTime: '2026-06-01T12:30:15Z',
  })
  expect(list[1]).toBe(foreign)
})

test('stating what is stated already gives the same list, so that nothing needs to be written', () => {
  const list = [foreign, ready]
  const { lastTransitionTime: _, ...state } = ready
  expect(setCondition(list, state, later)).toBe(list)
  expect(removeCondition(list, 'unknown')).toBe(list)
})

test('a first condition, and taking one away', () => {
  const { lastTransitionTime: _, ...state } = ready
  const list = setCondition(undefined, state, 0)
  expect(findCondition(list, ready.type)?.lastTransitionTime).toBe('1970-01-01T00:00:00Z')
  expect(removeCondition([foreign, ready], ready.type)).toEqual([foreign])
})

test('times are written as the API server writes them', () => {
  expect(formatTime(later)).toBe('2026-06-01T12:30:15Z')
  expect(formatMicroTime(later)).toBe('2026-06-01T12:30:15.500000Z')
})

test('a message that no API server takes is cut to the bytes it takes, and then is no news', () => {
  const state = { type: 'Ready', status: 'False', reason: 'Broken', message: 'ä'.repeat(40_000) } as const
  const list = setCondition([], state, 0)
  const message = list[0]?.message ?? ''
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(32_768)
  expect(message).toMatch(/^ä+…$/)
  expect(setCondition(list, state, 60_000)).toBe(list)
})
