// Gathers names that change in one turn and tells them together: a relist brings hundreds of changes at once.

export interface NameBatch {
  readonly add: (name: string) => void
  readonly subscribe: (listener: (names: ReadonlySet<string>) => void) => () => void
}

export function batchNames(): NameBatch {
  const listeners = new Set<(names: ReadonlySet<string>) => void>()
  let waiting = new Set<string>()
  const tell = () => {
    const names = waiting
    waiting = new Set()
    for (const listener of listeners) listener(names)
  }
  return {
    add: name => {
      if (waiting.size === 0) queueMicrotask(tell)
      waiting.add(name)
    },
    subscribe: listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
