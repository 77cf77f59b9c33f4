// Changes of sets, maps and chains in pieces that each are one transaction of bounded size.
import type { Element } from './element.ts'
import type { Chain } from './expressions.ts'
import { tableName } from './names.ts'
import { chainText } from './skeleton.ts'

/** What belongs together: its elements are in one transaction, or none of them is. Chains are there before them, and go after them. */
export interface Change {
  readonly chains?: readonly Chain[]
  readonly remove: readonly Element[]
  readonly add: readonly Element[]
  readonly goneChains?: readonly string[]
}

/** Elements that come and go at once; what goes, goes first, so the same key may come with another value. */
export interface ElementChange {
  readonly remove: readonly Element[]
  readonly add: readonly Element[]
}

/** Chains are for nft, as text; elements are for the kernel itself. */
export type Transaction = string | ElementChange

/** The kernel needs some milliseconds for as many; others wait for it so long. */
const elementsPerTransaction = 8_000

/** `phases` follow each other; within one, the order of changes does not matter. */
export function transactions(phases: readonly (readonly Change[])[]): readonly Transaction[] {
  return phases.flatMap(phase => {
    const made = chainText(phase.flatMap(({ chains }) => chains ?? []))
    const gone = phase.flatMap(({ goneChains }) => goneChains ?? [])
    return [
      ...textOf(made),
      ...elementChanges(phase),
      // They name each other, so all are emptied first.
      ...textOf(['flush', 'delete'].flatMap(verb => gone.map(name => `${verb} chain inet ${tableName} ${name}`))),
    ]
  })
}

function elementChanges(changes: readonly Change[]): readonly ElementChange[] {
  const pieces: ElementChange[] = []
  let remove: Element[] = []
  let add: Element[] = []
  const flush = () => {
    if (remove.length + add.length > 0) pieces.push({ remove, add })
    remove = []
    add = []
  }
  for (const change of changes) {
    const size = remove.length + add.length
    if (size > 0 && size + change.remove.length + change.add.length > elementsPerTransaction) flush()
    for (const element of change.remove) remove.push(element)
    for (const element of change.add) add.push(element)
  }
  flush()
  return pieces
}

function textOf(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${lines.join('\n')}\n`]
}
