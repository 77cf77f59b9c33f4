// Carries out the actions for one Service. It decides nothing: every action was planned, and conflicts wait for the next look.
import type { IpFamily, LoadBalancerId } from '../../src/model/load-balancer.ts'
import type { Goal, Outcome } from '../../src/provider.ts'
import type { LocalAction } from './actions.ts'
import type { Allocator } from './addresses/allocator.ts'
import type { BlockIndex } from './addresses/block-index.ts'
import type { Giver } from './addresses/giver.ts'
import type { Waiters } from './addresses/waiters.ts'
import { confirmWithdrawal } from './announcing.ts'
import type { LocalObserved } from './observe.ts'
import { outcomeOf, outcomeOfNothing } from './outcome.ts'
import type { GiveResult } from './outcome.ts'
import type { AnnouncementStore } from './views.ts'

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
  readonly supported: ReadonlySet<IpFamily>
}

export async function apply(work: Work, parts: ApplyParts, signal: AbortSignal): Promise<Outcome> {
  const { id, goal, observed } = work
  // Out of every line while it is served; whoever gets nothing stands in line again, by its age.
  parts.waiters.remove(id.uid)
  try {
    const results: GiveResult[] = []
    for (const action of work.actions) {
      const result = await run(action, work, parts, signal)
      if (result) results.push(result)
    }
    return goal ? outcomeOf(goal, observed, results, parts.supported) : outcomeOfNothing(parts.index.givenTo(id.uid))
  } finally {
    // Nothing was asked for (the Service is refused for now): what its status names stays reserved for it.
    parts.giver.settle(id.uid, work.actions.length === 0 ? goal?.desired.statusAddresses : [])
  }
}

async function run(
  action: LocalAction,
  { id, goal, observed }: Work,
  { giver, allocator, announcementStore }: ApplyParts,
  signal: AbortSignal,
): Promise<GiveResult | undefined> {
  if (action.kind === 'give-address' || action.kind === 'adopt-address')
    return goal && giver.give({ id, createdAt: goal.desired.createdAt }, action, signal)
  const holding = observed.holdings.find(({ given }) => given.address.text === action.address)
  if (action.kind === 'release-address') {
    if (holding) await allocator.free(holding.given.address, id.uid, signal)
  } else if (holding?.announcement) {
    if (action.kind === 'withdraw-announcement') await announcementStore.remove(holding.announcement, signal)
    else await confirmWithdrawal(holding.announcement, announcementStore, signal)
  }
  return undefined
}
