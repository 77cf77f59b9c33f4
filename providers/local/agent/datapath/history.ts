// Where connections were before this process started: read from the table that stands in the kernel, so that they are still found.
import type { DesiredNode, DesiredService, SlotTable } from './desired.ts'
import { protocolNumber } from './desired.ts'
import { addressWords, portWord } from './element.ts'
import type { ReadElement } from './element-dump.ts'
import { familyOf, slotNumbers } from './elements.ts'
import { classBits, nodeMarkBase, sharedNames, staticNames } from './names.ts'
import type { Family, Generation } from './names.ts'
import { firstNumber } from './registry.ts'
import { previousSlots, slotTable } from './slots.ts'
import { lastSlotTable } from './written-table.ts'

/** The previous owners of a Service's slots, as long as its slots are these. */
export interface Restored {
  readonly slots: SlotTable
  readonly previous: SlotTable
}

/** The previous owners that `services` do not tell themselves, by their keys. `read` lists a set. */
export async function readHistory({
  read,
  generation,
  services,
  nodes,
}: {
  readonly read: (set: string) => Promise<readonly ReadElement[]>
  readonly generation: Generation
  readonly services: ReadonlyMap<string, DesiredService>
  readonly nodes: ReadonlyMap<string, DesiredNode>
}): Promise<Map<string, Restored>> {
  const restored = new Map<string, Restored>()
  const written = new Map<string, Known>()
  for (const family of families) {
    const { services: now, previous: before } = staticNames(family, generation)
    const nowTables = tablesByService(await read(now))
    const beforeTables = tablesByService(await read(before))
    for (const [key, service] of services) {
      if (familyOf(service) !== family || !isFollowed(service)) continue
      const words = [...addressWords(service.address), protocolNumber[service.protocol], portWord(service.port)].join()
      written.set(key, { service, now: nowTables.get(words), before: beforeTables.get(words) })
    }
  }
  // The kernel takes long to list many slots; when nothing has moved there is no need to know them.
  if ([...written.values()].every(known => hasNotMoved(known, nodes))) return restored
  const names = new Map([...nodes].map(([name, { number }]) => [nodeMarkBase + number, name]))
  const tableOf = slotTables(await read(sharedNames(generation).slots), names)
  for (const [key, { service, now, before }] of written) {
    const previous = previousSlots(service.slots, tableOf(now), tableOf(before))
    if (previous) restored.set(key, { slots: service.slots, previous })
  }
  return restored
}

const families: readonly Family[] = [4, 6]

interface Known {
  readonly service: Followed
  /** Numbers of its slot tables in the kernel. */
  readonly now: number | undefined
  readonly before: number | undefined
}

/**
 * A slot table's number comes from its content, or is one of the next when that was taken (`editRegistry`). Another table stands there by chance
 * once in many thousand times; then the Service starts without a history.
 */
function hasNotMoved({ service, now, before }: Known, nodes: ReadonlyMap<string, DesiredNode>): boolean {
  if (before !== undefined) return false
  if (now === undefined) return true
  const ahead = now - firstNumber(slotNumbers(service.slots, nodes), lastSlotTable)
  return ahead >= 0 && ahead < 4
}

/** The same Services, with what was restored for those that do not know better; who knows better, or has changed, is forgotten here. */
export function withHistory(
  services: ReadonlyMap<string, DesiredService>,
  restored: Map<string, Restored>,
  known: WeakMap<DesiredService, DesiredService>,
): ReadonlyMap<string, DesiredService> {
  if (restored.size === 0) return services
  const all = new Map(services)
  for (const [key, { slots, previous }] of restored) {
    const service = services.get(key)
    if (!service || !isFollowed(service) || service.slots.id !== slots.id) {
      restored.delete(key)
      continue
    }
    const completed = known.get(service) ?? { ...service, previous }
    known.set(service, completed)
    all.set(key, completed)
  }
  return all
}

type Followed = DesiredService & { readonly slots: SlotTable }

function isFollowed(service: DesiredService): service is Followed {
  return service.path === 'direct' && service.protocol === 'TCP' && service.slots !== undefined && !service.previous
}

/** The number of each Service's slot table. */
function tablesByService(elements: readonly ReadElement[]): ReadonlyMap<string, number> {
  return new Map(elements.map(({ key, value }) => [key.join(), (value[0] ?? 0) >>> classBits]))
}

function slotTables(
  elements: readonly ReadElement[],
  names: ReadonlyMap<number, string>,
): (number: number | undefined) => SlotTable | undefined {
  const found = new Map<number, string[]>()
  for (const {
    key: [mark = 0, slot = 0],
    value: [node = 0],
  } of elements) {
    const number = mark >>> classBits
    const slots = found.get(number) ?? []
    slots[slot] = names.get(node) ?? ''
    found.set(number, slots)
  }
  const tables = new Map<number | undefined, SlotTable>()
  return number => {
    const known = tables.get(number)
    if (known) return known
    const slots = number === undefined ? undefined : found.get(number)
    if (!slots) return undefined
    // Slots of nodes that were unknown have no element; there are 16, 32, 64 and so on.
    const length = 2 ** Math.max(4, Math.ceil(Math.log2(slots.length)))
    const table = slotTable(Array.from({ length }, (_, slot) => slots[slot] ?? ''))
    tables.set(number, table)
    return table
  }
}
