// Numbers for things that several Services share in the kernel, counted by their users.
import { hashText } from './slots.ts'

/** Each key's number and how many use it. Never changed in place. */
export interface Registry {
  readonly entries: ReadonlyMap<string, { readonly number: number; readonly users: number }>
  readonly taken: ReadonlySet<number>
  /** Numbers go from 1 to this. */
  readonly last: number
}

export function emptyRegistry(last: number): Registry {
  return { entries: new Map(), taken: new Set(), last }
}

/** Thrown when there are more things of a kind than numbers for them. Nothing was written. */
export class NumbersExhausted extends Error {
  readonly code = 'NumbersExhausted'
}

/** A registry in the making. */
export interface RegistryEdit {
  /** One more user: the number, and whether it is the first one. */
  use(key: string): { readonly number: number; readonly first: boolean }
  /** One user less. Its number stays taken until `finish`. */
  drop(key: string): void
  numberOf(key: string): number | undefined
  /** What is used no more, with its numbers, and the registry without it. */
  finish(): { readonly registry: Registry; readonly unused: readonly (readonly [key: string, number: number])[] }
}

/** A key's number comes from its content as far as that number is free, so that equal tables get equal numbers. */
export function editRegistry(registry: Registry): RegistryEdit {
  const entries = new Map(registry.entries)
  const taken = new Set(registry.taken)
  const dropped = new Set<string>()
  const free = (key: string) => {
    if (taken.size >= registry.last) throw new NumbersExhausted(`more than ${registry.last} numbers are needed`)
    let number = firstNumber(key, registry.last)
    while (taken.has(number)) number = (number % registry.last) + 1
    taken.add(number)
    return number
  }
  return {
    use(key) {
      const known = entries.get(key)
      const number = known?.number ?? free(key)
      entries.set(key, { number, users: (known?.users ?? 0) + 1 })
      return { number, first: known === undefined }
    },
    drop(key) {
      const known = entries.get(key)
      if (!known) return
      entries.set(key, { number: known.number, users: known.users - 1 })
      dropped.add(key)
    },
    numberOf: key => entries.get(key)?.number,
    finish() {
      const unused: (readonly [string, number])[] = []
      for (const key of dropped) {
        const known = entries.get(key)
        if (!known || known.users > 0) continue
        entries.delete(key)
        taken.delete(known.number)
        unused.push([key, known.number])
      }
      return { registry: { entries, taken, last: registry.last }, unused }
    },
  }
}

/** The number that a key has unless it is taken; then it is the next one that is free. */
export function firstNumber(key: string, last: number): number {
  return (hashText(key) % last) + 1
}
