// Conditions say what is the matter and what to do about it.
import { expect, test } from 'vitest'
import { conditionMessage, kindReadyCondition, readyState } from './conditions.ts'
import { reasons } from './reasons.ts'
import type { ReasonRow } from './reason-row.ts'
import { conditionsReference } from './reference.ts'

test('a Service that is served says so, without advice', () => {
  const finding = { ready: true, reason: 'Serving', message: 'Announced as ip-10-201-200-1' } as const
  expect(readyState(finding, 3)).toEqual({
    type: 'weir.dev/Ready',
    status: 'True',
    reason: 'Serving',
    message: 'Announced as ip-10-201-200-1.',
    observedGeneration: 3,
  })
})

test('a problem ends with its remedy', () => {
  const finding = {
    reason: 'RequestedAddressOutsidePools',
    message: '10.9.9.9 is in no pool this Service may use (pools: office 10.201.200.0/24).',
    remedy: 'Ask for an address of a pool, or leave weir.dev/load-balancer-ips out.',
  } as const
  expect(readyState(finding)).toEqual({
    type: 'weir.dev/Ready',
    status: 'False',
    reason: 'RequestedAddressOutsidePools',
    message: `${finding.message} ${finding.remedy}`,
  })
})

test('the table of reasons fills in what is not said', () => {
  expect(conditionMessage({ reason: 'PoolsExhausted', message: '' })).toBe(
    'Every pool that allows this Service is full. Enlarge a pool; the Service gets the next free address by itself.',
  )
})

test('advice is not repeated, and a very long message is cut', () => {
  expect(conditionMessage({ reason: 'NoPools', message: 'No pool. Make one.', remedy: 'Make one' })).toBe('No pool. Make one.')
  expect(conditionMessage({ reason: 'NoPools', message: 'x'.repeat(5000) })).toHaveLength(1024)
})

test('kinds of ours carry the same under their own type', () => {
  expect(readyState({ ready: true, reason: 'Accepted', message: 'In use' }, 1, kindReadyCondition).type).toBe('Ready')
})

test('every reason that a condition or an event can have is explained in docs/conditions.md, once per kind', () => {
  const sections = conditionsReference().split('\n## ').slice(1)
  for (const [reason, { on }] of Object.entries<ReasonRow>(reasons)) {
    for (const kind of on) {
      const section = sections.find(text => text.startsWith(`${kind}\n`))
      expect(section?.split(`| \`${reason}\` |`), `${reason} of ${kind}`).toHaveLength(2)
    }
  }
})
