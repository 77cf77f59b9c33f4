import { expect, test } from 'vitest'
import { contest } from './contest.ts'
import type { Contestant, ContestState, ContestView } from './contest.ts'

const windowMs = 350
const alive: Contestant = { isKnown: true, isAlive: true, hasLease: true, says: undefined }
const dead: Contestant = { ...alive, isAlive: false, hasLease: false }

/** What n1 sees of an address that n2 gave up long ago, which got the candidates n0 and n1 at 60 s. */
const vacant: ContestState = {
  plan: { address: '10.201.200.1', candidates: ['n0', 'n1'], able: true, term: 1, known: { epoch: 3, node: '' } },
  since: 60_000,
  knownSince: 5000,
  own: undefined,
  last: { term: 1, epoch: 3, rank: 0, node: 'n2', released: true },
  vacantSince: 5000,
  electsSince: 1000,
  leavingSince: undefined,
}
function at(nowMs: number, nodes: Readonly<Record<string, Contestant>> = {}): ContestView {
  return { self: 'n1', nowMs, listenUntil: 0, windowMs, contestant: node => nodes[node] ?? alive }
}
const claim = { kind: 'claim', epoch: 4, rank: 1, reason: 'Vacant' }

test('new candidates of an address that has long been vacant have their chance one after the other', () => {
  const turn = 60_000 + 2 * windowMs
  for (const now of [60_000, 60_000 + windowMs, turn - 1]) expect(contest(vacant, at(now))).toMatchObject({ againAt: turn })
  expect(contest(vacant, at(turn)).move).toEqual(claim)
})

test('even the first of them listens for a whole window: one who is new to it may have claimed the address already', () => {
  const nodes = { n0: dead }
  expect(contest(vacant, at(60_000, nodes))).toMatchObject({ againAt: 60_000 + windowMs })
  expect(contest(vacant, at(60_000 + windowMs, nodes)).move).toEqual(claim)
  const claimed: Contestant = { ...alive, says: { state: 'owned', claim: { term: 1, epoch: 4, rank: 0, node: 'n0' } } }
  expect(contest(vacant, at(70_000, { n0: claimed }))).toMatchObject({ attended: true })
})

test('the window begins when the last candidate is heard, and turns are counted from then on', () => {
  const heardLater = { ...vacant, electsSince: 80_000 }
  expect(contest(heardLater, at(80_000, { n0: dead }))).toMatchObject({ againAt: 80_000 + windowMs })
  expect(contest(heardLater, at(80_000))).toMatchObject({ againAt: 80_000 + 2 * windowMs })
})

test('an address that was given up while nobody listened is vacant: its last owner did not die', () => {
  const unheard = { ...vacant, last: { term: 1, epoch: 3, rank: 0, node: 'n2', released: false } }
  const reasonAt = (state: ContestState) => contest(state, at(70_000, { n2: dead })).move
  expect(reasonAt(unheard)).toEqual(claim)
  const known = { epoch: 3, node: 'n2' }
  expect(reasonAt({ ...unheard, plan: { ...vacant.plan, known } })).toMatchObject({ reason: 'OwnerDead' })
  const behind = { epoch: 2, node: '' }
  expect(reasonAt({ ...unheard, plan: { ...vacant.plan, known: behind } })).toMatchObject({ reason: 'OwnerDead' })
})

test('what is released while all listen is claimed without waiting', () => {
  const released = { ...vacant, vacantSince: 61_000 }
  expect(contest(released, at(61_000, { n0: dead })).move).toEqual(claim)
})

test('an epoch that cannot grow any more is claimed as it is, so that frames about it can be written', () => {
  const highest = 0xff_ff_ff_ff
  const plan = { ...vacant.plan, known: { epoch: highest, node: 'n2' } }
  const last = { term: 1, epoch: highest, rank: 0, node: 'n2', released: false }
  expect(contest({ ...vacant, plan, last }, at(70_000, { n2: dead })).move).toMatchObject({ kind: 'claim', epoch: highest })
  const own = { term: 1, epoch: 4, rank: 1, node: 'n1' }
  expect(contest({ ...vacant, plan, own, last: undefined }, at(70_000, { n2: dead })).move).toMatchObject({
    kind: 'claim',
    epoch: highest,
  })
})

test('who is no candidate any more lets go when all the living ones are ready, or some after half a second, or in the end anyway', () => {
  const own = { term: 1, epoch: 4, rank: 0, node: 'n1' }
  const plan = { ...vacant.plan, candidates: ['n0', 'n2'] }
  const leaving: ContestState = { ...vacant, plan, own, last: { ...own, released: false }, leavingSince: 70_000 }
  const ready: Contestant = { ...alive, says: { state: 'ready', claim: { ...own, node: 'n0' } } }
  const letGo = { kind: 'let-go' }
  expect(contest(leaving, at(70_000, { n0: ready, n2: ready })).move).toEqual(letGo)
  expect(contest(leaving, at(70_000, { n0: ready, n2: dead })).move).toEqual(letGo)
  expect(contest(leaving, at(70_499, { n0: ready }))).toMatchObject({ againAt: 70_500 })
  expect(contest(leaving, at(70_500, { n0: ready })).move).toEqual(letGo)
  expect(contest(leaving, at(70_999)).move).toBeUndefined()
  expect(contest(leaving, at(71_000)).move).toEqual(letGo)
})

test('an owner does not yield to what a node that is dead once said', () => {
  const says = { state: 'owned', claim: { term: 1, epoch: 4, rank: 0, node: 'n0' } } as const
  const own = { term: 1, epoch: 4, rank: 1, node: 'n1' }
  const owner: ContestState = { ...vacant, own, last: { ...own, released: false }, vacantSince: undefined }
  expect(contest(owner, at(70_000, { n0: { ...dead, says } })).move).toBeUndefined()
  expect(contest(owner, at(70_000, { n0: { ...alive, says } })).move).toEqual({ kind: 'lose', to: says.claim })
})

test('what a node says of an earlier Announcement of the address is void, whatever its epoch', () => {
  const says = { state: 'owned', claim: { term: 1, epoch: 99, rank: 0, node: 'n0' } } as const
  const plan = { ...vacant.plan, term: 2 }
  const own = { term: 2, epoch: 1, rank: 1, node: 'n1' }
  const owner: ContestState = { ...vacant, plan, own, last: { ...own, released: false }, vacantSince: undefined }
  expect(contest(owner, at(70_000, { n0: { ...alive, says } })).move).toBeUndefined()
  const waiting: ContestState = { ...vacant, plan, last: undefined }
  expect(contest(waiting, at(70_000, { n0: { ...alive, says } }))).toMatchObject({ attended: false, move: { kind: 'claim' } })
})

test('nothing is claimed in the time of a later Announcement, whose candidates are not known here, and its owner is before all', () => {
  const later = { term: 9, epoch: 1, rank: 0, node: 'n0' }
  const waiting: ContestState = { ...vacant, last: { ...later, released: true } }
  expect(contest(waiting, at(70_000, { n0: dead })).move).toBeUndefined()
  const own = { term: 1, epoch: 99, rank: 0, node: 'n1' }
  const owner: ContestState = { ...vacant, own, last: { ...own, released: false }, vacantSince: undefined }
  const says = { state: 'owned', claim: later } as const
  expect(contest(owner, at(70_000, { n0: { ...alive, says } })).move).toEqual({ kind: 'lose', to: later })
})
