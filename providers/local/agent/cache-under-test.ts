// What a process knows of the objects of one kind, for tests: a list, then the events that reach it.
import type { Change, Watched } from './ports.ts'

/** A cache as a store is: filled by a list, then by events. */
export function cacheOf<T>(list: () => Iterable<T>, keyOf: (object: T) => string) {
  const content = new Map(Array.from(list(), object => [keyOf(object), object]))
  const listeners = new Set<(event: Change<T>) => void>()
  const watched: Watched<T> = {
    get: key => content.get(key),
    values: () => content.values(),
    isSynced: true,
    subscribe(listener, { replay = false } = {}) {
      if (replay) for (const object of content.values()) listener({ type: 'added', object })
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const take = (event: Change<T>) => {
    if (event.object) content.set(keyOf(event.object), event.object)
    else if (event.old) content.delete(keyOf(event.old))
    for (const listener of listeners) listener(event)
  }
  return { watched, take }
}
