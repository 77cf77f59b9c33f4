// The nodes as announcers, kept up to date from Nodes, NodeReports and Leases; tells which nodes changed in a way that counts.
import { batchNames } from '../batch-names.ts'
import { makeAnnouncer, makeNetwork } from './network.ts'
import type { Announcer, Network } from './network.ts'
import type { LocalDependencies } from '../views.ts'

export interface NetworkView {
  readonly current: () => Network
  subscribe(listener: (changed: ReadonlySet<string>) => void): () => void
}

export function trackNetwork(
  { nodes, nodeReports, agents }: Pick<LocalDependencies, 'nodes' | 'nodeReports' | 'agents'>,
  signal: AbortSignal,
): NetworkView {
  const announcers = new Map<string, Announcer>()
  let network: Network | undefined
  const { add, subscribe } = batchNames()
  const look = (name: string) => {
    const node = nodes.get(name)
    const next = node && makeAnnouncer(node, nodeReports.get(name), agents.alive(name))
    if (print(next) === print(announcers.get(name))) return
    if (next) announcers.set(name, next)
    else announcers.delete(name)
    network = undefined
    add(name)
  }
  const subscriptions = [
    nodes.subscribe(({ key }) => look(key), { replay: true }),
    nodeReports.subscribe(({ key }) => look(key)),
    agents.subscribe(look),
  ]
  signal.addEventListener('abort', () => subscriptions.forEach(end => end()), { once: true })
  return { current: () => (network ??= makeNetwork(announcers.values())), subscribe }
}

/** Nodes are updated all the time (their kubelets' heartbeats); only what is read here counts. */
function print(announcer: Announcer | undefined): string | undefined {
  return announcer && JSON.stringify(announcer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}
