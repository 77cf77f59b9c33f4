// How Envoy treats HTTP at the edge: what clients may not forge, how long they may dawdle, and what is compared with routes.
import { certificateHeaders, serverNameHeader } from './client-certificates.ts'
import { fromStream, typed } from './envoy.ts'
import type { FilterChain } from './envoy.ts'
import { errorPageHeader } from './error-pages.ts'
import { httpFilters } from './filters.ts'
import type { Gateway, GatewayFacts, GatewayPort } from './gateway.ts'

/** What headers of a request say about the way it came is for us to say. */
const forgeable = [
  // Written anew, but from a Host that may be empty, and then it would stay as it came.
  'x-forwarded-host',
  'x-forwarded-prefix',
  'forwarded',
  // Never written here; some backends take them for x-forwarded-proto and its like all the same.
  'x-forwarded-scheme',
  'x-forwarded-protocol',
  'x-forwarded-ssl',
  'x-forwarded-server',
  'x-original-forwarded-for',
  'x-scheme',
  'x-url-scheme',
  'front-end-https',
] as const

export const clientAddress = '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'

/** Headers by which parts of the gateway speak to each other and to backends. */
const ours = [...certificateHeaders, serverNameHeader, errorPageHeader] as const

/** The filter that routes by the configuration of the gateway; the same for each of its listeners but for the port. */
export function connectionManager(
  { name, https, tuning = {} }: Gateway,
  port: GatewayPort,
  facts: GatewayFacts,
): FilterChain['filters'][number] {
  const { accessLog = facts.accessLog ?? false, trustedHops = 0, headersKiB = 60, streams = 100 } = tuning
  const { idleMs = 300_000, headersMs = 30_000, connectionIdleMs = 3_600_000 } = tuning
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': typed('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: name,
      rds: { route_config_name: name, config_source: fromStream },
      http_filters: httpFilters,
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      // What the routes are compared with: no dot segments, slashes and escapes as they came, a bare name as host.
      normalize_path: true,
      merge_slashes: false,
      path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
      strip_any_host_port: true,
      strip_trailing_host_dot: true,
      // The client is who connects, or who the last trusted proxy says; x-forwarded-proto follows from that too.
      use_remote_address: true,
      // Nobody is of the house, neighbours of the LAN neither: x-envoy-* of a request (retries, timeouts) is taken away. An empty list would mean private addresses.
      internal_address_config: { cidr_ranges: [{ address_prefix: '255.255.255.255', prefix_len: 32 }] },
      preserve_external_request_id: true,
      ...(trustedHops > 0 ? { xff_num_trusted_hops: trustedHops } : {}),
      early_header_mutation_extensions: [forwardedHeaders(port.publicPort, trustedHops, port === https)],
      server_name: 'weir',
      server_header_transformation: 'APPEND_IF_ABSENT',
      max_request_headers_kb: headersKiB,
      common_http_protocol_options: {
        idle_timeout: `${connectionIdleMs / 1000}s`,
        headers_with_underscores_action: 'DROP_HEADER',
        max_headers_count: 200,
      },
      http2_protocol_options: {
        max_concurrent_streams: streams,
        initial_stream_window_size: 65_536,
        initial_connection_window_size: 1_048_576,
        // WebSocket over HTTP/2 (RFC 8441).
        allow_connect: true,
      },
      request_headers_timeout: `${headersMs / 1000}s`,
      stream_idle_timeout: `${idleMs / 1000}s`,
      ...(accessLog ? { access_log: [jsonLines] } : {}),
    },
  }
}

/** Every request pays for each of these, so none is here that changes nothing. */
function forwardedHeaders(publicPort: number, trustedHops: number, isTls: boolean): object {
  const set = (key: string, value: string) => ({
    append: { header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
  })
  // Behind a proxy the routes write x-real-ip: who the client is, is not known yet here.
  const realIp = trustedHops > 0 ? { remove: 'x-real-ip' } : set('x-real-ip', clientAddress)
  return {
    name: 'envoy.http.early_header_mutation.header_mutation',
    typed_config: {
      '@type': typed('extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation'),
      mutations: [
        ...[...(trustedHops > 0 ? [] : ['x-forwarded-for']), ...forgeable, ...ours].map(remove => ({ remove })),
        realIp,
        set('x-forwarded-host', '%REQ(:AUTHORITY)%'),
        set('x-forwarded-port', String(publicPort)),
        // Without TLS there is no such name, and no certificate of a client either.
        ...(isTls ? [set(serverNameHeader, '%REQUESTED_SERVER_NAME%')] : []),
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
        client: clientAddress,
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
