// What stands in the kernel when we start: left by an earlier process of ours, and working.
import { hooks } from './base-chains.ts'
import { tableName } from './names.ts'
import type { Generation } from './names.ts'

export interface PresentTable {
  /** Where packets are led now; undefined when nothing leads anywhere. */
  readonly generation: Generation | undefined
  /** All chains without hooks. */
  readonly chains: readonly string[]
  /** It is of another layout than ours: of what stands in it nothing is known. */
  readonly isForeign: boolean
}

/** What nft is asked for it. Asked for more, it would read every element there is, which takes a minute and a gigabyte. */
export const presentQuestions = {
  active: ['list', 'set', 'inet', tableName, 'active'],
  chains: ['list', 'chains', 'inet'],
} as const

/** Reads the answers to `presentQuestions`. Names that are not ours to make are ignored. */
export function readPresentTable(active: unknown, chains: unknown): PresentTable {
  const [first] = objectsOf(active).flatMap(object => property(property(object, 'set'), 'elem') ?? [])
  const generation = first === activeMark.a ? 'a' : first === activeMark.b ? 'b' : undefined
  const names = objectsOf(chains).flatMap(object => {
    const chain = property(object, 'chain')
    const name = property(chain, 'name')
    return property(chain, 'table') === tableName && typeof name === 'string' && /^[a-z0-9_]+$/.test(name) ? [name] : []
  })
  return {
    generation,
    chains: names.filter(name => !Object.hasOwn(hooks, name)),
    isForeign: generation === undefined && (first !== undefined || (names.length > 0 && active === undefined)),
  }
}

/**
 * What is kept from one agent to the next: types and meaning of sets and maps, marks, names, hooks. Another number says that one of them is
 * not what it was, so that the next agent does not go on with a table that it would misread.
 */
const layout = 0

/** How the generation in use is written down, and the layout with it. */
export const activeMark: Readonly<Record<Generation, number>> = { a: layout * 16 + 1, b: layout * 16 + 2 }

/** The letter at the end, or before what a chain of a class adds to its name: `class12a_open`. */
export function generationOf(chain: string): string | undefined {
  return /(?:^|[a-z0-9])([ab])(?:_[a-z]+)?$/.exec(chain)?.[1]
}

/** What `nft -j` lists. */
export function objectsOf(listing: unknown): readonly unknown[] {
  const objects = property(listing, 'nftables')
  return Array.isArray(objects) ? objects : []
}

export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
