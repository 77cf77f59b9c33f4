// The limiter never lets more run than it may, keeps the order, and loses no place when work fails.
import { expect, test } from 'vitest'
import { createLimiter } from './limiter.ts'

test('three of five wait for the two that run, first come first served, also after a failure', async () => {
  const limit = createLimiter(2)
  const started: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const all = ['a', 'b', 'c', 'd', 'e'].map(name =>
    limit(() => {
      started.push(name)
      return new Promise<string>((resolve, reject) => ends.set(name, error => (error ? reject(error) : resolve(name))))
    }).catch(() => `${name} failed`),
  )
  const turn = () => new Promise(resolve => setImmediate(resolve))
  await turn()
  expect(started).toEqual(['a', 'b'])
  ends.get('b')?.(new Error('refused'))
  await turn()
  expect(started).toEqual(['a', 'b', 'c'])
  for (const name of ['a', 'c']) ends.get(name)?.()
  await turn()
  for (const name of ['d', 'e']) ends.get(name)?.()
  expect(await Promise.all(all)).toEqual(['a', 'b failed', 'c', 'd', 'e'])
})

test('work that comes while a place is handed over does not slip ahead', async () => {
  const limit = createLimiter(1)
  const order: number[] = []
  const first = limit(async () => void order.push(1))
  const second = limit(async () => void order.push(2))
  await first
  await Promise.all([limit(async () => void order.push(3)), second])
  expect(order).toEqual([1, 2, 3])
})
