// From all addresses with pod targets and all nodes to what this node's data path shall be. Pure.
import type { NodeInterface } from '../../../../src/api/node-report.ts'
import { formatAddress } from '../../../../src/model/address.ts'
import { chooseInterface } from '../interface-choice.ts'
import { buildPorts } from './build-services.ts'
import type { BuiltPorts, ServiceAt } from './build-services.ts'
import type { DesiredDataPath, PeerNode } from './data-path.ts'
import { desiredService, profileOf } from './desired-service.ts'
import { serviceKey } from './desired.ts'
import type { DesiredService } from './desired.ts'
import { choosePath, peersOn } from './network-paths.ts'
import type { OtherNode, PathChoice } from './network-paths.ts'

export interface DataPathView {
  readonly self: string
  /** Of this node. */
  readonly interfaces: readonly NodeInterface[]
  readonly others: readonly OtherNode[]
  /** Every Service at every address with pod targets. `on`: only these interfaces, by rule of the pool. */
  readonly services: readonly (ServiceAt & { readonly on?: readonly string[] })[]
  readonly seed: number
}

export interface BuiltDataPath {
  readonly desired: DesiredDataPath
  /** The path of each address, by its text, and why it is no better one; of several Services at it the first that is not direct. */
  readonly paths: ReadonlyMap<string, PathChoice>
}

/**
 * `before`: the Services of the last one. What is the same comes out as the same object, which costs nothing to write, and where slots change,
 * the ones before are remembered.
 */
export function buildDataPath(view: DataPathView, before: ReadonlyMap<string, DesiredService>): BuiltDataPath {
  const { self, others } = view
  const segments = new Map<string, ReadonlyMap<string, PeerNode>>()
  const peers = new Map<string, PeerNode>()
  const othersByName = new Map(others.map(other => [other.name, other]))
  const peersOf = (segment: NodeInterface) => {
    const known = segments.get(segment.name)
    if (known) return known
    const found = new Map<string, PeerNode>()
    for (const peer of peersOn(segment, others)) {
      // One way to a node: one that is met on two segments is sent to on the first.
      if (!peers.has(peer.name)) peers.set(peer.name, peer)
      if (peers.get(peer.name) === peer) found.set(peer.name, peer)
    }
    segments.set(segment.name, found)
    return found
  }
  const paths = new Map<string, PathChoice>()
  const built = view.services.flatMap((at): readonly BuiltPorts[] => {
    const { address } = at
    const choice = chooseInterface(address, view.interfaces, at.on)
    if ('none' in choice) return []
    const around = { self, family: address.family, peers: peersOf(choice.interface), others: othersByName }
    const ports = buildPorts(at, (policy, targets) => choosePath({ ...around, policy, targets }))
    const known = paths.get(address.text)
    if (!known || known.path === 'direct') paths.set(address.text, ports.choice)
    return [ports]
  })
  const ports = built.flatMap(each => each.ports)
  const alive = new Set([...peers.values()].filter(peer => peer.alive).map(({ name }) => name))
  const isAlive = (node: string) => alive.has(node)
  const profiles = new Set(ports.flatMap(port => profileOf(port, { self, isAlive }) ?? [])).size
  const services = new Map<string, DesiredService>()
  for (const port of ports) {
    const key = serviceKey(port)
    // Two Services at one port of one address: the controller allows none, and the first one is as good as any.
    if (services.has(key)) continue
    const known = before.get(key)
    const service = desiredService(port, { self, isAlive, profiles }, known)
    services.set(key, known && contentOf(known) === contentOf(service) ? known : service)
  }
  return { desired: { self, interfaces: [...segments.keys()], seed: view.seed, peers: [...peers.values()], services }, paths }
}

function contentOf({ path, endpoints, slots, previous, affinitySeconds, sources }: DesiredService): string {
  const pods = endpoints.map(({ address, port, local }) => `${address.text} ${port} ${local}`)
  const ranges = sources.map(({ family, first, last }) => `${formatAddress(family, first)}-${formatAddress(family, last)}`)
  return [path, slots?.id, previous?.id, affinitySeconds, pods.join(), ranges.join()].join('\n')
}
