// A picture of all resources of one kind that everybody shares: listed once, then kept true by what we write ourselves.

/** How long our own write is believed more than a listing: describes lag behind (EC2 API, "Eventual consistency"). */
export const believedMs = 60_000

export interface TableOptions<T> {
  /** Lists everything there is now. Is never run twice at once. */
  readonly list: () => Promise<readonly T[]>
  readonly keyOf: (item: T) => string
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
}

export interface SnapshotTable<T> {
  /** Everything, listed on the first call. */
  all(signal: AbortSignal): Promise<ReadonlyMap<string, T>>
  /** Lists anew; those who ask while a listing is under way share it. */
  refresh(signal: AbortSignal): Promise<ReadonlyMap<string, T>>
  /** What is known without asking anybody. */
  known(key: string): T | undefined
  /** We made or changed it. */
  put(item: T): void
  /** A single look gave it, which is as good as a listing of that moment. */
  saw(item: T): void
  /** AWS says that it is not there. */
  lost(key: string): void
  /** We deleted it. */
  drop(key: string): void
  /** When the last listing ended, by `monotonic`; undefined before the first. */
  readonly listedAt: number | undefined
}

export function createTable<T>({ list, keyOf, monotonic }: TableOptions<T>): SnapshotTable<T> {
  let items = new Map<string, T>()
  const written = new Map<string, number>()
  let listing: Promise<void> | undefined
  let listedAt: number | undefined

  const load = async () => {
    const startedAt = monotonic()
    const listed = await list()
    const next = new Map(listed.map((item): [string, T] => [keyOf(item), item]))
    for (const [key, at] of written) {
      if (startedAt - at > believedMs) {
        written.delete(key)
        continue
      }
      const mine = items.get(key)
      if (mine === undefined) next.delete(key)
      else next.set(key, mine)
    }
    items = next
    listedAt = monotonic()
  }
  const refresh = async (signal: AbortSignal) => {
    listing ??= load().finally(() => (listing = undefined))
    await abandonable(listing, signal)
    return items
  }
  const write = (key: string) => {
    written.set(key, monotonic())
  }
  return {
    all: signal => (listedAt === undefined ? refresh(signal) : Promise.resolve(items)),
    refresh,
    known: key => items.get(key),
    put(item) {
      items.set(keyOf(item), item)
      write(keyOf(item))
    },
    saw: item => void items.set(keyOf(item), item),
    lost(key) {
      items.delete(key)
      written.delete(key)
    },
    drop(key) {
      items.delete(key)
      write(key)
    },
    get listedAt() {
      return listedAt
    },
  }
}

/** `shared`, or the signal's reason as soon as that aborts; what is shared goes on for the others. */
export function abandonable<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
