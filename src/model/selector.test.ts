// Label selectors: the operators of Kubernetes, also for labels that are absent.
import { expect, test } from 'vitest'
import type { LabelSelector } from '../api/common-schemas.ts'
import { matchesSelector } from './selector.ts'

const labels = { app: 'web', tier: 'front' }
const rows: readonly [why: string, selector: LabelSelector | undefined, matches: boolean][] = [
  ['no selector', undefined, true],
  ['an empty selector', {}, true],
  ['an equal label', { matchLabels: { app: 'web' } }, true],
  ['one equal and one other label', { matchLabels: { app: 'web', tier: 'back' } }, false],
  ['an absent label', { matchLabels: { zone: 'a' } }, false],
  ['a label named like a method of objects', { matchLabels: { constructor: 'x' } }, false],
  ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] }, true],
  ['In with other values', { matchExpressions: [{ key: 'app', operator: 'In', values: ['api'] }] }, false],
  ['In for an absent label', { matchExpressions: [{ key: 'zone', operator: 'In', values: [''] }] }, false],
  ['In without values', { matchExpressions: [{ key: 'app', operator: 'In' }] }, false],
  ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['api'] }] }, true],
  ['NotIn with the value', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
  ['NotIn for an absent label', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
  ['Exists', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
  ['Exists for an absent label', { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, false],
  ['DoesNotExist', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
  ['DoesNotExist for a present label', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
  [
    'labels and expressions, all of which must hold',
    { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
    false,
  ],
]

test.each(rows)('%s', (_, selector, matches) => {
  expect(matchesSelector(selector, labels)).toBe(matches)
})

test('an object without labels matches only what asks for nothing', () => {
  expect(matchesSelector({}, undefined)).toBe(true)
  expect(matchesSelector({ matchLabels: { app: 'web' } }, undefined)).toBe(false)
})
