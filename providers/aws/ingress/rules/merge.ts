// Puts ways that lead to the same place into as few rules as ALB's limits of values allow, without changing where a request ends. Pure.
import type { RuleCondition } from '../../model/application.ts'
import { conditionsOf } from './express.ts'
import { hostKey, overlaps, pathKey } from './item.ts'
import type { Author, HostMatch, Item, PathMatch, Way } from './item.ts'

/** A rule: any of the hosts, any of the paths, and all of what is further. */
export interface Merged {
  readonly hosts: readonly HostMatch[]
  readonly paths: readonly PathMatch[]
  readonly further: readonly RuleCondition[]
  readonly way: Way
  readonly authors: readonly Author[]
  readonly conditions: readonly RuleCondition[]
}

export interface MergeResult {
  /** In the order in which they are to be asked. */
  readonly rules: readonly Merged[]
  /** What ALB cannot ask, and why; `why` completes the sentence `It …`. */
  readonly refused: readonly { readonly item: Item; readonly why: string }[]
}

/** Where something stood when it was looked at last: what stood together stays together. */
export interface Standing {
  /** The rule that asked it, as any text that tells rules apart, and where it stood. */
  of(item: Pick<Item, 'host' | 'path' | 'further'>): { readonly rule: string; readonly place: number } | undefined
}

interface Node {
  readonly merged: Merged
  readonly items: readonly number[]
  readonly hint: string | undefined
  /** Where it stood, then where its first item stands. */
  readonly place: number
  readonly first: number
}

/**
 * The order between two ways matters only where a request can be for both and they differ; everything else may change places. So
 * rules are put together wherever no chain of such pairs leads from one to the other, those that stood together first.
 */
export function merge(items: readonly Item[], standing: Standing = { of: () => undefined }): MergeResult {
  const refused: { item: Item; why: string }[] = []
  const nodes = new Map<number, Node>()
  for (const [index, item] of items.entries()) {
    const conditions = conditionsOf([item.host], [item.path], item.further)
    if ('error' in conditions) {
      refused.push({ item, why: conditions.error })
      continue
    }
    const stood = standing.of(item)
    const { host, path, further, way, author } = item
    const merged: Merged = { hosts: [host], paths: [path], further, way, authors: [author], conditions }
    nodes.set(index, { merged, items: [index], hint: stood?.rule, place: stood?.place ?? Infinity, first: index })
  }
  const graph = createOrder(items, nodes.keys())
  for (const by of ['hint', 'paths', 'hosts'] as const) mergeBy(by, nodes, graph)
  return { rules: graph.sorted(nodes).map(({ merged }) => merged), refused }
}

function mergeBy(by: 'hint' | 'paths' | 'hosts', nodes: Map<number, Node>, graph: Order): void {
  const groups = Map.groupBy(nodes.keys(), id => groupOf(by, nodes.get(id)))
  for (const [key, ids] of groups) {
    if (key === undefined) continue
    const taken: number[] = []
    for (const id of ids) {
      const into = taken.find(each => {
        const joined = joinedOf(nodes.get(each), nodes.get(id))
        if (!joined || !graph.mayJoin(each, id)) return false
        nodes.set(each, joined)
        nodes.delete(id)
        graph.join(each, id)
        return true
      })
      if (into === undefined) taken.push(id)
    }
  }
}

/** Only rules of the same group can be put together; undefined for one that stays alone. */
function groupOf(by: 'hint' | 'paths' | 'hosts', node: Node | undefined): string | undefined {
  if (!node) return undefined
  const { hosts, paths, further, way } = node.merged
  const same = `${way.key} ${JSON.stringify(further)}`
  if (by === 'hint') return node.hint === undefined ? undefined : `${node.hint} ${same}`
  return by === 'paths' ? `${keysOf(hosts, hostKey)} ${same}` : `${keysOf(paths, pathKey)} ${same}`
}

