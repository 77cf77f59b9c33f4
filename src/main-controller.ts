// The controller's composition root: the one active process of the cluster, which claims Services and gives them addresses.
import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { createLocalProvider } from '../providers/local/provider.ts'
import type { ExistingService } from '../providers/local/views.ts'
import { apiVersion } from './api/group.ts'
import { kindNames } from './api/kind-names.ts'
import type { LoadBalancerClass } from './api/load-balancer-class.ts'
import { startAnnouncementController } from './controllers/announcement.ts'
import { announcementWrites, blockWrites } from './controllers/compare-and-swap.ts'
import { keepHeartbeatKey } from './controllers/heartbeat-key.ts'
import { UsageError, readOptions, usage } from './controllers/options.ts'
import type { ControllerOptions } from './controllers/options.ts'
import { startPoolController } from './controllers/pool.ts'
import { runController } from './controllers/run.ts'
import type { ProviderParts, ProviderSurroundings } from './controllers/run.ts'
import type { ServiceController } from './controllers/service.ts'
import type { Stores } from './controllers/stores.ts'
import { startTurns } from './controllers/turns.ts'
import { makeKey } from './kubernetes/objects.ts'
import { systemClock } from './kubernetes/clock.ts'
import { CredentialsError } from './kubernetes/errors.ts'
import { buildLoadBalancer } from './model/build.ts'
import { claim } from './model/claim.ts'
import type { DesiredLoadBalancer, LoadBalancerId } from './model/load-balancer.ts'
import { createLog } from './observability/log.ts'
import type { Log } from './observability/log.ts'

/** Every provider there is, and how it is made from what the controller has. */
const makers: Readonly<Record<string, (surroundings: ProviderSurroundings) => ProviderParts | Promise<ProviderParts>>> = {
  local: makeLocal,
  aws: async surroundings => (await import('./main-controller-aws.ts')).makeAws(surroundings),
}

/** Mean time between two looks for addresses whose reservation is over; it ends that much later at most. */
const tidyIntervalMs = 5000

function makeLocal(surroundings: ProviderSurroundings): ProviderParts {
  const { stores, writer, clock, agents, log, namespace, signal } = surroundings
  const provider = createLocalProvider({
    pools: stores.pools,
    blocks: stores.blocks,
    announcements: stores.announcements,
    nodeReports: stores.reports,
    nodes: stores.nodes,
    agents,
    existing: () => addressesInStatuses(stores),
    desired: id => desiredOf(id, stores),
    blockStore: blockWrites(writer),
    announcementStore: announcementWrites(writer),
    now: () => clock.now(),
    log: log.child({ provider: 'local' }),
    signal,
  })
  return {
    provider,
    holds: id => provider.holds(id),
    start: services => {
      void keepHeartbeatKey({ writer, namespace, clock, random: randomBytes, logger: log }, signal)
      return [
        startAnnouncementController({
          surroundings,
          announcing: provider.announcements,
          isBusy: () => services.isBusy(),
        }),
        startPoolController(surroundings, provider.poolStatuses),
        startTurns({
          name: 'tidy',
          intervalMs: () => tidyIntervalMs,
          turn: turn => provider.tidy(turn),
          clock,
          random: surroundings.random,
          log,
        }),
      ]
    },
  }
}

/** The addresses that Services of ours show already: nobody else may be given them, even before their Services are looked at. */
function* addressesInStatuses({ services, classes }: Stores): Iterable<ExistingService> {
  const all = [...classes.values()]
  for (const service of services.values()) {
    const addresses = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
    if (addresses.length === 0) continue
    const { kind } = claim(service, all)
    if (kind !== 'ours' && kind !== 'kept' && kind !== 'blocked') continue
    const { name, namespace = '', uid = '', creationTimestamp = '' } = service.metadata
    yield { id: { kind: 'Service', namespace, name, uid }, createdAt: creationTimestamp, addresses }
  }
}

/** Says nothing about a Service but that its own class is not known now; it keeps what it has. */
const unknownClass: LoadBalancerClass = {
  apiVersion,
  kind: kindNames.loadBalancerClass.kind,
  metadata: { name: 'unknown' },
  spec: { provider: 'local', targets: 'Node', default: false },
}

/** What a Service of ours asks for now. */
function desiredOf({ namespace, name, uid }: LoadBalancerId, { services, classes }: Stores): DesiredLoadBalancer | undefined {
  const service = services.get(makeKey(namespace, name))
  if (service?.metadata.uid !== uid) return undefined
  const verdict = claim(service, [...classes.values()])
  if (verdict.kind === 'ours') return buildLoadBalancer(service, verdict.class).desired
  if (verdict.kind !== 'kept' && verdict.kind !== 'blocked') return undefined
  return buildLoadBalancer(service, unknownClass).desired
}

export interface StartOptions {
  readonly options: ControllerOptions
  readonly signal: AbortSignal
  readonly log: Log
  /** Told in plain words what a person at the terminal should know. */
  readonly say: (text: string) => void
  /** Told each time the loops run. */
  readonly onWorking?: (services: ServiceController) => void
}

/** Runs the controller with the machine's own time until `signal` aborts. */
export function startController({ options, signal, log, say, onWorking }: StartOptions): Promise<void> {
  return runController({
    options,
    keepsTargets: options.providers.includes('aws'),
    makeProvider(name, surroundings) {
      const make = makers[name]
      if (!make) throw new UsageError(`there is no provider ${name}`)
      return make(surroundings)
    },
    clock: systemClock(),
    random: Math.random,
    log,
    say,
    signal,
    version: process.env['WEIR_VERSION'] ?? 'development',
    ...(onWorking ? { onWorking } : {}),
  })
}

/** Runs the program; gives its exit code. */
async function main(): Promise<number> {
  const say = (text: string) => console.error(text)
  const stopping = new AbortController()
  // Nothing else does while the API server is away: timers and the health port do not keep a process alive.
  const alive = setInterval(() => {}, 60_000)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort(new Error(signal)))
  try {
    const known = Object.keys(makers)
    const options = readOptions(process.argv.slice(2), { env: process.env, hostname: hostname(), known })
    if (options === 'help') {
      console.log(usage)
      return 0
    }
    const log = createLog({ level: options.logLevel, program: 'weir-controller' })
    // A pod's name comes back after a restart in place; the process before it must not be taken for this one.
    const identity = `${options.identity}_${randomUUID()}`
    await startController({ options: { ...options, identity }, signal: stopping.signal, log, say })
    return 0
  } catch (error) {
    if (error instanceof UsageError) say(`weir: ${error.message}\n\n${usage}`)
    else if (error instanceof CredentialsError) say(`weir: ${error.message}; ${error.remedy}.`)
    else say(`weir: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    clearInterval(alive)
  }
}

if (import.meta.main) process.exitCode = await main()
