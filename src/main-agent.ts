// The agent's composition root: one process per node that announces addresses on the LAN and says what the node is able to do.
import { createAgent } from '../providers/local/agent/agent.ts'
import type { Agent } from '../providers/local/agent/agent.ts'
import { readInterfaces } from '../providers/local/agent/interfaces.ts'
import { watchInterfaces } from '../providers/local/agent/interface-watch.ts'
import type { InterfaceWatch } from '../providers/local/agent/interface-watch.ts'
import { createCollector, takeCareOfMemory } from '../providers/local/agent/memory-care.ts'
import { findTraps, readTrapFacts } from '../providers/local/agent/node-traps.ts'
import type { Heartbeats } from '../providers/local/agent/heartbeat/heartbeats.ts'
import { startHeartbeats } from '../providers/local/agent/heartbeat/start.ts'
import { agentUsage, AgentUsageError, readAgentOptions } from '../providers/local/agent/options.ts'
import type { ProgramOptions } from '../providers/local/agent/options.ts'
import type { NodeView } from '../providers/local/agent/ports.ts'
import { createReporter } from '../providers/local/agent/report.ts'
import { agentLeaseLabel } from './api/group.ts'
import { systemClock } from './kubernetes/clock.ts'
import { loadCredentials } from './kubernetes/load-credentials.ts'
import { CredentialsError } from './kubernetes/errors.ts'
import { keepLease } from './kubernetes/lease-keeper.ts'
import type { LeaseKeeper } from './kubernetes/lease-keeper.ts'
import { createQueue } from './kubernetes/queue.ts'
import { createTransport } from './kubernetes/transport.ts'
import type { AnsweredCall, Transport } from './kubernetes/transport.ts'
import { createWriter } from './kubernetes/writes.ts'
import { startAnnouncer } from './main-agent-announcer.ts'
import { followGateway } from './main-agent-gateway.ts'
import type { GatewayFollowing } from './main-agent-gateway.ts'
import { followPodTargets } from './main-agent-data-path.ts'
import type { PodTargets } from './main-agent-data-path.ts'
import { agentStateForms, agentStates, lookAfterAgent } from './main-agent-looking.ts'
import { watchCluster } from './main-agent-watches.ts'
import { announcementWriter, reportWriter } from './main-agent-writes.ts'
import { createAgentMetrics } from './observability/agent-metrics.ts'
import type { AgentMetrics } from './observability/agent-metrics.ts'
import { stateRoute } from './observability/debug-state.ts'
import { kubernetesCall } from './observability/kubernetes-calls.ts'
import { toggleDebug } from './observability/log-level.ts'
import { createLog } from './observability/log.ts'
import type { Log, ProgramLog } from './observability/log.ts'

const programVersion = '0.1.0'

/** Others take over when a Lease was not renewed for so long; with the claim that follows an address is back within 15 s. */
const leaseDurationMs = 10_000
const renewIntervalMs = 3000
/** Where the kernel does not tell of changes. */
const interfacesEveryMs = 3000
/** The report is looked at again so often, for what its watch may have missed and no event tells, as a sysctl. */
const reportEveryMs = 600_000
const reportPauseMs = 1000
/** Writes at once: claims must not crowd out what the controller writes for Services. */
const concurrentWrites = 8
const farewellMs = 3000
const reportKey = 'report'

const clock = systemClock()
const random = Math.random

