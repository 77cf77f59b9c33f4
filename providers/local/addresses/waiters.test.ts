// The lines in front of addresses and pools: oldest Service first, and who asked for exactly this address before all.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAddress } from '../../../src/model/address.ts'
import { createWaiters } from './waiters.ts'
import type { Waiter } from './waiters.ts'

const waiter = (name: string, day: number): Waiter => ({
  id: { kind: 'Service', namespace: 'default', name, uid: name },
  createdAt: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`,
})
const address = parseAddress('10.0.0.5')
if (!address) throw new Error('10.0.0.5 is an address')

test('the oldest of those who wait is called, whatever the order of coming', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1 }), fc.nat(), (days, leaving) => {
      const waiters = createWaiters()
      for (const day of days) waiters.add(waiter(`s${day}`, day), { kind: 'any', family: 'IPv4', pools: ['a', 'b'] })
      const gone = days[leaving % days.length]
      waiters.remove(`s${gone}`)
      const left = days.filter(day => day !== gone).toSorted((one, other) => one - other)
      expect(waiters.firstFor(address, ['b'])?.id.name).toBe(left.length > 0 ? `s${left[0]}` : undefined)
      expect(waiters.all().map(({ id }) => id.name)).toEqual(left.map(day => `s${day}`))
      expect(waiters.firstFor(address, ['c'])).toBeUndefined()
    }),
  )
})

test('who waits for exactly this address comes before an older one who would take any', () => {
  const waiters = createWaiters()
  waiters.add(waiter('any', 1), { kind: 'any', family: 'IPv4', pools: ['a'] })
  waiters.add(waiter('exact', 2), { kind: 'address', address })
  expect(waiters.firstFor(address, ['a'])?.id.name).toBe('exact')
})
