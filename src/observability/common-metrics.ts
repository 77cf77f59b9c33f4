// What controller and agents both tell: their release, calls, watches, queues and what they hold in memory.
import type { commonMetrics } from './definitions/common.ts'
import type { InstrumentsOf } from './instruments.ts'

/** How a call ended; docs/metrics.md explains the words. */
export type CallOutcome = 'ok' | 'conflict' | 'not-found' | 'throttled' | 'denied' | 'refused' | 'failed' | 'unreachable'

export interface Call {
  readonly service: string
  readonly operation: string
  readonly outcome: CallOutcome
  readonly ms: number
  /** How often it was answered with "too many", when that is not what its outcome says. */
  readonly throttles?: number
  /** A stream: how long it lasted tells nothing. */
  readonly isWatch?: boolean
}

/** What a work queue tells; fits the queue's own hook. */
export interface QueueMeter {
  depth(priority: string, size: number): void
  waited(priority: string, ms: number): void
  worked(ms: number, failed: boolean): void
  retried(): void
  /** How to ask for the age of the oldest key. */
  oldest(read: () => number): void
}

/** How much the transport did so far. */
export interface TransportTotals {
  readonly connections: number
  readonly retries: number
}

export interface WatchState {
  readonly resource: string
  /** Since the API server last sent anything; undefined before it did. */
  readonly ageMs: number | undefined
  readonly restarts: number
}

export interface CommonMetrics {
  build(of: { readonly program: 'controller' | 'agent'; readonly version: string }): void
  called(call: Call): void
  queue(name: string): QueueMeter
  /** These are read at each scrape. */
  watchTransport(read: () => TransportTotals): void
  watchWatches(read: () => Iterable<WatchState>): void
  watchSize(kind: string, read: () => number): void
}

export function createCommonMetrics(instruments: InstrumentsOf<typeof commonMetrics>): CommonMetrics {
  const build = instruments.gauge('weir_build_info')
  const calls = instruments.counter('weir_api_calls_total')
  const durations = instruments.histogram('weir_api_call_duration_seconds')
  const throttles = instruments.counter('weir_api_throttles_total')
  const depth = instruments.gauge('weir_queue_depth')
  const waited = instruments.histogram('weir_queue_wait_seconds')
  const worked = instruments.histogram('weir_queue_work_seconds')
  const retries = instruments.counter('weir_queue_retries_total')
  const sizes = new Map<string, () => number>()
  const oldest = new Map<string, () => number>()
  let totals: () => TransportTotals | undefined = () => undefined
  let watches: () => Iterable<WatchState> = () => []
  instruments.read('weir_objects', () => Array.from(sizes, ([kind, read]) => [{ kind }, read()]))
  instruments.read('weir_queue_oldest_seconds', () => Array.from(oldest, ([queue, read]) => [{ queue }, read() / 1000]))
  instruments.read('weir_kubernetes_connections_total', () => [[{}, totals()?.connections ?? 0]])
  instruments.read('weir_kubernetes_retries_total', () => [[{}, totals()?.retries ?? 0]])
  instruments.read('weir_watch_restarts_total', () => Array.from(watches(), ({ resource, restarts }) => [{ resource }, restarts]))
  instruments.read('weir_watch_age_seconds', () =>
    [...watches()].flatMap(({ resource, ageMs }) => (ageMs === undefined ? [] : [[{ resource }, ageMs / 1000] as const])),
  )
  return {
    build: ({ program, version }) => build.set({ program, version, node_version: process.version }, 1),
    called({ service, operation, outcome, ms, throttles: more = outcome === 'throttled' ? 1 : 0, isWatch = false }) {
      calls.inc({ service, operation, outcome })
      if (!isWatch) durations.observe({ service, operation }, ms / 1000)
      if (more > 0) throttles.inc({ service, operation }, more)
    },
    queue: queue => ({
      depth: (priority, value) => depth.set({ queue, priority }, value),
      waited: (priority, ms) => waited.observe({ queue, priority }, ms / 1000),
      worked: (ms, failed) => worked.observe({ queue, failed: String(failed) }, ms / 1000),
      retried: () => retries.inc({ queue }),
      oldest: read => void oldest.set(queue, read),
    }),
    watchTransport: read => void (totals = read),
    watchWatches: read => void (watches = read),
    watchSize: (kind, read) => void sizes.set(kind, read),
  }
}
