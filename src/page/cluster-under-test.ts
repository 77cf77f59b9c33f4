// A small cluster as the page reads it: what people look at, and names as hostile as they come.
import { controllerLease } from '../api/group.ts'
import type { AddressPool } from '../api/address-pool.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { LoadBalancer } from '../api/load-balancer.ts'
import type { NodeReport } from '../api/node-report.ts'
import { announcement, lan, noon, service, slice } from '../cli/cluster-under-test.ts'
import { createStores, type Stores } from '../controllers/stores.ts'
import { createStore } from '../kubernetes/store.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { createLog } from '../observability/log.ts'
import type { Self } from './model.ts'
import type { PageSources, WeirEvent } from './sources.ts'

export const hostile = '<img src=x onerror="globalThis.broken=1"><script>globalThis.broken=2</script>'

export const leading: Self = {
  identity: 'weir-controller-1_a',
  version: '1.2.3',
  leads: true,
  leader: 'weir-controller-1_a',
  troubles: [],
}

const minutesAgo = (minutes: number) => new Date(noon - minutes * 60_000).toISOString()

export function pool(name: string, spec: Partial<AddressPool['spec']> = {}, status: AddressPool['status'] = {}): AddressPool {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'AddressPool',
    metadata: { name },
    spec: { addresses: ['10.201.200.0/24'], autoAssign: true, avoidBuggyIPs: true, ...spec },
    status: { conditions: [ready()], total: '256', used: 3, free: '251', ...status },
  }
}

const ready = (status: 'True' | 'False' = 'True', reason = 'Ready', message = '') => ({
  type: 'Ready',
  status,
  reason,
  message,
  lastTransitionTime: minutesAgo(10),
  observedGeneration: 1,
})

export function report(name: string, spec: Partial<NodeReport['spec']> = {}): NodeReport {
  const octet = name.slice(1)
  const eth0 = { name: 'eth0', index: 2, mac: `52:54:00:00:00:0${octet}`, carrier: true, addresses: [`10.201.0.1${octet}/16`] }
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'NodeReport',
    metadata: { name },
    spec: { interfaces: [eth0], version: '1.2.3', conditions: [ready()], gateway: { envoys: 1, held: [] }, ...spec },
  }
}

export function weirEvent(
  name: string,
  { minutes = 1, ...rest }: Partial<WeirEvent> & { readonly minutes?: number } = {},
): WeirEvent {
  return {
    metadata: { namespace: 'default', name },
    eventTime: minutesAgo(minutes),
    type: 'Normal',
    reason: 'Serving',
    note: 'Served at 10.201.200.1.',
    regarding: { kind: 'Service', namespace: 'default', name: 'web' },
    ...rest,
  }
}

export function awsLoadBalancer(): LoadBalancer {
  const member = {
    kind: 'Service' as const,
    namespace: 'default',
    name: 'api',
    uid: 'uid-api',
    ports: ['443/TCP'],
    serving: true,
  }
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancer',
    metadata: { namespace: 'weir-system', name: 'service-default-api' },
    spec: { provider: 'aws', class: 'aws-public', members: [member], memberNames: 'default/api' },
    status: {
      applied: { hash: 'h', planner: 1, at: minutesAgo(30) },
      ids: { 'load-balancer': 'arn:aws:lb', 'listener/443': 'arn:aws:listener' },
      dnsName: 'weir-default-api-3f9c1a.elb.us-west-2.amazonaws.com',
      scheme: 'internet-facing',
      place: {
        region: 'us-west-2',
        vpcId: 'vpc-1',
        assumeRole: { arn: 'arn:aws:iam::1:role/lb', externalId: 'the-external-id' },
      },
      conditions: [ready()],
    },
  }
}

function ingressReport(name: string, condition = ready()): IngressReport {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'IngressReport',
    metadata: { namespace: 'default', name },
    spec: { ingressClass: 'web', class: 'lan', provider: 'local', group: 'weir-gateway-lan' },
    status: { conditions: [condition], inEffect: 2, notInEffect: condition.status === 'True' ? 0 : 1 },
  }
}

