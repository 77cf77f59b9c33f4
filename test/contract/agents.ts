// Stands in for agents where there is no LAN: nodes with reports and Leases that are renewed, and claims of Announcements.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Announcement } from '../../src/api/announcement.ts'
import { weirPath } from './cluster.ts'
import type { Cluster } from './cluster.ts'

export interface FakeAgents extends AsyncDisposable {
  /** The agent of a node stops renewing, as if killed. */
  kill(node: string): void
  /**
   * Claims as the agents do: the first candidate announces, who is withdrawn confirms, who is no candidate any more lets go first.
   * Until the end.
   */
  claim(): void
}

const leases = '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases'
const durationSeconds = 3

/** Nodes n0, n1, … at 10.201.0.11, 10.201.0.12, … in 10.201.0.0/16, each with a living agent. */
export async function fakeAgents(cluster: Cluster, nodes: readonly string[]): Promise<FakeAgents> {
  const ending = new AbortController()
  const alive = new Set(nodes)
  for (const [index, name] of nodes.entries()) {
    const address = `10.201.0.${11 + index}`
    await cluster.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } })
    await cluster.patch(`/api/v1/nodes/${name}/status`, { status: { addresses: [{ type: 'InternalIP', address }] } })
    await cluster.create(weirPath('nodereports'), {
      apiVersion: 'weir.dev/v1alpha1',
      kind: 'NodeReport',
      metadata: { name },
      spec: {
        version: 'test',
        interfaces: [{ name: 'eth0', index: 2, mac: `02:00:00:00:00:0${index}`, carrier: true, addresses: [`${address}/16`] }],
      },
    })
    await cluster.create(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, labels: { 'weir.dev/agent': 'node' } },
      spec: { holderIdentity: name, leaseDurationSeconds: durationSeconds, renewTime: now() },
    })
  }
  const repeat = async (everyMs: number, work: () => Promise<unknown>) => {
    while (!ending.signal.aborted) {
      // The API server may be away in a test; the next turn tries again.
      await work().catch(() => {})
      await sleep(everyMs, undefined, { signal: ending.signal }).catch(() => {})
    }
  }
  const running = [
    repeat(1000, () => Promise.all([...alive].map(name => cluster.patch(`${leases}/${name}`, { spec: { renewTime: now() } })))),
  ]
  return {
    kill: node => void alive.delete(node),
    claim() {
      running.push(
        repeat(50, async () => {
          for (const announcement of await cluster.list(weirPath('announcements'))) await follow(cluster, announcement, alive)
        }),
      )
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await Promise.all(running)
    },
  }
}

async function follow(cluster: Cluster, { metadata, spec, status }: Announcement, alive: ReadonlySet<string>): Promise<void> {
  const path = weirPath('announcements', metadata.name)
  const { resourceVersion } = metadata
  const holder = status?.node ?? ''
  if (metadata.deletionTimestamp) {
    if (holder !== '' && alive.has(holder)) await cluster.patch(path, { metadata: { resourceVersion, finalizers: null } })
    return
  }
  if (holder !== '' && alive.has(holder)) {
    if (spec.nodes.includes(holder)) return
    const left = { node: '', interface: null, reason: 'Moved' }
    await cluster.patch(`${path}/status`, { metadata: { resourceVersion }, status: left })
    return
  }
  const claimant = spec.nodes.find(node => alive.has(node))
  if (claimant === undefined) return
  const next = { epoch: (status?.epoch ?? 0) + 1, node: claimant, interface: 'eth0' }
  await cluster.patch(`${path}/status`, { metadata: { resourceVersion }, status: next })
}

/** MicroTime. */
function now(): string {
  return new Date().toISOString().replace('Z', '000Z')
}
