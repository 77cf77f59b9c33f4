// The controller as a whole, without any provider: reach the API server, fill the stores, lead, run the loops, end in order.
import { loadCredentials } from '../kubernetes/load-credentials.ts'
import { createEventRecorder } from '../kubernetes/events.ts'
import { electLeader } from '../kubernetes/leader-election.ts'
import { createTransport } from '../kubernetes/transport.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { Reflector } from '../kubernetes/reflector.ts'
import { stuckWatches, watchTroubles } from '../kubernetes/watch-troubles.ts'
import { createWriter } from '../kubernetes/writes.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import { serveHealth } from '../observability/health.ts'
import type { Route } from '../observability/health.ts'
import { kubernetesCall } from '../observability/kubernetes-calls.ts'
import { stateRoute } from '../observability/debug-state.ts'
import { logLevelRoute } from '../observability/log-level.ts'
import { createMetrics } from '../observability/metrics.ts'
import type { Metrics } from '../observability/metrics.ts'
import { followAgents } from './agents.ts'
import type { AgentLiveness } from './agents.ts'
import { startClassController } from './class.ts'
import type { ClassController } from './class.ts'
import type { Controller, Surroundings } from './controller.ts'
import { readCluster } from './cluster-readings.ts'
import { createHeldElsewhere } from './held-elsewhere.ts'
import { startIngressController } from './ingress.ts'
import { startProvider } from './late-provider.ts'
import { election, leadAlone, leadsStill } from './leading.ts'
import { objectStates, stateForms } from './object-state.ts'
import type { ControllerOptions } from './options.ts'
import type { ProviderParts } from './provider-parts.ts'
import { awaitApiServer } from './reach.ts'
import type { PageAround, RunOptions } from './run-options.ts'
import { startServiceController } from './service.ts'
import type { ServiceController } from './service.ts'
import { createStores, reflectAll } from './stores.ts'
import { startSweep } from './sweep.ts'
import { watchTakeOvers } from './take-over.ts'
import { waitingAliases } from '../model/take-over.ts'
import type { Provider } from '../provider.ts'

/** Mean time between two sweeps for orphans. */
const sweepIntervalMs = 300_000

/** How long work under way may take to end; with the renew deadline it stays below the duration of the Lease. */
const graceMs = 3000

/** Runs until `signal` aborts; resolves when everything has ended and the Lease is free. */
export async function runController(run: RunOptions): Promise<void> {
  const { options, clock, random, log, signal } = run
  const credentials = await loadCredentials({
    clock,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
  })
  const metrics = createMetrics()
  metrics.build({ program: 'controller', version: run.version })
  await using transport = createTransport({
    credentials,
    clock,
    random,
    logger: log,
    userAgent: `weir-controller/${run.version}`,
    onCall: call => metrics.called(kubernetesCall(call)),
  })
  metrics.watchTransport(() => transport.stats)
  const stores = createStores(log)
  for (const [kind, store] of Object.entries(stores)) metrics.watchSize(kind, () => store.size)
  let reflectors: readonly Reflector[] | undefined
  const troubles = () => (reflectors ? watchTroubles(reflectors, clock) : ['the API server has not answered yet'])
  metrics.watchWatches(() =>
    (reflectors ?? []).map(({ resource, state: { lastActivity, restarts } }) => ({
      resource,
      restarts,
      ageMs: lastActivity === undefined ? undefined : clock.monotonic() - lastActivity,
    })),
  )
  const leading: { services?: ServiceController | undefined } = {}
  let agents: AgentLiveness | undefined
  await using health = await startHealth(options, {
    unready: troubles,
    unhealthy: () => stuckWatches(reflectors ?? [], clock),
    metrics,
    routes: [
      ...(run.programLog ? [logLevelRoute(run.programLog)] : []),
      stateRoute({
        read: objectStates({ stores, agents: { alive: node => agents?.alive(node) === true }, services: () => leading.services }),
        forms: stateForms,
      }),
    ],
  })
  log.info({ server: credentials.server, health: health?.port, providers: options.providers }, 'controller starts')
  if (!(await awaitApiServer({ transport, clock, log, say: run.say, signal }))) return

  const reflections = reflectAll({
    stores,
    transport,
    clock,
    random,
    log,
    namespace: options.namespace,
    keepsTargets: run.keepsTargets,
  })
  reflectors = reflections.all
  const following = followAgents(stores.leases, clock)
  agents = following
  await using page = await startPage(run, { stores, agents: following, transport, troubles })
  try {
    await untilSynced(reflections.synced, signal)
    log.info({ services: stores.services.size, page: page?.port }, 'caches are complete')
    const lead = (term: AbortSignal) => {
      const surroundings = { stores, writer: createWriter(transport), clock, random, log, metrics }
      return work(run, { transport, agents: following, surroundings, leading }, term)
    }
    if (options.leaderElect) await electLeader(election(run, transport, lead))
    else await leadAlone(run, transport, lead)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    following.stop()
    await reflections.stop()
    log.info({}, 'controller ended')
  }
}

interface Base {
  readonly transport: Transport
  readonly agents: AgentLiveness
  readonly surroundings: Omit<Surroundings, 'events'>
  /** Holds the loop of Services while this process leads. */
  readonly leading: { services?: ServiceController | undefined }
}

