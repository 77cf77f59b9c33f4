// A small cluster as the commands read it: a class, a pool, Services and Ingresses in the states that people ask about.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { Announcement } from '../api/announcement.ts'
import type { EndpointSlice, Service } from '../model/kubernetes-objects.ts'
import { ingress as written, type Written } from '../model/routing/examples-under-test.ts'
import { emptySnapshot, type Snapshot } from './snapshot.ts'

export const noon = Date.parse('2026-05-01T12:00:00Z')

export const lan: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'lan' },
  spec: { provider: 'local', targets: 'Pod', default: false },
}

/** `spec` and `condition` over a Service of class lan with one port. */
export function service(
  name: string,
  {
    spec = {},
    ready,
    reason = 'Serving',
    message = '',
    addresses = [],
  }: {
    readonly spec?: Service['spec']
    readonly ready?: boolean
    readonly reason?: string
    readonly message?: string
    readonly addresses?: readonly string[]
  } = {},
): Service {
  const condition = {
    type: 'weir.dev/Ready',
    status: ready === true ? ('True' as const) : ('False' as const),
    reason,
    message,
    lastTransitionTime: '2026-05-01T11:58:00Z',
  }
  return {
    metadata: { namespace: 'default', name, uid: `uid-${name}` },
    spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/lan', ports: [{ port: 80, targetPort: 'http' }], ...spec },
    status: {
      ...(ready === undefined ? {} : { conditions: [condition] }),
      loadBalancer: { ingress: addresses.map(ip => ({ ip, ipMode: 'VIP' })) },
    },
  }
}

export function slice(
  name: string,
  endpoints: readonly { readonly pod: string; readonly address: string; readonly ready?: boolean; readonly ends?: boolean }[],
): EndpointSlice {
  return {
    metadata: { namespace: 'default', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints: endpoints.map(({ pod, address, ready = true, ends = false }) => ({
      addresses: [address],
      nodeName: 'n1',
      conditions: { ready: ready && !ends, serving: ready, terminating: ends },
      targetRef: { kind: 'Pod', namespace: 'default', name: pod },
    })),
  }
}

export function announcement(address: string, status?: Announcement['status']): Announcement {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'Announcement',
    metadata: { name: `ip-${address.replaceAll('.', '-')}` },
    spec: {
      address,
      pool: 'office',
      services: [{ namespace: 'default', name: 'web', uid: 'uid-web' }],
      nodes: ['n1', 'n2', 'n0'],
      targets: 'Pod',
    },
    ...(status ? { status } : {}),
  }
}

/** Ingresses of one gateway, with the Services that they name. */
export function shop(...ingresses: readonly Written[]): Snapshot {
  const all = ingresses.map(written)
  const names = ['web', 'cart', 'api', 'old']
  return {
    ...emptySnapshot,
    classes: [lan],
    services: names.map(name => service(name, { spec: { type: 'ClusterIP', ports: [{ port: 80 }] } })),
    ingresses: all,
    ingressReports: all.map(
      ({ metadata }): IngressReport => ({
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'IngressReport',
        metadata: { namespace: metadata.namespace ?? '', name: metadata.name },
        spec: { ingressClass: 'web', class: 'lan', provider: 'local', group: 'weir-gateway-lan' },
      }),
    ),
  }
}
