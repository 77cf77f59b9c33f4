// Makes one table of the page: which of its rows match, and those of them that fit.
import type { Column, Table, TableId, TableRow } from './model.ts'
import type { PageQuery } from './query.ts'

/** As many as a person looks through; more come by pages, or a filter makes them fewer. */
export const rowsAtOnce = 100

export interface TableOptions<T> {
  readonly id: TableId
  readonly title: string
  readonly empty: string
  readonly columns: readonly Column[]
  /** All there are, in their order. */
  readonly items: readonly T[]
  /** Called only for rows that are shown, and to find out what is not given below. */
  readonly row: (item: T) => TableRow
  /** Tells without making the row. */
  readonly isBad?: (item: T) => boolean
  /** What a filter looks into, lower case, without making the row: where there may be thousands. */
  readonly text?: (item: T) => string
}

/** Pure. A first row beyond the last gives the last part. */
export function makeTable<T>(options: TableOptions<T>, { words, onlyBad, from: firsts }: PageQuery): Table {
  const { id, title, empty, columns, items, row } = options
  const { isBad = item => row(item).bad, text = item => textOfRow(row(item)) } = options
  const holdsWords = (item: T) => {
    const held = text(item)
    return words.every(word => held.includes(word))
  }
  const candidates = onlyBad ? items.filter(isBad) : items
  const found = words.length > 0 ? candidates.filter(holdsWords) : candidates
  const asked = firsts[id] ?? 0
  const from = asked < found.length ? asked : Math.max(0, Math.ceil(found.length / rowsAtOnce) - 1) * rowsAtOnce
  const rows = found.slice(from, from + rowsAtOnce).map(row)
  return { id, title, empty, columns, rows, total: items.length, matching: found.length, from }
}

/** All that stands in a row, lower case. */
export function textOfRow({ cells }: TableRow): string {
  return cells
    .map(({ text, more }) => (more === undefined ? text : `${text}\n${more}`))
    .join('\n')
    .toLowerCase()
}

/** Makes something once of each object: those of the stores never change. */
export function once<T extends object, Made>(make: (object: T) => Made): (object: T) => Made {
  const known = new WeakMap<T, Made>()
  return object => {
    const old = known.get(object)
    if (old !== undefined) return old
    const made = make(object)
    known.set(object, made)
    return made
  }
}
