// For tests: a local provider over a simulated API server, nodes with agents that live or not, and Services that are brought along.
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { NodeReport } from '../../../src/api/node-report.ts'
import type { Node } from '../../../src/model/kubernetes-objects.ts'
import type { DesiredLoadBalancer, LoadBalancerId, Membership } from '../../../src/model/load-balancer.ts'
import type { Outcome } from '../../../src/provider.ts'
import type { DataPath } from '../pod-targets.ts'
import { createLocalProvider } from '../provider.ts'
import type { LocalProvider } from '../provider.ts'
import { createServer, createView, nodeNamed, reportOf, threeReady } from './simulation.ts'
import type { AddressBlock, Announcement, Server, WritableView } from './simulation.ts'
import type { ClusterRanges, ExistingService } from '../views.ts'

export interface SimulatedLan {
  readonly provider: LocalProvider
  /** The Services there are, by uid, as the API server has them. */
  readonly services: Map<string, DesiredLoadBalancer>
  readonly blocks: Server<AddressBlock>
  readonly announcements: Server<Announcement>
  readonly pools: WritableView<AddressPool>
  readonly nodes: WritableView<Node>
  readonly reports: WritableView<NodeReport>
  /** Services woken so far, by name, and emptied by reading. */
  woken(): readonly string[]
  /** Lets time pass, in milliseconds. */
  pass(ms: number): void
  /** What the controller does every few seconds. */
  tidy(): Promise<void>
  bring(desired: DesiredLoadBalancer, membership?: Membership): Promise<Outcome>
  remove(id: LoadBalancerId): Promise<Outcome>
  /** Plans and writes Announcements until nothing changes any more. */
  announce(): Promise<void>
  /** What the agent of a node does: claims an address, or confirms its withdrawal. */
  claim(announcement: string, node: string): void
  confirm(announcement: string): void
  /** What an agent does that meets a station of others at the address; without a MAC, the station is gone. */
  meet(announcement: string, mac: string | undefined): void
  /** The node that announces says by which path packets go to pods. */
  /** The node that announces met a station of others at the address and defended it. */
  defend(announcement: string, mac: string): void
  carry(announcement: string, path: DataPath): void
  setAlive(node: string, alive: boolean): void
}

export interface SimulatedLanOptions {
  readonly pools?: readonly AddressPool[]
  readonly nodes?: readonly string[]
  readonly clusterRanges?: ClusterRanges
  readonly existing?: readonly ExistingService[]
  /** Services that are there before any is looked at. */
  readonly services?: readonly DesiredLoadBalancer[]
  /** An API server that was there before: a restart. */
  readonly after?: SimulatedLan
  readonly write?: () => Promise<void>
}

