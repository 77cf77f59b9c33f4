// For tests: addresses placed on nodes that come, go, die and return, without an API server: the planner with its load book alone.
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcementName, makeAddress } from '../../../src/model/address.ts'
import type { Goal } from '../../../src/provider.ts'
import type { Sharer } from '../announcing/announce-rules.ts'
import { bearerOf, createLoadBook } from '../placement/load.ts'
import type { LoadBook } from '../placement/load.ts'
import { makeAnnouncer, makeNetwork } from '../network/network.ts'
import type { Network } from '../network/network.ts'
import { planAnnouncement } from '../placement/placement.ts'
import { nodeNamed, reportOf, serviceNamed } from './simulation.ts'

export interface NodeState {
  readonly alive: boolean
  readonly labels?: Readonly<Record<string, string>>
}

export const well: NodeState = { alive: true }
export const dead: NodeState = { alive: false }
export const drained: NodeState = { alive: true, labels: { 'weir.dev/drain': 'true' } }

/** For Services of `externalTrafficPolicy: Local` with pods on these nodes. */
export function localOn(nodesWithEndpoints: readonly string[]): Sharer {
  const desired = serviceNamed('web', { externalTrafficPolicy: 'Local' })
  return { goal: { desired, membership: { nodesWithEndpoints, readyEndpoints: 1, totalEndpoints: 1 } }, pool: undefined }
}

const anywhere: Sharer = {
  goal: {
    desired: serviceNamed('web'),
    membership: { nodesWithEndpoints: [], readyEndpoints: 1, totalEndpoints: 1 },
  } satisfies Goal,
  pool: undefined,
}

export interface TestCluster {
  readonly announcements: ReadonlyMap<number, Announcement>
  readonly book: LoadBook
  readonly network: () => Network
  nodes(states: ReadonlyMap<string, NodeState>): void
  /** Plans the address and writes it; gives what it was before and is now. */
  place(at: number, sharer?: Sharer, moveTo?: string): void
  /** Looks at every address again, as when nodes changed. */
  placeAll(): void
  /** What the agents do: the first living candidate claims what nobody alive has; who is no candidate any more withdraws. */
  claimAll(): void
  /** Addresses per node. */
  loads(): ReadonlyMap<string, number>
  /** How many others each node shares addresses with. */
  peers(): ReadonlyMap<string, number>
}

export function testCluster(): TestCluster {
  const announcements = new Map<number, Announcement>()
  const sharers = new Map<number, Sharer>()
  const book = createLoadBook()
  let network = makeNetwork([])

  const put = (at: number, announcement: Announcement) => {
    announcements.set(at, announcement)
    book.set(announcement)
  }
  const place = (at: number, sharer = sharers.get(at) ?? anywhere, moveTo?: string) => {
    sharers.set(at, sharer)
    const address = makeAddress('IPv4', 0x0ac90000n + BigInt(at))
    const existing = announcements.get(at)
    const owners = [{ uid: `u${at}`, namespace: 'default', name: `s${at}` }]
    const given = { address, pool: 'office', since: '2026-01-01T00:00:00Z', owners }
    const load = book.without(announcementName(address))
    const action = planAnnouncement({ given, sharers: [sharer], existing, network, load, hashSeed: 1, moveTo })
    if (action?.kind === 'put-announcement') put(at, action.announcement)
    if (action?.kind === 'update-announcement') put(at, { ...action.seen, spec: action.spec })
  }
  return {
    announcements,
    book,
    network: () => network,
    nodes(states) {
      network = makeNetwork(
        [...states].map(([name, { alive, labels }]) => makeAnnouncer(nodeNamed(name, labels), reportOf(name), alive)),
      )
    },
    place,
    placeAll: () => {
      for (const at of announcements.keys()) place(at)
    },
    claimAll: () => {
      for (const [at, announcement] of announcements) {
        const { spec, status = { epoch: 0, node: '' } } = announcement
        if (spec.nodes.includes(status.node) && network.get(status.node)?.alive) continue
        const node = spec.nodes.find(candidate => network.get(candidate)?.alive) ?? ''
        if (node !== status.node) put(at, { ...announcement, status: { epoch: status.epoch + 1, node } })
      }
    },
    loads: () => {
      const loads = new Map<string, number>()
      for (const announcement of announcements.values()) {
        const node = bearerOf(announcement) ?? ''
        loads.set(node, (loads.get(node) ?? 0) + 1)
      }
      return loads
    },
    peers: () => {
      const peers = new Map<string, Set<string>>()
      for (const { spec } of announcements.values()) {
        for (const node of spec.nodes) {
          const own = peers.get(node) ?? new Set<string>()
          peers.set(node, own)
          for (const other of spec.nodes) if (other !== node) own.add(other)
        }
      }
      return new Map([...peers].map(([node, others]) => [node, others.size]))
    },
  }
}
