// What is tagged ours and owned by nobody: believed only after two listings far apart, and given up a few at a time.
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { Context } from '../observe/context.ts'
import { listOutside } from './list.ts'
import type { Listing, Outside } from './list.ts'
import type { Location } from './locations.ts'

/** How far apart the listings are that show an orphan before it counts as one. */
export const usualApartMs = 10 * 60_000
/** So many are given up in one sweep: a mistake must not take everything down. */
const mostAtOnce = 10

export interface Orphan {
  readonly id: LoadBalancerId
  /** Wall clock, milliseconds since the epoch: when a listing showed it first. */
  readonly since: number
  /** ARNs and ids, by what they are to their owner. */
  readonly resources: Readonly<Record<string, string>>
  readonly region: string
}

export interface FoundOrphans {
  readonly all: readonly Orphan[]
  /** To be deleted now, after a look of its own at each. At most ten; those that were not tried for longest come first. */
  readonly due: readonly LoadBalancerId[]
}

export interface OrphanFinder {
  /** Lists everything in `locations` and compares it with what anybody owns. */
  find(locations: readonly Location[], signal: AbortSignal): Promise<FoundOrphans>
}

/** `isOwned`: whether the Service is in the cluster, by a complete picture of it. */
export function createOrphanFinder(
  context: Context,
  { isOwned, apartMs }: { readonly isOwned: (id: LoadBalancerId) => boolean; readonly apartMs: number },
): OrphanFinder {
  const suspects = new Map<string, { readonly at: number; readonly since: number }>()
  const tried = new Map<string, number>()
  /** One that cannot be listed for now is as it was: neither is its doubt over, nor does it grow. */
  const last = new Map<Location, Listing>()
  return {
    async find(locations, signal) {
      const found = new Map<string, Outside & { readonly at: number }>()
      for (const location of locations) {
        const listing = (await listOutside(context, location, apartMs / 4, signal)) ?? last.get(location)
        if (!listing) continue
        last.set(location, listing)
        for (const [uid, outside] of listing.outside)
          if (!context.ledger.read(outside.id) && !isOwned(outside.id)) found.set(uid, { ...outside, at: listing.listedAt })
      }
      for (const memory of [suspects, tried]) for (const uid of memory.keys()) if (!found.has(uid)) memory.delete(uid)
      for (const [uid, { at }] of found) if (!suspects.has(uid)) suspects.set(uid, { at, since: context.clock.now() })
      const due = [...found.values()]
        .filter(({ id, at }) => at - (suspects.get(id.uid)?.at ?? at) >= apartMs)
        .toSorted((one, other) => (tried.get(one.id.uid) ?? 0) - (tried.get(other.id.uid) ?? 0))
        .slice(0, mostAtOnce)
      for (const { id } of due) tried.set(id.uid, context.clock.monotonic())
      return {
        all: [...found.values()].map(({ id, resources, location }) => ({
          id,
          since: suspects.get(id.uid)?.since ?? context.clock.now(),
          resources: Object.fromEntries(resources),
          region: location.place.region,
        })),
        due: due.map(({ id }) => id),
      }
    },
  }
}
