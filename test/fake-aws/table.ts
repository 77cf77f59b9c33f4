// A table that remembers what it held at each moment, so that a read can be as old as an eventually consistent one.

/** The records as of one moment. */
export type Snapshot<T> = {
  get(key: string): T | undefined
  values(): readonly T[]
}

/** Records by key. A record is never changed, only replaced. */
export type Table<T> = Snapshot<T> & {
  /** `from` is when the write happened: now, if not given. What a test puts there before it begins was always there. */
  put(key: string, record: T, from?: number): void
  delete(key: string): void
  /** What the table held at `time` (milliseconds since the epoch). */
  at(time: number): Snapshot<T>
}

type Version<T> = { readonly from: number; readonly record: T | undefined }

/** An empty table; `now` is the time its writes are dated with. */
export function table<T>(now: () => number): Table<T> {
  const present = new Map<string, T>()
  const history = new Map<string, Version<T>[]>()

  const write = (key: string, record: T | undefined, from = now()) => {
    const versions = history.get(key) ?? []
    versions.push({ from, record })
    history.set(key, versions)
  }
  const recordAt = (versions: readonly Version<T>[], time: number): T | undefined =>
    versions.findLast(version => version.from <= time)?.record

  return {
    get: key => present.get(key),
    values: () => [...present.values()],
    put(key, record, from) {
      present.set(key, record)
      write(key, record, from)
    },
    delete(key) {
      if (present.delete(key)) write(key, undefined)
    },
    at(time) {
      if (time >= now()) return this
      return {
        get: key => recordAt(history.get(key) ?? [], time),
        values: () => [...history.values()].map(versions => recordAt(versions, time)).filter(record => record !== undefined),
      }
    },
  }
}
