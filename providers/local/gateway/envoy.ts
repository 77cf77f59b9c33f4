// The parts of Envoy's v3 API that are written here, in its JSON form with the names of its documentation.

const prefix = 'type.googleapis.com/envoy.'

/** The full name of a type of Envoy's. */
export function typed<const Name extends string>(name: Name): `${typeof prefix}${Name}` {
  return `${prefix}${name}`
}

/**
 * An extension whose newest fields are not in the definitions that travel with the program: it is sent by the names of its fields,
 * and Envoy reads it by its type (xds.type.v3.TypedStruct).
 */
export function byNames(name: string, value: Readonly<Record<string, unknown>>): Any {
  return { '@type': 'type.googleapis.com/xds.type.v3.TypedStruct', type_url: typed(name), value }
}

export interface SocketAddress {
  readonly socket_address: {
    readonly address: string
    readonly port_value: number
    /** At `::`: for both families. */
    readonly ipv4_compat?: true
  }
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
  readonly transport_socket_connect_timeout?: string
}

export interface Listener {
  readonly name: string
  readonly address: SocketAddress
  readonly listener_filters: readonly { readonly name: string; readonly typed_config: Any }[]
  readonly filter_chains: readonly FilterChain[]
  readonly per_connection_buffer_limit_bytes: number
  readonly listener_filters_timeout: string
}

export interface RegexMatcher {
  readonly regex: string
}

/** All that are given must match. */
export interface HeaderMatcher {
  readonly name: string
  readonly string_match?: { readonly exact: string } | { readonly safe_regex: RegexMatcher }
  readonly range_match?: { readonly start: number; readonly end: number }
  readonly present_match?: boolean
  readonly invert_match?: boolean
  /** Without it a header that is not there matches nothing, not even the opposite of something. */
  readonly treat_missing_header_as_empty?: boolean
}

export interface RouteMatch {
  /** One of these; the path without query. */
  readonly path?: string
  /** `/a` matches `/a` and everything under `/a/`. */
  readonly path_separated_prefix?: string
  readonly prefix?: string
  /** The whole path. */
  readonly safe_regex?: RegexMatcher
  readonly headers?: readonly HeaderMatcher[]
  /** About the certificate of the client. */
  readonly tls_context?: { readonly presented?: boolean; readonly validated?: boolean }
}

export interface HeaderToAdd {
  readonly header: { readonly key: string; readonly value: string }
  readonly append_action: 'OVERWRITE_IF_EXISTS_OR_ADD'
}

export interface WeightedCluster {
  readonly name: string
  readonly weight: number
}

export interface RouteAction {
  readonly cluster?: string
  readonly weighted_clusters?: { readonly clusters: readonly WeightedCluster[]; readonly use_hash_policy?: boolean }
  readonly timeout: string
  readonly retry_policy: object
  readonly [field: string]: unknown
}

export interface RedirectAction {
  readonly response_code: 'MOVED_PERMANENTLY' | 'FOUND' | 'SEE_OTHER' | 'TEMPORARY_REDIRECT' | 'PERMANENT_REDIRECT'
  readonly https_redirect?: boolean
  readonly scheme_redirect?: string
  readonly host_redirect?: string
  readonly port_redirect?: number
  readonly path_redirect?: string
  readonly regex_rewrite?: RegexRewrite
  readonly strip_query?: boolean
}

export interface RegexRewrite {
  readonly pattern: RegexMatcher
  readonly substitution: string
}

export type Answer =
  | { readonly route: RouteAction }
  | { readonly redirect: RedirectAction }
  | { readonly direct_response: { readonly status: number; readonly body?: { readonly inline_string: string } } }

export type RouteEntry = {
  readonly name: string
  readonly match: RouteMatch
  readonly typed_per_filter_config?: Readonly<Record<string, Any>>
  readonly request_headers_to_add?: readonly HeaderToAdd[]
  readonly request_headers_to_remove?: readonly string[]
  readonly response_headers_to_add?: readonly HeaderToAdd[]
  readonly response_headers_to_remove?: readonly string[]
} & Answer

export interface VirtualHost {
  readonly name: string
  readonly domains: readonly string[]
  readonly routes: readonly RouteEntry[]
}

export interface RouteConfiguration {
  readonly name: string
  readonly request_headers_to_add?: readonly HeaderToAdd[]
  /** What is only for the choice of a route. */
  readonly request_headers_to_remove: readonly string[]
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
  readonly lb_policy: 'LEAST_REQUEST' | 'ROUND_ROBIN' | 'RANDOM' | 'RING_HASH'
  readonly [field: string]: unknown
}

export interface CertificateSecret {
  readonly name: string
  readonly tls_certificate: {
    readonly certificate_chain: { readonly inline_string: string }
    readonly private_key: { readonly inline_string: string }
  }
}

export interface AuthoritiesSecret {
  readonly name: string
  readonly validation_context: { readonly trusted_ca: { readonly inline_string: string } }
}

export type TlsSecret = CertificateSecret | AuthoritiesSecret

/** Everything that an Envoy is to have, by type and name; names in order. */
export interface Resources {
  readonly secrets: ReadonlyMap<string, TlsSecret>
  readonly clusters: ReadonlyMap<string, Cluster>
  readonly endpoints: ReadonlyMap<string, ClusterLoadAssignment>
  readonly listeners: ReadonlyMap<string, Listener>
  readonly routes: ReadonlyMap<string, RouteConfiguration>
}

export type ResourceType = keyof Resources
