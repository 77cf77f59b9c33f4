// What this node does about one address by what the heartbeats say: claim it, keep it, lose it, let it go, or wait. Pure.
import { beats, compareTimes, epochAfter } from './claims.ts'
import type { Claim, ClaimTime } from './claims.ts'

/** What the rest of the agent knows of an address and wants here. */
export interface AddressPlan {
  /** In canonical form. */
  readonly address: string
  /** In order. */
  readonly candidates: readonly string[]
  /** Whether this node may announce it now: it has an interface for it, does not end, and the address is not being deleted. */
  readonly able: boolean
  /** Of the Announcement as it is known here: claims of an older one are void, and none is made in a later one. */
  readonly term: number
  /** The last word of the API server: epoch and owner (empty: nobody). */
  readonly known?: { readonly epoch: number; readonly node: string }
  /** This node announces it already, in this epoch, by a claim that the API server accepted. */
  readonly holds?: number
}

/** What the last owner's claim came to. */
export type Past = Claim & { readonly released: boolean }

export interface ContestState {
  readonly plan: AddressPlan
  /** Since when the plan names these candidates and we are able, or not. */
  readonly since: number
  /** Since when the API server says what it says. */
  readonly knownSince: number
  /** Our claim, while it holds. */
  readonly own: Claim | undefined
  /** The best claim ever heard of, of whomever. */
  readonly last: Past | undefined
  readonly vacantSince: number | undefined
  /** Since when heartbeats decide about it, see ContestOutcome. */
  readonly electsSince: number | undefined
  /** Since when we keep it though we are no candidate any more. */
  readonly leavingSince: number | undefined
}

/** A node as one contest sees it. */
export interface Contestant {
  /** It has been heard on this segment since we listen. */
  readonly isKnown: boolean
  /** By its heartbeats when it is known, else by its Lease. */
  readonly isAlive: boolean
  /** By its Lease, whatever is heard here. */
  readonly hasLease: boolean
  /** When it was heard last; absent: never. */
  readonly heardAt?: number
  /** When its process came to be heard, which it hears others since; absent: it is not heard. */
  readonly joinedAt?: number
  /** It seems to be there, but its keys are others than ours, so that neither knows what the other does. */
  readonly isEstranged?: boolean
  /** What it says of the address; `incomplete`: not all it says has come yet. */
  readonly says: { readonly state: 'owned' | 'ready'; readonly claim: Claim } | 'incomplete' | undefined
}

export interface ContestView {
  readonly self: string
  readonly nowMs: number
  /** Until when we only listen: we have just begun, or were paused. */
  readonly listenUntil: number
  /** How long it takes to hear from everybody who lives. */
  readonly windowMs: number
  readonly contestant: (node: string) => Contestant
}

/** Why an address was claimed; as in `status.reason`. */
export type ElectionReason = 'FirstClaim' | 'Vacant' | 'OwnerDead'

export type ContestMove =
  | { readonly kind: 'claim'; readonly epoch: number; readonly rank: number; readonly reason: ElectionReason }
  | { readonly kind: 'lose'; readonly to: Claim }
  /** A successor is there, or has not come for long: the address may be withdrawn. */
  | { readonly kind: 'let-go' }
  /** Tell the owner, who is no candidate any more, that we are there. */
  | { readonly kind: 'ready'; readonly claim: ClaimTime }

export interface ContestOutcome {
  readonly move?: ContestMove
  /** Somebody alive has it by right. */
  readonly attended: boolean
  /**
   * Whoever had it last, or every other candidate, is heard here or dead, and none has other keys: claims are decided by
   * heartbeats, else by the API server.
   */
  readonly elects: boolean
  /** Look again then, even if nothing is heard. */
  readonly againAt?: number
}

/** A candidate that is alive but does not claim is passed over after so many windows. */
const patienceWindows = 2
/** A move waits for its successor no longer than this. */
const successorMs = 1000
/** So long what the API server says counts more than what its node does not say: the news may have overtaken its frames. */
const overtakingMs = 1000

