// Rows of the dashboard: what is served, and addresses.
import type { Row } from './panel.ts'

export const overview: Row = {
  title: 'At a glance',
  panels: [
    {
      title: 'Active controllers',
      about: 'One is right. With none nothing changes any more; what is served goes on.',
      kind: 'stat',
      width: 4,
      queries: [['sum(weir_leading)']],
    },
    {
      title: 'Services served',
      about: 'Services with the condition weir.dev/Ready.',
      kind: 'stat',
      width: 4,
      queries: [['sum(weir_services{ready="true"}) or vector(0)']],
    },
    {
      title: 'Services not served',
      about: 'By the table below: why.',
      kind: 'stat',
      width: 4,
      thresholds: [1, 10],
      queries: [['sum(weir_services{ready="false"}) or vector(0)']],
    },
    {
      title: 'Announced by nobody',
      about: 'Addresses that clients on the LAN cannot reach.',
      kind: 'stat',
      width: 4,
      thresholds: [1, 1],
      queries: [['sum(weir_announcements{state!="announced"}) or vector(0)']],
    },
    {
      title: 'Agents silent',
      about: 'Nodes whose agent gives no sign of life.',
      kind: 'stat',
      width: 4,
      thresholds: [1, 2],
      queries: [['sum(weir_agents{state="silent"}) or vector(0)']],
    },
    {
      title: 'Targets not healthy',
      about: 'Endpoints that are not ready, and targets that AWS finds ill.',
      kind: 'stat',
      width: 4,
      thresholds: [1, 10],
      queries: [['sum(weir_targets{health="unhealthy"}) or vector(0)']],
    },
    {
      title: 'Why Services and Ingresses are not served',
      about: 'docs/conditions.md explains each reason.',
      kind: 'table',
      width: 12,
      queries: [['sum by (reason) (weir_services{ready="false"})'], ['sum by (reason) (weir_ingresses{ready="false"})']],
    },
    {
      title: 'Targets by health',
      about: 'Of the local provider endpoints, of AWS what health checks said last.',
      width: 12,
      stacked: true,
      queries: [['sum by (provider, health) (weir_targets)', '{{provider}} {{health}}']],
    },
  ],
}

export const addresses: Row = {
  title: 'Addresses',
  panels: [
    {
      title: 'Fill of pools',
      about: 'Given addresses of all of the pool.',
      kind: 'bargauge',
      unit: 'percentunit',
      thresholds: [0.75, 0.9],
      queries: [['max by (pool) (weir_pool_addresses_used / weir_pool_addresses)', '{{pool}}']],
    },
    {
      title: 'Free addresses',
      about: 'What Services that ask for no certain address can still get; kept ones are not among them.',
      queries: [
        ['sum by (pool) (weir_pool_addresses_free)', '{{pool}} free'],
        ['sum by (pool) (weir_pool_addresses_kept)', '{{pool}} kept'],
      ],
    },
    {
      title: 'Announcements',
      about: 'Addresses on the LAN, by whether somebody announces them.',
      stacked: true,
      queries: [['sum by (state) (weir_announcements)', '{{state}}']],
    },
    {
      title: 'Who announces what',
      about: 'Every address with the node and the interface that answer for it.',
      kind: 'table',
      width: 12,
      queries: [['weir_announcer']],
    },
    {
      title: 'Addresses by node',
      about: 'An uneven spread is evened out by: kubectl annotate addresspool NAME weir.dev/rebalance=now',
      width: 12,
      stacked: true,
      queries: [['count by (node) (weir_announcer)', '{{node}}']],
    },
  ],
}