/** Runs until `stop` aborts; resolves when every address is withdrawn and the Lease released. Rejects when it cannot go on. */
async function run(options: ProgramOptions, log: ProgramLog, stop: AbortSignal): Promise<void> {
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const phases = new Map<string, string>([['start', 'the caches are not filled yet']])
  const deaf = new Map<string, string>()
  let reflections: ReturnType<typeof watchCluster> | undefined
  let lease: LeaseKeeper | undefined
  let agent: Agent | undefined
  let interfaces: InterfaceWatch | undefined
  let heartbeats: Heartbeats | undefined
  let podTargets: PodTargets | undefined
  let gateway: GatewayFollowing | undefined
  const announcer = await startAnnouncer(options, log, {
    agent: () => agent,
    interfaces: () => interfaces,
    onFailure: failed.reject,
    metrics: () => metrics,
    deaf,
  })
  const leaseAgeMs = () => (lease?.lastSuccess === undefined ? undefined : clock.monotonic() - lease.lastSuccess)
  const metrics: AgentMetrics = createAgentMetrics({
    frames: () => announcer.counts(),
    heartbeats: () => heartbeats?.counts() ?? [],
    announced: () => agent?.announcing ?? 0,
    leaseAgeMs,
    interfaces: () =>
      (interfaces?.interfaces ?? []).map(({ name, carrier }) => ({
        name,
        isUp: carrier,
        listening: announcer.counts().has(name) ? !deaf.has(name) : undefined,
      })),
    gateway: () => gateway?.report && { envoys: gateway.report.envoys, held: gateway.report.held.length },
  })
  metrics.build({ program: 'agent', version: programVersion })
  metrics.watchWatches(() =>
    (reflections?.reflectors ?? []).map(({ resource, state: { lastActivity, restarts } }) => ({
      resource,
      restarts,
      ageMs: lastActivity === undefined ? undefined : clock.monotonic() - lastActivity,
    })),
  )
  await using resources = new AsyncDisposableStack()
  resources.use(announcer)
  const looking = await lookAfterAgent({
    ...options,
    log,
    clock,
    render: () => metrics.render(),
    routes: [stateRoute({ read: agentStates(() => agent), forms: agentStateForms })],
    state: {
      phases,
      deaf,
      leaseDurationMs,
      get watches() {
        return reflections?.needed ?? []
      },
      get interfaces() {
        return interfaces?.interfaces
      },
      get leaseAgeMs() {
        return leaseAgeMs()
      },
    },
  })
  resources.use(looking)

  const transport = resources.use(await connect(options, log, call => metrics.called(kubernetesCall(call))))
  metrics.watchTransport(() => transport.stats)
  log.info({ node: options.node, server: transport.server, version: programVersion }, 'agent starts')
  const watching = watchCluster({ transport, clock, random, log, node: options.node, namespace: options.namespace })
  reflections = watching
  resources.defer(() => watching.stop())
  const over = Promise.race([aborted(stop), failed.promise])
  await Promise.race([watching.synced, over])
  if (stop.aborted) return

  const writer = createWriter(transport)
  const keeper = keepOwnLease(options, { transport, log, node: () => watching.nodes.get(options.node) })
  lease = keeper
  resources.defer(() => keeper.stop())
  const queue = createQueue({
    name: 'agent',
    work: async (key, signal) => {
      if (key !== reportKey) return agent?.reconcile(key, signal)
      await reporter.reconcile(signal)
      return { againAfterMs: reportEveryMs }
    },
    clock,
    random,
    logger: log,
    concurrency: concurrentWrites,
    firstDelayMs: 200,
    longestDelayMs: 10_000,
    metrics: metrics.queue('agent'),
  })
  resources.defer(() => queue.drain(0))
  const wake = (name: string, afterMs?: number) => {
    if (afterMs === undefined) queue.add(name, { priority: 'low' })
    else queue.addAfter(name, afterMs, { priority: 'low' })
  }
  const reporter = createReporter({
    input: () => ({
      self: options.node,
      node: watching.nodes.get(options.node),
      interfaces: interfaces?.interfaces ?? [],
      version: programVersion,
      traps: findTraps(readTrapFacts((interfaces?.interfaces ?? []).map(({ name }) => name))),
      dataPath: podTargets ? podTargets.report : 'as-before',
      gateway: gateway?.report,
    }),
    writer: reportWriter(writer),
    clock,
    logger: log,
  })
  const beating = resources.use(
    startHeartbeats({
      self: options.node,
      announcer,
      secrets: watching.secrets,
      clock,
      logger: log,
      onTakeover: silentMs => metrics.tookOver(silentMs),
    }),
  )
  heartbeats = beating
  const running = createAgent({
    self: options.node,
    heartbeats: beating,
    announcements: watching.announcements,
    leases: watching.leases,
    announcer,
    writer: announcementWriter(writer),
    lastRenewal: () => keeper.lastSuccess,
    leaseDurationMs,
    conflictPolicy: options.conflictPolicy,
    wake,
    clock,
    logger: log,
    onMove(to) {
      metrics.moved(to)
      podTargets?.changed()
    },
    pathOf: announcement => podTargets?.pathOf(announcement),
    awaitsFence: announcement => podTargets?.awaitsFence(announcement) === true,
    onLife: () => podTargets?.changed(),
  })
  agent = running
  const watch = resources.use(
    watchInterfaces({
      read: known => readInterfaces({ known }),
      ...(!announcer.hearsNetwork && { everyMs: interfacesEveryMs }),
      schedule: (ms, again) => clock.schedule(ms, again),
      onChange: now => {
        running.useInterfaces(now)
        podTargets?.changed()
        queue.add(reportKey)
      },
      onError: error => log.warn({ error }, 'the interfaces cannot be read'),
    }),
  )
  interfaces = watch
  podTargets = resources.use(
    followPodTargets({
      transport,
      clock,
      random,
      log,
      node: options.node,
      namespace: options.namespace,
      announcements: watching.announcements,
      interfaces: () => interfaces,
      agent: () => agent,
      metrics: () => metrics.dataPath,
      onReport: () => queue.add(reportKey),
    }),
  )
  if (options.gatewaySocket !== '') {
    gateway = resources.use(
      followGateway({
        ...options,
        transport,
        clock,
        random,
        log,
        version: programVersion,
        onReport: () => queue.addAfter(reportKey, reportPauseMs),
      }),
    )
  }
  watching.nodes.subscribe(() => queue.add(reportKey))
  // Later, so that somebody who writes it all the time cannot keep us busy.
  const lookAgain = () => queue.addAfter(reportKey, reportPauseMs)
  watching.reports.subscribe(lookAgain)
  // What was written and deleted before the first list is no change of it.
  void watching.reports.synced.then(lookAgain, () => {})
  phases.delete('start')
  resources.use(
    takeCareOfMemory({
      release: () => announcer.releaseMemory(),
      collect: createCollector(),
      residentBytes: () => process.memoryUsage.rss(),
      schedule: (ms, again) => clock.schedule(ms, again),
      onError: error => log.warn({ error }, 'memory cannot be given back'),
    }),
  )
  log.info({ announcements: watching.announcements.size, interfaces: watch.interfaces.map(({ name }) => name) }, 'agent works')

  await over
  phases.set('stop', 'the agent is ending')
  await Promise.race([farewell(running, keeper), clock.sleep(farewellMs)])
  log.info({}, 'agent ended')

  async function farewell(leaving: Agent, own: LeaseKeeper): Promise<void> {
    await leaving.withdraw()
    // Either is enough for the next candidate; the released Lease is one write for all addresses.
    const released = own.stop({ release: true })
    for (const name of leaving.owned()) queue.add(name)
    await queue.idle()
    await released
  }
}

