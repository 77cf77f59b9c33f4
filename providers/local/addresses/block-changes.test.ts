// What giving, freeing, keeping and sharing do to a block, each on the state that the writes before it have left.
import { expect, test } from 'vitest'
import { parseAddress } from '../../../src/model/address.ts'
import { applyChanges } from './block-changes.ts'
import type { BlockChange } from './block-changes.ts'

const address = parseAddress('10.0.0.7')
if (!address) throw new Error('an address')
const give = (name: string, since = '2026-01-01T00:00:00Z'): BlockChange => ({
  kind: 'give',
  address,
  owner: { uid: `uid-of-${name}`, namespace: 'default', name },
  pool: 'office',
  since,
})
const until = '2026-01-01T00:10:00Z'
const free = (name: string, reserve: Extract<BlockChange, { readonly kind: 'free' }>['reserve']): BlockChange => ({
  kind: 'free',
  address,
  uid: `uid-of-${name}`,
  reserve,
})
const keptForWeb = { pool: 'office', until, for: { namespace: 'default', name: 'web' } }
const last = (...changes: readonly BlockChange[]) => applyChanges(undefined, changes).effects.at(-1)

test('what is kept goes to the Service of that name, and to others when the time is over; what a stranger has to who insists', () => {
  const before = [give('web'), free('web', keptForWeb)]
  expect(last(...before, give('thief'))).toBe('taken')
  expect(last(...before, give('web'))).toBe('write')
  expect(last(...before, give('thief', until))).toBe('write')
  expect(last(give('web'), free('web', { pool: 'office', until, mac: '02:00:00:00:00:99' }), give('bold'))).toBe('write')
})

test('an address that is given has no reservation any more, and one whose reservation ended is free', () => {
  const given = applyChanges(undefined, [give('web'), free('web', keptForWeb), give('web')]).block.spec
  expect(given.reserved).toBeUndefined()
  const { spec } = applyChanges(undefined, [give('web'), free('web', keptForWeb), { kind: 'unreserve', address }]).block
  expect(spec).toEqual({ base: '10.0.0.0', bitmap: '0'.repeat(64), allocations: {} })
})

test('the last owner is not taken off an address by who believes that others are left', () => {
  expect(last(give('web'), { kind: 'free', address, uid: 'uid-of-web', unlessLast: true })).toBe('taken')
})
