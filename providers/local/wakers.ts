// Who wants to be told that something is to be looked at again.

export interface Wakers<Key> {
  readonly wake: (key: Key) => void
  /** Gives the way to stop being told. */
  readonly watch: (listener: (key: Key) => void) => () => void
}

export function createWakers<Key>(): Wakers<Key> {
  const listeners = new Set<(key: Key) => void>()
  return {
    wake: key => {
      for (const listener of listeners) listener(key)
    },
    watch: listener => {
      const own = (key: Key) => listener(key)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}
