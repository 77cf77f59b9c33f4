// Listeners of a gateway: one for HTTP, one for TLS with a chain per certificate, and the certificates themselves.
import { anyHost } from '../../../src/model/routing/host.ts'
import type { Certificate, RoutingModel } from '../../../src/model/routing/model.ts'
import { connectionManager } from './connection-manager.ts'
import type { FilterChain, Listener, TlsSecret } from './envoy.ts'
import { fromStream, typed } from './envoy.ts'
import type { CertificateFiles, Gateway, GatewayFacts } from './gateway.ts'

/** What Envoy keeps of a connection before it stops reading. */
const bufferBytes = 32_768

/** The listeners of a gateway. Without any certificate there is none for TLS: nobody could be answered. */
export function listenersOf(gateway: Gateway, facts: GatewayFacts): readonly Listener[] {
  const { name, http, https } = gateway
  const certificates = https ? usableCertificates(gateway.model, facts) : []
  return [
    ...(http
      ? [listener(`${name}/http`, facts.bind, http.port, [{ name: 'http', filters: [connectionManager(gateway, http, facts)] }])]
      : []),
    ...(https && certificates.length > 0
      ? [listener(`${name}/https`, facts.bind, https.port, chains(gateway, certificates, facts))]
      : []),
  ]
}

/** Every certificate in use, each once, by the name of its Secret. */
export function secretsOf(gateways: readonly Gateway[], facts: GatewayFacts): readonly TlsSecret[] {
  const files = new Map<string, CertificateFiles>()
  for (const { https, model } of gateways) {
    if (!https) continue
    for (const { certificate, found } of usableCertificates(model, facts)) files.set(secretName(certificate), found)
  }
  return [...files]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { chain, key }]) => ({
      name,
      tls_certificate: { certificate_chain: { inline_string: chain }, private_key: { inline_string: key } },
    }))
}

interface UsableCertificate {
  readonly certificate: Certificate
  readonly found: CertificateFiles
}

/** A chain whose certificate never came would hold up its whole listener, so it is left out: its hosts get the default one. */
function usableCertificates({ certificates }: RoutingModel, { certificate: find }: GatewayFacts): readonly UsableCertificate[] {
  return [...certificates.values()].flatMap(certificate => {
    const found = find(certificate.secret)
    return found ? { certificate, found } : []
  })
}

function secretName({ secret }: Certificate): string {
  return `${secret.namespace}/${secret.name}`
}

/**
 * A chain per Secret and one for clients that match no name, if somebody gives a certificate for them. Envoy takes `*.a.com` for
 * any number of labels, so a client that asks for more than one gets that certificate, which it refuses, instead of the default
 * one or none; which route is taken depends on its Host header alone.
 */
function chains(gateway: Gateway, usable: readonly UsableCertificate[], facts: GatewayFacts): readonly FilterChain[] {
  const { https } = gateway
  if (!https) return []
  const filters = [connectionManager(gateway, https, facts)]
  const named = Map.groupBy(
    usable.filter(({ certificate }) => certificate.host !== anyHost),
    ({ certificate }) => secretName(certificate),
  )
  const last = usable.find(({ certificate }) => certificate.host === anyHost)
  return [
    ...[...named]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([secret, hosts]) => ({
        name: secret,
        filter_chain_match: { server_names: hosts.map(({ certificate }) => certificate.host) },
        filters,
        transport_socket: tls(secret),
      })),
    ...(last ? [{ name: 'default', filters, transport_socket: tls(secretName(last.certificate)) }] : []),
  ]
}

function tls(secret: string): NonNullable<FilterChain['transport_socket']> {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': typed('extensions.transport_sockets.tls.v3.DownstreamTlsContext'),
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
        alpn_protocols: ['h2', 'http/1.1'],
        tls_certificate_sds_secret_configs: [{ name: secret, sds_config: fromStream }],
      },
    },
  }
}

function listener(name: string, address: string, port: number, chains: readonly FilterChain[]): Listener {
  const inspector = {
    name: 'envoy.filters.listener.tls_inspector',
    typed_config: { '@type': typed('extensions.filters.listener.tls_inspector.v3.TlsInspector') },
  }
  return {
    name,
    address: { socket_address: { address, port_value: port } },
    listener_filters: chains.some(chain => chain.transport_socket) ? [inspector] : [],
    filter_chains: chains,
    per_connection_buffer_limit_bytes: bufferBytes,
  }
}
