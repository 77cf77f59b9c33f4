// Changes of sets, maps and chains as text for nft, in pieces that each are one transaction of bounded size.
import type { Element } from './elements.ts'
import type { Chain } from './expressions.ts'
import { tableName } from './names.ts'
import { chainText } from './skeleton.ts'

/** What belongs together: it is in one transaction, or none of it is. */
export interface Change {
  readonly chains?: readonly Chain[]
  readonly remove: readonly Element[]
  readonly add: readonly Element[]
  readonly goneChains?: readonly string[]
}

/** nft needs about 2 kB of memory per element of a transaction. */
const elementsPerTransaction = 16_000

/** `phases` follow each other; within one, the order of changes does not matter. */
export function transactions(phases: readonly (readonly Change[])[]): readonly string[] {
  const texts: string[] = []
  let pieces: Change[][] = [[]]
  let size = 0
  const flush = () => {
    const text = pieces.map(phaseText).join('')
    if (text !== '') texts.push(text)
    pieces = [[]]
    size = 0
  }
  for (const phase of phases) {
    if ((pieces.at(-1)?.length ?? 0) > 0) pieces.push([])
    for (const change of phase) {
      const weight = change.add.length + change.remove.length + 1
      if (size > 0 && size + weight > elementsPerTransaction) flush()
      pieces.at(-1)?.push(change)
      size += weight
    }
  }
  flush()
  return texts
}

function phaseText(changes: readonly Change[]): string {
  const lines: string[] = []
  const chains = changes.flatMap(change => change.chains ?? [])
  lines.push(...chainText(chains))
  const removed = grouped(changes.map(({ remove }) => remove))
  for (const [set, elements] of removed)
    lines.push(
      elementText(
        'delete',
        set,
        elements.map(({ key }) => key),
      ),
    )
  const added = grouped(changes.map(({ add }) => add))
  for (const [set, elements] of added) {
    const values = elements.map(({ key, value }) => (value === undefined ? key : `${key} : ${value}`))
    lines.push(elementText('add', set, values))
  }
  const gone = changes.flatMap(change => change.goneChains ?? [])
  // They name each other, so all are emptied first.
  for (const name of gone) lines.push(`flush chain inet ${tableName} ${name}`)
  for (const name of gone) lines.push(`delete chain inet ${tableName} ${name}`)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function grouped(lists: readonly (readonly Element[])[]): ReadonlyMap<string, readonly Element[]> {
  const groups = new Map<string, Element[]>()
  for (const list of lists) {
    for (const element of list) {
      const group = groups.get(element.set)
      if (group) group.push(element)
      else groups.set(element.set, [element])
    }
  }
  return groups
}

function elementText(verb: 'add' | 'delete', set: string, elements: readonly string[]): string {
  return `${verb} element inet ${tableName} ${set} {\n${elements.join(',\n')}\n}`
}
