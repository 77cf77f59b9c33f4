// Which number a node has in packet marks: given once, written into our table, and the same again after a restart.
import { parseAddress } from '../../../../src/model/address.ts'
import type { IpAddress } from '../../../../src/model/address.ts'
import { lastNodeNumber } from './desired.ts'
import { nodeMark, nodeMarkBase, tableName } from './names.ts'

/** Numbers by the text of the node's address. */
export type NodeNumbers = ReadonlyMap<string, number>

/**
 * Numbers for the nodes at these addresses: those they have, new ones for new nodes. Numbers of nodes that are gone are given again only when
 * all others are taken, since open connections may still be remembered by them. Pure.
 */
export function numberNodes(
  known: NodeNumbers,
  addresses: readonly IpAddress[],
): { readonly numbers: NodeNumbers; readonly transaction: string } {
  const numbers = new Map(known)
  const lines: string[] = []
  const present = new Set(addresses.map(({ text }) => text))
  let next = Math.max(1, ...known.values()) + 1
  for (const address of addresses) {
    if (numbers.has(address.text)) continue
    const gone = next > lastNodeNumber ? [...numbers].find(([text]) => !present.has(text)) : undefined
    if (gone) {
      numbers.delete(gone[0])
      lines.push(elementLine('delete', gone[0]))
    }
    const number = gone?.[1] ?? next++
    if (number > lastNodeNumber) break
    numbers.set(address.text, number)
    lines.push(elementLine('add', address.text, number))
  }
  return { numbers, transaction: lines.map(line => `${line}\n`).join('') }
}

function elementLine(verb: 'add' | 'delete', address: string, number?: number): string {
  const value = number === undefined ? '' : ` : 0x${nodeMark(number).toString(16)}`
  return `${verb} element inet ${tableName} nodes${address.includes(':') ? 6 : 4} { ${address}${value} }`
}

/** What `nft -j list map` says of our map of nodes; what is not understood is left out. */
export function readNumbers(listing: unknown): NodeNumbers {
  const numbers = new Map<string, number>()
  for (const pair of elementsOf(listing)) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'number') continue
    const address = parseAddress(pair[0])
    const number = pair[1] - nodeMarkBase
    if (address && number > 1 && number <= lastNodeNumber) numbers.set(address.text, number)
  }
  return numbers
}

function elementsOf(listing: unknown): readonly unknown[] {
  const objects = propertyOf(listing, 'nftables')
  if (!Array.isArray(objects)) return []
  return objects.flatMap(object => {
    const elements = propertyOf(propertyOf(object, 'map'), 'elem')
    return Array.isArray(elements) ? elements : []
  })
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