export interface PageCluster {
  readonly stores: Stores
  readonly events: ReturnType<typeof createStore<WeirEvent>>
  readonly loadBalancers: ReturnType<typeof createStore<LoadBalancer>>
  readonly dead: Set<string>
  self: Self
  sources(): PageSources
}

/** A Service that is served by `node` at `address`. */
export function serve(stores: Stores, name: string, address: string, node: string, next = 'n2', epoch = 1): void {
  stores.services.put(service(name, { ready: true, addresses: [address] }))
  stores.slices.put(
    slice(name, [
      { pod: `${name}-0`, address: '10.244.1.11' },
      { pod: `${name}-1`, address: '10.244.2.12', ready: false },
    ]),
  )
  const status = {
    epoch,
    node,
    interface: 'eth0',
    mac: `52:54:00:00:00:0${node.slice(1)}`,
    since: minutesAgo(3),
    next,
    path: { mode: 'direct' as const },
  }
  const made = announcement(address, status)
  stores.announcements.put({ ...made, spec: { ...made.spec, services: [{ namespace: 'default', name, uid: `uid-${name}` }] } })
}

/** Three nodes, a pool, Services that are served and one that is not, an Ingress, one load balancer in AWS, events. */
export function pageCluster(): PageCluster {
  const stores = createStores(createLog({ level: 'silent', program: 'test' }))
  const events = createStore<WeirEvent>()
  const loadBalancers = createStore<LoadBalancer>()
  const dead = new Set<string>()
  stores.leases.put({ metadata: { namespace: 'weir-system', name: controllerLease }, spec: { holderIdentity: leading.leader } })
  stores.classes.put({ ...lan, status: { conditions: [ready()], services: 3, ingresses: 2 } })
  stores.pools.put(pool('office'))
  stores.pools.put(
    pool(
      'small',
      { addresses: ['10.9.0.1-10.9.0.4'] },
      { total: '4', used: 4, free: '0', conditions: [ready('False', 'Overlapping', 'Pool small overlaps office.')] },
    ),
  )
  for (const name of ['n0', 'n1', 'n2']) {
    stores.reports.put(report(name))
    stores.nodes.put({
      metadata: { name },
      status: { addresses: [{ type: 'InternalIP', address: `10.201.0.1${name.slice(1)}` }] },
    })
  }
  serve(stores, 'web', '10.201.200.1', 'n1')
  serve(stores, 'shop', '10.201.200.2', 'n0')
  const message = `10.9.9.9 is in no pool this Service may use (pools: office 10.201.200.0/24). ${hostile}`
  stores.services.put(withAnnotation(service('broken', { ready: false, reason: 'RequestedAddressOutsidePools', message })))
  stores.services.put(service('internal', { spec: { type: 'ClusterIP', ports: [{ port: 80 }] } }))
  stores.ingressReports.put(ingressReport('site'))
  stores.ingressReports.put(ingressReport('old', ready('False', 'RoutesNotInEffect', 'One route is shadowed by default/site.')))
  stores.ingresses.put({
    metadata: { namespace: 'default', name: 'site' },
    spec: {
      ingressClassName: 'web',
      rules: [
        {
          host: 'shop.example.com',
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
        },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: '10.201.200.3' }] } },
  })
  loadBalancers.put(awsLoadBalancer())
  events.put(weirEvent('web.1', { minutes: 5 }))
  events.put(weirEvent('broken.1', { type: 'Warning', reason: 'RequestedAddressOutsidePools', note: message, minutes: 1 }))
  const cluster: PageCluster = {
    stores,
    events,
    loadBalancers,
    dead,
    self: leading,
    sources: () => ({ ...stores, events, loadBalancers, isAlive: node => !dead.has(node), self: cluster.self }),
  }
  return cluster
}

/** What a user may have written there is for nobody else. */
function withAnnotation(made: Service): Service {
  return { ...made, metadata: { ...made.metadata, annotations: { 'example.com/password': 'hunter2' } } }
}
