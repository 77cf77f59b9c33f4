// What Prometheus is told, behind an interface of our own, so that the rest of the program knows no metrics library.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** What a work queue tells; fits the queue's own hook. */
export interface QueueMeter {
  depth(priority: string, size: number): void
  waited(priority: string, ms: number): void
  worked(ms: number, failed: boolean): void
  retried(): void
}

/** How much the transport did so far. */
export interface ApiCalls {
  readonly connections: number
  readonly requests: number
  readonly retries: number
}

export interface Metrics {
  queue(name: string): QueueMeter
  /** A key was reconciled and ended with `reason`. */
  reconciled(controller: string, reason: string, ms: number): void
  reconcileFailed(controller: string, reason: string): void
  /** Whether this process leads. */
  leading(leads: boolean): void
  /** Read at each scrape. */
  watchApiCalls(read: () => ApiCalls): void
  /** A number that is read at each scrape, for instance the size of a store. */
  watchSize(kind: string, read: () => number): void
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

const secondsBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60]

/** Metrics of one process. Labels have few values: controllers, priorities and the reasons of our tables; never object names. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const depth = new Gauge({
    registers,
    name: 'weir_queue_depth',
    help: 'Keys that wait to be worked on.',
    labelNames: ['queue', 'priority'],
  })
  const waited = new Histogram({
    registers,
    name: 'weir_queue_wait_seconds',
    help: 'How long keys waited before work on them began.',
    labelNames: ['queue', 'priority'],
    buckets: secondsBuckets,
  })
  const retries = new Counter({
    registers,
    name: 'weir_queue_retries_total',
    help: 'Keys that were queued again after a failure.',
    labelNames: ['queue'],
  })
  const worked = new Histogram({
    registers,
    name: 'weir_queue_work_seconds',
    help: 'How long work on one key took.',
    labelNames: ['queue', 'failed'],
    buckets: secondsBuckets,
  })
  const reconciled = new Histogram({
    registers,
    name: 'weir_reconcile_seconds',
    help: 'Reconciles by the reason they ended with.',
    labelNames: ['controller', 'reason'],
    buckets: secondsBuckets,
  })
  const failed = new Counter({
    registers,
    name: 'weir_reconcile_errors_total',
    help: 'Reconciles that failed, by reason.',
    labelNames: ['controller', 'reason'],
  })
  const leading = new Gauge({ registers, name: 'weir_leading', help: '1 while this process is the active controller.' })
  const sizes = new Map<string, () => number>()
  const size = new Gauge({
    registers,
    name: 'weir_objects',
    help: 'Objects held in memory.',
    labelNames: ['kind'],
    collect() {
      for (const [kind, read] of sizes) this.set({ kind }, read())
    },
  })
  void size
  return {
    queue: queue => ({
      depth: (priority, value) => depth.set({ queue, priority }, value),
      waited: (priority, ms) => waited.observe({ queue, priority }, ms / 1000),
      worked: (ms, hasFailed) => worked.observe({ queue, failed: String(hasFailed) }, ms / 1000),
      retried: () => retries.inc({ queue }),
    }),
    reconciled: (controller, reason, ms) => reconciled.observe({ controller, reason }, ms / 1000),
    reconcileFailed: (controller, reason) => failed.inc({ controller, reason }),
    leading: leads => leading.set(leads ? 1 : 0),
    watchApiCalls: read => registerApiCalls(registry, read),
    watchSize: (kind, read) => void sizes.set(kind, read),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

/** Totals that the transport counts itself: a counter cannot be set, so each scrape starts it anew. */
function registerApiCalls(registry: Registry, read: () => ApiCalls): void {
  const rows = [
    ['weir_api_requests_total', 'Requests to the API server.', 'requests'],
    ['weir_api_retries_total', 'Requests to the API server that were sent again.', 'retries'],
    ['weir_api_connections_total', 'Connections opened to the API server.', 'connections'],
  ] as const
  for (const [name, help, field] of rows) {
    const counter = new Counter({
      registers: [registry],
      name,
      help,
      collect() {
        this.reset()
        this.inc(read()[field])
      },
    })
    void counter
  }
}
