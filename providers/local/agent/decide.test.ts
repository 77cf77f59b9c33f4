import { describe, expect, test } from 'vitest'
import type { Announcement } from '../../../src/api/announcement.ts'
import { decide, statusPatch } from './decide.ts'
import type { View } from './decide.ts'
import { calmView as view, placement } from './view-under-test.ts'

const dead =
  (...nodes: readonly string[]) =>
  (node: string) =>
    !nodes.includes(node)

function announcement(nodes: readonly string[], status?: Announcement['status'], metadata: object = {}): Announcement {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'Announcement',
    metadata: { name: 'ip-10-201-200-1', finalizers: ['weir.dev/announced'], ...metadata },
    spec: { address: '10.201.200.1', pool: 'office', services: [], nodes: [...nodes] },
    ...(status && { status }),
  }
}
const deleting = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const ours = { epoch: 3, node: 'n1', interface: 'eth0', mac: placement.mac }

describe('what is ours', () => {
  test('is announced as long as nothing speaks against it', () => {
    expect(decide(announcement(['n0', 'n1'], ours), view)).toEqual({ announce: placement })
  })
  test.each([
    ['AgentStopped', 'the agent ends', ['n1'], { stopping: true }],
    ['Moved', 'we are not a candidate any more', ['n0'], {}],
    ['NoCarrier', 'the link is down', ['n1'], { placement: { none: 'NoCarrier' as const } }],
    ['Conflict', 'we gave it up to another owner in this epoch', ['n1'], { yieldedEpoch: 3 }],
    ['AgentRestarted', 'an earlier process of ours had it and another candidate is there', ['n1', 'n0'], { inheritedEpoch: 3 }],
  ])('is given up (%s) when %s', (reason, _when, nodes, change) => {
    expect(decide(announcement(nodes, ours), { ...view, ...change })).toEqual({ write: { kind: 'yield', reason } })
  })
  test('is announced again in a later epoch than the one we gave it up in', () => {
    expect(decide(announcement(['n1'], ours), { ...view, yieldedEpoch: 2 }).announce).toEqual(placement)
  })
  test('goes on after a restart when nobody else can take over', () => {
    const alone = { ...view, inheritedEpoch: 3, canTakeOver: () => false }
    expect(decide(announcement(['n1', 'n0'], ours), alone).announce).toEqual(placement)
    expect(decide(announcement(['n1'], ours), { ...view, inheritedEpoch: 3 }).announce).toEqual(placement)
    expect(decide(announcement(['n1', 'n0'], ours), { ...view, inheritedEpoch: 2 }).announce).toEqual(placement)
  })
  test('is stated anew with the station it was defended against, once for each time that is told', () => {
    const defended = { mac: '02:00:00:00:00:99', since: '2026-01-01T00:00:00Z' }
    const restate = { announce: placement, write: { kind: 'restate', placement } }
    expect(decide(announcement(['n1'], ours), { ...view, defended })).toEqual(restate)
    const told = announcement(['n1'], { ...ours, defended })
    expect(decide(told, { ...view, defended })).toEqual({ announce: placement })
    expect(decide(told, { ...view, defended: { ...defended, since: '2026-01-01T00:10:00Z' } })).toEqual(restate)
    // A process that knows of none takes nothing back before its time.
    expect(decide(told, view)).toEqual({ announce: placement })
    expect(decide(told, { ...view, defendedOverInMs: 5000 })).toEqual({ announce: placement, againAfterMs: 5000 })
    expect(decide(told, { ...view, defendedOverInMs: 0 })).toEqual(restate)
    expect(decide(told, { ...view, defended, defendedOverInMs: 0 }).write).toBeUndefined()
  })
  test('is stated anew when packets take another way to pods, as soon as that is known', () => {
    const direct = { mode: 'direct' } as const
    const unable = { mode: 'masquerade', reason: 'NodeUnable', node: 'n0' } as const
    const restates = (stated: typeof direct | undefined, path: View['path']) =>
      decide(announcement(['n1'], { ...ours, ...(stated && { path: stated }) }), { ...view, path }).write !== undefined
    expect(restates(undefined, direct)).toBe(true)
    expect(restates(direct, unable)).toBe(true)
    expect(restates(direct, null)).toBe(true)
    expect(restates(direct, direct)).toBe(false)
    expect(restates(direct, undefined)).toBe(false)
    expect(restates(undefined, null)).toBe(false)
  })
  test('is stated anew when interface or MAC are others, and announced all the while', () => {
    const elsewhere = { ...placement, mac: '02:00:00:00:00:99' }
    expect(decide(announcement(['n1'], ours), { ...view, placement: elsewhere })).toEqual({
      announce: elsewhere,
      write: { kind: 'restate', placement: elsewhere },
    })
  })
  test('is confirmed as withdrawn when it is being deleted', () => {
    expect(decide(announcement(['n1'], ours, deleting), view)).toEqual({ write: { kind: 'confirm' } })
    expect(decide(announcement(['n1'], ours, { ...deleting, finalizers: [] }), view)).toEqual({})
  })
})

