// Leaves out the ways that make no difference: those that nothing reaches, and those that end where they would end without. Pure.
import { covers, overlaps } from './item.ts'
import type { Author, Item, Way } from './item.ts'

export interface Settled {
  /** Those that are needed, in their order. */
  readonly items: readonly Item[]
  /** For what none of them takes. */
  readonly last: Way
  /** Ways that nothing reaches, and what takes their requests. */
  readonly dead: readonly { readonly item: Item; readonly by: Author }[]
}

/** `items` in the order in which requests are to be asked; `otherwise` for what none of them takes. */
export function settle(items: readonly Item[], otherwise: Way): Settled {
  const reached: Item[] = []
  const dead: { item: Item; by: Author }[] = []
  for (const item of items) {
    const by = reached.find(each => covers(each, item))
    if (by === undefined) reached.push(item)
    else if (by.way.key !== item.way.key) dead.push({ item, by: by.author })
  }
  const { rest, last } = withoutLast(reached, otherwise)
  return { items: withoutIdle(rest, last), last, dead }
}

/** What takes everything is no rule but what the listener does by itself; that cannot rewrite anything. */
function withoutLast(items: readonly Item[], otherwise: Way): { readonly rest: readonly Item[]; readonly last: Way } {
  const at = items.findIndex(
    ({ host, path, further, way }) =>
      host.kind === 'any' && path.kind === 'any' && further.length === 0 && way.transforms.length === 0,
  )
  const item = items[at]
  return item ? { rest: items.slice(0, at), last: item.way } : { rest: items, last: otherwise }
}

/** From the end: whoever is settled is looked at as it stays. */
function withoutIdle(items: readonly Item[], last: Way): readonly Item[] {
  const kept: Item[] = []
  for (const item of items.toReversed()) if (!isIdle(item, kept, last)) kept.push(item)
  return kept.toReversed()
}

/** Whether every request of the item would end the same way without it. `after` are those behind it, the next one last. */
function isIdle(item: Item, after: readonly Item[], last: Way): boolean {
  for (let place = after.length - 1; place >= 0; place--) {
    const next = after[place]
    if (!next || !overlaps(item, next)) continue
    if (next.way.key !== item.way.key) return false
    if (covers(next, item)) return true
  }
  return last.key === item.way.key
}
