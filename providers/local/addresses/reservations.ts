// Addresses that nobody has and that are not free for all: when they come to be so, and when that ends. The blocks remember them.
import type { Reservation } from '../../../src/api/address-block.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { Allocator } from './allocator.ts'
import { isOver } from './block-changes.ts'
import type { BlockIndex, Given, Reserved } from './block-index.ts'
import { setAsideMs } from './set-aside.ts'
import { poolContains } from '../pools/pools.ts'
import type { PoolBook } from '../pools/pools.ts'

/** `1h30m` in milliseconds; 0 for what is absent or none. */
export function durationMs(text: string | undefined): number {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text ?? '') ?? []
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
}

export interface Reservations {
  /** What becomes of an address that nobody has any more. `gone`: the Service that had it last, when that was deleted. */
  readonly reservationFor: (given: Given, gone: LoadBalancerId | undefined) => Reservation | undefined
  /** Ends those whose time is over or whose pool has them no more, and deletes blocks that hold nothing. */
  tidy(signal: AbortSignal): Promise<void>
}

export function createReservations(from: {
  readonly index: BlockIndex
  readonly allocator: Pick<Allocator, 'unreserve' | 'removeEmpty'>
  readonly pools: () => PoolBook
  readonly stationOf: (address: IpAddress) => string | undefined
  /** Whether somebody waits for exactly this address. */
  readonly isAwaited: (address: IpAddress) => boolean
  readonly now: () => number
}): Reservations {
  const { index, allocator, pools, now } = from
  const after = (ms: number) => `${new Date(now() + ms).toISOString().slice(0, 19)}Z`

  const isDue = ({ address, until, pool, for: keptFor }: Reserved): boolean => {
    if (isOver(until, now())) return true
    const home = pools().get(pool)
    return keptFor !== undefined && !(home && poolContains(home, address) && durationMs(home.spec.keepFor) > 0)
  }
  return {
    reservationFor({ address, pool }, gone) {
      const keptMs = gone ? durationMs(pools().get(pool)?.spec.keepFor) : 0
      if (gone && keptMs > 0) return { pool, until: after(keptMs), for: { namespace: gone.namespace, name: gone.name } }
      const mac = from.stationOf(address)
      // Who waits for exactly this address knows what it does.
      return mac === undefined || from.isAwaited(address) ? undefined : { pool, until: after(setAsideMs), mac }
    },
    async tidy(signal) {
      await Promise.all([...index.reservations()].filter(isDue).map(({ address }) => allocator.unreserve(address, signal)))
      for (const name of index.blockNames()) await allocator.removeEmpty(name, signal)
    },
  }
}
