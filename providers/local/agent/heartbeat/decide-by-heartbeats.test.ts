import { expect, test } from 'vitest'
import type { Announcement } from '../../../../src/api/announcement.ts'
import { decide, mayElect, termOf } from '../decide.ts'
import type { View } from '../decide.ts'
import { calmView, placement } from '../view-under-test.ts'
import type { Standing } from './heartbeats.ts'

const standing: Standing = { elects: true, own: undefined, owner: undefined }
const own = { term: 0, epoch: 6, reason: 'OwnerDead' as const }
const view: View = { ...calmView, isAlive: node => node !== 'n0', hasLease: node => node !== 'n0', standing }
function announcement(nodes: readonly string[], status?: Announcement['status'], metadata: object = {}): Announcement {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'Announcement',
    metadata: { name: 'ip-10-201-200-1', finalizers: ['weir.dev/announced'], ...metadata },
    spec: { address: '10.201.200.1', pool: 'office', services: [], nodes: [...nodes] },
    ...(status && { status }),
  }
}
const ofDead = { epoch: 5, node: 'n0' }

test('what heartbeats decide about is not claimed by way of the API server', () => {
  expect(decide(announcement(['n0', 'n1'], ofDead), view)).toEqual({})
  const undecided = { ...view, standing: { ...standing, elects: false } }
  expect(decide(announcement(['n0', 'n1'], ofDead), undecided).write).toMatchObject({ kind: 'claim', epoch: 6 })
})

test('the first use of an address is', () => {
  expect(decide(announcement(['n1', 'n0']), view).write).toMatchObject({ kind: 'claim', epoch: 1, reason: 'FirstClaim' })
  expect(mayElect(announcement(['n1', 'n0']), view)).toBe(false)
  expect(mayElect(announcement(['n1', 'n0'], ofDead), view)).toBe(true)
})

test('what was won by heartbeats is announced at once and written afterwards', () => {
  expect(decide(announcement(['n0', 'n1'], ofDead), { ...view, standing: { ...standing, own } })).toEqual({
    announce: placement,
    write: { kind: 'claim', epoch: 6, placement, reason: 'OwnerDead' },
  })
  const written = { epoch: 6, node: 'n1', interface: 'eth0', mac: placement.mac }
  expect(decide(announcement(['n0', 'n1'], written), { ...view, standing: { ...standing, own } })).toEqual({
    announce: placement,
  })
})

test('what was lost by heartbeats is withdrawn at once, whatever the status still says, and the winner writes', () => {
  const ours = { epoch: 5, node: 'n1', interface: 'eth0', mac: placement.mac }
  for (const epoch of [5, 6]) {
    const lost = { ...view, standing: { ...standing, owner: { term: 0, epoch, rank: 0, node: 'n2' } } }
    expect(decide(announcement(['n0', 'n1', 'n2'], ours), lost)).toEqual({})
  }
})

test('what a node that is cut off wrote does not stop an owner, and is not overwritten with an older epoch', () => {
  const later = { epoch: 9, node: 'n0' }
  expect(decide(announcement(['n0', 'n1'], later), { ...view, standing: { ...standing, own } })).toEqual({ announce: placement })
})

test('an owner that is no candidate any more stays until the worker has let go of it', () => {
  const ours = { epoch: 6, node: 'n1', interface: 'eth0', mac: placement.mac }
  const staying = { ...view, standing: { ...standing, own } }
  expect(decide(announcement(['n2'], ours), staying).announce).toEqual(placement)
  const going = { ...view, standing }
  expect(decide(announcement(['n2'], ours), going)).toEqual({ write: { kind: 'yield', reason: 'Moved' } })
})

