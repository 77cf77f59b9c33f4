// Interfaces and nodes in our table: by which packets come in, who may send to us, and who may be sent to.
import type { DesiredNode, DesiredTable } from './desired.ts'
import { hasPlainName, interfaceWords, macWords } from './element.ts'
import type { Element } from './element.ts'
import { nodeMark, selfMark, sharedNames } from './names.ts'
import type { Generation } from './names.ts'

export function nodeElements(table: Pick<DesiredTable, 'interfaces' | 'nodes'>, generation: Generation): readonly Element[] {
  const names = sharedNames(generation)
  const nodes = [...table.nodes.values()]
  const mark = (node: DesiredNode) => nodeMark(node.number)
  const peers = nodes.filter(node => nodeMark(node.number) !== selfMark)
  return [
    ...table.interfaces.filter(hasPlainName).map(name => ({ set: names.interfaces, key: interfaceWords(name) })),
    ...[...new Set(peers.map(({ mac }) => mac))].map(mac => ({ set: names.peers, key: macWords(mac), keyBytes: 6 })),
    ...peers.map(node => ({ set: names.senders, key: [...macWords(node.mac), mark(node)] })),
    ...nodes.filter(({ alive }) => alive).map(node => ({ set: names.alive, key: [mark(node)] })),
  ]
}
