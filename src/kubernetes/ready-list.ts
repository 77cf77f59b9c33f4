// The keys that are ready to be worked on: first come first served within a priority, high before low.
import type { Clock } from './clock.ts'

export type Priority = 'high' | 'low'

export interface Ready {
  readonly key: string
  readonly priority: Priority
  readonly waitedMs: number
}

export interface ReadyList {
  /** A key that is here already keeps its place, or moves from low to the end of high. */
  add(key: string, priority: Priority): void
  take(): Ready | undefined
  clear(): void
  readonly size: number
  readonly oldestMs: number
}

export interface ReadyListOptions {
  readonly clock: Clock
  /** After `lowEvery - 1` high keys in a row that passed waiting low ones, a low one is next. */
  readonly lowEvery: number
  readonly onDepth: (priority: Priority, size: number) => void
}

export function createReadyList({ clock, lowEvery, onDepth }: ReadyListOptions): ReadyList {
  /** Key → when it was added. A Map keeps the order and removes from the middle at no cost. */
  const lists: Readonly<Record<Priority, Map<string, number>>> = { high: new Map(), low: new Map() }
  let passedOver = 0

  const firstOf = (priority: Priority): readonly [string, number] | undefined => lists[priority].entries().next().value
  const choose = (): Priority | undefined => {
    if (lists.low.size === 0) return lists.high.size > 0 ? 'high' : undefined
    return lists.high.size > 0 && passedOver < lowEvery - 1 ? 'high' : 'low'
  }
  return {
    add(key, priority) {
      if (lists.high.has(key)) return
      const since = lists.low.get(key)
      if (since !== undefined) {
        if (priority === 'low') return
        lists.low.delete(key)
        onDepth('low', lists.low.size)
      }
      lists[priority].set(key, since ?? clock.monotonic())
      onDepth(priority, lists[priority].size)
    },
    take() {
      const priority = choose()
      const first = priority && firstOf(priority)
      if (!first) return undefined
      const [key, since] = first
      passedOver = priority === 'high' && lists.low.size > 0 ? passedOver + 1 : 0
      lists[priority].delete(key)
      onDepth(priority, lists[priority].size)
      return { key, priority, waitedMs: clock.monotonic() - since }
    },
    clear() {
      for (const priority of ['high', 'low'] as const) {
        lists[priority].clear()
        onDepth(priority, 0)
      }
    },
    get size() {
      return lists.high.size + lists.low.size
    },
    get oldestMs() {
      const since = Math.min(firstOf('high')?.[1] ?? Number.POSITIVE_INFINITY, firstOf('low')?.[1] ?? Number.POSITIVE_INFINITY)
      return Number.isFinite(since) ? clock.monotonic() - since : 0
    },
  }
}
