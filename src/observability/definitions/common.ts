// The metrics that controller and agents both export.
import type { Definitions } from './definition.ts'
import { secondsBuckets } from './definition.ts'

export const commonMetrics = {
  weir_build_info: {
    type: 'gauge',
    meaning: 'Always 1; its labels tell which release runs.',
    labels: ['program', 'version', 'node_version'],
  },
  weir_api_calls_total: {
    type: 'counter',
    meaning: 'Calls to Kubernetes and AWS by how they ended; a call that was sent again counts once for each time.',
    labels: ['service', 'operation', 'outcome'],
  },
  weir_api_call_duration_seconds: {
    type: 'histogram',
    meaning: 'How long calls took. Watches are not among them.',
    labels: ['service', 'operation'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2, 10, 30],
  },
  weir_api_throttles_total: {
    type: 'counter',
    meaning: 'Calls that were answered with "too many", those that were sent again by themselves included.',
    labels: ['service', 'operation'],
  },
  weir_kubernetes_connections_total: { type: 'counter', meaning: 'Connections opened to the API server.' },
  weir_kubernetes_retries_total: { type: 'counter', meaning: 'Requests to the API server that were sent again.' },
  weir_watch_age_seconds: {
    type: 'gauge',
    meaning:
      'Time since the API server last sent anything for a watch: a list, an event, or the bookmark that it sends about every minute.',
    labels: ['resource'],
  },
  weir_watch_restarts_total: {
    type: 'counter',
    meaning: 'Lists and watches that were begun anew after an error.',
    labels: ['resource'],
  },
  weir_objects: { type: 'gauge', meaning: 'Objects held in memory.', labels: ['kind'] },
  weir_queue_depth: { type: 'gauge', meaning: 'Keys that wait to be worked on.', labels: ['queue', 'priority'] },
  weir_queue_oldest_seconds: {
    type: 'gauge',
    meaning: 'How long the key that has waited longest is waiting by now; 0 when none is.',
    labels: ['queue'],
  },
  weir_queue_wait_seconds: {
    type: 'histogram',
    meaning: 'How long keys waited before work on them began.',
    labels: ['queue', 'priority'],
    buckets: secondsBuckets,
  },
  weir_queue_work_seconds: {
    type: 'histogram',
    meaning: 'How long work on one key took.',
    labels: ['queue', 'failed'],
    buckets: secondsBuckets,
  },
  weir_queue_retries_total: { type: 'counter', meaning: 'Keys that were queued again after a failure.', labels: ['queue'] },
} as const satisfies Definitions
