// Clusters and their endpoints: the pods behind each port of a Service that a route leads to.
import type { BookedCluster, ClusterSettings } from './cluster-book.ts'
import { isHashed } from './cluster-book.ts'
import type { Cluster, ClusterLoadAssignment } from './envoy.ts'
import { fromStream, typed } from './envoy.ts'
import type { GatewayFacts } from './gateway.ts'
import { authoritiesName, certificateName } from './secrets.ts'
import type { UpstreamTls } from './settings.ts'

/** Each cluster that was booked, by name, and the endpoints of those that have such. */
export function clustersOf(
  booked: ReadonlyMap<string, BookedCluster>,
  facts: GatewayFacts,
): { readonly clusters: readonly Cluster[]; readonly endpoints: readonly ClusterLoadAssignment[] } {
  const sorted = [...booked.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
  return {
    clusters: sorted.map(cluster => clusterOf(cluster, facts)),
    endpoints: sorted.flatMap(cluster => endpointsOf(cluster, facts) ?? []),
  }
}

/** Whether anything stands behind a backend now. */
export function hasEndpoints({ backend }: Pick<BookedCluster, 'backend'>, { targets }: GatewayFacts): boolean {
  if (backend.kind !== 'service') return backend.kind === 'external-name'
  return targets({ namespace: backend.namespace, name: backend.name, port: backend.port.port }).length > 0
}

function endpointsOf({ name, backend, settings }: BookedCluster, facts: GatewayFacts): ClusterLoadAssignment | undefined {
  if (backend.kind !== 'service') return undefined
  const own = facts.targets({ namespace: backend.namespace, name: backend.name, port: backend.port.port })
  const { fallback } = settings
  const port = own.length === 0 && fallback ? facts.firstPort?.(fallback) : undefined
  return assignment(name, usable(fallback && port !== undefined ? facts.targets({ ...fallback, port }) : own))
}

function clusterOf({ name, backend, settings }: BookedCluster, facts: GatewayFacts): Cluster {
  const { upstream, connectMs = 5000 } = settings
  const common = {
    name,
    connect_timeout: `${connectMs / 1000}s`,
    lb_policy: isHashed(upstream) ? 'RING_HASH' : policies[upstream.balance ?? 'least-request'],
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
    const load_assignment = assignment(name, [{ address: hostname, port }])
    return { ...common, type: 'STRICT_DNS', load_assignment, ...protocolOf('', settings, facts) }
  }
  const appProtocol = backend.kind === 'service' ? backend.port.appProtocol : undefined
  return { ...common, type: 'EDS', eds_cluster_config: { eds_config: fromStream }, ...protocolOf(appProtocol, settings, facts) }
}

const policies = { 'least-request': 'LEAST_REQUEST', 'round-robin': 'ROUND_ROBIN', random: 'RANDOM' } as const

const http2 = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': typed('extensions.upstreams.http.v3.HttpProtocolOptions'),
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
}

/** What the Ingress says, else what KEP-3726 and common use make of the appProtocol of the port. */
function protocolOf(appProtocol: string | undefined, { upstream }: ClusterSettings, facts: GatewayFacts): object {
  const tls = () => ({ transport_socket: upstreamTls(upstream.tls, upstream.protocol === 'GRPCS', facts) })
  switch (upstream.protocol ?? appProtocol?.toLowerCase() ?? '') {
    case 'GRPC':
    case 'H2C':
    case 'kubernetes.io/h2c':
    case 'h2c':
    case 'grpc':
      return http2
    case 'GRPCS':
      return { ...http2, ...tls() }
    case 'HTTPS':
    case 'kubernetes.io/wss':
    case 'https':
      return tls()
    default:
      return {}
  }
}

/** Certificates of pods are checked only where the Ingress says by whom they are: by themselves they carry no names. */
function upstreamTls(tls: UpstreamTls | undefined, isHttp2: boolean, facts: GatewayFacts): object {
  const { secret, verify = false, name, sendName = false } = tls ?? {}
  // What never came would hold up the cluster. Without the authorities no route leads here.
  const shown = secret && facts.certificate(secret) ? secret : undefined
  const trusted = secret && verify && facts.authorities?.(secret) !== undefined ? secret : undefined
  const names = name === undefined ? {} : { match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: name } }] }
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': typed('extensions.transport_sockets.tls.v3.UpstreamTlsContext'),
      ...(sendName && name !== undefined ? { sni: name } : {}),
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
        ...(isHttp2 ? { alpn_protocols: ['h2'] } : {}),
        ...(shown ? { tls_certificate_sds_secret_configs: [{ name: certificateName(shown), sds_config: fromStream }] } : {}),
        ...(trusted
          ? {
              combined_validation_context: {
                default_validation_context: names,
                validation_context_sds_secret_config: { name: authoritiesName(trusted), sds_config: fromStream },
              },
            }
          : {}),
      },
    },
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