describe('what is not ours', () => {
  test.each([
    ['FirstClaim', 1, 'nobody ever had it', ['n1', 'n0'], undefined, {}],
    ['Vacant', 6, 'its owner gave it up', ['n1', 'n0'], { epoch: 5, node: '' }, {}],
    [
      'OwnerDead',
      6,
      'its owner and all before us are dead',
      ['n0', 'n2', 'n1'],
      { epoch: 5, node: 'n2' },
      { isAlive: dead('n0', 'n2') },
    ],
    [
      'Moved',
      6,
      'its owner is no candidate and has not withdrawn for a long time',
      ['n1'],
      { epoch: 5, node: 'n0' },
      { unattendedMs: 10_000 },
    ],
    [
      'Vacant',
      6,
      'those before us live but do not claim it for a long time',
      ['n0', 'n1'],
      { epoch: 5, node: '' },
      { unattendedMs: 10_000 },
    ],
    [
      'Vacant',
      6,
      'the one before us passed it on after a crash',
      ['n0', 'n1'],
      { epoch: 5, node: '', reason: 'AgentRestarted' },
      {},
    ],
    [
      'Vacant',
      6,
      'we passed it on, but all others died',
      ['n1', 'n0'],
      { epoch: 5, node: '', reason: 'AgentRestarted' },
      { inheritedEpoch: 5, isAlive: dead('n0') },
    ],
  ] as const)('is claimed (%s, epoch %i) when %s', (reason, epoch, _when, nodes, status, change) => {
    const decision = decide(announcement(nodes, status), { ...view, ...change })
    expect(decision).toEqual({ write: { kind: 'claim', epoch, placement, reason } })
  })
  test.each([
    ['its owner lives', ['n0', 'n1'], { epoch: 5, node: 'n0' }, {}],
    ['its owner lives, though we come first', ['n1', 'n0'], { epoch: 5, node: 'n0' }, {}],
    ['we are no candidate', ['n0'], undefined, { isAlive: dead('n0') }],
    ['we have no interface for it', ['n1'], undefined, { placement: { none: 'NoInterface' as const } }],
    ['we are ending', ['n1'], undefined, { stopping: true }],
  ] as const)('is left alone when %s', (_when, nodes, status, change) => {
    expect(decide(announcement(nodes, status), { ...view, ...change })).toEqual({})
  })
  test('is looked at again later when somebody else comes first', () => {
    expect(decide(announcement(['n0', 'n1']), { ...view, unattendedMs: 4000 })).toEqual({ againAfterMs: 6000 })
    expect(decide(announcement(['n1'], { epoch: 1, node: 'n0' }), view)).toEqual({ againAfterMs: 10_000 })
    const passedOn = announcement(['n1', 'n0', 'n2'], { epoch: 5, node: '', reason: 'AgentRestarted' })
    expect(decide(passedOn, { ...view, inheritedEpoch: 5 })).toEqual({ againAfterMs: 20_000 })
  })
  test('is never claimed while it is being deleted', () => {
    expect(decide(announcement(['n1'], undefined, deleting), view)).toEqual({})
    expect(decide(announcement(['n1', 'n0'], { epoch: 1, node: 'n0' }, deleting), { ...view, isAlive: dead('n0') })).toEqual({})
  })
})

