// Rows of the dashboard: the gateway and the data path.
import { quantile, rate } from './panel.ts'
import type { Row } from './panel.ts'

/** Listeners of gateways: not those for probes, and not of other Envoys that are scraped. */
const ofClients = '{envoy_http_conn_manager_prefix=~"weir-gateway-.*"}'
const ofGateways = '{pod=~"weir-gateway-.*"}'

export const gateway: Row = {
  title: 'Gateway',
  panels: [
    {
      title: 'Requests',
      about: 'Answers to clients by the first digit of the status.',
      unit: 'reqps',
      stacked: true,
      queries: [
        [
          `sum by (envoy_response_code_class) (rate(envoy_http_downstream_rq_xx${ofClients}[${rate}]))`,
          '{{envoy_response_code_class}}xx',
        ],
      ],
    },
    {
      title: 'How long requests took',
      about: 'From request to answer.',
      unit: 'ms',
      queries: [
        [quantile(0.5, 'envoy_http_downstream_rq_time', { of: ofClients }), 'half of them'],
        [quantile(0.99, 'envoy_http_downstream_rq_time', { of: ofClients }), '99 %'],
      ],
    },
    {
      title: 'Traffic',
      about: 'Bytes from and to clients.',
      unit: 'Bps',
      queries: [
        [`sum(rate(envoy_http_downstream_cx_rx_bytes_total${ofClients}[${rate}]))`, 'from clients'],
        [`sum(rate(envoy_http_downstream_cx_tx_bytes_total${ofClients}[${rate}]))`, 'to clients'],
      ],
    },
    {
      title: 'Open connections',
      about: 'Of clients, by Envoy.',
      queries: [[`sum by (pod) (envoy_http_downstream_cx_active${ofClients})`, '{{pod}}']],
    },
    {
      title: 'Backends',
      about: 'Targets that are not healthy, connections that could not be opened, errors of backends.',
      queries: [
        [
          `max by (envoy_cluster_name) (envoy_cluster_membership_total${ofGateways} - envoy_cluster_membership_healthy${ofGateways})`,
          '{{envoy_cluster_name}} ill',
        ],
        [
          `sum by (envoy_cluster_name) (increase(envoy_cluster_upstream_cx_connect_fail${ofGateways}[5m]))`,
          '{{envoy_cluster_name}} not reached',
        ],
        [
          'sum by (envoy_cluster_name) (increase(envoy_cluster_upstream_rq_xx{envoy_response_code_class="5", pod=~"weir-gateway-.*"}[5m]))',
          '{{envoy_cluster_name}} 5xx',
        ],
      ],
    },
    {
      title: 'Configuration',
      about: 'Envoys connected to the agent of their node, and Ingresses whose last change was refused.',
      queries: [
        [`sum(envoy_control_plane_connected_state${ofGateways})`, 'told what to serve'],
        ['sum(weir_agent_gateway_envoys)', 'seen by agents'],
        ['max(weir_agent_gateway_held)', 'Ingresses held back'],
      ],
    },
  ],
}

export const dataPath: Row = {
  title: 'Data path to pods',
  panels: [
    {
      title: 'Changes',
      about: 'From the beginning of building a change until it was in force, and what nft took of it.',
      unit: 's',
      queries: [
        [quantile(0.99, 'weir_agent_datapath_change_seconds'), 'change, 99 %'],
        [quantile(0.99, 'weir_agent_datapath_transaction_seconds'), 'nft, 99 %'],
      ],
    },
    {
      title: 'Transactions and elements',
      about: 'What was written into the kernel.',
      unit: 'reqps',
      queries: [
        [`sum by (result) (rate(weir_agent_datapath_transactions_total[${rate}]))`, 'transactions {{result}}'],
        [`sum(rate(weir_agent_datapath_elements_total[${rate}]))`, 'elements'],
      ],
    },
    {
      title: 'Service ports and failures',
      about: 'What each node serves, and changes that could not be written.',
      queries: [
        ['max by (pod) (weir_agent_datapath_service_ports)', '{{pod}} ports'],
        ['sum by (pod) (increase(weir_agent_datapath_failures_total[5m]))', '{{pod}} failures'],
      ],
    },
  ],
}
