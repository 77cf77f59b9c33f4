// The pools as last read, and which of them changed. Several changes of one turn are told once.
import type { AddressPool } from '../../src/api/address-pool.ts'
import { batchNames } from './batch-names.ts'
import { readPools } from './pools.ts'
import type { PoolBook } from './pools.ts'
import type { View } from './views.ts'

export interface PoolView {
  readonly book: () => PoolBook
  /** Hears the names of pools whose spec came, changed or went. */
  subscribe(listener: (changed: ReadonlySet<string>) => void): () => void
}

export function trackPools(view: View<AddressPool>, signal: AbortSignal): PoolView {
  let book: PoolBook | undefined
  const { add, subscribe } = batchNames()
  const end = view.subscribe(({ key, object, old }) => {
    // A change of status or labels changes nothing here.
    if (object && old && JSON.stringify(object.spec) === JSON.stringify(old.spec)) return
    book = undefined
    add(key)
  })
  signal.addEventListener('abort', end, { once: true })
  return { book: () => (book ??= readPools(view.values())), subscribe }
}
