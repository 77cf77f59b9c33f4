// The nodes as announcers: which may carry traffic, live, and reach an address by which interface. One picture for all Services.
import type { NodeReport } from '../../src/api/node-report.ts'
import { parseAddress, parseCidr, rangeContains } from '../../src/model/address.ts'
import type { IpAddress, IpRange } from '../../src/model/address.ts'
import type { Node } from '../../src/model/kubernetes-objects.ts'
import { internalIPs, nodeExclusion } from '../../src/model/nodes.ts'
import type { NodeExclusion } from '../../src/model/nodes.ts'

export interface AnnouncerInterface {
  readonly name: string
  readonly carrier: boolean
  readonly networks: readonly IpRange[]
}

/** A node seen as a possible announcer. */
export interface Announcer {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Why the node may not carry traffic, whatever the address. */
  readonly exclusion: NodeExclusion | 'no-internal-ip' | 'no-agent' | undefined
  readonly alive: boolean
  readonly interfaces: readonly AnnouncerInterface[]
  /** Every address of its own, by its status and by its agent's report. Never given to a Service: that would cut the node off. */
  readonly addresses: readonly string[]
}

/** All nodes, sorted by name. Never changed in place. */
export interface Network {
  readonly announcers: readonly Announcer[]
  get(node: string): Announcer | undefined
}

export function makeNetwork(announcers: Iterable<Announcer>): Network {
  const ordered = [...announcers].toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const byName = new Map(ordered.map(announcer => [announcer.name, announcer]))
  return { announcers: ordered, get: node => byName.get(node) }
}

/** `report` is absent while no agent has ever run on the node. */
export function makeAnnouncer(node: Node, report: NodeReport | undefined, alive: boolean): Announcer {
  const noAddress = internalIPs(node).length === 0 ? 'no-internal-ip' : undefined
  return {
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    exclusion: nodeExclusion(node) ?? noAddress ?? (report ? undefined : 'no-agent'),
    alive,
    interfaces: (report?.spec.interfaces ?? []).map(({ name, carrier, addresses }) => ({
      name,
      carrier,
      networks: addresses.flatMap(address => parseCidr(address)?.network ?? []),
    })),
    addresses: addressesOf(node, report),
  }
}

function addressesOf(node: Node, report: NodeReport | undefined): readonly string[] {
  const ofStatus = (node.status?.addresses ?? []).map(({ address }) => parseAddress(address))
  const ofReport = (report?.spec.interfaces ?? []).flatMap(({ addresses }) => addresses.map(text => parseCidr(text)?.address))
  const texts = [...ofStatus, ...ofReport].flatMap(address => address?.text ?? [])
  return [...new Set(texts)].toSorted()
}

/** Whether an interface with carrier of the node has the address in its subnet. */
export function reaches(announcer: Announcer, address: IpAddress): boolean {
  return announcer.interfaces.some(
    ({ carrier, networks }) => carrier && networks.some(network => rangeContains(network, address)),
  )
}

/** Whether one of the named interfaces is there and has carrier; its subnet does not matter, the pool's author chose it. */
export function hasInterface(announcer: Announcer, names: readonly string[]): boolean {
  return announcer.interfaces.some(({ name, carrier }) => carrier && names.includes(name))
}
