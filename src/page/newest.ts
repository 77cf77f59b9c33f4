// Keeps a store small: of what there is more and more of, only the newest stays.
import { keyOf } from '../kubernetes/objects.ts'
import type { KubernetesObject } from '../kubernetes/objects.ts'
import type { WritableStore } from '../kubernetes/store.ts'

export interface NewestOptions<T> {
  /** So many stay. For a moment there may be a quarter more, so that not every new one is worth a sort. */
  readonly most: number
  /** RFC 3339 in UTC, which sorts as text. Without one (empty) an object counts as the oldest. */
  readonly timeOf: (object: T) => string
}

/** From now on, while objects come into `store`. Returns the way to end it. */
export function keepNewest<T extends KubernetesObject>(store: WritableStore<T>, { most, timeOf }: NewestOptions<T>): () => void {
  return store.subscribe(({ type }) => {
    if (type !== 'added' || store.size <= most * 1.25) return
    const byAge = [...store.values()]
      .map(object => ({ key: keyOf(object), at: timeOf(object) }))
      .toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
    for (const { key } of byAge.slice(0, byAge.length - most)) store.remove(key)
  })
}
