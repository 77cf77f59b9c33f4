// How Envoy treats HTTP at the edge: what clients may not forge, how long they may dawdle, and what is compared with routes.
import { fromStream, typed } from './envoy.ts'
import type { FilterChain } from './envoy.ts'
import type { Gateway, GatewayFacts, GatewayPort } from './gateway.ts'

/** What headers of a request say about the way it came is for us to say. */
const forgeable = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'forwarded', 'x-real-ip']

/** The filter that routes by the configuration of the gateway; the same for each of its listeners but for the port. */
export function connectionManager(
  { name }: Gateway,
  { publicPort }: GatewayPort,
  { accessLog = false }: GatewayFacts,
): FilterChain['filters'][number] {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': typed('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: name,
      rds: { route_config_name: name, config_source: fromStream },
      http_filters: [
        { name: 'envoy.filters.http.router', typed_config: { '@type': typed('extensions.filters.http.router.v3.Router') } },
      ],
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      // What the routes are compared with: no dot segments, slashes and escapes as they came, a bare name as host.
      normalize_path: true,
      merge_slashes: false,
      path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
      strip_any_host_port: true,
      strip_trailing_host_dot: true,
      // The client is who connects; x-forwarded-proto follows from that too.
      use_remote_address: true,
      early_header_mutation_extensions: [forwardedHeaders(publicPort)],
      server_name: 'weir',
      server_header_transformation: 'APPEND_IF_ABSENT',
      common_http_protocol_options: { idle_timeout: '3600s', headers_with_underscores_action: 'DROP_HEADER' },
      http2_protocol_options: {
        max_concurrent_streams: 100,
        initial_stream_window_size: 65_536,
        initial_connection_window_size: 1_048_576,
      },
      request_headers_timeout: '30s',
      stream_idle_timeout: '300s',
      ...(accessLog ? { access_log: [jsonLines] } : {}),
    },
  }
}

function forwardedHeaders(publicPort: number): object {
  const set = (key: string, value: string) => ({
    append: { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
  })
  return {
    name: 'envoy.http.early_header_mutation.header_mutation',
    typed_config: {
      '@type': typed('extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation'),
      mutations: [
        ...forgeable.map(remove => ({ remove })),
        set('x-forwarded-host', '%REQ(:AUTHORITY)%'),
        set('x-forwarded-port', String(publicPort)),
        set('x-real-ip', '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%'),
      ],
    },
  }
}

const jsonLines = {
  name: 'envoy.access_loggers.stdout',
  typed_config: {
    '@type': typed('extensions.access_loggers.stream.v3.StdoutAccessLog'),
    log_format: {
      json_format: {
        time: '%START_TIME%',
        client: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
        method: '%REQ(:METHOD)%',
        host: '%REQ(:AUTHORITY)%',
        path: '%REQ(:PATH)%',
        protocol: '%PROTOCOL%',
        status: '%RESPONSE_CODE%',
        flags: '%RESPONSE_FLAGS%',
        receivedBytes: '%BYTES_RECEIVED%',
        sentBytes: '%BYTES_SENT%',
        durationMs: '%DURATION%',
        route: '%ROUTE_NAME%',
        backend: '%UPSTREAM_CLUSTER%',
        endpoint: '%UPSTREAM_HOST%',
        requestId: '%REQ(X-REQUEST-ID)%',
      },
    },
  },
}
