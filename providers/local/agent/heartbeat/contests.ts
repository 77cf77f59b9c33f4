// The addresses of one segment: what is planned for each, who had it last, and what follows from that for this node.
import { beats, compareTimes } from './claims.ts'
import type { Claim, ClaimTime, OwnClaims } from './claims.ts'
import { contest } from './contest.ts'
import type { AddressPlan, Contestant, ContestState, ElectionReason } from './contest.ts'
import type { ClaimEntry } from './frame.ts'
import type { Contestants } from './plan.ts'

/** What the rest of the agent is told of an address. */
export type ContestEvent =
  /** Announce it now. `silentMs`: since the owner that died was heard last. */
  | {
      readonly kind: 'own'
      readonly address: string
      readonly claim: ClaimTime
      readonly reason: ElectionReason
      readonly silentMs?: number
    }
  /** Stop at once: `to` has a better claim. */
  | { readonly kind: 'lose'; readonly address: string; readonly to: Claim }
  /** Withdraw it within this call: its successor, who is there, hears at once that it is free. */
  | { readonly kind: 'let-go'; readonly address: string }
  /** Who has it, if that is known to be somebody else, and whether heartbeats decide about it. */
  | { readonly kind: 'view'; readonly address: string; readonly elects: boolean; readonly owner: Claim | undefined }

export interface ContestsOptions {
  readonly self: string
  /** What this node says to the others; written here. */
  readonly claims: OwnClaims
  readonly tell: (event: ContestEvent) => void
  /** What these nodes ought to know has changed. */
  readonly onNews: (nodes: Iterable<string>, nowMs: number) => void
  /** A node as one of the contests sees it. */
  readonly contestant: (address: string, node: string, nowMs: number) => Contestant
  /** For how long nothing was heard of a node; undefined when it never was. */
  readonly silence: (node: string, nowMs: number) => number | undefined
  /** Until when we only listen. */
  readonly listenUntil: () => number
  /** How long it takes to hear from everybody who lives. */
  readonly windowMs: () => number
}

/** Times are milliseconds of one clock that does not go back. */
export interface Contests {
  readonly size: number
  /** Takes in a plan. Whether the address could not be announced here before and can be now. */
  enter(plan: AddressPlan, nowMs: number): { readonly becameAble: boolean }
  forget(address: string, nowMs: number): void
  /** This node has it no more. */
  release(address: string, nowMs: number): void
  releaseAll(nowMs: number): void
  /** A peer says something new. Whether it does not know yet that somebody is before it. */
  learn(node: string, entry: ClaimEntry, nowMs: number): { readonly isBehind: boolean }
  judgeAllOf(node: string, nowMs: number): void
  judgeAll(nowMs: number): void
  /** Whether this node has an address that concerns the other one. */
  ownsWith(node: string): boolean
  /** Those whose plan is new and those whose time has come. */
  judgeDue(nowMs: number): void
  /** Whose addresses changed since `reindex`: who is spoken with may have to change. */
  readonly isStale: boolean
  contestants(): Iterable<Contestants>
  /** Notes which addresses concern whom, of those that are spoken with. */
  reindex(isPeer: (node: string) => boolean): void
  readonly nextDue: number
}

interface Contest extends ContestState {
  /** What was told last, so that only changes are. */
  told: string
}

