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
  /** Called only for rows that are looked at: all of them while there is a filter. */
  readonly row: (item: T) => TableRow
  /** Tells without making the row; by the row unless given. */
  readonly isBad?: (item: T) => boolean
}

/** Pure. A first row beyond the last gives the last part. */
export function makeTable<T>({ id, title, empty, columns, items, row, isBad }: TableOptions<T>, query: PageQuery): Table {
  const candidates = query.onlyBad && isBad ? items.filter(isBad) : items
  const part = <U>(found: readonly U[], rowOf: (each: U) => TableRow): Table => {
    const asked = query.from[id] ?? 0
    const from = asked < found.length ? asked : Math.max(0, Math.ceil(found.length / rowsAtOnce) - 1) * rowsAtOnce
    const rows = found.slice(from, from + rowsAtOnce).map(rowOf)
    return { id, title, empty, columns, rows, total: items.length, matching: found.length, from }
  }
  const mustSeeRows = query.words.length > 0 || (query.onlyBad && !isBad)
  return mustSeeRows ? part(matchingRows(candidates.map(row), query), each => each) : part(candidates, row)
}

function matchingRows(rows: readonly TableRow[], { words, onlyBad }: PageQuery): readonly TableRow[] {
  return rows.filter(row => (!onlyBad || row.bad) && words.every(word => holds(row, word)))
}

function holds({ cells }: TableRow, word: string): boolean {
  return cells.some(({ text, more }) => text.toLowerCase().includes(word) || more?.toLowerCase().includes(word) === true)
}
