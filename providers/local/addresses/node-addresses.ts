// Addresses that nodes have of their own are held in the index, so that no Service gets one: it would take the node's traffic.
import { parseAddress } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { Network } from '../network/network.ts'
import type { BlockIndex } from './block-index.ts'

/** An address and the node that has it. */
export interface NodeAddress {
  readonly address: IpAddress
  readonly node: string
}

export interface NodeAddresses {
  /** Takes over what these nodes have now; the addresses that a node came to have or has no more. */
  update(nodes: Iterable<string>, network: Network): readonly IpAddress[]
  /** Holds the address for its node again, if one has it: to be called when the address becomes free. */
  reclaim(address: IpAddress): boolean
  nodeOf(address: IpAddress): string | undefined
  all(): readonly NodeAddress[]
}

export function createNodeAddresses(index: BlockIndex): NodeAddresses {
  const ofNode = new Map<string, readonly IpAddress[]>()
  /** By address. Two nodes with one address are a mistake of theirs; the address stays held until both have lost it. */
  const nodesAt = new Map<string, { readonly address: IpAddress; readonly nodes: Set<string> }>()

  const reclaim = (address: IpAddress): boolean => {
    const [node] = nodesAt.get(address.text)?.nodes ?? []
    return node !== undefined && index.hold(address, { owner: ownerFor(address, node), why: 'node' })
  }
  const take = (node: string, address: IpAddress) => {
    const entry = nodesAt.get(address.text) ?? { address, nodes: new Set<string>() }
    entry.nodes.add(node)
    nodesAt.set(address.text, entry)
    reclaim(address)
  }
  const leave = (node: string, address: IpAddress) => {
    const entry = nodesAt.get(address.text)
    entry?.nodes.delete(node)
    if (entry && entry.nodes.size > 0) return
    nodesAt.delete(address.text)
    index.unhold(address, ownerFor(address, node).uid)
  }

  return {
    update(nodes, network) {
      const changed: IpAddress[] = []
      for (const node of nodes) {
        const before = ofNode.get(node) ?? []
        const now = (network.get(node)?.addresses ?? []).flatMap(text => parseAddress(text) ?? [])
        const gone = before.filter(({ text }) => !now.some(other => other.text === text))
        const fresh = now.filter(({ text }) => !before.some(other => other.text === text))
        if (now.length > 0) ofNode.set(node, now)
        else ofNode.delete(node)
        for (const address of gone) leave(node, address)
        for (const address of fresh) take(node, address)
        changed.push(...gone, ...fresh)
      }
      return changed
    },
    reclaim,
    nodeOf: address => nodesAt.get(address.text)?.nodes.values().next().value,
    all: () => [...nodesAt.values()].map(({ address, nodes }) => ({ address, node: [...nodes][0] ?? '' })),
  }
}

/** One owner per address, whichever of several nodes it is held for. */
function ownerFor({ text }: IpAddress, node: string) {
  return { uid: `address of a node: ${text}`, namespace: '', name: node }
}
