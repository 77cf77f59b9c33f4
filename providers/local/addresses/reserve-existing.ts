// Addresses that a status shows and no block knows stay with who has them: those of a controller that is to be taken over, and those that were lost.
import { parseAddress } from '../../../src/model/address.ts'
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import type { BlockIndex } from './block-index.ts'
import { readSharing } from '../annotations.ts'
import { poolContains } from '../pools/pools.ts'
import type { PoolBook } from '../pools/pools.ts'
import type { LocalDependencies, Log } from '../views.ts'

interface Shelf {
  readonly index: BlockIndex
  readonly book: PoolBook
  readonly log: Log
  readonly dependencies: Pick<LocalDependencies, 'existing' | 'desired'>
}

/** Of all Services, the oldest first. */
export function reserveExisting(shelf: Shelf): void {
  const all = [...shelf.dependencies.existing()].toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1))
  for (const { id, addresses } of all) reserveShown(shelf, id, addresses)
}

/** Of one that another controller still serves: nobody else may get what it shows. */
export function reserveFor(shelf: Shelf, id: LoadBalancerId): void {
  reserveShown(shelf, id, shelf.dependencies.desired(id)?.statusAddresses ?? [])
}

function reserveShown({ index, book, log, dependencies }: Shelf, id: LoadBalancerId, addresses: readonly string[]): void {
  const known = new Set(
    [...index.givenTo(id.uid).map(({ address }) => address), ...index.heldFor(id.uid)].map(({ text }) => text),
  )
  for (const text of addresses) {
    const address = parseAddress(text)
    if (!address || known.has(address.text) || !book.ordered.some(pool => poolContains(pool, address))) continue
    const wish = dependencies.desired(id)
    const isHeld = index.hold(address, { owner: id, why: 'adoption', sharing: wish && readSharing(wish.annotations).key })
    if (isHeld) log.info({ service: `${id.namespace}/${id.name}`, address: text }, 'address of a status is reserved')
  }
}
