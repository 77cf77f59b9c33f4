// What we wrote a moment ago, put over what AWS answers: its answers lag behind its writes ("Eventual consistency").
import { believedMs } from './table.ts'

export interface Recent<T> {
  put(item: T): void
  drop(key: string): void
  /** The answer of AWS with what was written since. `belongs` tells which of the written items the answer would hold. */
  over(answer: readonly T[], belongs: (item: T) => boolean): readonly T[]
}

export function createRecent<T>(keyOf: (item: T) => string, monotonic: () => number): Recent<T> {
  const written = new Map<string, { readonly item: T | undefined; readonly at: number }>()
  return {
    put: item => void written.set(keyOf(item), { item, at: monotonic() }),
    drop: key => void written.set(key, { item: undefined, at: monotonic() }),
    over(answer, belongs) {
      const merged = new Map(answer.map((item): [string, T] => [keyOf(item), item]))
      for (const [key, { item, at }] of written) {
        if (monotonic() - at > believedMs) written.delete(key)
        else if (item === undefined) merged.delete(key)
        else if (belongs(item)) merged.set(key, item)
      }
      return [...merged.values()]
    },
  }
}
