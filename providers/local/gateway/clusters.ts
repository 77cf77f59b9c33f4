// Clusters and their endpoints: the pods behind each port of a Service that a route leads to.
import type { Backend } from '../../../src/model/routing/backend.ts'
import type { Cluster, ClusterLoadAssignment } from './envoy.ts'
import { fromStream, typed } from './envoy.ts'
import type { Gateway, GatewayFacts } from './gateway.ts'

/** `namespace/service:port`; undefined for backends that lead nowhere. */
export function clusterName(backend: Backend): string | undefined {
  if (backend.kind === 'service') return `${backend.namespace}/${backend.name}:${backend.port.port}`
  // Another name than before the Service became ExternalName, so that neither is a change of the other.
  return backend.kind === 'external-name' ? `${backend.namespace}/${backend.name}:${backend.port} external` : undefined
}

/** Each cluster that a gateway needs, once, by name, and the endpoints of those that have such. */
export function clustersOf(
  gateways: readonly Gateway[],
  facts: Pick<GatewayFacts, 'targets'>,
): { readonly clusters: readonly Cluster[]; readonly endpoints: readonly ClusterLoadAssignment[] } {
  const backends = new Map<string, Backend>()
  for (const { model } of gateways) {
    for (const { routes, fallback } of model.hosts.values()) {
      for (const { backend } of fallback ? [...routes, fallback] : routes) {
        const name = clusterName(backend)
        if (name !== undefined) backends.set(name, backend)
      }
    }
  }
  const sorted = [...backends].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return {
    clusters: sorted.map(([name, backend]) => clusterOf(name, backend)),
    endpoints: sorted.flatMap(([name, backend]) =>
      backend.kind === 'service'
        ? assignment(name, usable(facts.targets({ namespace: backend.namespace, name: backend.name, port: backend.port.port })))
        : [],
    ),
  }
}

function clusterOf(name: string, backend: Backend): Cluster {
  const common = {
    name,
    connect_timeout: '5s',
    lb_policy: 'LEAST_REQUEST',
    // Envoy's own limits are low and shared by everybody who uses the Service.
    circuit_breakers: {
      thresholds: [{ max_connections: 65_536, max_pending_requests: 65_536, max_requests: 65_536, max_retries: 128 }],
    },
    // A pod whose connections fail rests for a while. If most rest, all are used: better a bad pod than none.
    outlier_detection: {
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 5,
      enforcing_consecutive_5xx: 0,
      enforcing_consecutive_gateway_failure: 0,
      enforcing_success_rate: 0,
      enforcing_local_origin_success_rate: 0,
      interval: '5s',
      base_ejection_time: '10s',
      max_ejection_time: '60s',
      max_ejection_percent: 50,
    },
  } as const
  if (backend.kind === 'external-name') {
    const { hostname, port } = backend
    return { ...common, type: 'STRICT_DNS', load_assignment: assignment(name, [{ address: hostname, port }]) }
  }
  const appProtocol = backend.kind === 'service' ? backend.port.appProtocol : undefined
  return { ...common, type: 'EDS', eds_cluster_config: { eds_config: fromStream }, ...protocolOf(appProtocol) }
}

/** What KEP-3726 and common use say about how pods speak. Certificates of pods are not checked: they carry no names. */
function protocolOf(appProtocol = ''): object {
  const http2 = {
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': typed('extensions.upstreams.http.v3.HttpProtocolOptions'),
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  }
  const tls = {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: { '@type': typed('extensions.transport_sockets.tls.v3.UpstreamTlsContext') },
    },
  }
  switch (appProtocol.toLowerCase()) {
    case 'kubernetes.io/h2c':
    case 'h2c':
    case 'grpc':
      return http2
    case 'kubernetes.io/wss':
    case 'https':
      return tls
    default:
      return {}
  }
}

/** Pods that drain are for use only while no other is left. */
function usable<Target extends { readonly terminating: boolean }>(targets: readonly Target[]): readonly Target[] {
  const ready = targets.filter(({ terminating }) => !terminating)
  return ready.length > 0 ? ready : targets
}

function assignment(
  name: string,
  targets: readonly { readonly address: string; readonly port: number }[],
): ClusterLoadAssignment {
  const sorted = targets.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  const endpoints = sorted.map(({ address, port }) => ({
    endpoint: { address: { socket_address: { address, port_value: port } } },
  }))
  return { cluster_name: name, endpoints: endpoints.length === 0 ? [] : [{ lb_endpoints: endpoints }] }
}

function keyOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address} ${port}`
}
