// What the loops tell is documented: a reason outside of the table does not compile.
import { expect, test } from 'vitest'
import { reasons } from '../api/reasons.ts'
import type { Events } from './controller.ts'

test('an event takes the reasons of the table and no others', () => {
  const told: string[] = []
  const events: Events = { record: ({ reason }) => void told.push(reason) }
  const rest = { regarding: { metadata: { name: 'web' } }, type: 'Normal', action: 'Look', note: '' } as const
  for (const reason of ['Serving', 'Released', 'AddressReplaced'] as const) events.record({ ...rest, reason })
  // @ts-expect-error: no row of the table has this reason.
  events.record({ ...rest, reason: 'LooksGood' })
  expect(told.filter(reason => !(reason in reasons))).toEqual(['LooksGood'])
})
