// What stands in the kernel when we start: left by an earlier process of ours, and working.
import { hooks } from './base-chains.ts'
import { keptNames, tableName } from './names.ts'
import type { Generation } from './names.ts'

export interface PresentTable {
  /** Where packets are led now; undefined when nothing leads anywhere. */
  readonly generation: Generation | undefined
  readonly chains: readonly string[]
  readonly sets: readonly string[]
  readonly maps: readonly string[]
}

const nothing: PresentTable = { generation: undefined, chains: [], sets: [], maps: [] }
const keptAlways = new Set<string>(['nodes4', 'nodes6', ...Object.values(keptNames(4)), ...Object.values(keptNames(6))])

/** Reads `nft -j -t list table`, which leaves elements out. Names that are not ours to make are ignored. */
export function readPresentTable(listing: unknown): PresentTable {
  const objects = property(listing, 'nftables')
  if (!Array.isArray(objects)) return nothing
  const names = (kind: string) =>
    objects.flatMap(object => {
      const name = property(property(object, kind), 'name')
      return typeof name === 'string' && /^[a-z0-9_]+$/.test(name) ? [name] : []
    })
  const chains = names('chain')
  const led = JSON.stringify(objects.filter(object => property(property(object, 'rule'), 'chain') === 'steer'))
  return {
    generation: led.includes('"@interfacesa"') ? 'a' : led.includes('"@interfacesb"') ? 'b' : undefined,
    chains: chains.filter(name => !Object.hasOwn(hooks, name)),
    sets: names('set').filter(name => !keptAlways.has(name)),
    maps: names('map').filter(name => !keptAlways.has(name)),
  }
}

/** Takes away everything of a generation; nothing may lead there any more in the same transaction. */
export function removeGeneration(generation: Generation, present: PresentTable): readonly string[] {
  const at = `inet ${tableName}`
  const its = (names: readonly string[]) => names.filter(name => generationOf(name) === generation)
  const chains = its(present.chains)
  return [
    // Verdict maps name chains.
    ...its(present.maps).map(name => `flush map ${at} ${name}`),
    ...chains.map(name => `flush chain ${at} ${name}`),
    ...chains.map(name => `delete chain ${at} ${name}`),
    ...its(present.maps).map(name => `delete map ${at} ${name}`),
    ...its(present.sets).map(name => `delete set ${at} ${name}`),
  ]
}

/** The letter at the end, or before what a chain of a class adds to its name: `class12a_open`. */
function generationOf(name: string): string | undefined {
  return /(?:^|[a-z0-9])([ab])(?:_[a-z]+)?$/.exec(name)?.[1]
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
