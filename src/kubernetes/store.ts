// The local copy of one kind of object: read by key or index, told about every change with the old and the new object.
import { keyOf } from './objects.ts'
import type { KubernetesObject, ObjectKey } from './objects.ts'

export type StoreEvent<T> =
  | { readonly type: 'added'; readonly key: ObjectKey; readonly object: T; readonly old?: undefined }
  | { readonly type: 'updated'; readonly key: ObjectKey; readonly object: T; readonly old: T }
  | { readonly type: 'deleted'; readonly key: ObjectKey; readonly object?: undefined; readonly old: T }

export type StoreListener<T> = (event: StoreEvent<T>) => void

/** The index values of an object; the object is found under each. Must depend on the object alone. */
export type Indexer<T> = (object: T) => readonly string[]

/** Objects in here are never changed in place, by nobody: an update replaces the object. */
export interface Store<T extends KubernetesObject> {
  get(key: ObjectKey): T | undefined
  has(key: ObjectKey): boolean
  /** All objects, in no promised order. */
  values(): IterableIterator<T>
  keys(): IterableIterator<ObjectKey>
  readonly size: number
  /** The objects whose indexer named `index` gave `value`. An unknown index name is a mistake and throws. */
  byIndex(index: string, value: string): readonly T[]
  /** The values that the index holds at least one object for. */
  indexValues(index: string): IterableIterator<string>
  /**
   * Hears every change after the store has changed. With `replay`, first hears what is there as `added`, at once.
   * A listener that throws is reported and harms nobody else. Returns the way to stop hearing.
   */
  subscribe(listener: StoreListener<T>, options?: { readonly replay?: boolean }): () => void
  /** Resolves when the first full list is in. */
  readonly synced: Promise<void>
  readonly isSynced: boolean
}

/** The side that a reflector (or a test) feeds. */
export interface WritableStore<T extends KubernetesObject> extends Store<T> {
  put(object: T): void
  remove(key: ObjectKey): void
  /**
   * Makes the content equal to `objects`, tells the differences, and marks the store as synced. When a listener aborts
   * `signal` meanwhile, it stops there and tells nothing more.
   */
  replace(objects: Iterable<T>, signal?: AbortSignal): void
}

export interface StoreOptions<T> {
  readonly indexers?: Readonly<Record<string, Indexer<T>>>
  /** Told about a listener that threw. */
  readonly onListenerError?: (error: unknown) => void
}

/** An empty store. */
export function createStore<T extends KubernetesObject>(options: StoreOptions<T> = {}): WritableStore<T> {
  const objects = new Map<ObjectKey, T>()
  const indexes = new Map(Object.entries(options.indexers ?? {}).map(([name, indexer]) => [name, new Index(indexer)]))
  const listeners = new Set<StoreListener<T>>()
  const synced = Promise.withResolvers<void>()
  let isSynced = false

  const indexNamed = (name: string): Index<T> => {
    const index = indexes.get(name)
    if (!index) throw new TypeError(`the store has no index named ${name}`)
    return index
  }
  const deliver = (listener: StoreListener<T>, event: StoreEvent<T>) => {
    try {
      listener(event)
    } catch (error) {
      options.onListenerError?.(error)
    }
  }
  const tell = (event: StoreEvent<T>) => {
    for (const listener of listeners) deliver(listener, event)
  }
  const put = (object: T) => {
    const key = keyOf(object)
    const old = objects.get(key)
    if (old && isSame(old, object)) return
    // Another object under the same name: its predecessor was deleted while nobody looked.
    if (old && old.metadata.uid !== object.metadata.uid) {
      remove(key)
      put(object)
      return
    }
    objects.set(key, object)
    for (const index of indexes.values()) index.move(key, old, object)
    tell(old ? { type: 'updated', key, object, old } : { type: 'added', key, object })
  }
  const remove = (key: ObjectKey) => {
    const old = objects.get(key)
    if (!old) return
    objects.delete(key)
    for (const index of indexes.values()) index.move(key, old, undefined)
    tell({ type: 'deleted', key, old })
  }

  return {
    get: key => objects.get(key),
    has: key => objects.has(key),
    values: () => objects.values(),
    keys: () => objects.keys(),
    get size() {
      return objects.size
    },
    byIndex(name, value) {
      const found: T[] = []
      for (const key of indexNamed(name).keys(value)) {
        const object = objects.get(key)
        if (object) found.push(object)
      }
      return found
    },
    indexValues: name => indexNamed(name).values(),
    subscribe(listener, { replay = false } = {}) {
      // A wrapper of its own, so that one function subscribed twice is two subscriptions.
      const own: StoreListener<T> = event => listener(event)
      if (replay) for (const [key, object] of objects) deliver(own, { type: 'added', key, object })
      listeners.add(own)
      return () => listeners.delete(own)
    },
    synced: synced.promise,
    get isSynced() {
      return isSynced
    },
    put,
    remove,
    replace(next, signal) {
      const gone = new Set(objects.keys())
      for (const object of next) {
        if (signal?.aborted) return
        gone.delete(keyOf(object))
        put(object)
      }
      for (const key of gone) {
        if (signal?.aborted) return
        remove(key)
      }
      if (signal?.aborted) return
      isSynced = true
      synced.resolve()
    },
  }
}

/** A relist or a replayed watch event brings what is already here; nobody needs to hear of it. */
function isSame(old: KubernetesObject, next: KubernetesObject): boolean {
  const { uid, resourceVersion } = next.metadata
  return resourceVersion !== undefined && old.metadata.resourceVersion === resourceVersion && old.metadata.uid === uid
}

class Index<T> {
  readonly #indexer: Indexer<T>
  /** A single key is held bare: most values of most indexes have one, and a Set costs 200 bytes. */
  readonly #entries = new Map<string, ObjectKey | Set<ObjectKey>>()

  constructor(indexer: Indexer<T>) {
    this.#indexer = indexer
  }

  *keys(value: string): IterableIterator<ObjectKey> {
    const entry = this.#entries.get(value)
    if (typeof entry === 'string') yield entry
    else if (entry) yield* entry
  }

  values(): IterableIterator<string> {
    return this.#entries.keys()
  }

  move(key: ObjectKey, old: T | undefined, next: T | undefined): void {
    const before = old === undefined ? [] : this.#indexer(old)
    const after = next === undefined ? [] : this.#indexer(next)
    for (const value of before) if (!after.includes(value)) this.#drop(value, key)
    for (const value of after) if (!before.includes(value)) this.#add(value, key)
  }

  #add(value: string, key: ObjectKey): void {
    const entry = this.#entries.get(value)
    if (entry === undefined || entry === key) this.#entries.set(value, key)
    else if (typeof entry === 'string') this.#entries.set(value, new Set([entry, key]))
    else entry.add(key)
  }

  #drop(value: string, key: ObjectKey): void {
    const entry = this.#entries.get(value)
    if (entry === undefined) return
    if (typeof entry === 'string') {
      if (entry === key) this.#entries.delete(value)
      return
    }
    entry.delete(key)
    if (entry.size === 0) this.#entries.delete(value)
  }
}
