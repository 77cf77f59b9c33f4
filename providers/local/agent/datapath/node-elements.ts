// Interfaces and nodes in our table: by which packets come in, who may send to us, and who may be sent to.
import type { DesiredNode, DesiredTable } from './desired.ts'
import type { Element } from './elements.ts'
import { nodeMark, selfMark, sharedNames } from './names.ts'
import type { Generation } from './names.ts'

/** Names of interfaces that may stand in a transaction as they are; the kernel would allow more. */
const plainName = /^[A-Za-z0-9_.@-]{1,15}$/

export function nodeElements(table: Pick<DesiredTable, 'interfaces' | 'nodes'>, generation: Generation): readonly Element[] {
  const names = sharedNames(generation)
  const nodes = [...table.nodes.values()]
  const mark = (node: DesiredNode) => `0x${nodeMark(node.number).toString(16)}`
  const peers = nodes.filter(node => nodeMark(node.number) !== selfMark)
  return [
    ...table.interfaces.filter(name => plainName.test(name)).map(name => ({ set: names.interfaces, key: `"${name}"` })),
    ...[...new Set(peers.map(({ mac }) => mac))].map(mac => ({ set: names.peers, key: mac })),
    ...peers.map(node => ({ set: names.senders, key: `${node.mac} . ${mark(node)}` })),
    ...nodes.filter(({ alive }) => alive).map(node => ({ set: names.alive, key: mark(node) })),
  ]
}
