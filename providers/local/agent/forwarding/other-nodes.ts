// The other nodes as the data path sees them: what their agents report, and who lives.
import type { NodeReport } from '../../../../src/api/node-report.ts'
import type { OtherNode } from '../datapath/network-paths.ts'
import { dataPathCondition } from './verdict.ts'

/** Every node that reports but this one. An agent that does not say that it can is not relied on: it may be older, or not ready yet. */
export function otherNodes(
  reports: Iterable<NodeReport>,
  self: string,
  isAlive: (node: string) => boolean,
): readonly OtherNode[] {
  const others: OtherNode[] = []
  for (const { metadata, spec } of reports) {
    if (metadata.name === self) continue
    const condition = spec.conditions?.find(({ type }) => type === dataPathCondition)
    const obstacle = condition?.status === 'True' ? undefined : (condition?.message ?? 'Its agent does not say yet that it can.')
    others.push({
      name: metadata.name,
      interfaces: spec.interfaces,
      alive: isAlive(metadata.name),
      ...(obstacle !== undefined && { obstacle }),
    })
  }
  return others.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** So that what is built from them is built anew only when one of them is another. */
export function isSameNode(one: OtherNode, other: OtherNode): boolean {
  return (
    one.name === other.name &&
    one.alive === other.alive &&
    one.obstacle === other.obstacle &&
    (one.interfaces === other.interfaces || JSON.stringify(one.interfaces) === JSON.stringify(other.interfaces))
  )
}
