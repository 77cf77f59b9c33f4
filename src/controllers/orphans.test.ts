// Orphans wait for their release.
import { expect, test } from 'vitest'
import { createOrphans } from './orphans.ts'

const id = { kind: 'Service', namespace: 'default', name: 'web', uid: 'u1' } as const

test('an orphan waits under the key of its Service until it is settled, and what is sure stays sure', () => {
  const orphans = createOrphans()
  expect(orphans.add(id, true)).toBe('default/web')
  orphans.add(id, false)
  orphans.add({ ...id, uid: 'u2' }, false)
  expect(orphans.of('default/web').map(({ uid }) => uid)).toEqual(['u1', 'u2'])
  expect([orphans.isSure(id), orphans.isSure({ ...id, uid: 'u2' })]).toEqual([true, false])
  orphans.settled(id)
  orphans.settled({ ...id, uid: 'u2' })
  expect(orphans.of('default/web')).toEqual([])
  expect(orphans.size).toBe(0)
})
