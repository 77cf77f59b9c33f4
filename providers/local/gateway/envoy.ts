// The parts of Envoy's v3 API that are written here, in its JSON form with the names of its documentation.

const prefix = 'type.googleapis.com/envoy.'

/** The full name of a type of Envoy's. */
export function typed<const Name extends string>(name: Name): `${typeof prefix}${Name}` {
  return `${prefix}${name}`
}

export interface SocketAddress {
  readonly socket_address: { readonly address: string; readonly port_value: number }
}

/** Resources come by the one stream that everything comes by. */
export const fromStream = { resource_api_version: 'V3', ads: {} } as const

/** A message whose type stands in it. Its fields are not followed further than this. */
export interface Any {
  readonly '@type': string
  readonly [field: string]: unknown
}

export interface FilterChain {
  readonly name: string
  /** Absent: for what no other chain matches. */
  readonly filter_chain_match?: { readonly server_names: readonly string[] }
  readonly filters: readonly { readonly name: string; readonly typed_config: Any }[]
  readonly transport_socket?: { readonly name: string; readonly typed_config: Any }
}

export interface Listener {
  readonly name: string
  readonly address: SocketAddress
  readonly listener_filters: readonly { readonly name: string; readonly typed_config: Any }[]
  readonly filter_chains: readonly FilterChain[]
  readonly per_connection_buffer_limit_bytes: number
}

export interface RouteMatch {
  /** One of the three; the path without query. */
  readonly path?: string
  /** `/a` matches `/a` and everything under `/a/`. */
  readonly path_separated_prefix?: string
  readonly prefix?: string
  readonly headers?: readonly {
    readonly name: string
    readonly string_match: { readonly safe_regex: { readonly regex: string } }
  }[]
}

export type RouteEntry = { readonly name: string; readonly match: RouteMatch } & (
  | { readonly route: { readonly cluster: string; readonly timeout: string; readonly retry_policy: object } }
  | { readonly direct_response: { readonly status: number; readonly body?: { readonly inline_string: string } } }
)

export interface VirtualHost {
  readonly name: string
  readonly domains: readonly string[]
  readonly routes: readonly RouteEntry[]
}

export interface RouteConfiguration {
  readonly name: string
  readonly virtual_hosts: readonly VirtualHost[]
}

export interface ClusterLoadAssignment {
  readonly cluster_name: string
  readonly endpoints: readonly { readonly lb_endpoints: readonly { readonly endpoint: { readonly address: SocketAddress } }[] }[]
}

export interface Cluster {
  readonly name: string
  readonly type: 'EDS' | 'STRICT_DNS'
  readonly eds_cluster_config?: { readonly eds_config: typeof fromStream }
  /** Only where the name is resolved by DNS. */
  readonly load_assignment?: ClusterLoadAssignment
  readonly connect_timeout: string
  readonly lb_policy: 'LEAST_REQUEST'
  readonly [field: string]: unknown
}

export interface TlsSecret {
  readonly name: string
  readonly tls_certificate: {
    readonly certificate_chain: { readonly inline_string: string }
    readonly private_key: { readonly inline_string: string }
  }
}

/** Everything that an Envoy is to have, by type and name; names in order. */
export interface Resources {
  readonly secrets: ReadonlyMap<string, TlsSecret>
  readonly clusters: ReadonlyMap<string, Cluster>
  readonly endpoints: ReadonlyMap<string, ClusterLoadAssignment>
  readonly listeners: ReadonlyMap<string, Listener>
  readonly routes: ReadonlyMap<string, RouteConfiguration>
}

export type ResourceType = keyof Resources
