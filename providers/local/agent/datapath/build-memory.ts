// What building the desired data path remembers from one time to the next: one endpoint changed among 10,000 Services costs little.
import type { NodeInterface } from '../../../../src/api/node-report.ts'
import { chooseInterface } from '../interface-choice.ts'
import { askedPorts, choosePaths } from './build-services.ts'
import type { AskedPorts, PlacedService } from './build-services.ts'
import type { PeerNode } from './data-path.ts'
import { livingPods, profileOf } from './desired-service.ts'
import type { ServicePort } from './desired-service.ts'
import type { DesiredService, SlotTable } from './desired.ts'
import { choosePath, peersOn } from './network-paths.ts'
import type { OtherNode, PathChoice } from './network-paths.ts'

/** Arrays and what is in them are replaced, never changed in place. */
export interface DataPathView {
  readonly self: string
  /** Of this node. */
  readonly interfaces: readonly NodeInterface[]
  readonly others: readonly OtherNode[]
  /** Every Service at every address with pod targets. */
  readonly services: Iterable<PlacedService>
  readonly seed: number
  /** Whether this node announces the address; true unless told. */
  readonly announces?: (address: string) => boolean
  /** kube-proxy carries everything; only source ranges are kept. */
  readonly onlySources?: boolean
}

export interface BuildMemory {
  readonly asked: WeakMap<PlacedService, AskedPorts>
  surroundings: DataPathSurroundings | undefined
}

/** A Service at an address as it is in these surroundings. */
export interface Prepared {
  /** The interface by which its packets come in. */
  readonly segment: string
  /** Absent when kube-proxy carries it. */
  readonly choice?: PathChoice
  readonly ports: readonly ServicePort[]
  readonly profiles: readonly string[]
  /** How many pods each port has for new connections. */
  readonly pods: readonly number[]
  /** What was made of it last. */
  built: readonly (readonly [key: string, service: DesiredService])[]
}

/** Everything but the Services: one for as long as interfaces and other nodes are the same. */
export interface DataPathSurroundings {
  readonly self: string
  readonly interfaces: readonly NodeInterface[]
  readonly others: readonly OtherNode[]
  /** Those by which something came in, and who is met there. */
  readonly segments: ReadonlyMap<string, ReadonlyMap<string, PeerNode>>
  readonly isAlive: (node: string) => boolean
  /** By profile and count of slots. */
  readonly tables: Map<string, SlotTable>
  /** The same array as long as the peers are the same. */
  peers(): readonly PeerNode[]
  /** Undefined for an address of no segment of this node. */
  prepare(at: PlacedService): Prepared | undefined
}

export function createBuildMemory(): BuildMemory {
  return { asked: new WeakMap(), surroundings: undefined }
}

export function surroundingsOf(view: DataPathView, memory: BuildMemory): DataPathSurroundings {
  const { surroundings: known } = memory
  if (known && known.self === view.self && known.interfaces === view.interfaces && known.others === view.others) return known
  memory.surroundings = makeSurroundings(view, memory.asked)
  return memory.surroundings
}

function makeSurroundings(
  { self, interfaces, others, onlySources }: DataPathView,
  asked: BuildMemory['asked'],
): DataPathSurroundings {
  const segments = new Map<string, ReadonlyMap<string, PeerNode>>()
  const peers = new Map<string, PeerNode>()
  const alive = new Set<string>()
  let listed: readonly PeerNode[] = []
  const othersByName = new Map(others.map(other => [other.name, other]))
  const peersOf = (segment: NodeInterface) => {
    const known = segments.get(segment.name)
    if (known) return known
    const found = new Map<string, PeerNode>()
    for (const peer of peersOn(segment, others)) {
      // One way to a node: one that is met on two segments is sent to on the first.
      if (!peers.has(peer.name)) peers.set(peer.name, peer)
      if (peers.get(peer.name) === peer) found.set(peer.name, peer)
      if (peer.alive) alive.add(peer.name)
    }
    segments.set(segment.name, found)
    return found
  }
  const isAlive = (node: string) => alive.has(node)
  const prepared = new WeakMap<PlacedService, Prepared | { readonly none: true }>()
  const make = (at: PlacedService): Prepared | { readonly none: true } => {
    const choice = chooseInterface(at.address, interfaces, at.on)
    if ('none' in choice) return { none: true }
    const around = { self, family: at.address.family, peers: peersOf(choice.interface), others: othersByName }
    const all = asked.get(at) ?? askedPorts(at)
    asked.set(at, all)
    const its = onlySources ? { ...all, elsewhere: true } : all
    const { ports, choice: path } = choosePaths(its, (policy, targets) => choosePath({ ...around, policy, targets }))
    const profiles = ports.flatMap(port => profileOf(port, { self, isAlive }) ?? [])
    const pods = ports.map(port => livingPods(port, { self, isAlive }))
    return { segment: choice.interface.name, ...(!its.elsewhere && { choice: path }), ports, profiles, pods, built: [] }
  }
  return {
    self,
    interfaces,
    others,
    segments,
    isAlive,
    tables: new Map(),
    peers() {
      if (listed.length !== peers.size) listed = [...peers.values()]
      return listed
    },
    prepare(at) {
      const known = prepared.get(at) ?? make(at)
      prepared.set(at, known)
      return 'none' in known ? undefined : known
    },
  }
}
