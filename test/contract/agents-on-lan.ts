// Agents as programs on a LAN of namespaces, with a true API server that each reaches by a wire of its own, and keys for heartbeats.
import { setTimeout as sleep } from 'node:timers/promises'
import { startAgent, wireToLoopback } from '../../providers/local/agent/agent-process-under-test.ts'
import type { AgentProcess, Wire } from '../../providers/local/agent/agent-process-under-test.ts'
import { makeLan } from '../../providers/local/agent/announcer/lan-under-test.ts'
import type { Lan, Station } from '../../providers/local/agent/announcer/lan-under-test.ts'
import { announcedFinalizer } from '../../src/api/group.ts'
import type { Announcement } from '../../src/api/announcement.ts'
import { announcementName, parseAddress } from '../../src/model/address.ts'
import { heartbeatSecretField, heartbeatSecretName, rotate } from '../../src/model/heartbeat-keys.ts'
import { waitFor } from '../lab/waiting.ts'
import { startCluster, weirPath } from './cluster.ts'
import type { Cluster } from './cluster.ts'

export interface AgentsOnLan extends AsyncDisposable {
  readonly cluster: Cluster
  /** Its client is the neutral station. */
  readonly lan: Lan
  readonly names: readonly string[]
  station(node: string): Station
  agent(node: string): AgentProcess
  /** To the API server. */
  wire(node: string): Wire
  /** Which node has the MAC. */
  nodeOf(mac: string | undefined): string | undefined
  /** Starts the agent of a node and waits until it works. */
  start(node: string): Promise<void>
  /** Makes the Announcement of an address, as the controller does, or changes its candidates. */
  announce(address: string, candidates: readonly string[]): Promise<void>
  status(address: string): Promise<Announcement['status']>
  /** Waits until the status names the node as owner. */
  untilOwned(address: string, node: string): Promise<Announcement>
}

export interface AgentsOnLanOptions {
  /** Short; part of the names of the namespaces. */
  readonly name: string
  readonly nodes: readonly string[]
  /** src/main-agent.ts unless told. */
  readonly program?: string
  /** Without them Leases decide alone. */
  readonly heartbeats?: boolean
}

export async function agentsOnLan({ name, nodes, program, heartbeats = true }: AgentsOnLanOptions): Promise<AgentsOnLan> {
  await using unlessMade = new AsyncDisposableStack()
  const resources = unlessMade.use(new AsyncDisposableStack())
  const cluster = resources.use(await startCluster())
  const lan = resources.use(makeLan(name))
  const stations = new Map(nodes.map((node, index) => [node, index === 0 ? lan.node : lan.attach()]))
  const agents = new Map<string, AgentProcess>()
  const wires = new Map<string, Wire>()
  const found = <T>(map: ReadonlyMap<string, T>, node: string): T => {
    const one = map.get(node)
    if (one === undefined) throw new Error(`there is no ${node} on this LAN`)
    return one
  }
  if (heartbeats) await createKeys(cluster)
  for (const [node, station] of stations) {
    wires.set(node, resources.use(wireToLoopback(lan, station, Number(new URL(cluster.plane.server).port))))
    await cluster.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: node } })
  }
  resources.defer(async () => {
    for (const [node, agent] of agents) {
      await agent.end('SIGKILL')
      if (process.env['WEIR_SHOW_LOG']) process.stderr.write(`${node}\n${agent.log.join('\n')}\n`)
    }
  })
  const start = async (node: string) => {
    const agent = startAgent({
      station: found(stations, node),
      node,
      kubeconfig: cluster.plane.kubeconfig,
      ...(program !== undefined && { program }),
    })
    agents.set(node, agent)
    const works = async () => agent.log.some(line => line.includes('agent works'))
    await waitFor(works, { what: `the agent of ${node} to work`, everyMs: 20 })
  }
  await Promise.all(nodes.map(start))
  const pathOf = (address: string) => weirPath('announcements', nameOf(address))
  const made = unlessMade.move()
  return {
    cluster,
    lan,
    names: nodes,
    station: node => found(stations, node),
    agent: node => found(agents, node),
    wire: node => found(wires, node),
    nodeOf: mac => nodes.find(node => mac !== undefined && stations.get(node)?.mac === mac),
    start,
    async announce(address, candidates) {
      if (await cluster.find(pathOf(address))) {
        await cluster.patch(pathOf(address), { spec: { nodes: candidates } })
        return
      }
      await cluster.create(weirPath('announcements'), {
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'Announcement',
        metadata: { name: nameOf(address), finalizers: [announcedFinalizer] },
        spec: { address, pool: 'office', services: [{ uid: 'u', namespace: 'default', name: 'web' }], nodes: candidates },
      })
    },
    status: async address => (await cluster.get(pathOf(address))).status,
    untilOwned: (address, node) =>
      cluster.until(pathOf(address), ({ status }: Announcement) => status?.node === node, `${node} to own ${address}`),
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  }
}

/** So long the agents need at most to know each other after they have started. */
export const acquaintedMs = 1500

/** Until all agents have heard each other. */
export function acquainted(): Promise<void> {
  return sleep(acquaintedMs)
}

async function createKeys(cluster: Cluster): Promise<void> {
  const { ring } = rotate(undefined, Date.now(), bytes => crypto.getRandomValues(new Uint8Array(bytes)))
  await cluster.create('/api/v1/namespaces/weir-system/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: heartbeatSecretName },
    data: { [heartbeatSecretField]: Buffer.from(JSON.stringify(ring)).toString('base64') },
  })
}

function nameOf(address: string): string {
  const parsed = parseAddress(address)
  if (!parsed) throw new Error(`${address} is no address`)
  return announcementName(parsed)
}
