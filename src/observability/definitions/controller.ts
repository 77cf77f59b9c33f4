// The metrics of the controller alone.
import type { Definitions } from './definition.ts'
import { secondsBuckets } from './definition.ts'

export const controllerMetrics = {
  weir_leading: { type: 'gauge', meaning: '1 while this process is the active controller, else 0.' },
  weir_reconcile_duration_seconds: {
    type: 'histogram',
    meaning: 'Reconciles that came to an end, by the reason they ended with.',
    labels: ['controller', 'reason'],
    buckets: secondsBuckets,
  },
  weir_reconcile_errors_total: {
    type: 'counter',
    meaning: 'Reconciles that failed and are tried again, by reason.',
    labels: ['controller', 'reason'],
  },
  weir_services: {
    type: 'gauge',
    meaning:
      'Services with a word of Weir in their status, by the reason of their condition `weir.dev/Ready`. Only from the active controller.',
    labels: ['ready', 'reason'],
  },
  weir_ingresses: {
    type: 'gauge',
    meaning: 'Ingresses by the reason of the condition in their IngressReport. Only from the active controller.',
    labels: ['ready', 'reason'],
  },
  weir_targets: {
    type: 'gauge',
    meaning:
      'Targets by their health: of the local provider the endpoints of its Services, of AWS what its health checks said last. Only from the active controller.',
    labels: ['provider', 'health'],
  },
  weir_pool_addresses: { type: 'gauge', meaning: 'Addresses of a pool. Only from the active controller.', labels: ['pool'] },
  weir_pool_addresses_used: { type: 'gauge', meaning: 'Those of them that are given.', labels: ['pool'] },
  weir_pool_addresses_free: {
    type: 'gauge',
    meaning: 'Those that can still be given to Services that ask for no certain one.',
    labels: ['pool'],
  },
  weir_pool_addresses_kept: {
    type: 'gauge',
    meaning: 'Those that are kept for Services that are gone.',
    labels: ['pool'],
  },
  weir_announcements: {
    type: 'gauge',
    meaning: 'Addresses to be announced on the LAN, by whether somebody does. Only from the active controller.',
    labels: ['pool', 'state'],
  },
  weir_announcer: {
    type: 'gauge',
    meaning: '1 for the node that announces an address. Of the first 10,000 addresses; only from the active controller.',
    labels: ['address', 'pool', 'node', 'interface'],
  },
  weir_agents: {
    type: 'gauge',
    meaning: 'Nodes with an agent, by whether its Lease is renewed. Only from the active controller.',
    labels: ['state'],
  },
} as const satisfies Definitions
