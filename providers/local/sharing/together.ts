// Whether one node may announce an address for several Services, in words for those who may not share it. Pure.
import type { IpAddress } from '../../../src/model/address.ts'
import { firstFew } from '../../../src/model/first-few.ts'
import { canShare } from '../announcing/eligibility.ts'
import type { Network } from '../network/network.ts'
import { homeOf } from '../pools/pools.ts'
import type { PoolBook } from '../pools/pools.ts'
import { nameOf } from './sharing.ts'
import type { AnnouncedTogether } from './sharing.ts'

/** Rules ask for labels of Services only; endpoints refuse no sharing. */
const noMatter = { nodesWithEndpoints: [], readyEndpoints: 0, totalEndpoints: 0 }

export function togetherAt(
  address: IpAddress,
  around: { readonly network: Network; readonly pools: PoolBook },
): AnnouncedTogether {
  return parties => {
    const sharers = parties.map(desired => ({
      goal: { desired, membership: noMatter },
      pool: homeOf(around.pools, desired, { address, pool: '' }),
    }))
    // Nearly always so, and it spares a look at every node.
    const [first] = sharers
    const isOneRule = first?.pool?.spec.announce?.layer2?.every(rule => rule.serviceSelector === undefined) ?? true
    if (isOneRule && sharers.every(({ pool }) => pool === first?.pool)) return undefined
    const verdict = canShare(around.network, { address, sharers })
    if (verdict.possible) return undefined
    const shown = parties.map((desired, at) => `${nameOf(desired)}: ${firstFew(verdict.between[at] ?? [])}`)
    return `no node may announce it for all (${firstFew(shown, '; ')})`
  }
}
