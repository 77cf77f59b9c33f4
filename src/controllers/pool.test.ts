// What is told of a pool by events.
import { expect, test } from 'vitest'
import type { AddressPool } from '../api/address-pool.ts'
import { poolNews, poolPatch } from './pool.ts'
import type { PoolReport } from './pool.ts'

const pool: AddressPool = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'AddressPool',
  metadata: { name: 'office' },
  spec: { addresses: ['192.0.2.0/24'], autoAssign: true, avoidBuggyIPs: true },
}
const report = (...conditions: PoolReport['conditions']): PoolReport => ({ conditions, total: '256', used: 0, free: '256' })
const overlapping = report(
  { type: 'Ready', status: 'False', reason: 'Overlap', message: '192.0.2.1 is also in pool first.' },
  { type: 'Overlap', status: 'True', reason: 'Overlap', message: 'Addresses of this pool are also in the pool first.' },
)
const fine = report(
  { type: 'Ready', status: 'True', reason: 'Accepted', message: '' },
  { type: 'Overlap', status: 'False', reason: 'Accepted', message: '' },
)
const after = ({ conditions }: PoolReport): AddressPool => ({
  ...pool,
  status: { conditions: conditions.map(condition => ({ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' })) },
})
const told = (now: AddressPool, judged: PoolReport) => poolNews(now, judged).map(({ type, reason }) => `${type} ${reason}`)

test('an overlap is told once, though two conditions show it', () => {
  expect(told(pool, overlapping)).toEqual(['Ready Overlap'])
  expect(told(after(overlapping), overlapping)).toEqual([])
  expect(told(after(overlapping), fine)).toEqual(['Ready Accepted'])
})

test('a pool that is the older one in an overlap tells of the overlap, and what begins well is no news but Ready', () => {
  const [, overlap] = overlapping.conditions
  const [ready] = fine.conditions
  expect(told(pool, fine)).toEqual(['Ready Accepted'])
  expect(told(after(fine), report(...(ready && overlap ? [ready, overlap] : [])))).toEqual(['Overlap Overlap'])
})

test('an overlap that is over leaves no condition behind', () => {
  const [ready] = fine.conditions
  const patch = poolPatch(after(overlapping), report(...(ready ? [ready] : [])), 0)
  expect(patch).toMatchObject({ status: { conditions: [{ type: 'Ready', status: 'True' }] } })
})

test('that a rebalance is over is written once and stays written', () => {
  const judged = { ...fine, rebalanced: { value: 'monday', moved: 3 } }
  expect(poolPatch(pool, judged, 0)).toMatchObject({ status: { rebalanced: 'monday' } })
  const written = { ...pool, status: { ...after(fine).status, total: '256', used: 0, free: '256', rebalanced: 'monday' } }
  expect(poolPatch(written, judged, 0)).toBeUndefined()
  expect(poolPatch(written, fine, 0)).toBeUndefined()
  expect(poolPatch(written, { ...fine, used: 1 }, 0)).toMatchObject({ status: { used: 1, rebalanced: 'monday' } })
})
