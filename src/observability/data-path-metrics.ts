// What Prometheus is told of the data path of a node.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'

export interface DataPathMetrics {
  /** nft ran. */
  transaction(done: { readonly elements: number; readonly durationMs: number; readonly failed: boolean }): void
  /** A change of the cluster is in force. */
  applied(change: { readonly changed: number; readonly services: number; readonly durationMs: number }): void
  /** It could not be written; it is tried again. */
  failed(): void
}

export function createDataPathMetrics(registers: Registry[]): DataPathMetrics {
  const prefix = 'weir_agent_datapath'
  const transactions = new Counter({
    registers,
    name: `${prefix}_transactions_total`,
    help: 'Transactions given to nft.',
    labelNames: ['result'],
  })
  const elements = new Counter({
    registers,
    name: `${prefix}_elements_total`,
    help: 'Elements of sets and maps that were added or deleted.',
  })
  const running = new Histogram({
    registers,
    name: `${prefix}_transaction_seconds`,
    help: 'How long a transaction took.',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  })
  const changes = new Histogram({
    registers,
    name: `${prefix}_change_seconds`,
    help: 'From the beginning of building a change until it was in force.',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  })
  const failures = new Counter({
    registers,
    name: `${prefix}_failures_total`,
    help: 'Changes that could not be written and were tried again.',
  })
  const ports = new Gauge({ registers, name: `${prefix}_service_ports`, help: 'Service ports that the data path serves.' })
  return {
    transaction({ elements: count, durationMs, failed }) {
      transactions.inc({ result: failed ? 'failed' : 'done' })
      running.observe(durationMs / 1000)
      if (!failed) elements.inc(count)
    },
    applied({ services, durationMs }) {
      ports.set(services)
      if (durationMs > 0) changes.observe(durationMs / 1000)
    },
    failed: () => failures.inc(),
  }
}
