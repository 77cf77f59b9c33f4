// What Prometheus is told of the data path of a node.
import type { agentMetrics } from './definitions/agent.ts'
import type { InstrumentsOf } from './instruments.ts'

export interface DataPathMetrics {
  /** nft ran. */
  transaction(done: { readonly elements: number; readonly durationMs: number; readonly failed: boolean }): void
  /** A change of the cluster is in force. */
  applied(change: { readonly changed: number; readonly services: number; readonly durationMs: number }): void
  /** It could not be written; it is tried again. */
  failed(): void
}

export function createDataPathMetrics(instruments: InstrumentsOf<typeof agentMetrics>): DataPathMetrics {
  const transactions = instruments.counter('weir_agent_datapath_transactions_total')
  const elements = instruments.counter('weir_agent_datapath_elements_total')
  const running = instruments.histogram('weir_agent_datapath_transaction_seconds')
  const changes = instruments.histogram('weir_agent_datapath_change_seconds')
  const failures = instruments.counter('weir_agent_datapath_failures_total')
  const ports = instruments.gauge('weir_agent_datapath_service_ports')
  failures.inc({}, 0)
  return {
    transaction({ elements: count, durationMs, failed }) {
      transactions.inc({ result: failed ? 'failed' : 'done' })
      running.observe({}, durationMs / 1000)
      if (!failed) elements.inc({}, count)
    },
    applied({ services, durationMs }) {
      ports.set({}, services)
      if (durationMs > 0) changes.observe({}, durationMs / 1000)
    },
    failed: () => failures.inc({}),
  }
}
