// What this node's data path does for one Service port, from its pods and the nodes that live. Pure; every node comes to the same slots.
import { parseAddress } from '../../../../src/model/address.ts'
import type { IpAddress, IpRange } from '../../../../src/model/address.ts'
import type { PodTarget } from '../../../../src/model/load-balancer.ts'
import type { DataPathProtocol, DesiredService, PodEndpoint, SlotTable } from './desired.ts'
import { buildSlots, previousSlots, slotCount } from './slots.ts'

/** One port of a Service at one of its addresses. */
export interface ServicePort {
  readonly address: IpAddress
  readonly protocol: DataPathProtocol
  readonly port: number
  /** Of the family of `address`, draining ones included (`podTargets`). */
  readonly targets: readonly PodTarget[]
  readonly affinitySeconds?: number
  /** How long open TCP connections may go on with a pod that gets no new ones. */
  readonly drainSeconds?: number
  readonly sources: readonly IpRange[]
  /** `direct` where the network allows it; else `masquerade` for the policy Cluster, `local` for Local; `elsewhere` for targets Node. */
  readonly path: Exclude<DesiredService['path'], 'refuse' | 'silent'>
}

export interface Surroundings {
  readonly self: string
  /** Whether the agent of a node lives; this node always does. */
  readonly isAlive: (node: string) => boolean
  /** Whether this node announces the address; true unless told. */
  readonly announces?: (address: string) => boolean
  /** How many different slot tables the Services of the cluster need (`profileOf`); 1 unless told. */
  readonly profiles?: number
  /** Slot tables that were built already. */
  readonly tables?: Map<string, SlotTable>
}

/**
 * Draining pods are for use only where no ready one is left (KEP-1669): by Service for the choice of the node, by node for the choice of the
 * pod. `before` is what was desired last: its slots are where open connections are.
 */
export function desiredService(port: ServicePort, around: Surroundings, before?: DesiredService): DesiredService {
  const { address, protocol, targets, path, sources, affinitySeconds, drainSeconds } = port
  const seconds = {
    ...(affinitySeconds !== undefined && { affinitySeconds }),
    ...(drainSeconds !== undefined && { drainSeconds }),
  }
  const common = { address, protocol, port: port.port, sources, ...seconds }
  if (path === 'elsewhere') return { ...common, path, endpoints: [] }
  const local = usable(targets.filter(({ node }) => node === around.self))
  const endpoints = podEndpoints(path === 'masquerade' ? usable(targets) : local, around.self)
  const draining = drainingPods(path === 'masquerade' ? targets : targets.filter(({ node }) => node === around.self), endpoints)
  const serving = { endpoints, ...(protocol === 'UDP' && draining.length > 0 && { draining }) }
  const without = around.announces?.(address.text) === false ? 'silent' : 'refuse'
  if (path !== 'direct') return { ...common, path: endpoints.length > 0 ? path : without, ...serving }
  const slots = slotsOf(targets, around)
  if (!slots) return { ...common, path: without, endpoints: [], ...(before?.slots && { previous: before.slots }) }
  const previous = previousSlots(slots, before?.slots, before?.previous)
  return { ...common, path, ...serving, slots, ...(previous && { previous }) }
}

/** What decides a Service's slot table: how many pods each node has. Undefined without one. */
export function profileOf({ targets, path }: Pick<ServicePort, 'targets' | 'path'>, around: Surroundings): string | undefined {
  if (path !== 'direct') return undefined
  const weights = nodeWeights(targets, around)
  return weights.size === 0 ? undefined : profileText(weights)
}

/** How many pods it has for new connections, on nodes that live. */
export function livingPods({ targets }: Pick<ServicePort, 'targets'>, around: Surroundings): number {
  return podsOf(nodeWeights(targets, around))
}

/** Built once for all Services with the same pods per node. */
function slotsOf(targets: readonly PodTarget[], around: Surroundings): SlotTable | undefined {
  const { profiles = 1, tables } = around
  const weights = nodeWeights(targets, around)
  if (!tables) return buildSlots(weights, profiles)
  const key = `${profileText(weights)} ${slotCount(podsOf(weights), profiles)}`
  const table = tables.get(key) ?? buildSlots(weights, profiles)
  if (table) tables.set(key, table)
  return table
}

function profileText(weights: ReadonlyMap<string, number>): string {
  return [...weights]
    .map(([node, weight]) => `${node} ${weight}`)
    .toSorted()
    .join(',')
}

function podsOf(weights: ReadonlyMap<string, number>): number {
  let pods = 0
  for (const weight of weights.values()) pods += weight
  return pods
}

/**
 * How many pods each living node has for new connections. Where all pods are on nodes that seem dead, those count: perhaps only the agent is
 * away, and its table goes on working.
 */
function nodeWeights(targets: readonly PodTarget[], { self, isAlive }: Surroundings): ReadonlyMap<string, number> {
  const placed = targets.filter(target => target.node !== undefined)
  const living = placed.filter(({ node }) => node === self || isAlive(node ?? ''))
  const weights = new Map<string, number>()
  for (const { node } of usable(living.length > 0 ? living : placed)) {
    if (node !== undefined) weights.set(node, (weights.get(node) ?? 0) + 1)
  }
  return weights
}

function usable(targets: readonly PodTarget[]): readonly PodTarget[] {
  const ready = targets.filter(({ terminating }) => !terminating)
  return ready.length > 0 ? ready : targets
}

function podEndpoints(targets: readonly PodTarget[], self: string): readonly PodEndpoint[] {
  return targets.flatMap(({ address, port, node }) => {
    const parsed = parseAddress(address)
    return parsed ? [{ address: parsed, port, local: node === self }] : []
  })
}

/** Pods that serve and are not among `used`. */
function drainingPods(targets: readonly PodTarget[], used: readonly PodEndpoint[]): readonly IpAddress[] {
  const taken = new Set(used.map(({ address }) => address.text))
  return targets.flatMap(({ address, terminating }) => (terminating && !taken.has(address) ? (parseAddress(address) ?? []) : []))
}
