// What an Envoy is started with: where the agent of its node is, how it is watched, and what it does when there is too much of everything.
import { layeredRuntime } from '../../gateway/runtime.ts'

export interface BootstrapOptions {
  /** Where the agent serves: a unix socket. */
  readonly xdsSocket: string
  /** A unix socket, or with `@` before it a name in its own network that is no file. Whoever gets there can end the Envoy. */
  readonly adminSocket: string
  readonly readiness: { readonly address: string; readonly port: number }
  /** A port of loopback at which the Envoy is told that it will end. */
  readonly drainPort?: number
  /** Bytes, or what stands for them. Beyond 92 % of it memory is given back and no request more is taken. */
  readonly maxHeapBytes: number | string
  readonly maxConnections: number
}

/** As the DaemonSet has it; what stands in `$( )` is put in by Kubernetes. */
export const deployed: BootstrapOptions = {
  xdsSocket: '/run/weir/gateway/xds.sock',
  adminSocket: '@weir-gateway-admin',
  readiness: { address: '$(POD_IP)', port: 9901 },
  drainPort: 9902,
  maxHeapBytes: '$(MEMORY_LIMIT)',
  maxConnections: 20_000,
}

const any = (name: string, fields: object = {}) => ({ '@type': `type.googleapis.com/envoy.${name}`, ...fields })

/** Envoy's bootstrap in its JSON form. Node id, cluster and concurrency come by the command line. Pure. */
export function bootstrap(options: BootstrapOptions): object {
  const { xdsSocket, adminSocket, readiness, drainPort, maxHeapBytes, maxConnections } = options
  const everything = { resource_api_version: 'V3', ads: {}, initial_fetch_timeout: '0s' }
  return {
    admin: { address: { pipe: { path: adminSocket } } },
    layered_runtime: layeredRuntime,
    // Lines of JSON, as those of the other programs.
    application_log_config: {
      log_format: { json_format: { level: '%l', time: '%Y-%m-%dT%T.%eZ', program: 'gateway', logger: '%n', msg: '%j' } },
    },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        // An agent that is back after an upgrade is found again within seconds.
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: 'weir-agent',
              retry_policy: { retry_back_off: { base_interval: '0.2s', max_interval: '5s' } },
            },
          },
        ],
      },
      // Without a time limit: a new Envoy is not ready before it knows what to serve.
      cds_config: everything,
      lds_config: everything,
    },
    static_resources: {
      clusters: [
        {
          name: 'weir-agent',
          type: 'STATIC',
          connect_timeout: '5s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': any('extensions.upstreams.http.v3.HttpProtocolOptions', {
              explicit_http_config: {
                http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '10s' } },
              },
            }),
          },
          load_assignment: pipe('weir-agent', xdsSocket),
        },
        { name: 'weir-admin', type: 'STATIC', connect_timeout: '1s', load_assignment: pipe('weir-admin', adminSocket) },
      ],
      listeners: [
        // For the kubelet and whoever gathers figures; the rest of the administration is not to be reached from outside.
        adminListener('weir-readiness', readiness.address, readiness.port, ['/ready', '/stats/prometheus']),
        ...(drainPort === undefined ? [] : [adminListener('weir-drain', '127.0.0.1', drainPort, ['/healthcheck/fail'])]),
      ],
    },
    overload_manager: {
      refresh_interval: '0.25s',
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.fixed_heap',
          typed_config: any('extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig', { max_heap_size_bytes: maxHeapBytes }),
        },
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: any('extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig', {
            max_active_downstream_connections: maxConnections,
          }),
        },
      ],
      actions: [
        heapAction('shrink_heap', 0.85),
        heapAction('disable_http_keepalive', 0.88),
        heapAction('stop_accepting_requests', 0.92),
        heapAction('stop_accepting_connections', 0.95),
      ],
    },
  }
}

function pipe(cluster_name: string, path: string): object {
  return { cluster_name, endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }] }
}

function heapAction(name: string, value: number): object {
  return {
    name: `envoy.overload_actions.${name}`,
    triggers: [{ name: 'envoy.resource_monitors.fixed_heap', threshold: { value } }],
  }
}

/** Serves some paths of the administration, and nothing else of it. */
function adminListener(name: string, address: string, port: number, paths: readonly string[]): object {
  const routes = paths.map(path => ({ match: { path }, route: { cluster: 'weir-admin' } }))
  const manager = any('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: name,
    route_config: { virtual_hosts: [{ name, domains: ['*'], routes }] },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: any('extensions.filters.http.router.v3.Router') }],
  })
  return {
    name,
    address: { socket_address: { address, port_value: port } },
    // Asked also when all the others are full.
    ignore_global_conn_limit: true,
    bypass_overload_manager: true,
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
  }
}