export function contest(state: ContestState, seen: ContestView): ContestOutcome {
  const { plan } = state
  const view = withoutVoid(seen, plan.term)
  const others = plan.candidates.filter(node => node !== view.self)
  const involved = plan.known?.node ? [...others, plan.known.node] : others
  const ownerIsKnown = hasHeardOwner(state, view)
  const elects = involved.every(node => {
    const { isKnown, isAlive, isEstranged } = view.contestant(node)
    return (!others.includes(node) || isKnown || !isAlive || ownerIsKnown) && !isEstranged
  })
  if (state.own) return { ...asOwner(state, state.own, others, view), attended: true, elects }
  const attending = attendant(state, others, view)
  if (attending) {
    const isSuccessor = elects && plan.able && plan.candidates.includes(view.self) && !plan.candidates.includes(attending.node)
    const { term, epoch } = attending
    const ready = isSuccessor && { move: { kind: 'ready', claim: { term, epoch } } as const }
    const again = attending.until !== undefined && { againAt: attending.until }
    return { attended: true, elects, ...ready, ...again }
  }
  return { ...asCandidate(state, others, view, elects), attended: false, elects }
}

/**
 * Whether everybody who may have the address was heard here: then it is known from the segment whether they live. A candidate that
 * was not, because it has just booted, has not got it and cannot claim it either, since it knows nothing of the owner.
 */
function hasHeardOwner({ plan, last }: ContestState, { self, contestant }: ContestView): boolean {
  const owners = [plan.known?.node, last?.node].filter(node => node !== undefined && node !== '' && node !== self)
  return plan.known?.node !== self && owners.length > 0 && owners.every(node => contestant(node ?? '').isKnown)
}

/** Who was cut off while the Announcement was deleted and made anew goes on with what it had, until it hears of that. */
function withoutVoid(view: ContestView, term: number): ContestView {
  const contestant = (node: string): Contestant => {
    const known = view.contestant(node)
    return typeof known.says === 'object' && known.says.claim.term < term ? { ...known, says: undefined } : known
  }
  return { ...view, contestant }
}

function asOwner(
  state: ContestState,
  own: Claim,
  others: readonly string[],
  view: ContestView,
): Pick<ContestOutcome, 'move' | 'againAt'> {
  const rank = state.plan.candidates.indexOf(view.self)
  const better = [...others, state.plan.known?.node ?? ''].flatMap(node => {
    const { isAlive, says } = view.contestant(node)
    // What a dead node said last may be of an Announcement that is gone, with the same address and epoch.
    return isAlive && typeof says === 'object' && says.state === 'owned' && beats(says.claim, own) ? [says.claim] : []
  })
  const known = knownClaim(state.plan, view.self)
  if (known && compareTimes(known, own) > 0) {
    const claimant = view.contestant(known.node)
    // Who is cut off from the segment takes everybody else for dead, and may have told the API server so: it serves nobody here.
    if (!claimant.isKnown || claimant.isAlive) better.push(known)
    else if (!claimant.hasLease && state.plan.able && rank >= 0) {
      return { move: { kind: 'claim', epoch: epochAfter(known.epoch), rank, reason: 'OwnerDead' } }
    }
  }
  if (state.last && !state.last.released && state.last.node !== view.self && beats(state.last, own)) better.push(state.last)
  const [to] = better
  if (to) return { move: { kind: 'lose', to } }
  if (rank >= 0 || state.leavingSince === undefined) return {}
  const isReady = (node: string) => {
    const { isAlive, says } = view.contestant(node)
    return isAlive && typeof says === 'object' && says.state === 'ready' && compareTimes(says.claim, own) >= 0
  }
  // All of them, so that nobody goes by an older list, in which it comes first, when it hears that the address is free.
  const living = others.filter(node => view.contestant(node).isAlive)
  const anybodyAt = state.leavingSince + successorMs / 2
  const giveUpAt = state.leavingSince + successorMs
  const isSucceeded = living.length > 0 && (living.every(isReady) || (view.nowMs >= anybodyAt && living.some(isReady)))
  if (isSucceeded || view.nowMs >= giveUpAt) return { move: { kind: 'let-go' } }
  return { againAt: view.nowMs < anybodyAt ? anybodyAt : giveUpAt }
}

