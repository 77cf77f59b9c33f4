// What an Envoy and we say to each other on a stream (incremental xDS), as plain data.
import type { ResourceType } from '../../../gateway/envoy.ts'

/** The types of resources as the protocol names them. */
export const typeUrls: Readonly<Record<ResourceType, string>> = {
  secrets: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  clusters: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoints: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  listeners: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  routes: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
}

/** A DeltaDiscoveryRequest. */
export interface Request {
  readonly typeUrl: string
  readonly nodeId?: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  /** What the Envoy has since an earlier stream; only in the first request of a type. */
  readonly initialVersions: ReadonlyMap<string, string>
  /** Empty in requests that answer nothing. */
  readonly nonce: string
  /** Why it refuses what has this nonce. */
  readonly error?: string
}

export interface EncodedResource {
  /** A digest of the bytes: the same after a restart, so that an Envoy that lived on needs only what differs. */
  readonly version: string
  readonly bytes: Uint8Array
}

/** A DeltaDiscoveryResponse. */
export interface Response {
  readonly type: ResourceType
  readonly nonce: string
  readonly resources: ReadonlyMap<string, EncodedResource>
  readonly removed: readonly string[]
}