/** One term of leadership: all loops, from their start to their last write. */
async function work(run: RunOptions, { transport, agents, surroundings: base, leading }: Base, term: AbortSignal): Promise<void> {
  const { options, clock, random, log } = run
  let isBusy = () => false
  let lookAtAll = () => {}
  const events = createEventRecorder({
    transport,
    clock,
    logger: log,
    reportingController: 'weir.dev/controller',
    reportingInstance: options.identity,
    isBusy: () => isBusy(),
  })
  const surroundings: Surroundings = { ...base, events }
  const controllers: Controller[] = []
  base.metrics.leading(true)
  log.info({ identity: options.identity }, 'leading')
  try {
    const { namespace } = options
    const confirmLeading = (signal: AbortSignal) => leadsStill(options, base.writer, signal)
    const around = { ...surroundings, agents, transport, namespace, confirmLeading, signal: term }
    const parts = await Promise.all(
      options.providers.map(name => {
        // One that cannot start must not keep the others from their work.
        const make = () => run.makeProvider(name, around)
        return startProvider({ name, make, stores: base.stores, clock, log, signal: term })
      }),
    )
    base.metrics.watchCluster(() => readCluster({ stores: base.stores, agents, otherTargets: () => targetsSeen(parts) }))
    const providers = new Map(parts.map(({ provider }): [string, Provider] => [provider.name, provider]))
    const isHeld = (id: LoadBalancerId) => parts.some(({ holds }) => holds(id))
    const takeOvers = watchTakeOvers({ ...base, onChange: () => lookAtAll() })
    controllers.push(takeOvers)
    await Promise.race([takeOvers.first, aborted(term)])
    const services = startServiceController({
      surroundings,
      providers,
      isHeld,
      takeOvers: takeOvers.current,
      heldElsewhere: createHeldElsewhere({
        providers: new Set(options.providers),
        blocks: base.stores.blocks,
        writer: base.writer,
        namespace,
      }),
    })
    leading.services = services
    isBusy = () => services.isBusy()
    let classLoop: ClassController | undefined
    const ingresses = startIngressController({
      surroundings,
      providers: () => parts.flatMap(({ ingress }) => ingress ?? []),
      configured: new Set(options.providers),
      // Those who use a class when this begins, the loop of classes finds by itself.
      onUse: name => classLoop?.lookAt(name),
      takeOvers: takeOvers.current,
    })
    lookAtAll = () => {
      services.lookAtAll()
      ingresses.lookAtAll()
      classLoop?.look()
    }
    const troubles = new Map(parts.map(({ provider, classTrouble }) => [provider.name as string, classTrouble]))
    const classes = startClassController(surroundings, {
      providers: [...providers.keys()],
      troubleOf: subject => troubles.get(subject.spec.provider)?.(subject),
      otherUsers: subject => [
        ...ingresses.usersOf(subject.metadata.name).map(key => `Ingress ${key}`),
        ...parts.flatMap(({ classUsers }) => classUsers?.(subject) ?? []),
      ],
      remarkOf: subject => {
        const remark = parts.find(({ provider }) => provider.name === subject.spec.provider)?.classRemark?.(subject)
        const told = [waitingAliases(subject, takeOvers.current()), remark].filter(text => text !== undefined)
        return told.length === 0 ? undefined : told.join(' ')
      },
    })
    classLoop = classes
    controllers.push(services, ingresses, classes)
    controllers.push(...parts.flatMap(({ start }) => start?.(services, classes, ingresses) ?? []))
    controllers.push(
      startSweep({
        providers,
        services: base.stores.services,
        onOrphan: id => services.releaseOrphan(id),
        clock,
        random,
        log,
        intervalMs: sweepIntervalMs,
      }),
    )
    run.onWorking?.(services)
    await aborted(term)
  } finally {
    leading.services = undefined
    await Promise.all(controllers.map(controller => controller.stop(graceMs)))
    await events.stop(graceMs)
    base.metrics.leading(false)
    log.info({ identity: options.identity }, 'no longer leading')
  }
}

function* targetsSeen(parts: readonly ProviderParts[]): Iterable<readonly [provider: string, health: string, count: number]> {
  for (const { provider, targetsSeen: seen } of parts)
    for (const [health, count] of seen?.() ?? []) yield [provider.name, health, count]
}

interface Looking {
  readonly unready: () => readonly string[]
  readonly unhealthy: () => readonly string[]
  readonly metrics: Metrics
  readonly routes: readonly Route[]
}

/** The health server, or nothing that can be disposed of when the port is 0. */
async function startHealth({ healthPort }: ControllerOptions, { metrics, ...looking }: Looking) {
  return healthPort === 0 ? undefined : serveHealth({ ...looking, port: healthPort, metrics: () => metrics.render() })
}

/** The page to look at, by whichever process is asked: one that stands by has the same copies. */
async function startPage(
  { options, servePage, clock, random, log, version }: RunOptions,
  around: Pick<PageAround, 'stores' | 'agents' | 'transport' | 'troubles'>,
) {
  const { pagePort: port, namespace, identity } = options
  return port === 0 ? undefined : servePage({ ...around, port, clock, random, log, namespace, identity, version })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function untilSynced(synced: Promise<void>, signal: AbortSignal): Promise<void> {
  await Promise.race([synced, aborted(signal).then(() => Promise.reject(signal.reason))])
}