async function connect(
  { kubeconfig, context }: ProgramOptions,
  log: Log,
  onCall: (call: AnsweredCall) => void,
): Promise<Transport> {
  const credentials = await loadCredentials({
    clock,
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  })
  return createTransport({ credentials, clock, random, logger: log, userAgent: `weir-agent/${programVersion}`, onCall })
}

function keepOwnLease(
  options: ProgramOptions,
  from: { readonly transport: Transport; readonly log: Log; readonly node: () => NodeView | undefined },
): LeaseKeeper {
  return keepLease({
    transport: from.transport,
    clock,
    random,
    logger: from.log,
    namespace: options.namespace,
    name: options.node,
    identity: options.node,
    durationMs: leaseDurationMs,
    intervalMs: renewIntervalMs,
    labels: { [agentLeaseLabel]: 'node' },
    ownerReferences() {
      const uid = from.node()?.metadata.uid
      return uid === undefined ? undefined : [{ apiVersion: 'v1', kind: 'Node', name: options.node, uid }]
    },
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function main(): Promise<void> {
  const options = readAgentOptions(process.argv.slice(2), process.env)
  if (options === 'help') {
    process.stdout.write(agentUsage)
    return
  }
  if (options === 'uninstall') {
    const { uninstallDataPath } = await import('../providers/local/agent/forwarding/uninstall.ts')
    const done = await uninstallDataPath()
    process.stdout.write(done === 'removed' ? 'The data path is removed.\n' : 'There was no data path.\n')
    return
  }
  const log = createLog({ level: options.logLevel, program: 'agent' })
  process.on('SIGUSR2', toggleDebug(log))
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  await run(options, log, stop.signal)
}

try {
  await main()
  process.exit(0)
} catch (error) {
  const remedy = error instanceof CredentialsError ? ` (${error.remedy})` : ''
  process.stderr.write(`weir-agent: ${error instanceof Error ? error.message : String(error)}${remedy}\n`)
  process.exit(error instanceof AgentUsageError ? 2 : 1)
}