/** Who has the address by right, as far as is known. `until`: only so long, unless it says so itself. */
function attendant(
  { plan, knownSince, last }: ContestState,
  others: readonly string[],
  view: ContestView,
): (Claim & { readonly until?: number }) | undefined {
  const known = knownClaim(plan, view.self)
  for (const node of known && !others.includes(known.node) ? [...others, known.node] : others) {
    const { isAlive, says } = view.contestant(node)
    if (isAlive && typeof says === 'object' && says.state === 'owned') return says.claim
  }
  // Before all of what a node says has come, it may still have what it had, or what the API server says.
  if (last && !last.released && last.node !== view.self) {
    const { isAlive, says } = view.contestant(last.node)
    if (isAlive && says === 'incomplete') return last
  }
  if (!known || (last && beats(last, known) && !(last.node === known.node && compareTimes(last, known) === 0))) return undefined
  const { isAlive, isKnown, says } = view.contestant(known.node)
  if (!isAlive) return undefined
  if (!isKnown || says === 'incomplete') return known
  const until = knownSince + overtakingMs
  return view.nowMs < until && !last?.released ? { ...known, until } : undefined
}

function asCandidate(
  state: ContestState,
  others: readonly string[],
  view: ContestView,
  elects: boolean,
): Pick<ContestOutcome, 'move' | 'againAt'> {
  const { plan, last } = state
  const rank = plan.candidates.indexOf(view.self)
  // Of a later Announcement it is not known who its candidates are.
  if (!plan.able || rank < 0 || !elects || (last && last.term > plan.term)) return {}
  const epoch = Math.max(last?.epoch ?? 0, plan.known?.epoch ?? 0)
  // Who had it last and lost it comes last: it takes nothing back.
  const order = plan.candidates.toSorted((one, other) => Number(one === last?.node) - Number(other === last?.node))
  const ownerHeardAt = last && !last.released ? view.contestant(last.node).heardAt : undefined
  const before = order
    .slice(0, order.indexOf(view.self))
    .filter(node => others.includes(node) && mayClaim(view.contestant(node), ownerHeardAt)).length
  // Only from then on are these candidates heard, and able to claim, each in its turn; the address may have been vacant long before.
  const begun = Math.max(state.since, state.electsSince ?? view.nowMs)
  const vacantSince = state.vacantSince ?? view.nowMs
  // A release from before says nothing about who claimed it since then.
  const isOver = last?.released === true && last.epoch === epoch && last.node !== view.self && vacantSince >= begun
  const heardAllAt = isOver || (epoch === 0 && before === 0) ? 0 : begun + view.windowMs
  const inTurnAt = Math.max(vacantSince, begun) + before * patienceWindows * view.windowMs
  const at = Math.max(view.listenUntil, heardAllAt, inTurnAt)
  if (view.nowMs < at) return { againAt: at }
  const reason = epoch === 0 ? 'FirstClaim' : !last || last.released || isGivenUp(plan, last) ? 'Vacant' : 'OwnerDead'
  return { move: { kind: 'claim', epoch: epochAfter(epoch), rank, reason } }
}

/** Whether the API server says that whoever had it last withdrew it, when nobody was a candidate and listened. */
function isGivenUp({ known, term }: AddressPlan, last: Claim): boolean {
  return known?.node === '' && (last.term < term || last.epoch <= known.epoch)
}

/** Who joined after the owner fell silent never heard it, so it waits for the owner's Lease to end; nobody has to wait for it. */
function mayClaim({ isAlive, isKnown, joinedAt = 0 }: Contestant, ownerHeardAt = Number.POSITIVE_INFINITY): boolean {
  return isAlive && isKnown && joinedAt < ownerHeardAt
}

/** What the API server says of another node, as a claim. */
function knownClaim({ known, candidates, term }: AddressPlan, self: string): Claim | undefined {
  if (!known || known.node === '' || known.node === self) return undefined
  const rank = candidates.indexOf(known.node)
  return { term, epoch: known.epoch, node: known.node, rank: rank < 0 ? 255 : rank }
}
