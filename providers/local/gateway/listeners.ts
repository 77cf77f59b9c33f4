// Listeners of a gateway: one for HTTP, one for TLS with a chain per certificate, and the certificates themselves.
import { anyHost, hostsFor } from '../../../src/model/routing/host.ts'
import type { Certificate, HostRoutes, RoutingModel } from '../../../src/model/routing/model.ts'
import { wantedAt } from './client-certificates.ts'
import { connectionManager } from './connection-manager.ts'
import type { FilterChain, Listener } from './envoy.ts'
import { fromStream, typed } from './envoy.ts'
import type { Gateway, GatewayFacts, GatewayTuning } from './gateway.ts'
import { authoritiesName, certificateName, type ListenerSecrets } from './secrets.ts'
import type { ClientCertificate, SecretName } from './settings.ts'

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

export function listenerSecrets(gateway: Gateway, facts: GatewayFacts): ListenerSecrets {
  const certificates = gateway.https ? usableCertificates(gateway.model, facts).map(({ certificate }) => certificate.secret) : []
  const clientAuthorities = [...gateway.model.hosts.values()].flatMap(
    entry => usableAuthorities(entry, gateway, facts)?.authorities ?? [],
  )
  return { certificates, clientAuthorities: gateway.https ? clientAuthorities : [] }
}

/** What a host asks of clients, if its authorities ever came: without them nobody gets past its routes anyway. */
function usableAuthorities(entry: HostRoutes, gateway: Gateway, facts: GatewayFacts): ClientCertificate | undefined {
  const wanted = wantedAt(entry, gateway)
  return wanted && facts.authorities?.(wanted.authorities) !== undefined ? wanted : undefined
}

interface UsableCertificate {
  readonly certificate: Certificate
}

/** A chain whose certificate never came would hold up its whole listener, so it is left out: its hosts get the default one. */
function usableCertificates({ certificates }: RoutingModel, { certificate: find }: GatewayFacts): readonly UsableCertificate[] {
  return [...certificates.values()].flatMap(certificate => {
    return find(certificate.secret) ? { certificate } : []
  })
}

/**
 * A chain per Secret and one for clients that match no name, if somebody gives a certificate for them. Envoy takes `*.a.com` for
 * any number of labels, so a client that asks for more than one gets that certificate, which it refuses, instead of the default
 * one or none; which route is taken depends on its Host header alone.
 */
function chains(gateway: Gateway, usable: readonly UsableCertificate[], facts: GatewayFacts): readonly FilterChain[] {
  const { https, model, tuning } = gateway
  if (!https) return []
  const filters = [connectionManager(gateway, https, facts)]
  const wantedFor = (host: string): ClientCertificate | undefined => {
    const entry = hostsFor(host).flatMap(each => model.hosts.get(each) ?? [])[0]
    return entry && usableAuthorities(entry, gateway, facts)
  }
  const named = Map.groupBy(
    usable.filter(({ certificate }) => certificate.host !== anyHost),
    ({ certificate }) => {
      const wanted = wantedFor(certificate.host)
      const asking = wanted ? ` for ${authoritiesName(wanted.authorities)}, depth ${wanted.depth}` : ''
      return certificateName(certificate.secret) + asking
    },
  )
  const last = usable.find(({ certificate }) => certificate.host === anyHost)
  return [
    ...[...named]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([name, hosts]) =>
        hosts.slice(0, 1).map(({ certificate }) => ({
          name,
          filter_chain_match: { server_names: hosts.map(each => each.certificate.host) },
          filters,
          transport_socket: tls(certificate.secret, tuning, wantedFor(certificate.host)),
          transport_socket_connect_timeout: '10s',
        })),
      ),
    ...(last
      ? [
          {
            name: 'default',
            filters,
            transport_socket: tls(last.certificate.secret, tuning),
            transport_socket_connect_timeout: '10s',
          },
        ]
      : []),
  ]
}

/**
 * A certificate of the client is asked for, never insisted on, and a bad one is let through: routes say what becomes of it. What
 * was found good is not remembered with a session, so sessions are not resumed where it matters.
 */
function tls(
  certificate: SecretName,
  { tlsMinimum = 'TLSv1_2' }: GatewayTuning = {},
  client?: ClientCertificate,
): NonNullable<FilterChain['transport_socket']> {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': typed('extensions.transport_sockets.tls.v3.DownstreamTlsContext'),
      ...(client ? { disable_stateless_session_resumption: true, disable_stateful_session_resumption: true } : {}),
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: tlsMinimum, tls_maximum_protocol_version: 'TLSv1_3' },
        alpn_protocols: ['h2', 'http/1.1'],
        tls_certificate_sds_secret_configs: [{ name: certificateName(certificate), sds_config: fromStream }],
        ...(client
          ? {
              combined_validation_context: {
                default_validation_context: { trust_chain_verification: 'ACCEPT_UNTRUSTED', max_verify_depth: client.depth },
                validation_context_sds_secret_config: { name: authoritiesName(client.authorities), sds_config: fromStream },
              },
            }
          : {}),
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
    address: { socket_address: { address, port_value: port, ...(address === '::' && { ipv4_compat: true }) } },
    listener_filters: chains.some(chain => chain.transport_socket) ? [inspector] : [],
    filter_chains: chains,
    per_connection_buffer_limit_bytes: bufferBytes,
    // For a client to say whom it wants to speak to.
    listener_filters_timeout: '10s',
  }
}
