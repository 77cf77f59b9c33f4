import { expect, test } from 'vitest'
import { keysOf, parseKeyRing, rotate, rotateAfterMs, spreadMs } from './heartbeat-keys.ts'

const start = Date.UTC(2026, 0, 1)
const first = start / 1000 + 1
let drawn = 0
const random = (bytes: number) => new Uint8Array(bytes).fill(++drawn)

test('without a ring there is a key at once', () => {
  const { ring, againAfterMs } = rotate(undefined, start, random)
  expect(ring).toMatchObject({ version: 1, current: first, keys: [{ id: first, made: '2026-01-01T00:00:00.000Z' }] })
  expect(againAfterMs).toBe(rotateAfterMs)
})

test('a key is known to all before it signs, and the old one is accepted as long after it signed last', () => {
  let ring = rotate(undefined, start, random).ring
  const history: string[] = []
  let now = start
  for (let i = 0; i < 6; i++) {
    const next = rotate(ring, now, random)
    ring = next.ring ?? ring
    history.push(
      `${Math.round((now - start) / 60_000)} min: ${ring?.keys.map(({ id }) => id - first + 1).join()} sign ${(ring?.current ?? 0) - first + 1}`,
    )
    now += next.againAfterMs
  }
  const week = rotateAfterMs / 60_000
  const spread = spreadMs / 60_000
  expect(history).toEqual([
    '0 min: 1 sign 1',
    `${week} min: 1,2 sign 1`,
    `${week + spread} min: 1,2 sign 2`,
    `${week + 2 * spread} min: 2 sign 2`,
    `${2 * week} min: 2,3 sign 2`,
    `${2 * week + spread} min: 2,3 sign 3`,
  ])
})

test('a clock that went back delays a rotation, and changes nothing else', () => {
  const { ring } = rotate(undefined, start, random)
  expect(rotate(ring, start - rotateAfterMs, random)).toEqual({ ring: undefined, againAfterMs: rotateAfterMs })
})

test('what is stored is read again, and nothing else is', () => {
  const { ring } = rotate(undefined, start, random)
  if (!ring) throw new Error('no ring')
  expect(parseKeyRing(JSON.stringify(ring))).toEqual(ring)
  expect(keysOf(ring).keys[0]?.secret).toHaveLength(32)
  const broken: readonly unknown[] = [
    '',
    null,
    [],
    { ...ring, version: 2 },
    { ...ring, current: 9 },
    { ...ring, keys: [] },
    { ...ring, keys: [null] },
    { ...ring, keys: [{ ...ring.keys[0], secret: 'c2hvcnQ=' }] },
    { ...ring, keys: [{ ...ring.keys[0], id: 0 }] },
    { ...ring, keys: [ring.keys[0], ring.keys[0]] },
  ]
  for (const each of broken) expect(parseKeyRing(JSON.stringify(each))).toBeUndefined()
  expect(parseKeyRing('{')).toBeUndefined()
})
