// Priorities of rules: what is in order stays where it is, and new rules go into the gaps between. Pure.
import { greatestPriority } from '../../limits.ts'

/** Between rules that are numbered afresh. */
const usualGap = 100

export interface Priorities {
  /** In the order that was asked for. */
  readonly priorities: readonly number[]
  /** Indexes of rules that stand and get another priority. */
  readonly moved: readonly number[]
}

/**
 * Priorities for rules in their order. `standing` has the priority that each has now, undefined for one that is new. Nothing gets a
 * priority in `taken`, which others have; as few as can be are moved, and only where a gap is full are all numbered afresh.
 */
export function assignPriorities(standing: readonly (number | undefined)[], taken: ReadonlySet<number>): Priorities {
  const kept = longestRising(standing)
  const assigned = fill(standing, kept, taken) ?? spread(standing.length, taken)
  const moved = standing.flatMap((priority, index) => (priority !== undefined && priority !== assigned[index] ? [index] : []))
  return { priorities: assigned, moved }
}

/** Indexes of the most rules that are in order already. */
function longestRising(standing: readonly (number | undefined)[]): ReadonlySet<number> {
  const best: number[] = []
  const before: number[] = []
  let last = -1
  for (const [index, priority] of standing.entries()) {
    best[index] = priority === undefined ? 0 : 1
    before[index] = -1
    if (priority === undefined) continue
    for (let other = 0; other < index; other++) {
      const earlier = standing[other]
      if (earlier === undefined || earlier >= priority || (best[other] ?? 0) + 1 <= (best[index] ?? 0)) continue
      best[index] = (best[other] ?? 0) + 1
      before[index] = other
    }
    if (last < 0 || (best[index] ?? 0) > (best[last] ?? 0)) last = index
  }
  const kept = new Set<number>()
  for (let at = last; at >= 0; at = before[at] ?? -1) kept.add(at)
  return kept
}

/** Undefined when there is no room between two that stay. */
function fill(
  standing: readonly (number | undefined)[],
  kept: ReadonlySet<number>,
  taken: ReadonlySet<number>,
): readonly number[] | undefined {
  const assigned: number[] = []
  const present = new Set([...taken, ...standing.flatMap(priority => priority ?? [])])
  let floor = 0
  for (let at = 0; at < standing.length; ) {
    let end = at
    while (end < standing.length && !kept.has(end)) end++
    const ceiling = end < standing.length ? (standing[end] ?? 0) : undefined
    const free = between(floor, ceiling, { count: end - at, present })
    if (!free) return undefined
    assigned.push(...free)
    if (ceiling === undefined) break
    assigned.push(ceiling)
    floor = ceiling
    at = end + 1
  }
  return assigned
}

/** `count` numbers above `floor` and below `ceiling`, as even as can be, that nobody has; at the end with the usual gap. */
function between(
  floor: number,
  ceiling: number | undefined,
  { count, present }: { readonly count: number; readonly present: ReadonlySet<number> },
): readonly number[] | undefined {
  if (count === 0) return []
  const top = ceiling ?? Math.min(greatestPriority + 1, floor + usualGap * (count + 1))
  const free: number[] = []
  for (let number = floor + 1; number < top; number++) if (!present.has(number)) free.push(number)
  if (free.length < count) return undefined
  const step = free.length / (count + 1)
  const chosen = Array.from({ length: count }, (_, index) => Math.min(free.length - 1, Math.floor(step * (index + 1))))
  // Rounding may put two into the same place where there is hardly any room.
  for (let index = count - 2; index >= 0; index--) {
    const next = chosen[index + 1] ?? 0
    if ((chosen[index] ?? 0) >= next) chosen[index] = next - 1
  }
  return chosen.flatMap(index => free[index] ?? [])
}

/** All afresh, past what others have. */
function spread(count: number, taken: ReadonlySet<number>): readonly number[] {
  const gap = Math.max(1, Math.min(usualGap, Math.floor(greatestPriority / (count + taken.size + 1))))
  const assigned: number[] = []
  for (let priority = gap; assigned.length < count; priority += taken.has(priority) ? 1 : gap)
    if (!taken.has(priority)) assigned.push(priority)
  return assigned
}