function joinedOf(one: Node | undefined, other: Node | undefined): Node | undefined {
  if (!one || !other) return undefined
  const [first, second] = [one.merged, other.merged]
  const sameHosts = keysOf(first.hosts, hostKey) === keysOf(second.hosts, hostKey)
  const samePaths = keysOf(first.paths, pathKey) === keysOf(second.paths, pathKey)
  // All hosts are asked with all paths.
  if (!sameHosts && !samePaths) return undefined
  const hosts = sameHosts ? first.hosts : [...first.hosts, ...second.hosts]
  const paths = samePaths ? first.paths : [...first.paths, ...second.paths]
  const isAll = hosts.some(({ kind }) => kind === 'any') !== hosts.every(({ kind }) => kind === 'any')
  if (isAll || paths.some(({ kind }) => kind === 'any') !== paths.every(({ kind }) => kind === 'any')) return undefined
  const conditions = conditionsOf(hosts, paths, first.further)
  if ('error' in conditions) return undefined
  return {
    merged: { ...first, hosts, paths, conditions, authors: [...first.authors, ...second.authors] },
    items: [...one.items, ...other.items],
    hint: one.hint ?? other.hint,
    place: Math.min(one.place, other.place),
    first: Math.min(one.first, other.first),
  }
}

function keysOf<Match>(matches: readonly Match[], keyOf: (match: Match) => string): string {
  return matches.map(keyOf).toSorted().join('\n')
}

interface Order {
  /** Whether no chain leads from one to the other. */
  mayJoin(one: number, other: number): boolean
  /** From now on `other` is part of `one`. */
  join(one: number, other: number): void
  sorted(nodes: ReadonlyMap<number, Node>): readonly Node[]
}

/** Which must be asked before which. */
function createOrder(items: readonly Item[], ids: Iterable<number>): Order {
  const after = new Map<number, Set<number>>()
  const before = new Map<number, Set<number>>()
  const all = [...ids]
  for (const id of all) {
    after.set(id, new Set())
    before.set(id, new Set())
  }
  for (const [place, early] of all.entries()) {
    for (const late of all.slice(place + 1)) {
      const [one, other] = [items[early], items[late]]
      if (!one || !other || one.way.key === other.way.key || !overlaps(one, other)) continue
      after.get(early)?.add(late)
      before.get(late)?.add(early)
    }
  }
  const leads = (from: number, to: number): boolean => {
    const seen = new Set([from])
    const open = [from]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const next of after.get(id) ?? []) {
        if (next === to) return true
        if (!seen.has(next)) {
          seen.add(next)
          open.push(next)
        }
      }
    }
    return false
  }
  return {
    mayJoin: (one, other) => !leads(one, other) && !leads(other, one),
    join(one, other) {
      for (const [edges, back] of [
        [after, before],
        [before, after],
      ] as const) {
        for (const id of edges.get(other) ?? []) {
          back.get(id)?.delete(other)
          back.get(id)?.add(one)
          edges.get(one)?.add(id)
        }
        edges.delete(other)
      }
    },
    sorted(nodes) {
      const waits = new Map([...nodes.keys()].map(id => [id, [...(before.get(id) ?? [])].filter(each => nodes.has(each)).length]))
      const free = new Set([...waits].flatMap(([id, count]) => (count === 0 ? [id] : [])))
      const sorted: Node[] = []
      while (sorted.length < nodes.size) {
        const id = firstOf(free, nodes)
        const node = id === undefined ? undefined : nodes.get(id)
        // There is always one that nothing open must come before: chains have no circle.
        if (id === undefined || !node) throw new TypeError('rules that must each come before the other')
        free.delete(id)
        sorted.push(node)
        for (const next of after.get(id) ?? []) {
          const left = (waits.get(next) ?? 0) - 1
          waits.set(next, left)
          if (left === 0 && nodes.has(next)) free.add(next)
        }
      }
      return sorted
    },
  }
}

function firstOf(free: ReadonlySet<number>, nodes: ReadonlyMap<number, Node>): number | undefined {
  let first: { readonly id: number; readonly node: Node } | undefined
  for (const id of free) {
    const node = nodes.get(id)
    if (node && (!first || compareNodes(node, first.node) < 0)) first = { id, node }
  }
  return first?.id
}

/** Who stood somewhere keeps that order; who is new comes as early as it may, so that it moves nobody. */
function compareNodes(one: Node, other: Node): number {
  const [first, second] = [one.place === Infinity ? -1 : one.place, other.place === Infinity ? -1 : other.place]
  return first === second ? one.first - other.first : first - second
}
