// What there is for one Service: its addresses with their Announcements, and the pools and nodes everybody shares.
import type { Announcement } from '../../src/api/announcement.ts'
import { announcementName } from '../../src/model/address.ts'
import type { DesiredLoadBalancer, LoadBalancerId } from '../../src/model/load-balancer.ts'
import type { BlockIndex, Given } from './addresses/block-index.ts'
import type { SetAside } from './addresses/set-aside.ts'
import type { Network } from './network/network.ts'
import type { PoolBook } from './pools/pools.ts'
import type { Agents, View } from './views.ts'

/** An address that the Service holds. */
export interface Holding {
  readonly given: Given
  readonly announcement: Announcement | undefined
  /** Whether the node that announces it lives; false also when none announces it. */
  readonly announcerAlive: boolean
  /** Whether it never was of use, because a station of others has it, and another address is to take its place. */
  readonly isToBeExchanged: boolean
  /** Addresses that the station which has this one answers for, too: as many as say that another one would not help. */
  readonly answeredBeside: readonly string[]
  /** The others at this address that are there to stay, as they are now. */
  readonly others: readonly DesiredLoadBalancer[]
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
    readonly setAside: Pick<SetAside, 'isToBeExchanged' | 'answeredBeside'>
    readonly desired: (id: LoadBalancerId) => DesiredLoadBalancer | undefined
  },
): LocalObserved {
  const holdings = from.index.givenTo(id.uid).map((given): Holding => {
    const announcement = from.announcements.get(announcementName(given.address))
    const node = announcement?.status?.node ?? ''
    const isToBeExchanged = from.setAside.isToBeExchanged(given.address, announcement)
    const answeredBeside = from.setAside.answeredBeside(given.address, announcement)
    const others = given.owners.flatMap(owner =>
      owner.uid === id.uid ? [] : (from.desired({ kind: 'Service', ...owner }) ?? []),
    )
    return {
      given,
      announcement,
      announcerAlive: node !== '' && from.agents.alive(node),
      isToBeExchanged,
      answeredBeside,
      others,
    }
  })
  return { holdings, pools: from.pools, network: from.network }
}
