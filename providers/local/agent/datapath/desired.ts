// What one node's data path shall do, as data: the Services by address, protocol and port, their pods, and the nodes that share the work.
import type { IpAddress, IpRange } from '../../../../src/model/address.ts'

export type DataPathProtocol = 'TCP' | 'UDP'

/**
 * How the packets of one Service port travel:
 * - `direct`: its slots say which node serves a connection; it gets the packets unchanged and answers the client itself.
 * - `masquerade`: this node picks among all pods; those of other nodes see this node's address.
 * - `local`: this node picks among its own pods.
 * - `refuse`: there is no pod: connections are refused, open ones go on.
 * - `silent`: no pod is known here, but packets come from the node that announces the address, which knows of some: this node will
 *   soon. What is new is dropped, and whoever tries again finds it ready; open connections go on.
 * - `elsewhere`: kube-proxy carries it; only `sources` is enforced.
 */
export type ServicePath = 'direct' | 'masquerade' | 'local' | 'refuse' | 'silent' | 'elsewhere'

export interface PodEndpoint {
  readonly address: IpAddress
  readonly port: number
  /** Runs on this node. */
  readonly local: boolean
}

/**
 * Which node serves which hash of a connection: the name of a node per slot. Tables with the same content are one table in the
 * kernel, however many Services use them. `id` is the same exactly when the content is.
 */
export interface SlotTable {
  readonly id: string
  readonly nodes: readonly string[]
}

/** One port of one Service at one address. Never changed in place: the same object means that nothing changed. */
export interface DesiredService {
  readonly address: IpAddress
  readonly protocol: DataPathProtocol
  readonly port: number
  readonly path: ServicePath
  /** The pods this node may pick. Of this node only, unless the path is `masquerade`. Sorted, each once. */
  readonly endpoints: readonly PodEndpoint[]
  /** Pods that get nothing new but keep the UDP flows they have. */
  readonly draining?: readonly IpAddress[]
  /** Given exactly with the path `direct`. */
  readonly slots?: SlotTable
  /** Where each slot's connections were before: packets in mid-connection that the present owner does not know go there, once. */
  readonly previous?: SlotTable
  /** The time that a client stays with its pod after its last new connection. */
  readonly affinitySeconds?: number
  /** The time that open TCP connections have with a pod that is not in use any more. The table itself does not depend on it. */
  readonly drainSeconds?: number
  /** Who may connect; empty: everyone. Of the family of `address`. */
  readonly sources: readonly IpRange[]
}

/** A node that takes part, as this one sees it. */
export interface DesiredNode {
  /** 1 is this node; others from 2 to `lastNodeNumber`. Part of the packet mark, and remembered by open connections. */
  readonly number: number
  /** Six bytes in hexadecimal with colons, lower case. Empty for this node. */
  readonly mac: string
  /** False: no new flow goes there. */
  readonly alive: boolean
}

export interface DesiredTable {
  /** Names of the interfaces by which packets for the addresses come in. */
  readonly interfaces: readonly string[]
  readonly nodes: ReadonlyMap<string, DesiredNode>
  /** By `serviceKey`. */
  readonly services: ReadonlyMap<string, DesiredService>
  /** Same on all nodes; makes the hash one that outsiders cannot steer by. 32 bits. */
  readonly seed: number
}

export const lastNodeNumber = 4000

/** `10.201.200.1 6 80`: address, protocol number (IANA) and port. */
export function serviceKey({ address, protocol, port }: Pick<DesiredService, 'address' | 'protocol' | 'port'>): string {
  return `${address.text} ${protocolNumber[protocol]} ${port}`
}

export const protocolNumber: Readonly<Record<DataPathProtocol, number>> = { TCP: 6, UDP: 17 }
