// An Envoy as somebody writes it by hand who needs nothing but the routes: a listener, a host for each name, a cluster for each host.

const any = (name: string, fields: object = {}) => ({ '@type': `type.googleapis.com/envoy.${name}`, ...fields })

export function bareEnvoy(options: {
  readonly address: string
  readonly port: number
  readonly hosts: number
  readonly backend: number
  /** As careful with backends as a gateway must be: least request, retries, pods that rest; and it knows who the client is. */
  readonly isCareful?: boolean
}): object {
  const { address, port, hosts, backend, isCareful = false } = options
  const retries = isCareful ? { retry_policy: { retry_on: 'connect-failure,refused-stream', num_retries: 2 } } : {}
  const care = isCareful ? { lb_policy: 'LEAST_REQUEST', outlier_detection: { split_external_local_origin_errors: true } } : {}
  const all = Array.from({ length: hosts }, (_, host) => ({ name: `web${host}`, domain: `h${host}.test` }))
  const manager = any('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'bare',
    ...(isCareful ? { use_remote_address: true } : {}),
    route_config: {
      virtual_hosts: all.map(({ name, domain }) => ({
        name,
        domains: [domain],
        routes: [
          { match: { path_separated_prefix: '/api' }, route: { cluster: name, ...retries } },
          { match: { prefix: '/' }, route: { cluster: name, ...retries } },
        ],
      })),
    },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: any('extensions.filters.http.router.v3.Router') }],
  })
  return {
    static_resources: {
      listeners: [
        {
          name: 'bare',
          address: { socket_address: { address, port_value: port } },
          filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
        },
      ],
      clusters: all.map(({ name }) => ({
        name,
        type: 'STATIC',
        ...care,
        load_assignment: {
          cluster_name: name,
          endpoints: [
            { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: backend } } } }] },
          ],
        },
      })),
    },
  }
}