test('what was let go of is not gone on with when the node is a candidate again before the status knows', () => {
  const ours = { epoch: 6, node: 'n1', interface: 'eth0', mac: placement.mac }
  const released = { ...view, standing: { ...standing, released: own } }
  expect(decide(announcement(['n2', 'n1'], ours), released)).toEqual({ write: { kind: 'yield', reason: 'Moved' } })
  expect(decide(announcement(['n2', 'n1'], { ...ours, epoch: 7 }), released).announce).toEqual(placement)
})

test('an owner that ends, has no interface or is to confirm a deletion does not wait', () => {
  const ours = { epoch: 6, node: 'n1' }
  const held = { ...view, standing: { ...standing, own } }
  expect(decide(announcement(['n1'], ours), { ...held, stopping: true }).write).toEqual({ kind: 'yield', reason: 'AgentStopped' })
  expect(decide(announcement(['n1'], ours), { ...held, placement: { none: 'NoCarrier' } }).write).toMatchObject({
    reason: 'NoCarrier',
  })
  const deleting = announcement(['n1'], ofDead, { deletionTimestamp: '2026-01-01T00:00:00Z' })
  expect(decide(deleting, held)).toEqual({ write: { kind: 'confirm' } })
})

test('a deletion is confirmed by whom the status names when the owner by heartbeat died before it was written', () => {
  const ours = { epoch: 5, node: 'n1' }
  const deleting = announcement(['n0', 'n1'], ours, { deletionTimestamp: '2026-01-01T00:00:00Z' })
  const lost = { ...view, standing: { ...standing, owner: { term: 0, epoch: 6, rank: 0, node: 'n0' } } }
  expect(decide(deleting, lost)).toEqual({ write: { kind: 'confirm' } })
  // It may only be silent for a moment, or confirm by itself.
  expect(decide(deleting, { ...lost, hasLease: () => true })).toEqual({})
  expect(decide(deleting, { ...lost, isAlive: () => true })).toEqual({})
})

test('what was given up in an epoch that the status does not know yet is not taken up by an older one', () => {
  const ours = { epoch: 5, node: 'n1' }
  const yielded = { ...view, yieldedEpoch: 6 }
  expect(decide(announcement(['n1'], ours), yielded)).toEqual({ write: { kind: 'yield', reason: 'Conflict' } })
  expect(mayElect(announcement(['n1'], { epoch: 5, node: '' }), yielded)).toBe(false)
  expect(mayElect(announcement(['n1'], { epoch: 7, node: '' }), yielded)).toBe(true)
})

test('the first claim of an Announcement begins its term, and no later claim changes it', () => {
  const fresh = announcement(['n1', 'n0'], undefined, { resourceVersion: '812' })
  expect(decide(fresh, view).write).toMatchObject({ kind: 'claim', epoch: 1, term: 812 })
  const claimed = announcement(['n0', 'n1'], { ...ofDead, term: 700 }, { resourceVersion: '812' })
  const won = { ...view, standing: { ...standing, own: { ...own, term: 700 } } }
  expect(decide(claimed, won).write).toEqual({ kind: 'claim', epoch: 6, placement, reason: 'OwnerDead' })
  // One that agents claimed before there were terms goes on without.
  expect(termOf(announcement(['n0'], ofDead, { resourceVersion: '812' }))).toBe(0)
})

test('what was claimed of an earlier Announcement of the address is nothing to a new one', () => {
  const fresh = announcement(['n1', 'n0'], undefined, { resourceVersion: '812' })
  const owner = { term: 500, epoch: 9, rank: 0, node: 'n2' }
  expect(decide(fresh, { ...view, standing: { ...standing, owner } }).write).toMatchObject({ kind: 'claim', epoch: 1 })
  expect(decide(fresh, { ...view, standing: { ...standing, own: { ...own, term: 500 } } }).announce).toBeUndefined()
  // Of this one, though the watch has not brought it yet.
  const claimed = { ...view, standing: { ...standing, owner: { ...owner, term: 812, epoch: 1 } } }
  expect(decide(fresh, claimed).write).toBeUndefined()
})
