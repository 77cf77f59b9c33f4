// Whom a change of pools concerns: only they are looked at again. Pure.
import type { IpAddress } from '../../../src/model/address.ts'
import type { DesiredLoadBalancer } from '../../../src/model/load-balancer.ts'
import { requestedPoolOf } from '../annotations.ts'
import { poolContains, refusal } from './pools.ts'
import type { PoolBook } from './pools.ts'
import type { PoolsChange } from './pool-view.ts'

export interface Touched {
  /** Whether a Service that has no address yet may use one of the changed pools, might have before, or names one. */
  mayUse(desired: DesiredLoadBalancer): boolean
  /** Whether a given address is or was in one of them, or was given from one. */
  holds(given: { readonly address: IpAddress; readonly pool: string }): boolean
}

export function touchedBy({ changed, before }: PoolsChange, now: PoolBook): Touched {
  const pools = [...changed].flatMap(name => [before.get(name) ?? [], now.get(name) ?? []].flat())
  return {
    mayUse: desired =>
      requestedPoolOf(desired.annotations).some(name => changed.has(name)) ||
      pools.some(pool => refusal(pool, desired) === undefined),
    holds: ({ address, pool }) => changed.has(pool) || pools.some(each => poolContains(each, address)),
  }
}
