// backlog: how long until N waiting Services have an address, beside N bare status patches on the same API server.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bundle, root } from '../../deploy/bundle/bundle.ts'
import { apiVersion } from '../../src/api/group.ts'
import type { Transport } from '../../src/kubernetes/transport.ts'
import { startControlPlane } from '../lab/control-plane.ts'
import { lines } from '../lab/progress.ts'
import { median, memoryOf, rounded, table } from './figures.ts'
import type { Memory } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { addServices, forEach, openTransport, patchBare, populate, removeServices } from './population.ts'
import { deployed, startProcess } from './program.ts'

interface Round {
  readonly ms: number
  readonly limitMs: number
  readonly memory: Memory
}

/**
 * Each round has an API server of its own with N Services of our class and N of a class nobody answers. The bare patches go
 * first in one round and last in the next, so that neither side always has the warmer server; the controller never sees
 * the other side's Services, and does not run while they are patched.
 */
export async function backlog({ services = 1000, rounds: count, signal }: BenchOptions) {
  const progress = lines(process.stderr)
  await progress.step('bundle', () => bundle())
  const rounds: Round[] = []
  for (let i = 0; i < count; i++)
    rounds.push(await progress.step(`round ${i + 1}, ${services} Services`, () => measure(services, i % 2 === 0, signal)))

  const row = (name: string, { ms, limitMs, memory }: Round) =>
    [
      name,
      ms.toFixed(0),
      limitMs.toFixed(0),
      (ms / limitMs).toFixed(2),
      memory.rssMb.toFixed(0),
      memory.peakMb.toFixed(0),
    ] as const
  const middle: Round = {
    ms: median(rounds.map(round => round.ms)),
    limitMs: median(rounds.map(round => round.limitMs)),
    memory: {
      rssMb: median(rounds.map(round => round.memory.rssMb)),
      peakMb: median(rounds.map(round => round.memory.peakMb)),
    },
  }
  const header = ['round', 'controller ms', 'bare patches ms', 'ratio', 'RSS MB', 'peak MB']
  console.log(
    `backlog: ${services} Services\n${table(header, [...rounds.map((round, i) => row(`${i + 1}`, round)), row('median', middle)])}`,
  )
  return {
    services,
    ms: rounded(middle.ms),
    limitMs: rounded(middle.limitMs),
    ratio: rounded(middle.ms / middle.limitMs, 2),
    rssMb: rounded(middle.memory.rssMb),
    peakMb: rounded(middle.memory.peakMb),
    runs: rounds.map(round => ({
      ms: rounded(round.ms),
      limitMs: rounded(round.limitMs),
      rssMb: rounded(round.memory.rssMb),
    })),
  }
}

async function measure(services: number, bareFirst: boolean, signal: AbortSignal): Promise<Round> {
  await using cluster = await startControlPlane({ signal })
  await cluster.kubectl(['apply', '--server-side', '-f', join(root, 'crds')])
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', join(root, 'crds')])
  await using transport = await openTransport(cluster.kubeconfig)
  await using population = await populate(transport)
  const bare = async () => {
    await addServices(transport, 'bare', services, false)
    const patchAll = () => forEach(services, index => patchBare(transport, 'bare', index))
    const limitMs = await timed({ transport, namespace: 'bare', services, signal }, patchAll)
    await removeServices(transport, 'bare')
    return limitMs
  }
  const before = bareFirst ? await bare() : 0
  await addServices(transport, 'waiting', services, true)
  const ours = await controller(cluster.kubeconfig, transport, services, signal)
  const after = bareFirst ? 0 : await bare()
  await population.stop()
  return { ...ours, limitMs: before + after }
}

/** From the start of the process until the last Service has its address; memory once all Announcements are made, too. */
async function controller(kubeconfig: string, transport: Transport, services: number, signal: AbortSignal) {
  const words = ['--providers', 'local', '--leader-elect=false', '--health-port=0', '--log-level=warn']
  const { flags, env } = deployed()
  const args = [...flags, join(root, 'dist', 'controller.mjs'), ...words]
  await using started = startProcess(process.execPath, args, { ...env, KUBECONFIG: kubeconfig })
  const ms = await timed({ transport, namespace: 'waiting', services, signal }, () => started.begin())
  await untilAnnounced(transport, services, signal)
  return { ms, memory: memoryOf(started.pid()) }
}

interface ServiceEvent {
  readonly type: string
  readonly object: {
    readonly metadata: { readonly name: string; readonly resourceVersion: string }
    readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly unknown[] } }
  }
}

/**
 * Milliseconds from the call of `work` until a watch has shown an address at every Service of the namespace. Both sides are
 * measured by it, because being watched costs the API server time as well.
 */
async function timed(watching: Omit<Watching, 'onOpen'>, work: () => Promise<void>): Promise<number> {
  const opened = Promise.withResolvers<void>()
  const allSeen = untilAllSeen({ ...watching, onOpen: opened.resolve })
  // A watch that fails must not be an unhandled rejection while `work` is under way.
  allSeen.catch(opened.reject)
  await opened.promise
  const started = performance.now()
  await Promise.all([work(), allSeen])
  return performance.now() - started
}

interface Watching {
  readonly transport: Transport
  readonly namespace: string
  readonly services: number
  readonly signal: AbortSignal
  readonly onOpen: () => void
}

/** The API server may end a watch whenever it likes, above all when it is busy: the next one goes on where that one ended. */
async function untilAllSeen({ transport, namespace, services, signal, onOpen }: Watching): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/services`
  const list = await transport.request<{ readonly metadata: { readonly resourceVersion: string } }>({ path, query: { limit: 1 } })
  let { resourceVersion } = list.metadata
  const seen = new Set<string>()
  while (seen.size < services) {
    const query = { watch: true, resourceVersion }
    const events = transport.stream<ServiceEvent>({ path, query, idleTimeoutMs: 120_000, signal, onOpen })
    for await (const { type, object } of events) {
      if (type === 'ERROR') throw new Error(`the watch of ${namespace} failed: ${JSON.stringify(object)}`)
      resourceVersion = object.metadata.resourceVersion
      if ((object.status?.loadBalancer?.ingress?.length ?? 0) > 0) seen.add(object.metadata.name)
      if (seen.size === services) return
    }
  }
}

/** The work that follows the addresses at low priority is part of what the controller holds in memory. */
async function untilAnnounced(transport: Transport, services: number, signal: AbortSignal): Promise<void> {
  const path = `/apis/${apiVersion}/announcements`
  for (;;) {
    const page = await transport.request<{
      readonly items: readonly unknown[]
      readonly metadata: { readonly remainingItemCount?: number }
    }>({ path, query: { limit: 1 }, signal })
    if (page.items.length + (page.metadata.remainingItemCount ?? 0) >= services) return
    await sleep(250, undefined, { signal })
  }
}
