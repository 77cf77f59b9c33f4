// From the resources an Envoy has to those it is to have: the changes, in an order in which nothing ever dangles.
import { isDeepStrictEqual } from 'node:util'
import type { Resources, ResourceType } from './envoy.ts'

/** One message of the stream (incremental xDS): resources of one type that are new or other, and names of those that go. */
export interface Change {
  readonly type: ResourceType
  /** By name. */
  readonly set: ReadonlyMap<string, unknown>
  readonly remove: readonly string[]
}

/** What others point to comes first. Endpoints are asked for by clusters, and routes by listeners, once these are there. */
const making: readonly ResourceType[] = ['secrets', 'clusters', 'endpoints', 'listeners', 'routes']

/** What points to others goes first. */
const removing: readonly ResourceType[] = ['routes', 'listeners', 'clusters', 'endpoints', 'secrets']

/**
 * The changes between two sets of resources; none when they are the same. What is new is set in the order of what points to
 * what, then what is left over is removed, users before what they use, so a request finds a whole configuration at any moment.
 */
export function changes(before: Resources | undefined, after: Resources): readonly Change[] {
  const set = making.map(type => ({ type, set: differing(before?.[type], after[type]), remove: [] }))
  const remove = removing.map(type => ({ type, set: new Map<string, unknown>(), remove: missing(before?.[type], after[type]) }))
  return [...set, ...remove].filter(({ set, remove }) => set.size + remove.length > 0)
}

function differing(before: ReadonlyMap<string, unknown> | undefined, after: ReadonlyMap<string, unknown>): Change['set'] {
  return new Map([...after].filter(([name, resource]) => !isDeepStrictEqual(before?.get(name), resource)))
}

function missing(before: ReadonlyMap<string, unknown> | undefined, after: ReadonlyMap<string, unknown>): readonly string[] {
  return [...(before ?? [])].flatMap(([name]) => (after.has(name) ? [] : [name]))
}
