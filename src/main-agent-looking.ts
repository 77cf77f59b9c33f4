// What an agent shows of itself: health and readiness on loopback, and metrics also where Prometheus can reach them.
import { readFileSync } from 'node:fs'
import { timingSafeEqual, createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Agent } from '../providers/local/agent/agent.ts'
import type { ProgramOptions } from '../providers/local/agent/options.ts'
import type { NodeInterface } from './api/node-report.ts'
import type { Clock } from './kubernetes/clock.ts'
import type { Reflector } from './kubernetes/reflector.ts'
import { stuckWatches, watchTroubles } from './kubernetes/watch-troubles.ts'
import { announcementName, parseAddress } from './model/address.ts'
import type { ReadState } from './observability/debug-state.ts'
import { answer, metricsRoute, serveHealth, serveRoutes } from './observability/health.ts'
import type { Route } from './observability/health.ts'
import type { Scrape } from './observability/instruments.ts'
import { logLevelRoute } from './observability/log-level.ts'
import type { ProgramLog } from './observability/log.ts'

export interface LookingOptions extends Pick<ProgramOptions, 'healthPort' | 'metricsListen' | 'metricsTokenFile'> {
  readonly log: ProgramLog
  readonly clock: Clock
  readonly render: () => Promise<Scrape>
  readonly state: AgentState
  readonly routes: readonly Route[]
}

/** What readiness is told by. Filled as the agent starts. */
export interface AgentState {
  /** What everybody waits for: the start, the end. */
  readonly phases: ReadonlyMap<string, string>
  /** Those of the watches that the agent cannot work without. */
  readonly watches: readonly Reflector[]
  /** Interfaces that cannot be listened on, with the error. */
  readonly deaf: ReadonlyMap<string, string>
  /** Undefined until they were read. */
  readonly interfaces: readonly NodeInterface[] | undefined
  /** Since the Lease of the node was renewed last. */
  readonly leaseAgeMs: number | undefined
  readonly leaseDurationMs: number
}

export const agentStateForms = ['announcement/ADDRESS'] as const

/** What the agent knows and decides about an Announcement, by its address or its name. */
export function agentStates(agent: () => Pick<Agent, 'stateOf'> | undefined): ReadState {
  return (kind, [first = '', ...rest]) => {
    if (kind !== 'announcement' || rest.length > 0) return undefined
    const parsed = parseAddress(first)
    return agent()?.stateOf(parsed ? announcementName(parsed) : first)
  }
}

/** CAP_NET_RAW of capabilities(7). */
const netRaw = 13n
const retryMs = 10_000

/** What keeps an agent from its duty: to know what is announced, to be known as alive, and to send. */
export function agentTroubles(
  state: AgentState,
  clock: Pick<Clock, 'monotonic'>,
  capabilities: bigint | undefined,
): readonly string[] {
  const { phases, watches, deaf, interfaces, leaseAgeMs, leaseDurationMs } = state
  const isRaw = capabilities === undefined || (capabilities & (1n << netRaw)) !== 0n
  return [
    ...phases.values(),
    ...watchTroubles(watches, clock),
    ...(leaseAgeMs !== undefined && leaseAgeMs > leaseDurationMs
      ? [`the Lease of this node was not renewed for ${Math.round(leaseAgeMs / 1000)} s`]
      : []),
    ...(isRaw ? [] : ['nothing can be sent: the capability NET_RAW is missing']),
    ...(interfaces && !interfaces.some(({ carrier }) => carrier) ? ['nothing can be sent: no interface has a carrier'] : []),
    ...Array.from(deaf, ([name, error]) => `${name} cannot be listened on: ${error}`),
  ]
}

/** The effective capabilities of this process; undefined where the kernel does not tell. */
export function ownCapabilities(): bigint | undefined {
  try {
    const found = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    return found === undefined ? undefined : BigInt(`0x${found}`)
  } catch {
    return undefined
  }
}

/** Serves until it is disposed. Rejects when the health port is taken; what Prometheus asks is tried again instead. */
export async function lookAfterAgent(options: LookingOptions): Promise<AsyncDisposable> {
  const { healthPort, metricsListen, metricsTokenFile, log, clock, render, state, routes } = options
  const capabilities = ownCapabilities()
  const servers = new AsyncDisposableStack()
  if (healthPort !== 0) {
    const health = await serveHealth({
      port: healthPort,
      host: '127.0.0.1',
      unready: () => agentTroubles(state, clock, capabilities),
      unhealthy: () => stuckWatches(state.watches, clock),
      metrics: render,
      routes: [logLevelRoute(log), ...routes],
    })
    servers.use(health)
  }
  if (!metricsListen) return servers
  const ending = new AbortController()
  const serve = async () => {
    while (!ending.signal.aborted) {
      try {
        const route = guarded(metricsRoute(render), metricsTokenFile)
        const server = await serveRoutes({ ...metricsListen, routes: [route] })
        if (ending.signal.aborted) return server.close()
        servers.use(server)
        log.info({ ...metricsListen, guarded: metricsTokenFile !== '' }, 'metrics are served')
        return
      } catch (error) {
        log.error({ ...metricsListen, error, againAfterMs: retryMs }, 'metrics cannot be served')
        await clock.sleep(retryMs, ending.signal).catch(() => {})
      }
    }
  }
  const serving = serve()
  servers.defer(async () => {
    ending.abort()
    await serving
  })
  return servers
}

/** Read at each request, so that another token counts at once. */
function guarded(route: Route, tokenFile: string): Route {
  if (tokenFile === '') return route
  return {
    ...route,
    handle(request, response, url) {
      if (isAllowed(request, readFileSync(tokenFile, 'utf8').trim())) return route.handle(request, response, url)
      response.setHeader('www-authenticate', 'Bearer')
      answer(request, response, { code: 401, text: 'the bearer token of --metrics-token-file is needed\n' })
      return undefined
    },
  }
}

/** Compared in the same time whatever is given. An empty token lets nobody in. */
function isAllowed({ headers }: IncomingMessage, token: string): boolean {
  const [given, wanted] = [headers.authorization ?? '', `Bearer ${token}`].map(text => createHash('sha256').update(text).digest())
  return token !== '' && given !== undefined && wanted !== undefined && timingSafeEqual(given, wanted)
}
