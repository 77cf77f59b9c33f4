// What one Service has to know of the others to share an address with them, read from what is there now.
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcementName } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { DesiredLoadBalancer, LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { Owner } from '../addresses/owner.ts'
import type { SharingTerms } from '../addresses/giver.ts'
import type { Network } from '../network/network.ts'
import type { PoolBook } from '../pools/pools.ts'
import { discordAmong, maxSharers, termsOf } from './sharing.ts'
import type { Discord } from './sharing.ts'
import { togetherAt } from './together.ts'
import type { View } from '../views.ts'

export interface SharingView {
  /** How the Service shares what it gets; undefined when it does not. */
  readonly termsFor: (desired: DesiredLoadBalancer) => SharingTerms | undefined
}

export function createSharingView(from: {
  readonly desired: (id: LoadBalancerId) => DesiredLoadBalancer | undefined
  readonly announcements: Pick<View<Announcement>, 'get'>
  readonly around: () => { readonly network: Network; readonly pools: PoolBook }
}): SharingView {
  const announcementOf = (address: IpAddress) => from.announcements.get(announcementName(address))

  const discordAt = (desired: DesiredLoadBalancer, address: IpAddress, owners: readonly Owner[]): Discord | undefined => {
    const others = owners
      .filter(({ uid }) => uid !== desired.id.uid)
      .map((owner): LoadBalancerId => ({ kind: 'Service', ...owner }))
    const [first] = others
    if (!first) return undefined
    const isWithdrawn = announcementOf(address)?.metadata.deletionTimestamp !== undefined
    const present = others.flatMap(id => from.desired(id) ?? [])
    if (isWithdrawn || present.length === 0)
      return { kind: 'leaving', with: first, text: `${first.namespace}/${first.name} is leaving it` }
    if (others.length >= maxSharers) return { kind: 'full', with: first, text: `${maxSharers} Services are the most` }
    return discordAmong(desired, present, togetherAt(address, from.around()))
  }

  return {
    termsFor: desired => {
      const { key, namespaces } = termsOf(desired)
      if (key === undefined) return undefined
      return {
        key,
        namespaces,
        // Whoever is there is about to get another one.
        avoids: address => announcementOf(address)?.status?.conflict !== undefined,
        discord: (address, owners) => discordAt(desired, address, owners),
      }
    },
  }
}