export async function simulatedLan(options: SimulatedLanOptions = {}): Promise<SimulatedLan> {
  const { pools = [], nodes = ['n0', 'n1', 'n2'], existing = [], after, write = async () => {} } = options
  let passedMs = 0
  let defences = 0
  const services = new Map<string, DesiredLoadBalancer>(after?.services)
  for (const service of options.services ?? []) services.set(service.id.uid, service)
  const blockView = createView<AddressBlock>()
  const announcementView = createView<Announcement>()
  const [poolView, nodeView, reportView] = [createView<AddressPool>(), createView<Node>(), createView<NodeReport>()]
  const blocks = createServer<AddressBlock>((name, object) => (object ? blockView.put(object) : blockView.remove(name)))
  const announcements = createServer<Announcement>((name, object) =>
    object ? announcementView.put(object) : announcementView.remove(name),
  )
  for (const block of after?.blocks.objects.values() ?? []) blocks.create(block)
  for (const object of after?.announcements.objects.values() ?? []) announcements.create(object)
  for (const pool of pools) poolView.put(pool)
  for (const node of nodes) nodeView.put(nodeNamed(node))
  for (const node of nodes) reportView.put(reportOf(node))
  const living = new Set(nodes)
  const agentListeners = new Set<(node: string) => void>()
  const provider = createLocalProvider({
    pools: poolView,
    ...(options.clusterRanges && { clusterRanges: options.clusterRanges }),
    blocks: blockView,
    announcements: announcementView,
    nodeReports: reportView,
    nodes: nodeView,
    agents: {
      alive: node => living.has(node),
      subscribe: listener => {
        agentListeners.add(listener)
        return () => void agentListeners.delete(listener)
      },
    },
    existing: () => existing,
    desired: id => services.get(id.uid),
    hashSeed: () => 4_294_967_295,
    blockStore: {
      read: async name => blocks.read(name),
      create: async block => {
        await write()
        return blocks.create(block)
      },
      update: async block => {
        await write()
        return blocks.update(block)
      },
      remove: async seen => blocks.remove(seen),
    },
    announcementStore: {
      create: async object => announcements.create(object),
      patch: async (seen, { metadata, spec }) => {
        const next = { ...seen, metadata: { ...seen.metadata, ...metadata } }
        if (!spec) return announcements.update(next)
        const { interfaces, nodeInterfaces, targets, hashSeed, fenced, nodes: candidates, ...rest } = spec
        const toPods = { ...(targets && { targets }), ...(hashSeed !== null && { hashSeed }), ...(fenced && { fenced }) }
        const ruled = { ...(interfaces && { interfaces: [...interfaces] }), ...(nodeInterfaces && { nodeInterfaces }) }
        return announcements.update({
          ...next,
          spec: { address: seen.spec.address, ...rest, nodes: [...candidates], ...ruled, ...toPods },
        })
      },
      remove: async seen => announcements.remove(seen),
    },
    now: () => Date.UTC(2026, 0, 2) + passedMs,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
    signal: new AbortController().signal,
  })
  const signal = new AbortController().signal
  let wokenNames: string[] = []
  provider.watch(id => wokenNames.push(id.name))
  const wokenAnnouncements = new Set<string>(announcements.objects.keys())
  provider.announcements.watch(name => wokenAnnouncements.add(name))
  await Promise.resolve()

  const run = async (id: LoadBalancerId, goal: Parameters<LocalProvider['plan']>[0]) => {
    const observed = await provider.observe(id, signal)
    return provider.apply({ id, goal, observed, actions: provider.plan(goal, observed) }, signal)
  }
  const change = (name: string, edit: (announcement: Announcement) => Announcement) => {
    const announcement = announcements.read(name)
    if (!announcement) throw new Error(`no Announcement ${name}`)
    announcements.update(edit(announcement))
  }
  return {
    provider,
    services,
    blocks,
    announcements,
    pools: poolView,
    nodes: nodeView,
    reports: reportView,
    woken: () => {
      const names = wokenNames
      wokenNames = []
      return names
    },
    pass: ms => {
      passedMs += ms
    },
    tidy: () => provider.tidy(signal),
    bring: (desired, membership = threeReady) => {
      services.set(desired.id.uid, desired)
      return run(desired.id, { desired, membership })
    },
    remove: id => {
      services.delete(id.uid)
      return run(id, undefined)
    },
    announce: async () => {
      while (wokenAnnouncements.size > 0) {
        const names = [...wokenAnnouncements]
        wokenAnnouncements.clear()
        for (const name of names) {
          const action = provider.announcements.plan(name)
          if (action) await provider.announcements.apply(action, signal)
        }
      }
    },
    claim: (name, node) =>
      change(name, announcement => ({
        ...announcement,
        status: { ...announcement.status, epoch: (announcement.status?.epoch ?? 0) + 1, node },
      })),
    meet: (name, mac) =>
      change(name, announcement => {
        const since = '2026-01-02T00:00:00Z'
        return { ...announcement, status: { epoch: 0, node: '', ...(mac !== undefined && { conflict: { mac, since } }) } }
      }),
    defend: (name, mac) =>
      change(name, announcement => {
        const since = new Date(Date.UTC(2026, 0, 2) + defences++ * 1000).toISOString()
        return { ...announcement, status: { epoch: 1, node: 'n0', ...announcement.status, defended: { mac, since } } }
      }),
    carry: (name, path) =>
      change(name, announcement => ({ ...announcement, status: { epoch: 1, node: 'n0', ...announcement.status, path } })),
    confirm: name => change(name, announcement => ({ ...announcement, metadata: { ...announcement.metadata, finalizers: [] } })),
    setAlive: (node, alive) => {
      if (alive) living.add(node)
      else living.delete(node)
      for (const listener of agentListeners) listener(node)
    },
  }
}