describe('before its first use ever', () => {
  const foreign = { owner: '02:00:00:00:00:99' }
  const conflict = { mac: foreign.owner, since: '2026-01-01T00:00:00Z' }
  test('the segment is asked, and it is claimed when nobody has it', () => {
    expect(decide(announcement(['n1']), { ...view, probed: 'not-yet' })).toEqual({ probe: placement })
    expect(decide(announcement(['n1']), { ...view, probed: 'free' }).write).toMatchObject({ kind: 'claim', epoch: 1 })
  })
  test('its source ranges have to be kept, here only', () => {
    const waiting = { ...view, awaitsFence: true }
    expect(decide(announcement(['n1']), waiting)).toEqual({ againAfterMs: 50 })
    const orphan = announcement(['n0', 'n1'], { epoch: 3, node: 'n0' })
    expect(decide(orphan, { ...waiting, isAlive: dead('n0') }).write).toMatchObject({ kind: 'claim', epoch: 4 })
    expect(decide(announcement(['n1'], ours), waiting)).toEqual({ announce: placement })
  })
  test('a foreign owner is reported once and asked for again, and nothing is claimed', () => {
    const report = { write: { kind: 'report-conflict', mac: foreign.owner }, againAfterMs: 30_000 }
    expect(decide(announcement(['n1']), { ...view, probed: foreign })).toEqual(report)
    const reported = announcement(['n1'], { epoch: 0, node: '', conflict })
    expect(decide(reported, { ...view, probed: foreign })).toEqual({ againAfterMs: 30_000 })
    expect(decide(reported, { ...view, probed: 'free' }).write).toMatchObject({ kind: 'claim', ends: 'conflict' })
  })
  test('never at a takeover, nor by who is not next', () => {
    const orphan = announcement(['n0', 'n1'], { epoch: 3, node: 'n0' })
    expect(decide(orphan, { ...view, isAlive: dead('n0'), probed: 'not-yet' }).write).toMatchObject({ kind: 'claim', epoch: 4 })
    expect(decide(announcement(['n0', 'n1']), { ...view, probed: 'not-yet' }).probe).toBeUndefined()
  })
  test('an address given up to a foreign station is asked for before anybody takes it again', () => {
    const given = announcement(['n1'], { epoch: 3, node: '', reason: 'Conflict', conflict })
    expect(decide(given, { ...view, probed: 'not-yet' })).toEqual({ probe: placement })
    const giveUp = { ...view, yieldedEpoch: 3, yieldedTo: foreign.owner }
    expect(decide(announcement(['n1'], ours), giveUp)).toEqual({
      write: { kind: 'yield', reason: 'Conflict', to: foreign.owner },
    })
  })
})

test('the patches say who has it since when, or that nobody has, and touch nothing else', () => {
  const at = { self: 'n1', since: '2026-01-01T00:00:00Z', epoch: 4 }
  expect(statusPatch({ kind: 'claim', epoch: 4, placement, reason: 'OwnerDead' }, at)).toEqual({
    next: null,
    epoch: 4,
    node: 'n1',
    interface: 'eth0',
    mac: placement.mac,
    since: at.since,
    reason: 'OwnerDead',
  })
  expect(statusPatch({ kind: 'yield', reason: 'Moved' }, at)).toEqual({
    node: '',
    interface: null,
    mac: null,
    next: null,
    since: null,
    reason: 'Moved',
  })
  const mac = '02:00:00:00:00:99'
  const conflict = { mac, since: at.since }
  expect(statusPatch({ kind: 'report-conflict', mac }, at)).toEqual({ epoch: 4, node: '', conflict })
  expect(statusPatch({ kind: 'yield', reason: 'Conflict', to: mac }, at)).toMatchObject({ node: '', conflict })
  expect(statusPatch({ kind: 'claim', epoch: 5, placement, reason: 'Vacant', ends: 'conflict' }, at)).toHaveProperty(
    'conflict',
    null,
  )
  expect(statusPatch({ kind: 'restate', placement }, at)).toEqual({ interface: 'eth0', mac: placement.mac, next: null })
  const defended = { mac, since: '2026-01-01T00:00:00Z' }
  expect(statusPatch({ kind: 'restate', placement }, { ...at, defended })).toHaveProperty('defended', defended)
  expect(statusPatch({ kind: 'restate', placement }, { ...at, defendedOverInMs: 0 })).toHaveProperty('defended', null)
  expect(statusPatch({ kind: 'restate', placement }, { ...at, defendedOverInMs: 5000 })).not.toHaveProperty('defended')
  expect(statusPatch({ kind: 'restate', placement }, { ...at, next: 'n2' })).toHaveProperty('next', 'n2')
  // A merge patch keeps what it does not name.
  expect(statusPatch({ kind: 'restate', placement }, { ...at, path: { mode: 'direct' } })).toHaveProperty('path', {
    mode: 'direct',
    reason: null,
    node: null,
    message: null,
  })
  expect(statusPatch({ kind: 'restate', placement }, { ...at, path: null })).toHaveProperty('path', null)
})

describe('who is next in line is written down', () => {
  const { name, mac } = placement
  const owned = (next?: string) =>
    announcement(['n0', 'n1', 'n2'], { epoch: 1, node: 'n1', interface: name, mac, ...(next !== undefined && { next }) })

  test('once all has been calm for a while, and not before', () => {
    expect(decide(owned('n2'), { ...view, calmInMs: 7000 })).toEqual({ announce: placement, againAfterMs: 7000 })
    expect(decide(owned('n2'), { ...view, calmInMs: 0 })).toEqual({ announce: placement, write: { kind: 'restate', placement } })
  })

  test('when it is so already, nothing is written', () => {
    expect(decide(owned('n0'), { ...view, calmInMs: 0 })).toEqual({ announce: placement })
    expect(decide(owned('n2'), { ...view, isAlive: dead('n0'), calmInMs: 0 })).toEqual({ announce: placement })
    expect(decide(owned(), { ...view, isAlive: dead('n0', 'n2'), calmInMs: 0 })).toEqual({ announce: placement })
  })
})
