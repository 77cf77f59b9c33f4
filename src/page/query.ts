// What the browser asks for: words that rows must hold, only what is not well, and from which row on.
import { type TableId, tableIds } from './model.ts'

export interface PageQuery {
  /** Lower case; a row matches when it holds each of them somewhere. */
  readonly words: readonly string[]
  readonly onlyBad: boolean
  /** Number of the first row that is wanted of each table, from 0; absent: the first. */
  readonly from: Partial<Readonly<Record<TableId, number>>>
}

const longestFilter = 200
const mostWords = 8

/** Reads `?q=web+lan&bad=1&services=100`. What makes no sense counts as absent. */
export function readQuery(parameters: URLSearchParams): PageQuery {
  const filter = (parameters.get('q') ?? '').slice(0, longestFilter).toLowerCase()
  const from: Partial<Record<TableId, number>> = {}
  for (const id of tableIds) {
    const text = parameters.get(id) ?? ''
    if (/^\d{1,7}$/.test(text) && Number(text) > 0) from[id] = Number(text)
  }
  return {
    words: filter.split(/\s+/).filter(Boolean).slice(0, mostWords),
    onlyBad: parameters.get('bad') === '1',
    from,
  }
}
