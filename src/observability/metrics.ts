// What Prometheus is told of the controller, behind an interface of our own, so that the rest of the program knows no metrics library.
import { createCommonMetrics } from './common-metrics.ts'
import type { CommonMetrics } from './common-metrics.ts'
import { commonMetrics } from './definitions/common.ts'
import { controllerMetrics } from './definitions/controller.ts'
import { createInstruments } from './instruments.ts'
import type { LabelValues, Scrape } from './instruments.ts'

/** The gauges of what the cluster holds. Counted anew at each scrape, by the active controller alone. */
export type ClusterGauge =
  | 'weir_services'
  | 'weir_ingresses'
  | 'weir_targets'
  | 'weir_pool_addresses'
  | 'weir_pool_addresses_used'
  | 'weir_pool_addresses_free'
  | 'weir_pool_addresses_kept'
  | 'weir_announcements'
  | 'weir_announcer'
  | 'weir_agents'

export type ClusterReading = readonly [gauge: ClusterGauge, labels: LabelValues, value: number]

export interface Metrics extends CommonMetrics {
  /** A key was reconciled and ended with `reason`. */
  reconciled(controller: string, reason: string, ms: number): void
  reconcileFailed(controller: string, reason: string): void
  /** Whether this process leads. */
  leading(leads: boolean): void
  /** Read at each scrape while this process leads. */
  watchCluster(read: () => Iterable<ClusterReading>): void
  render(): Promise<Scrape>
  names(): readonly string[]
}

const clusterGauges: readonly ClusterGauge[] = [
  'weir_services',
  'weir_ingresses',
  'weir_targets',
  'weir_pool_addresses',
  'weir_pool_addresses_used',
  'weir_pool_addresses_free',
  'weir_pool_addresses_kept',
  'weir_announcements',
  'weir_announcer',
  'weir_agents',
]

/** Metrics of one process. Labels have few values; the exception is the address of `weir_announcer`, which is bounded. */
export function createMetrics(): Metrics {
  const table = { ...commonMetrics, ...controllerMetrics }
  const instruments = createInstruments(table)
  const reconciled = instruments.histogram('weir_reconcile_duration_seconds')
  const failed = instruments.counter('weir_reconcile_errors_total')
  const leading = instruments.gauge('weir_leading')
  leading.set({}, 0)
  let leads = false
  let read: () => Iterable<ClusterReading> = () => []
  let readings: readonly ClusterReading[] = []
  let rendering = 0
  for (const name of clusterGauges) {
    instruments.read(name, () => readings.flatMap(([gauge, ...reading]) => (gauge === name ? [reading] : [])))
  }
  return {
    ...createCommonMetrics(instruments),
    reconciled: (controller, reason, ms) => reconciled.observe({ controller, reason }, ms / 1000),
    reconcileFailed: (controller, reason) => failed.inc({ controller, reason }),
    leading(now) {
      leads = now
      leading.set({}, now ? 1 : 0)
    },
    watchCluster: from => void (read = from),
    async render() {
      // Once for all gauges: they come from the same walk.
      readings = leads ? [...read()] : []
      rendering++
      try {
        return await instruments.render()
      } finally {
        if (--rendering === 0) readings = []
      }
    },
    names: () => instruments.names(),
  }
}
