// The way from what is written in the kernel to what is desired, as transactions for nft. Pure.
import type { IpRange } from '../../../../src/model/address.ts'
import type { DesiredNode, DesiredService, DesiredTable, SlotTable } from './desired.ts'
import { elementId, sameValue } from './element.ts'
import type { Element } from './element.ts'
import { serviceElements, slotNumbers } from './elements.ts'

import { nodeElements } from './node-elements.ts'
import { drop, editsOf, finish, use } from './shared-parts.ts'
import { forgetRecent } from './shortcuts.ts'
import { transactions } from './transactions.ts'
import type { Change, Transaction } from './transactions.ts'
import type { WrittenTable } from './written-table.ts'

/**
 * The transactions, each atomic and in this order, and what is written after them. First what nothing leads to yet, then the Services, each
 * of them in one transaction, then what nothing leads to any more; so everything works between two transactions, and when
 * they end early. Services that are the same object as what is written cost nothing but the comparison.
 */
export function planTable(
  desired: DesiredTable,
  written: WrittenTable,
): { readonly transactions: readonly Transaction[]; readonly written: WrittenTable } {
  const { generation } = written
  const edits = editsOf(written)
  const make: Change[] = []
  const change: Change[] = []
  const clean: Change[] = []
  const services = new Map(written.services)
  const slots = slotContents(desired.nodes)
  const sameNumbers = haveSameNumbers(desired.nodes, written.nodes)
  /** Packets of open connections are not treated as a moment ago. */
  let isOtherwise = hasLost(desired.nodes, written.nodes)

  for (const [key, { service, taken }] of written.services) {
    if (desired.services.has(key)) continue
    services.delete(key)
    drop(edits, service, taken)
    isOtherwise = true
    change.push({ remove: serviceElements(service, taken, generation), add: [] })
  }
  for (const [key, service] of desired.services) {
    const old = written.services.get(key)
    if (old?.service === service && sameNumbers) continue
    const { taken, made } = use({ edits, service, slots, desired, generation })
    make.push(...made)
    if (old) drop(edits, old.service, old.taken)
    services.set(key, { service, taken })
    if (old && (old.taken.class !== taken.class || !haveSameSources(old.service, service))) isOtherwise = true
    const before = old ? serviceElements(old.service, old.taken, generation) : []
    const difference = differing(before, serviceElements(service, taken, generation))
    if (difference.remove.length + difference.add.length > 0) change.push(difference)
  }
  const { registries, cleaned } = finish(edits, written, generation)
  clean.push(...cleaned)
  return {
    transactions: [
      ...transactions([make, [...change, ...sharedChange(desired, written)], clean]),
      ...(isOtherwise ? [`${forgetRecent().join('\n')}\n`] : []),
    ],
    written: {
      generation,
      seed: written.seed,
      interfaces: desired.interfaces,
      nodes: desired.nodes,
      services,
      ...registries,
    },
  }
}

/** Elements that are in both with the same value stay as they are. */
function differing(before: readonly Element[], after: readonly Element[]): Change {
  if (before.length === 0) return { remove: [], add: after }
  const gone = new Map(before.map(element => [elementId(element), element]))
  const add: Element[] = []
  for (const element of after) {
    const id = elementId(element)
    const known = gone.get(id)
    if (known && sameValue(known, element)) gone.delete(id)
    else add.push(element)
  }
  return { remove: [...gone.values()], add }
}

/** The content of slot tables, computed once for each. */
function slotContents(nodes: ReadonlyMap<string, DesiredNode>): (table: SlotTable) => string {
  const known = new Map<SlotTable, string>()
  return table => {
    const content = known.get(table) ?? slotNumbers(table, nodes)
    known.set(table, content)
    return content
  }
}

function haveSameNumbers(one: ReadonlyMap<string, DesiredNode>, other: ReadonlyMap<string, DesiredNode>): boolean {
  return one.size === other.size && [...one].every(([name, { number }]) => other.get(name)?.number === number)
}

/** Some node that lived does not any more. */
function hasLost(nodes: ReadonlyMap<string, DesiredNode>, before: ReadonlyMap<string, DesiredNode>): boolean {
  return [...before].some(([name, { alive }]) => alive && nodes.get(name)?.alive !== true)
}

function haveSameSources({ sources: one }: DesiredService, { sources: other }: DesiredService): boolean {
  return one === other || (one.length === other.length && one.every((range, at) => isSameRange(range, other[at])))
}

function isSameRange(one: IpRange, other: IpRange | undefined): boolean {
  return one.first === other?.first && one.last === other.last
}

/** Interfaces and nodes: who may send to us, and who may be sent to. */
function sharedChange(desired: DesiredTable, written: WrittenTable): readonly Change[] {
  const before = nodeElements(written, written.generation)
  const difference = differing(before, nodeElements(desired, written.generation))
  return difference.add.length + difference.remove.length === 0 ? [] : [difference]
}
