// What the status of an AddressPool says: whether it gives addresses, what it shares with others, and how full it is. Pure.
import type { Reason } from '../../../src/api/reasons.ts'
import { firstFew } from '../../../src/model/first-few.ts'
import type { Reserved } from '../addresses/block-index.ts'
import type { NodeAddress } from '../addresses/node-addresses.ts'
import { givesByItself } from '../addresses/free-finder.ts'
import type { Network } from '../network/network.ts'
import { announcingConditions } from './pool-announcing.ts'
import type { AnnouncingCondition } from './pool-announcing.ts'
import type { Rebalanced } from '../placement/rebalancer.ts'
import { givableSize, poolContains, poolSize } from './pools.ts'
import type { ParsedPool } from './pools.ts'

/** A condition as its author states it; times are set where it is written. */
export interface PoolCondition {
  readonly type: 'Ready' | 'Overlap' | AnnouncingCondition['type']
  readonly status: 'True' | 'False'
  readonly reason: Reason
  readonly message: string
}

export interface PoolStatus {
  readonly conditions: readonly PoolCondition[]
  /** Decimal numbers as text: an IPv6 pool may exceed what JSON numbers hold. */
  readonly total: string
  readonly used: number
  readonly free: string
  readonly kept: number
  /** A rebalance that is over. */
  readonly rebalanced?: Rebalanced
}

export interface PoolCounts {
  /** How many addresses of the pool's ranges are given, by whichever pool. */
  readonly used: number
  /** Those of them that the pool gives to Services that do not ask for a certain one. */
  readonly usedByItself: number
  /** Addresses of nodes that no Service has. They are never given. */
  readonly ofNodes: readonly NodeAddress[]
  /** Addresses that are kept or set aside. */
  readonly reserved: readonly Reserved[]
}

export function poolStatus(
  pool: ParsedPool,
  { used, usedByItself, ofNodes, reserved }: PoolCounts,
  network: Network,
): PoolStatus {
  const { name, ranges, spec } = pool
  const inside = ofNodes.filter(({ address }) => poolContains(pool, address))
  const source = { name, ranges, avoidBuggyIPs: spec.avoidBuggyIPs }
  const out = reserved.filter(({ address }) => poolContains(pool, address))
  const missing = [...inside, ...out].filter(({ address }) => givesByItself(source, address)).length
  const free = givableSize(pool) - BigInt(usedByItself + missing)
  return {
    conditions: [readyOf(pool, out), ...overlapOf(pool, inside), ...announcingConditions(pool, network)],
    total: String(poolSize(pool)),
    used,
    free: String(free > 0n ? free : 0n),
    kept: out.filter(each => each.for !== undefined).length,
  }
}

function readyOf({ problem }: ParsedPool, reserved: readonly Reserved[]): PoolCondition {
  if (problem) return { type: 'Ready', status: 'False', reason: problem.reason, message: `${problem.message} ${problem.remedy}` }
  return {
    type: 'Ready',
    status: 'True',
    reason: 'Accepted',
    message: `The pool gives addresses.${notFree(reserved)}`,
  }
}

function notFree(reserved: readonly Reserved[]): string {
  const kept = reserved.flatMap(({ address, for: keptFor, until }) =>
    keptFor ? `${address.text} for ${keptFor.namespace}/${keptFor.name} until ${until}` : [],
  )
  const strange = reserved.flatMap(({ address, mac }) => (mac === undefined ? [] : `${address.text} of ${mac}`))
  return [
    kept.length === 0 ? '' : ` Kept for Services that are gone: ${firstFew(kept)}.`,
    strange.length === 0 ? '' : ` Given only on request, because stations of others have them: ${firstFew(strange)}.`,
  ].join('')
}

/** Told of the pool that goes on; the one that gives nothing because of another says so in its Ready. */
function overlapOf({ overlaps, problem }: ParsedPool, ofNodes: readonly NodeAddress[]): readonly PoolCondition[] {
  const isTold = overlaps.length > 0 && problem?.reason !== 'Overlap'
  const others = overlaps.length === 1 ? 'pool' : 'pools'
  const nodes = ofNodes.map(({ address, node }) => `${address.text} of node ${node}`)
  const messages = [
    ...(isTold
      ? [
          `Addresses of this pool are also in the ${others} ${firstFew(overlaps)}. The oldest pool gives them; take them out of the other.`,
        ]
      : []),
    ...(nodes.length > 0
      ? [`Never given, because nodes have them of their own: ${firstFew(nodes)}. Take them out of the pool.`]
      : []),
  ]
  if (messages.length === 0) return []
  return [{ type: 'Overlap', status: 'True', reason: isTold ? 'Overlap' : 'AddressOfNode', message: messages.join(' ') }]
}
