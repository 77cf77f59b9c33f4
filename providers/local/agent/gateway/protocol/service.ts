// The service that an Envoy calls (AggregatedDiscoveryService, incremental variant): between its messages and plain data.
import type { ServiceDefinition } from '@grpc/grpc-js'
import type { Encoder } from './encode.ts'
import { typeUrls } from './messages.ts'
import type { Request, Response } from './messages.ts'

const discovery = 'envoy.service.discovery.v3'

/** The one method is `DeltaAggregatedResources`. */
export function serviceDefinition(encoder: Encoder): ServiceDefinition {
  return {
    DeltaAggregatedResources: {
      path: `/${discovery}.AggregatedDiscoveryService/DeltaAggregatedResources`,
      requestStream: true,
      responseStream: true,
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => readRequest(encoder.decode(`${discovery}.DeltaDiscoveryRequest`, bytes)),
      responseSerialize: (response: Response) =>
        Buffer.from(encoder.encode(`${discovery}.DeltaDiscoveryResponse`, written(response))),
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  }
}

/** As much as is read of a DeltaDiscoveryRequest. */
interface WireRequest {
  readonly node?: { readonly id?: string }
  readonly type_url?: string
  readonly resource_names_subscribe?: readonly string[]
  readonly resource_names_unsubscribe?: readonly string[]
  readonly initial_resource_versions?: Readonly<Record<string, string>>
  readonly response_nonce?: string
  readonly error_detail?: { readonly message?: string }
}

function readRequest(wire: WireRequest): Request {
  const { node, error_detail: error } = wire
  return {
    typeUrl: wire.type_url ?? '',
    ...(node?.id !== undefined && { nodeId: node.id }),
    subscribe: wire.resource_names_subscribe ?? [],
    unsubscribe: wire.resource_names_unsubscribe ?? [],
    initialVersions: new Map(Object.entries(wire.initial_resource_versions ?? {})),
    nonce: wire.response_nonce ?? '',
    ...(error && { error: error.message ?? 'no reason given' }),
  }
}

function written({ type, nonce, resources, removed }: Response): object {
  return {
    type_url: typeUrls[type],
    nonce,
    removed_resources: removed,
    resources: [...resources].map(([name, { version, bytes }]) => ({
      name,
      version,
      resource: { type_url: typeUrls[type], value: bytes },
    })),
  }
}
