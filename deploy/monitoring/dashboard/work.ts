// Rows of the dashboard: loops, calls, and the programs themselves.
import { quantile, rate } from './panel.ts'
import type { Row } from './panel.ts'

export const loops: Row = {
  title: 'Reconciles',
  panels: [
    {
      title: 'Reconciles',
      about: 'By loop and the reason they ended with.',
      unit: 'reqps',
      stacked: true,
      queries: [
        [`sum by (controller, reason) (rate(weir_reconcile_duration_seconds_count[${rate}]))`, '{{controller}} {{reason}}'],
      ],
    },
    {
      title: 'How long they took',
      about: '99 of 100 took less.',
      unit: 's',
      queries: [[quantile(0.99, 'weir_reconcile_duration_seconds', { by: 'controller' }), '{{controller}}']],
    },
    {
      title: 'Errors',
      about: 'Reconciles that are tried again.',
      unit: 'reqps',
      queries: [
        [`sum by (controller, reason) (rate(weir_reconcile_errors_total[${rate}]))`, '{{controller}} {{reason}}'],
        [`sum by (queue) (rate(weir_queue_retries_total[${rate}]))`, '{{queue}} queued again'],
      ],
    },
    {
      title: 'Depth of queues',
      about: 'Keys that wait.',
      stacked: true,
      queries: [['sum by (queue, priority) (weir_queue_depth)', '{{queue}} {{priority}}']],
    },
    {
      title: 'Oldest key',
      about: 'How long it has waited by now.',
      unit: 's',
      queries: [['max by (queue) (weir_queue_oldest_seconds)', '{{queue}}']],
    },
    {
      title: 'Waiting and work',
      about: '99 of 100 waited, and took, less.',
      unit: 's',
      queries: [
        [quantile(0.99, 'weir_queue_wait_seconds', { by: 'queue' }), '{{queue}} waited'],
        [quantile(0.99, 'weir_queue_work_seconds', { by: 'queue' }), '{{queue}} worked'],
      ],
    },
  ],
}

export const calls: Row = {
  title: 'Calls to AWS and Kubernetes',
  panels: [
    {
      title: 'Calls to AWS',
      about: 'By service and operation.',
      unit: 'reqps',
      stacked: true,
      queries: [
        [`sum by (service, operation) (rate(weir_api_calls_total{service!="kubernetes"}[${rate}]))`, '{{service}} {{operation}}'],
      ],
    },
    {
      title: 'Calls that did not go well',
      about: 'To anybody; conflicts and things not found are part of life.',
      unit: 'reqps',
      queries: [
        [
          `sum by (service, operation, outcome) (rate(weir_api_calls_total{outcome!="ok"}[${rate}]))`,
          '{{service}} {{operation}} {{outcome}}',
        ],
      ],
    },
    {
      title: 'Throttles',
      about: 'Weir slows down by itself.',
      unit: 'reqps',
      queries: [[`sum by (service, operation) (rate(weir_api_throttles_total[${rate}]))`, '{{service}} {{operation}}']],
    },
    {
      title: 'How long calls took',
      about: '99 of 100 took less.',
      unit: 's',
      queries: [[quantile(0.99, 'weir_api_call_duration_seconds', { by: 'service' }), '{{service}}']],
    },
    {
      title: 'Calls to Kubernetes',
      about: 'Of all programs of Weir. At rest one Lease per node is renewed, and little else happens.',
      unit: 'reqps',
      stacked: true,
      queries: [[`sum by (operation) (rate(weir_api_calls_total{service="kubernetes"}[${rate}]))`, '{{operation}}']],
    },
    {
      title: 'Watches',
      about: 'Time since anything was heard (bookmarks come every minute), and watches that were begun anew.',
      unit: 's',
      queries: [
        ['max by (pod, resource) (weir_watch_age_seconds)', '{{pod}} {{resource}}'],
        ['sum by (resource) (increase(weir_watch_restarts_total[5m]))', '{{resource}} begun anew'],
        ['sum(increase(weir_kubernetes_retries_total[5m]))', 'requests sent again'],
        ['sum(increase(weir_kubernetes_connections_total[5m]))', 'connections opened'],
      ],
    },
  ],
}

export const programs: Row = {
  title: 'Programs',
  panels: [
    {
      title: 'Memory',
      about: 'Resident.',
      unit: 'bytes',
      queries: [['process_resident_memory_bytes * on (pod) group_left (program) weir_build_info', '{{program}} {{pod}}']],
    },
    {
      title: 'CPU',
      about: 'Processors in use.',
      queries: [
        [`rate(process_cpu_seconds_total[${rate}]) * on (pod) group_left (program) weir_build_info`, '{{program}} {{pod}}'],
      ],
    },
    {
      title: 'Releases and objects in memory',
      about: 'More than one release shows that an upgrade is under way.',
      queries: [
        ['count by (program, version) (weir_build_info)', '{{program}} {{version}}'],
        ['max by (kind) (weir_objects)', '{{kind}}'],
        ['sum(weir_agent_announced_addresses)', 'addresses announced by agents'],
      ],
    },
  ],
}