export function createContests(options: ContestsOptions): Contests {
  const { self, claims, tell, onNews } = options
  const contests = new Map<string, Contest>()
  const interest = new Map<string, Set<string>>()
  const timers = new Map<string, number>()
  const unjudged = new Set<string>()
  let isStale = true

  const publish = (entry: ClaimEntry, nowMs: number) => {
    const old = claims.get(entry.address)
    if (old && compareTimes(old, entry) === 0 && old.rank === entry.rank && old.state === entry.state) return
    claims.set(entry)
    const concerned = [...interest].filter(([, addresses]) => addresses.has(entry.address))
    onNews(
      concerned.map(([node]) => node),
      nowMs,
    )
  }
  const change = (known: Contest, to: Partial<Contest>): Contest => {
    const next = { ...known, ...to }
    contests.set(known.plan.address, next)
    return next
  }
  const withLast = (known: Contest, claim: Claim, released: boolean): Contest => {
    const { last } = known
    const isSame = last?.node === claim.node && compareTimes(last, claim) === 0 && last.rank === claim.rank
    if (isSame ? last.released === released : last && beats(last, claim)) return known
    return change(known, { last: { ...claim, released } })
  }
  const judge = (address: string, nowMs: number) => {
    const known = contests.get(address)
    if (!known) return
    const contestant = (node: string) => options.contestant(address, node, nowMs)
    const view = { self, nowMs, listenUntil: options.listenUntil(), windowMs: options.windowMs(), contestant }
    const outcome = contest(known, view)
    const vacantSince = outcome.attended ? undefined : (known.vacantSince ?? nowMs)
    const electsSince = outcome.elects ? (known.electsSince ?? nowMs) : undefined
    const next = change(known, { vacantSince, electsSince })
    if (outcome.againAt === undefined) timers.delete(address)
    else timers.set(address, outcome.againAt)
    if (outcome.move?.kind !== 'ready' && claims.get(address)?.state === 'ready') claims.delete(address)
    switch (outcome.move?.kind) {
      case undefined:
        break
      case 'claim': {
        const { epoch, rank, reason } = outcome.move
        const { term } = known.plan
        const own = { term, epoch, rank, node: self }
        change(next, { own, last: { ...own, released: false }, vacantSince: undefined })
        publish({ address, term, epoch, rank, state: 'owned' }, nowMs)
        const silentMs = reason === 'OwnerDead' && known.last ? options.silence(known.last.node, nowMs) : undefined
        tell({ kind: 'own', address, claim: { term, epoch }, reason, ...(silentMs !== undefined && { silentMs }) })
        break
      }
      case 'lose':
        withLast(change(next, { own: undefined, leavingSince: undefined }), outcome.move.to, false)
        claims.delete(address)
        tell({ kind: 'lose', address, to: outcome.move.to })
        break
      case 'let-go':
        tell({ kind: 'let-go', address })
        disown(next, nowMs)
        break
      case 'ready':
        publish({ address, ...outcome.move.claim, rank: 0, state: 'ready' }, nowMs)
        break
    }
    tellView(address, outcome.elects)
  }
  const tellView = (address: string, elects: boolean) => {
    const known = contests.get(address)
    if (!known) return
    const { last } = known
    const isOthers = last && last.node !== self && !last.released
    const owner = isOthers ? { term: last.term, epoch: last.epoch, rank: last.rank, node: last.node } : undefined
    const mark = `${elects} ${owner?.term} ${owner?.epoch} ${owner?.node}`
    if (known.told === mark) return
    known.told = mark
    tell({ kind: 'view', address, elects, owner })
  }
  const disown = (known: Contest, nowMs: number) => {
    if (!known.own) return
    const { term, epoch, rank } = known.own
    change(known, { own: undefined, leavingSince: undefined, last: { ...known.own, released: true } })
    publish({ address: known.plan.address, term, epoch, rank, state: 'released' }, nowMs)
  }
  /** What the plan says of ourselves: what we had before this process began, or what an accepted write gave us. */
  const adopt = (entered: Contest, nowMs: number) => {
    const { known, holds, address, candidates, term } = entered.plan
    const isPast = known?.node === self && holds === undefined && !entered.own
    // We come last now.
    const next = isPast ? withLast(entered, { ...known, term, rank: 0 }, false) : entered
    if (holds === undefined || next.own) return
    const { last } = next
    if (last && !last.released && last.node !== self && compareTimes(last, { term, epoch: holds }) >= 0) {
      tell({ kind: 'lose', address, to: last })
      return
    }
    const own = { term, epoch: holds, rank: Math.max(candidates.indexOf(self), 0), node: self }
    isStale = true
    change(next, { own, last: { ...own, released: false }, vacantSince: undefined })
    publish({ address, term, epoch: own.epoch, rank: own.rank, state: 'owned' }, nowMs)
  }

  return {
    get size() {
      return contests.size
    },
    enter(plan, nowMs) {
      const old = contests.get(plan.address)
      const sameCandidates = old?.plan.candidates.join(' ') === plan.candidates.join(' ')
      const sameKnown = old?.plan.known?.epoch === plan.known?.epoch && old?.plan.known?.node === plan.known?.node
      if (!sameCandidates || !sameKnown) isStale = true
      const next: Contest = {
        own: undefined,
        last: undefined,
        vacantSince: undefined,
        electsSince: undefined,
        told: '',
        ...old,
        ...(old?.last && old.last.term < plan.term && { last: undefined }),
        plan,
        since: old && sameCandidates && old.plan.able === plan.able ? old.since : nowMs,
        knownSince: old && sameKnown ? old.knownSince : nowMs,
        leavingSince: old?.own && !plan.candidates.includes(self) ? (old.leavingSince ?? nowMs) : undefined,
      }
      contests.set(plan.address, next)
      unjudged.add(plan.address)
      adopt(next, nowMs)
      return { becameAble: plan.able && !old?.plan.able }
    },
    forget(address, nowMs) {
      const known = contests.get(address)
      if (!known) return
      disown(known, nowMs)
      claims.delete(address)
      contests.delete(address)
      timers.delete(address)
      isStale = true
    },
    release(address, nowMs) {
      const known = contests.get(address)
      if (known) disown(known, nowMs)
    },
    releaseAll(nowMs) {
      for (const known of contests.values()) disown(known, nowMs)
    },
    learn(node, entry, nowMs) {
      const known = contests.get(entry.address)
      if (!known) return { isBehind: false }
      const claim = { term: entry.term, epoch: entry.epoch, rank: entry.rank, node }
      if (entry.state !== 'ready' && entry.term >= known.plan.term) withLast(known, claim, entry.state === 'released')
      const isBehind = known.own !== undefined && entry.state === 'owned' && beats(known.own, claim)
      judge(entry.address, nowMs)
      return { isBehind }
    },
    judgeAllOf(node, nowMs) {
      for (const address of interest.get(node) ?? []) judge(address, nowMs)
    },
    judgeAll(nowMs) {
      for (const address of contests.keys()) judge(address, nowMs)
    },
    ownsWith: node => [...(interest.get(node) ?? [])].some(address => contests.get(address)?.own !== undefined),
    judgeDue(nowMs) {
      for (const address of unjudged) judge(address, nowMs)
      unjudged.clear()
      for (const [address, at] of timers) if (at <= nowMs) judge(address, nowMs)
    },
    get isStale() {
      return isStale
    },
    contestants: () =>
      Array.from(contests.values(), ({ plan, own, last }) => ({
        candidates: plan.candidates,
        owner: own ? self : (plan.known?.node ?? last?.node),
      })),
    reindex(isPeer) {
      isStale = false
      interest.clear()
      for (const { plan } of contests.values()) {
        for (const node of [...plan.candidates, plan.known?.node ?? '']) {
          if (!isPeer(node)) continue
          const addresses = interest.get(node) ?? new Set()
          interest.set(node, addresses.add(plan.address))
        }
      }
    },
    get nextDue() {
      if (isStale || unjudged.size > 0) return Number.NEGATIVE_INFINITY
      let due = Number.POSITIVE_INFINITY
      for (const at of timers.values()) due = Math.min(due, at)
      return due
    },
  }
}
