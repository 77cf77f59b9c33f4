// The messages of Envoy's protocol, from its own definitions: read from their package in development, baked in when bundled.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

/**
 * The files whose messages are sent or received, with all they refer to. What stands in no file here can be sent too, as a
 * structure that Envoy reads by itself (xds.type.v3.TypedStruct); what does is checked field by field before it is sent.
 */
const files = [
  'envoy/service/discovery/v3/discovery.proto',
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/extensions/access_loggers/stream/v3/stream.proto',
  'envoy/extensions/filters/http/buffer/v3/buffer.proto',
  'envoy/extensions/filters/http/cors/v3/cors.proto',
  'envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto',
  'envoy/extensions/filters/http/header_mutation/v3/header_mutation.proto',
  'envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto',
  'envoy/extensions/filters/http/rbac/v3/rbac.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/http/stateful_session/v3/stateful_session.proto',
  'envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.proto',
  'envoy/extensions/http/stateful_session/cookie/v3/cookie.proto',
  'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto',
  'envoy/extensions/transport_sockets/tls/v3/secret.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
  'xds/type/v3/typed_struct.proto',
] as const

/** In the JSON form of protobuf.js, without what is meant for other languages and for checks that Envoy makes itself. */
export function readDefinitions(): protobuf.INamespace {
  const folderOf = (name: string) => dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)))
  const envoy = join(folderOf('@grpc/grpc-js-xds'), 'deps')
  const parts = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map(part => join(envoy, part))
  const folders = [...parts, folderOf('protobufjs')]
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => folders.map(folder => join(folder, target)).find(existsSync) ?? target
  root.loadSync([...files], { keepCase: true })
  return JSON.parse(JSON.stringify(root.toJSON(), (key, value) => (key.startsWith('(') ? undefined : value)))
}
