// What was last made for each Service: the goal, the addresses its status names, and whether anybody could announce them.
import type { IpAddress } from '../../src/model/address.ts'
import type { Goal, IngressPoint } from '../../src/provider.ts'
import { hasAnnouncer } from './eligibility.ts'
import type { Network } from './network.ts'
import type { PoolBook } from './pools.ts'
import { homeOf } from './pools.ts'
import type { BlockIndex } from './addresses/block-index.ts'

export interface Served {
  readonly goal: Goal
  /** Canonical texts. An address that is held but not here is on its way out. */
  readonly addresses: ReadonlySet<string>
  readonly announceable: boolean
}

export function servedOf(
  goal: Goal,
  ingress: readonly IngressPoint[],
  around: { readonly index: BlockIndex; readonly network: Network; readonly pools: PoolBook },
): Served {
  const addresses = new Set(ingress.flatMap(point => ('ip' in point ? [point.ip] : [])))
  return { goal, addresses, announceable: isAnnounceable(goal, addresses, around) }
}

/** Whether each address has a living node that may announce it; the part of readiness that nodes change. */
export function isAnnounceable(
  goal: Goal,
  addresses: ReadonlySet<string>,
  { index, network, pools }: { readonly index: BlockIndex; readonly network: Network; readonly pools: PoolBook },
): boolean {
  return index
    .givenTo(goal.desired.id.uid)
    .filter(given => addresses.has(given.address.text))
    .every(given =>
      hasAnnouncer(network, { address: given.address, sharers: [{ goal, pool: homeOf(pools, goal.desired, given) }] }),
    )
}

/** Whether the Service shall go on being reached at the address. */
export function isServedAt(served: Served | undefined, address: IpAddress): boolean {
  return served?.addresses.has(address.text) === true
}
