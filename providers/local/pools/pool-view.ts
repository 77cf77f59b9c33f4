// The pools as last read, and which of them changed. Several changes of one turn are told once.
import type { AddressPool } from '../../../src/api/address-pool.ts'
import { batchNames } from '../batch-names.ts'
import { readPools } from './pools.ts'
import type { ParsedPool, PoolBook } from './pools.ts'
import type { ClusterRanges, View } from '../views.ts'

/** Pools that came, went, or mean something else than before: also without a change of their own, when another one makes way. */
export interface PoolsChange {
  readonly changed: ReadonlySet<string>
  readonly before: PoolBook
}

export interface PoolView {
  readonly book: () => PoolBook
  /** For one listener. */
  subscribe(listener: (change: PoolsChange) => void): () => void
}

export function trackPools(view: View<AddressPool>, ranges: ClusterRanges | undefined, signal: AbortSignal): PoolView {
  let book: PoolBook | undefined
  const current = () => (book ??= readPools(view.values(), ranges?.current()))
  const { add, subscribe } = batchNames()
  const subscriptions = [
    view.subscribe(({ key, object, old }) => {
      // A change of status or labels changes nothing here.
      if (object && old && JSON.stringify(object.spec) === JSON.stringify(old.spec)) return
      book = undefined
      add(key)
    }),
    ranges?.subscribe(() => {
      book = undefined
      add('')
    }),
  ]
  signal.addEventListener('abort', () => subscriptions.forEach(end => end?.()), { once: true })
  return {
    book: current,
    subscribe(listener) {
      let told = current()
      return subscribe(() => {
        const before = told
        told = current()
        const names = new Set([...before.ordered, ...told.ordered].map(({ name }) => name))
        const changed = new Set([...names].filter(name => meaningOf(before.get(name)) !== meaningOf(told.get(name))))
        if (changed.size > 0) listener({ changed, before })
      })
    },
  }
}

function meaningOf(pool: ParsedPool | undefined): string {
  return pool ? JSON.stringify([pool.spec, pool.problem?.message ?? null, pool.overlaps]) : ''
}
