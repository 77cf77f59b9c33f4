// What a person looks at, kept in the address of the page: it can be reloaded, marked and sent, and “back” works.
import type { TableId } from '../model.ts'

export interface Place {
  /** The filter as it was typed. */
  readonly q: string
  readonly bad: boolean
  /** The object whose story is told, as `service/default/web`; empty for none. */
  readonly open: string
  /** First rows of tables, by their ids. */
  readonly from: Readonly<Record<string, number>>
}

declare const location: { readonly search: string; readonly pathname: string; readonly hash: string }
declare const history: {
  pushState(data: null, unused: '', url: string): void
  replaceState(data: null, unused: '', url: string): void
}

export function readPlace(): Place {
  const { q = '', bad, open = '', ...others } = Object.fromEntries(new URLSearchParams(location.search))
  const from = Object.fromEntries(Object.entries(others).map(([id, first]) => [id, Number(first) || 0]))
  return { q, bad: bad === '1', open, from }
}

/** `?q=web&services=100`, without what is as usual. */
export function searchOf({ q, bad, open, from }: Place): string {
  const parameters = new URLSearchParams()
  if (q !== '') parameters.set('q', q)
  if (bad) parameters.set('bad', '1')
  for (const [id, first] of Object.entries(from)) if (first > 0) parameters.set(id, String(first))
  if (open !== '') parameters.set('open', open)
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** A step that “back” undoes. */
export function goTo(place: Place): void {
  history.pushState(null, '', `${location.pathname}${searchOf(place)}`)
}

/** The same step, gone on with: typing is no history. */
export function correct(place: Place): void {
  history.replaceState(null, '', `${location.pathname}${searchOf(place)}${location.hash}`)
}

export function withFirst(place: Place, table: TableId, first: number): Place {
  return { ...place, from: { ...place.from, [table]: first } }
}
