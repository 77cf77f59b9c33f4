// What was last made for each Service: the goal, the addresses its status names, and whether anybody could announce them.
import type { IpAddress } from '../../src/model/address.ts'
import type { Goal, IngressPoint } from '../../src/provider.ts'
import { announceability } from './eligibility.ts'
import type { Announceable } from './eligibility.ts'
import type { Network } from './network.ts'
import type { PoolBook } from './pools.ts'
import { homeOf } from './pools.ts'
import type { BlockIndex } from './addresses/block-index.ts'

export interface Served {
  readonly goal: Goal
  /** Canonical texts. An address that is held but not here is on its way out. */
  readonly addresses: ReadonlySet<string>
  readonly announceable: Announceable
}

export function servedOf(
  goal: Goal,
  ingress: readonly IngressPoint[],
  around: { readonly index: BlockIndex; readonly network: Network; readonly pools: PoolBook },
): Served {
  const addresses = new Set(ingress.flatMap(point => ('ip' in point ? [point.ip] : [])))
  return { goal, addresses, announceable: announceableNow(goal, addresses, around) }
}

/** Who is there to announce its addresses, the one that is worst off; the part of readiness that nodes change. */
export function announceableNow(
  goal: Goal,
  addresses: ReadonlySet<string>,
  { index, network, pools }: { readonly index: BlockIndex; readonly network: Network; readonly pools: PoolBook },
): Announceable {
  const each = new Set<Announceable>()
  for (const given of index.givenTo(goal.desired.id.uid)) {
    if (!addresses.has(given.address.text)) continue
    const sharers = [{ goal, pool: homeOf(pools, goal.desired, given) }]
    each.add(announceability(network, { address: given.address, sharers }))
  }
  return (['by-nobody', 'by-drained-nodes'] as const).find(worst => each.has(worst)) ?? 'by-nodes'
}

/** Whether the Service shall go on being reached at the address. */
export function isServedAt(served: Served | undefined, address: IpAddress): boolean {
  return served?.addresses.has(address.text) === true
}
