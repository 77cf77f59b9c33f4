// What the cluster holds, counted from the stores.
import { expect, test } from 'vitest'
import { createLog } from '../observability/log.ts'
import { readCluster } from './cluster-readings.ts'
import { createStores } from './stores.ts'
import type { Stores } from './stores.ts'

const meta = (name: string, namespace?: string) => ({ name, uid: name, resourceVersion: '1', ...(namespace && { namespace }) })
const ready = (status: 'True' | 'False', reason: string, type = 'weir.dev/Ready') => ({ type, status, reason, message: '' })

/** As much of an object as is counted. */
function put(store: { put(object: never): void }, part: object): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  store.put(part as never)
}

function filled(): Stores {
  const stores = createStores(createLog({ level: 'silent', program: 'test' }))
  const lan = { spec: { provider: 'local', targets: 'Node', default: false }, metadata: meta('lan') }
  put(stores.classes, { apiVersion: 'weir.dev/v1alpha1', kind: 'LoadBalancerClass', ...lan })
  for (const [name, status, reason] of [
    ['web', 'True', 'Serving'],
    ['api', 'True', 'Serving'],
    ['broken', 'False', 'UnknownPool'],
  ] as const) {
    put(stores.services, {
      metadata: meta(name, 'default'),
      spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/lan', ports: [] },
      status: { conditions: [ready(status, reason)] },
    })
  }
  put(stores.slices, {
    metadata: { ...meta('web-1', 'default'), labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.1.0.1'], conditions: { ready: true } },
      { addresses: ['10.1.0.2'], conditions: { ready: false } },
      { addresses: ['10.1.0.3'], conditions: { ready: false, serving: true, terminating: true } },
    ],
  })
  put(stores.pools, { metadata: meta('office'), spec: {}, status: { total: '256', used: 2, free: '250', kept: 1 } })
  const announced = { node: 'n1', interface: 'eth0', epoch: 1 }
  put(stores.announcements, { metadata: meta('a'), spec: { address: '192.0.2.1', pool: 'office' }, status: announced })
  put(stores.announcements, { metadata: meta('b'), spec: { address: '192.0.2.2', pool: 'office' } })
  put(stores.reports, { metadata: meta('n1'), spec: {} })
  put(stores.reports, { metadata: meta('n2'), spec: {} })
  put(stores.ingressReports, {
    metadata: meta('site', 'default'),
    spec: {},
    status: { conditions: [ready('True', 'Serving', 'Ready')] },
  })
  return stores
}

function readings() {
  const read = readCluster({
    stores: filled(),
    agents: { alive: node => node === 'n1' },
    otherTargets: () => [['aws', 'initial', 3]],
  })
  return Array.from(read, ([gauge, labels, value]) => `${gauge} ${Object.values(labels).join(' ')} = ${value}`)
}

test('Services and Ingresses by reason, pools, announcers, agents and targets', () => {
  expect(readings().toSorted()).toEqual(
    [
      'weir_services true Serving = 2',
      'weir_services false UnknownPool = 1',
      'weir_ingresses true Serving = 1',
      'weir_pool_addresses office = 256',
      'weir_pool_addresses_used office = 2',
      'weir_pool_addresses_free office = 250',
      'weir_pool_addresses_kept office = 1',
      'weir_announcer 192.0.2.1 office n1 eth0 = 1',
      'weir_announcements office announced = 1',
      'weir_announcements office unannounced = 1',
      'weir_agents alive = 1',
      'weir_agents silent = 1',
      'weir_targets local healthy = 1',
      'weir_targets local unhealthy = 1',
      'weir_targets local draining = 1',
      'weir_targets aws initial = 3',
    ].toSorted(),
  )
})
