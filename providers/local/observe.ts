// What there is for one Service: its addresses with their Announcements, and the pools and nodes everybody shares.
import type { Announcement } from '../../src/api/announcement.ts'
import { announcementName } from '../../src/model/address.ts'
import type { LoadBalancerId } from '../../src/model/load-balancer.ts'
import type { BlockIndex, Given } from './addresses/block-index.ts'
import type { Network } from './network.ts'
import type { PoolBook } from './pools.ts'
import type { Agents, View } from './views.ts'

/** An address that the Service holds. */
export interface Holding {
  readonly given: Given
  readonly announcement: Announcement | undefined
  /** Whether the node that announces it lives; false also when none announces it. */
  readonly announcerAlive: boolean
}

export interface LocalObserved {
  readonly holdings: readonly Holding[]
  readonly pools: PoolBook
  readonly network: Network
}

export function observe(
  id: LoadBalancerId,
  from: {
    readonly index: BlockIndex
    readonly announcements: View<Announcement>
    readonly agents: Agents
    readonly pools: PoolBook
    readonly network: Network
  },
): LocalObserved {
  const holdings = from.index.givenTo(id.uid).map((given): Holding => {
    const announcement = from.announcements.get(announcementName(given.address))
    const node = announcement?.status?.node ?? ''
    return { given, announcement, announcerAlive: node !== '' && from.agents.alive(node) }
  })
  return { holdings, pools: from.pools, network: from.network }
}
