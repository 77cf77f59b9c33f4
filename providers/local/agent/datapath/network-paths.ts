// Which way the packets of an address can go from here: straight to the nodes of its pods, or only through this node. Pure.
import type { NodeInterface } from '../../../../src/api/node-report.ts'
import { parseCidr, rangeContains } from '../../../../src/model/address.ts'
import type { IpAddress } from '../../../../src/model/address.ts'
import type { IpFamily, PodTarget } from '../../../../src/model/load-balancer.ts'
import type { PeerNode } from './data-path.ts'
import type { ServicePath } from './desired.ts'

/** What is known of another node: what its agent reports, and whether it lives. */
export interface OtherNode {
  readonly name: string
  readonly interfaces: readonly NodeInterface[]
  readonly alive: boolean
  /** Why packets cannot be sent to it as they are, as its agent found; undefined when they can. */
  readonly obstacle?: string
}

/** Why an address is not served by direct paths. */
export type PathReason = 'NoAgent' | 'OtherSegment' | 'NodeUnable' | 'UnknownNode'

export interface PathChoice {
  readonly path: Extract<ServicePath, 'direct' | 'masquerade' | 'local'>
  /** Absent with direct paths. `node`: the first one in the way. */
  readonly why?: { readonly reason: PathReason; readonly node?: string }
}

/**
 * The nodes that packets can be handed to on `segment`: those with an interface whose network is that of ours. Of each family the first
 * address in a network of ours counts. Nodes that are dead are among them, without new flows; nodes with an obstacle are not.
 */
export function peersOn(segment: NodeInterface, others: Iterable<OtherNode>): readonly PeerNode[] {
  const networks = segment.addresses.flatMap(text => parseCidr(text) ?? [])
  const peers: PeerNode[] = []
  for (const { name, interfaces, alive, obstacle } of others) {
    if (obstacle !== undefined) continue
    for (const { mac, carrier, addresses } of interfaces) {
      const found = new Map<IpFamily, IpAddress>()
      for (const { address } of addresses.flatMap(text => parseCidr(text) ?? [])) {
        if (found.has(address.family) || isLinkLocal(address)) continue
        if (networks.some(each => rangeContains(each.network, address) && each.address.value !== address.value))
          found.set(address.family, address)
      }
      if (found.size === 0) continue
      peers.push({ name, mac, interfaceIndex: segment.index, addresses: [...found.values()], alive: alive && carrier })
      break
    }
  }
  return peers
}

/** The path of one address of that family, with these pods. Dead peers are no reason: their pods get no new connections anyway. */
export function choosePath({
  self,
  family,
  policy,
  targets,
  peers,
  others,
}: {
  readonly self: string
  readonly family: IpFamily
  readonly policy: 'Cluster' | 'Local'
  readonly targets: readonly PodTarget[]
  readonly peers: ReadonlyMap<string, PeerNode>
  readonly others: ReadonlyMap<string, OtherNode>
}): PathChoice {
  const without = policy === 'Cluster' ? 'masquerade' : 'local'
  for (const { node } of targets) {
    if (node === self) continue
    if (node === undefined) return { path: without, why: { reason: 'UnknownNode' } }
    if (peers.get(node)?.addresses.some(address => address.family === family)) continue
    const other = others.get(node)
    const reason = !other ? 'NoAgent' : other.obstacle === undefined ? 'OtherSegment' : 'NodeUnable'
    return { path: without, why: { reason, node } }
  }
  return { path: 'direct' }
}

const linkLocal6 = parseCidr('fe80::/10')?.network
const linkLocal4 = parseCidr('169.254.0.0/16')?.network

function isLinkLocal(address: IpAddress): boolean {
  return [linkLocal4, linkLocal6].some(range => range !== undefined && rangeContains(range, address))
}
