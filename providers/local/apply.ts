// Carries out the actions for one Service. It decides nothing: every action was planned, and a conflict asks for another look.
import type { IpAddress } from '../../src/model/address.ts'
import type { Reservation } from '../../src/api/address-block.ts'
import type { DesiredLoadBalancer, IpFamily, LoadBalancerId } from '../../src/model/load-balancer.ts'
import type { Goal, Outcome } from '../../src/provider.ts'
import type { LocalAction } from './actions.ts'
import type { Allocator } from './addresses/allocator.ts'
import type { BlockIndex, Given } from './addresses/block-index.ts'
import type { Giver, SharingTerms } from './addresses/giver.ts'
import type { Waiters } from './addresses/waiters.ts'
import { confirmWithdrawal } from './announcing/announcing.ts'
import { decide, needsAll } from './decide.ts'
import type { LocalObserved } from './observe.ts'
import { outcomeOf, outcomeOfNothing } from './outcome.ts'
import type { GiveResult } from './give-result.ts'
import type { PoolBook } from './pools/pools.ts'
import { readSettings } from './settings.ts'
import type { AnnouncementStore, Conflict } from './views.ts'

export interface Work {
  readonly id: LoadBalancerId
  readonly goal: Goal | undefined
  readonly observed: LocalObserved
  readonly actions: readonly LocalAction[]
}

export interface ApplyParts {
  readonly index: BlockIndex
  readonly allocator: Allocator
  readonly giver: Giver
  readonly waiters: Waiters
  readonly announcementStore: AnnouncementStore
  /** The pools as they are now, which may be others than those that were planned with. */
  readonly pools: () => PoolBook
  readonly supported: ReadonlySet<IpFamily>
  /** Whether the address has an Announcement. */
  readonly isAnnounced: (address: IpAddress) => boolean
  /** What becomes of an address that nobody has any more; `gone`: the Service that had it is deleted. Undefined: it is free. */
  readonly reservationFor: (given: Given, gone: LoadBalancerId | undefined) => Reservation | undefined
  /** How the Service shares what it gets; undefined when it does not. */
  readonly sharingOf: (desired: DesiredLoadBalancer) => SharingTerms | undefined
}

/**
 * How soon to look again after somebody changed an Announcement under our hands. Such a change is a plain update (an agent
 * claimed the address), and nothing wakes a Service for those, or every claim would.
 */
const afterConflictMs = 200

export async function apply(work: Work, parts: ApplyParts, signal: AbortSignal): Promise<Outcome> {
  const { id, goal, observed } = work
  // Out of every line while it is served; whoever gets nothing stands in line again, by its age.
  parts.waiters.remove(id.uid)
  // Nothing but another pool helps it: it is called at every change of the pools.
  const isBlocked = goal !== undefined && decide(goal.desired, readSettings(goal.desired, parts.supported), observed).problem
  if (isBlocked) parts.waiters.add({ id, createdAt: goal.desired.createdAt }, { kind: 'change' })
  try {
    const results: GiveResult[] = []
    let isOvertaken = false
    if (goal && needsAll(goal.desired)) results.push(...missingFor(goal.desired, work.actions, parts))
    const isInVain = () => goal !== undefined && needsAll(goal.desired) && results.some(({ kind }) => kind !== 'given')
    for (const planned of work.actions) {
      // Without the first family it leaves the second to others, who may have the first.
      if (planned.kind === 'give-address' && isInVain()) continue
      const action = withPools(planned, results)
      const result = action && (await run(action, work, parts, signal))
      if (result === 'conflict') isOvertaken = true
      else if (result) results.push(result)
    }
    if (goal && needsAll(goal.desired) && results.some(({ kind }) => kind !== 'given')) await giveBack(work, parts, signal)
    const outcome = goal ? outcomeOf(goal, observed, results, parts.supported) : outcomeOfNothing(parts.index.givenTo(id.uid))
    // Pools that changed meanwhile have called those in line; who came into line later asks once more.
    if (goal && !outcome.readiness.ready && parts.pools() !== observed.pools) return { ...outcome, again: { afterMs: 0 } }
    return isOvertaken && outcome.again === 'on-change' ? { ...outcome, again: { afterMs: afterConflictMs } } : outcome
  } finally {
    // Nothing was asked for (the Service is refused for now): what its status names stays reserved for it.
    parts.giver.settle(id.uid, work.actions.length === 0 ? goal?.desired.statusAddresses : [])
  }
}

/** What of both families cannot be had now: of a Service that needs both, the other is left to others. */
function missingFor(
  desired: DesiredLoadBalancer,
  actions: readonly LocalAction[],
  { giver, sharingOf }: ApplyParts,
): readonly GiveResult[] {
  return giver.missing({ id: desired.id, createdAt: desired.createdAt }, actions, sharingOf(desired)) ?? []
}

/** The action with the pools that are left once it is known what gave the address it goes beside; undefined when none is. */
function withPools(action: LocalAction, results: readonly GiveResult[]): LocalAction | undefined {
  if (action.kind !== 'give-address' || !action.beside) return action
  const { family, only } = action.beside
  const leader = results.find(result => result.kind === 'given' && result.given.address.family === family)
  if (leader?.kind !== 'given') return action
  const { pool } = leader.given
  const pools = [...action.pools.filter(name => name === pool), ...(only ? [] : action.pools.filter(name => name !== pool))]
  return pools.length === 0 ? undefined : { ...action, pools }
}

/**
 * One of two addresses is no use to who needs both: what nobody knows of yet goes back, so that two Services that have one
 * each never wait for each other.
 */
async function giveBack({ id, goal }: Work, { index, allocator, isAnnounced }: ApplyParts, signal: AbortSignal): Promise<void> {
  for (const { address } of index.givenTo(id.uid)) {
    if (goal?.desired.statusAddresses.includes(address.text) || isAnnounced(address)) continue
    await allocator.free(address, id.uid, signal)
  }
}

async function run(
  action: LocalAction,
  { id, goal, observed }: Work,
  { giver, allocator, announcementStore, sharingOf, reservationFor }: ApplyParts,
  signal: AbortSignal,
): Promise<GiveResult | Conflict | undefined> {
  if (action.kind === 'give-address' || action.kind === 'adopt-address')
    return goal && giver.give({ id, createdAt: goal.desired.createdAt }, action, signal, sharingOf(goal.desired))
  const holding = observed.holdings.find(({ given }) => given.address.text === action.address)
  if (action.kind === 'release-address') {
    const options = { unlessLast: action.isShared, reserve: holding && reservationFor(holding.given, goal ? undefined : id) }
    // Those who shared it left at the same time: the last one has to withdraw it.
    if (holding && (await allocator.free(holding.given.address, id.uid, signal, options)) === 'last') return 'conflict'
  } else if (action.kind === 'change-pool') {
    if (holding) await allocator.repool(holding.given.address, id.uid, action.pool, signal)
  } else if (action.kind === 'share-address') {
    if (holding && (await allocator.share(holding.given.address, id.uid, action.key, signal)) === 'taken') return 'conflict'
  } else if (holding?.announcement) {
    const write =
      action.kind === 'withdraw-announcement'
        ? announcementStore.remove(holding.announcement, signal)
        : confirmWithdrawal(holding.announcement, announcementStore, signal)
    if ((await write) === 'conflict') return 'conflict'
  }
  return undefined
}
