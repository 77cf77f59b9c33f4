// Which node serves which hash of a connection: computed alike on every node from the same endpoints, so that no node has to be asked.
import type { SlotTable } from './desired.ts'

/** So many elements of slot tables are written at most, if tables of `fewestSlots` allow it: about a second of the kernel's time. */
const slotElements = 160_000
const fewestSlots = 16

/**
 * How many slots there are for that many endpoints: enough for a fair share of each node, few enough for so many different tables in the
 * cluster. Same everywhere, because `tables` is.
 */
export function slotCount(endpoints: number, tables: number): number {
  let count = endpoints <= 16 ? 64 : endpoints <= 64 ? 256 : 1024
  while (count > Math.max(fewestSlots, endpoints) && count * tables > slotElements) count /= 2
  return count
}

/**
 * The slot table for so many endpoints per node, or undefined without any. Depends on nothing else but how many different ones there are. Each node gets its share of the slots
 * by largest remainder and, of all that want a slot, the one whose hash with it is highest takes it while its share lasts
 * (rendezvous hashing with bounds), so a change of weights moves few slots besides those that have to move.
 */
export function buildSlots(weights: ReadonlyMap<string, number>, tables = 1): SlotTable | undefined {
  const nodes = [...weights].filter(([, weight]) => weight > 0).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const total = nodes.reduce((sum, [, weight]) => sum + weight, 0)
  if (total === 0) return undefined
  const count = slotCount(total, tables)
  const left = shares(
    nodes.map(([, weight]) => weight),
    count,
  )
  const names = nodes.map(([name]) => name)
  const wishes = new Float64Array(names.length * count)
  names.forEach((name, node) => {
    const seed = hashText(name)
    for (let slot = 0; slot < count; slot++) {
      const index = node * count + slot
      wishes[index] = mix(seed ^ Math.imul(slot + 1, 0x9e37_79b1)) * 0x20_0000 + index
    }
  })
  wishes.sort()
  const owners: (string | undefined)[] = Array.from({ length: count })
  for (let at = wishes.length - 1, open = count; at >= 0 && open > 0; at--) {
    const index = (wishes[at] ?? 0) % 0x20_0000
    const node = Math.floor(index / count)
    const slot = index % count
    const share = left[node] ?? 0
    if (share === 0 || owners[slot] !== undefined) continue
    left[node] = share - 1
    owners[slot] = names[node] ?? ''
    open--
  }
  // When all that still want a slot have had their share before its turn came, it goes to who has some left.
  for (let slot = 0, node = 0; slot < count; slot++) {
    if (owners[slot] !== undefined) continue
    while (left[node] === 0) node++
    left[node] = (left[node] ?? 0) - 1
    owners[slot] = names[node] ?? ''
  }
  return slotTable(owners.map(owner => owner ?? ''))
}

/** A slot table of these nodes in this order. */
export function slotTable(nodes: readonly string[]): SlotTable {
  return { id: nodes.join(' '), nodes }
}

/**
 * Where the connections of each slot were before, after `now` took the place of `before`: the last other owner of the slot. Undefined when
 * no slot ever had another one. A table of another size says nothing about slots of this one, so it is kept as it was.
 */
export function previousSlots(
  now: SlotTable,
  before: SlotTable | undefined,
  earlier: SlotTable | undefined,
): SlotTable | undefined {
  if (!before || before.id === now.id) return earlier
  if (before.nodes.length !== now.nodes.length) return before
  const comparable = earlier?.nodes.length === now.nodes.length ? earlier : undefined
  const nodes = now.nodes.map((owner, slot) => {
    const last = before.nodes[slot] ?? owner
    return last === owner ? (comparable?.nodes[slot] ?? owner) : last
  })
  const table = slotTable(nodes)
  return table.id === now.id ? undefined : table
}

/** So many of `count` slots for each weight; at least one, as far as there are enough. */
function shares(weights: readonly number[], count: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const exact = weights.map(weight => (weight * count) / total)
  const given = exact.map(Math.floor)
  let left = count - given.reduce((sum, share) => sum + share, 0)
  const byRemainder = exact.map((share, node) => ({ node, remainder: share - Math.floor(share) }))
  byRemainder.sort((one, other) => other.remainder - one.remainder || one.node - other.node)
  for (const { node } of byRemainder) {
    if (left === 0) break
    given[node] = (given[node] ?? 0) + 1
    left--
  }
  for (const [node, share] of given.entries()) {
    if (share > 0) continue
    const richest = given.indexOf(Math.max(...given))
    if ((given[richest] ?? 0) < 2) break
    given[richest] = (given[richest] ?? 0) - 1
    given[node] = 1
  }
  return given
}

/** FNV-1a, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  return mix(hash)
}

/** The last step of murmur3: every bit of the input reaches every bit of the output. Unsigned 32 bits. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16)
  hash = Math.imul(hash, 0x85eb_ca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
