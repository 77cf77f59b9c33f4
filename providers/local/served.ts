// What was last made for each Service: the goal, the addresses its status names, and whether anybody could announce them.
import type { Announcement } from '../../src/api/announcement.ts'
import { announcementName } from '../../src/model/address.ts'
import type { IpAddress } from '../../src/model/address.ts'
import type { Goal, IngressPoint } from '../../src/provider.ts'
import { announceability } from './announcing/eligibility.ts'
import type { Announceable } from './announcing/eligibility.ts'
import type { Network } from './network/network.ts'
import { pathOf } from './pod-targets.ts'
import type { PoolBook } from './pools/pools.ts'
import { homeOf } from './pools/pools.ts'
import type { BlockIndex, Given } from './addresses/block-index.ts'
import type { Sharer } from './announcing/announce-rules.ts'
import type { View } from './views.ts'

export interface Served {
  readonly goal: Goal
  /** Canonical texts. An address that is held but not here is on its way out. */
  readonly addresses: ReadonlySet<string>
  readonly announceable: Announceable
}

/** What says who is there to announce. */
export interface Around {
  readonly index: BlockIndex
  readonly announcements: Pick<View<Announcement>, 'get'>
  readonly network: Network
  readonly pools: PoolBook
  /** By uid; the others at an address. */
  readonly served: ReadonlyMap<string, Served>
}

export function servedOf(goal: Goal, ingress: readonly IngressPoint[], around: Around): Served {
  const addresses = new Set(ingress.flatMap(point => ('ip' in point ? [point.ip] : [])))
  return { goal, addresses, announceable: announceableNow(goal, addresses, around) }
}

/** Who is there to announce its addresses, the one that is worst off; the part of readiness that nodes change. */
export function announceableNow(
  goal: Goal,
  addresses: ReadonlySet<string>,
  { index, network, pools, served, announcements }: Around,
): Announceable {
  const { uid } = goal.desired.id
  const each = new Set<Announceable>()
  for (const given of index.givenTo(uid)) {
    if (!addresses.has(given.address.text)) continue
    const others = given.owners.flatMap(owner => (owner.uid === uid ? [] : (served.get(owner.uid)?.goal ?? [])))
    each.add(
      announceability(network, {
        address: given.address,
        sharers: sharersOf([goal, ...others], given, { pools, announcement: announcements.get(announcementName(given.address)) }),
      }),
    )
  }
  return (['by-nobody', 'by-drained-nodes'] as const).find(worst => each.has(worst)) ?? 'by-nodes'
}

/** The Services at an address, as announcing sees them: each by the pool that lets it have the address. */
export function sharersOf(
  goals: readonly Goal[],
  given: Given,
  { pools, announcement }: { readonly pools: PoolBook; readonly announcement: Announcement | undefined },
): readonly Sharer[] {
  const path = pathOf(announcement)?.mode
  return goals.map(goal => ({ goal, pool: homeOf(pools, goal.desired, given), path }))
}

/** Whether the Service shall go on being reached at the address. */
export function isServedAt(served: Served | undefined, address: IpAddress): boolean {
  return served?.addresses.has(address.text) === true
}
