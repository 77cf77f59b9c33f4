// The metrics of Envoy that the dashboard and the alerts read. Envoy exports them; a test asks a real one.
import type { MetricDefinition } from './definition.ts'

export const gatewayLabels = {
  envoy_cluster_name: 'A backend of the gateway.',
  envoy_http_conn_manager_prefix: 'A listener of the gateway.',
  envoy_response_code_class: '`1` to `5`: the first digit of the status.',
} as const

const perListener = ['envoy_http_conn_manager_prefix'] as const
const perBackend = ['envoy_cluster_name'] as const

export const gatewayMetrics = {
  envoy_http_downstream_rq_xx: {
    type: 'counter',
    meaning: 'Answers to clients, by the first digit of the status.',
    labels: ['envoy_response_code_class', 'envoy_http_conn_manager_prefix'],
  },
  envoy_http_downstream_rq_time: { type: 'histogram', meaning: 'Milliseconds from request to answer.', labels: perListener },
  envoy_http_downstream_cx_active: { type: 'gauge', meaning: 'Open connections of clients.', labels: perListener },
  envoy_http_downstream_cx_rx_bytes_total: { type: 'counter', meaning: 'Bytes from clients.', labels: perListener },
  envoy_http_downstream_cx_tx_bytes_total: { type: 'counter', meaning: 'Bytes to clients.', labels: perListener },
  envoy_cluster_upstream_rq_xx: {
    type: 'counter',
    meaning: 'Answers of backends, by the first digit of the status.',
    labels: ['envoy_response_code_class', 'envoy_cluster_name'],
  },
  envoy_cluster_upstream_cx_connect_fail: {
    type: 'counter',
    meaning: 'Connections to targets that could not be opened.',
    labels: perBackend,
  },
  envoy_cluster_membership_total: { type: 'gauge', meaning: 'Targets of a backend.', labels: perBackend },
  envoy_cluster_membership_healthy: { type: 'gauge', meaning: 'Those of them that are healthy.', labels: perBackend },
  envoy_control_plane_connected_state: {
    type: 'gauge',
    meaning: '1 while Envoy is connected to the agent of its node.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition<keyof typeof gatewayLabels>>>
