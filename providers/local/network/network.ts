// The nodes as announcers: which may carry traffic, live, and reach an address by which interface. One picture for all Services.
import type { NodeReport } from '../../../src/api/node-report.ts'
import { parseAddress, parseCidr, rangeContains } from '../../../src/model/address.ts'
import type { IpAddress, IpRange } from '../../../src/model/address.ts'
import type { Node } from '../../../src/model/kubernetes-objects.ts'
import { announcingExclusion, internalIPs, isDrained, nodeExclusion } from '../../../src/model/nodes.ts'
import type { NodeExclusion } from '../../../src/model/nodes.ts'

export interface AnnouncerInterface {
  readonly name: string
  readonly carrier: boolean
  readonly networks: readonly IpRange[]
  /** The same as the node has them, as 10.201.0.11/16; for messages. */
  readonly addresses: readonly string[]
}

/** A setting of the node under which announcing fails, as its agent reports it. */
export interface NodeTrap {
  /** The type of the condition in the NodeReport. */
  readonly reason: string
  readonly message: string
}

/** A node seen as a possible announcer. */
export interface Announcer {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Why the node may not carry traffic, whatever the address. */
  readonly exclusion: NodeExclusion | ReturnType<typeof announcingExclusion> | 'no-internal-ip' | 'no-agent'
  /** It is to announce only what no other node can. */
  readonly drained: boolean
  readonly alive: boolean
  readonly interfaces: readonly AnnouncerInterface[]
  /** Of its interfaces, in lower case. */
  readonly macs: readonly string[]
  /** Every address of its own, by its status and by its agent's report. Never given to a Service: that would cut the node off. */
  readonly addresses: readonly string[]
  readonly traps: readonly NodeTrap[]
}

/** All nodes, sorted by name. Never changed in place. */
export interface Network {
  readonly announcers: readonly Announcer[]
  get(node: string): Announcer | undefined
  /**
   * Alike for addresses that lie in the same networks of nodes: nothing that nodes have tells such addresses apart. A look-up
   * per length of prefix, however many networks there are.
   */
  placeOf(address: IpAddress): string
  /** What was made for the key before, with these nodes; else makes it. */
  remember<T>(key: string, make: () => T): T
}

export function makeNetwork(announcers: Iterable<Announcer>): Network {
  const ordered = [...announcers].toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const byName = new Map(ordered.map(announcer => [announcer.name, announcer]))
  const remembered = new Map<string, unknown>()
  let placeOf: Network['placeOf'] | undefined
  return {
    announcers: ordered,
    get: node => byName.get(node),
    placeOf: address => (placeOf ??= indexPlaces(ordered))(address),
    remember<T>(key: string, make: () => T): T {
      // Each kind of thing has keys of its own.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      if (remembered.has(key)) return remembered.get(key) as T
      const made = make()
      remembered.set(key, made)
      return made
    },
  }
}

/** All networks of interfaces by family, size and first address. */
function indexPlaces(announcers: readonly Announcer[]): Network['placeOf'] {
  const sizes = new Map<string, { readonly family: IpAddress['family']; readonly size: bigint; readonly firsts: Set<bigint> }>()
  for (const { interfaces } of announcers) {
    for (const { family, first, last } of interfaces.flatMap(({ networks }) => networks)) {
      const size = last - first + 1n
      const key = `${family}/${size}`
      const known = sizes.get(key) ?? { family, size, firsts: new Set<bigint>() }
      sizes.set(key, known)
      known.firsts.add(first)
    }
  }
  return address => {
    let place = ''
    for (const { family, size, firsts } of sizes.values()) {
      if (family !== address.family) continue
      const first = address.value - (address.value % size)
      if (firsts.has(first)) place += `${first}+${size} `
    }
    return `${address.family} ${place}`
  }
}

/** `report` is absent while no agent has ever run on the node. */
export function makeAnnouncer(node: Node, report: NodeReport | undefined, alive: boolean): Announcer {
  const noAddress = internalIPs(node).length === 0 ? 'no-internal-ip' : undefined
  return {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    exclusion: nodeExclusion(node) ?? announcingExclusion(node) ?? noAddress ?? (report ? undefined : 'no-agent'),
    drained: isDrained(node),
    alive,
    interfaces: (report?.spec.interfaces ?? []).map(({ name, carrier, addresses }) => ({
      name,
      carrier,
      networks: addresses.flatMap(address => parseCidr(address)?.network ?? []),
      addresses,
    })),
    macs: (report?.spec.interfaces ?? []).map(({ mac }) => mac),
    addresses: addressesOf(node, report),
    traps: (report?.spec.conditions ?? []).flatMap(({ type, status, message }) =>
      type !== 'Ready' && status === 'True' ? { reason: type, message } : [],
    ),
  }
}

function addressesOf(node: Node, report: NodeReport | undefined): readonly string[] {
  const ofStatus = (node.status?.addresses ?? []).map(({ address }) => parseAddress(address))
  const ofReport = (report?.spec.interfaces ?? []).flatMap(({ addresses }) => addresses.map(text => parseCidr(text)?.address))
  const texts = [...ofStatus, ...ofReport].flatMap(address => address?.text ?? [])
  return [...new Set(texts)].toSorted()
}

/** Whether an interface with carrier of the node has the address in its subnet; or any interface, whatever its carrier. */
export function reaches(
  announcer: Announcer,
  address: IpAddress,
  which: 'with-carrier' | 'whatever-carrier' = 'with-carrier',
): boolean {
  return announcer.interfaces.some(
    ({ carrier, networks }) =>
      (carrier || which === 'whatever-carrier') && networks.some(network => rangeContains(network, address)),
  )
}

/** Whether one of the named interfaces is there and has carrier; its subnet does not matter, the pool's author chose it. */
export function hasInterface(announcer: Announcer, names: readonly string[]): boolean {
  return announcer.interfaces.some(({ name, carrier }) => carrier && names.includes(name))
}
