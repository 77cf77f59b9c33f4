// Pages: a marker is where the next page begins. It is bound to what was asked, so that it cannot be used for another list.
import { createHash } from 'node:crypto'

export type Page<T> = { readonly items: readonly T[]; readonly next?: string }

/** One page of `all`. `refuse` makes the error for a marker that was not given out for this list. */
export function pageOf<T>(
  all: readonly T[],
  request: { readonly list: string; readonly size: number; readonly marker?: string | undefined; readonly refuse: () => Error },
): Page<T> {
  const start = request.marker === undefined ? 0 : startOf(request.marker, request.list, request.refuse)
  const items = all.slice(start, start + request.size)
  const end = start + items.length
  return end < all.length ? { items, next: Buffer.from(`${sign(request.list)}/${end}`).toString('base64url') } : { items }
}

function startOf(marker: string, list: string, refuse: () => Error): number {
  const [mark, start] = Buffer.from(marker, 'base64url').toString().split('/')
  if (mark !== sign(list) || !/^\d+$/.test(start ?? '')) throw refuse()
  return Number(start)
}

function sign(list: string): string {
  return createHash('sha256').update(list).digest('hex').slice(0, 8)
}
