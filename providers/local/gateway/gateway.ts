// A gateway: Ingresses that are served behind one address, and what must be known to make an Envoy serve them.
import type { PodTarget } from '../../../src/model/load-balancer.ts'
import type { RoutingModel } from '../../../src/model/routing/model.ts'
import type { IngressSettings, SecretName } from './settings.ts'

/** A port that Envoy opens on each node, and the one that clients know it by. */
export interface GatewayPort {
  readonly port: number
  readonly publicPort: number
}

export interface CertificateFiles {
  /** PEM: the certificate and those between it and a root. */
  readonly chain: string
  /** PEM. */
  readonly key: string
}

/** What a class says of its gateways. Everything that is absent has a default that is good at an edge. */
export interface GatewayTuning {
  /** Log every request as a line of JSON. */
  readonly accessLog?: boolean
  /** So many proxies in front are believed about clients (X-Forwarded-For, -Proto); 0, the default: the client is who connects. */
  readonly trustedHops?: number
  readonly tlsMinimum?: 'TLSv1_2' | 'TLSv1_3'
  /** For a stream in which nothing happens; five minutes. */
  readonly idleMs?: number
  /** From the first byte of a request to the end of its headers; 30 seconds. */
  readonly headersMs?: number
  /** For a connection without a request; an hour. */
  readonly connectionIdleMs?: number
  /** Of all headers of a request together; 60 KiB. */
  readonly headersKiB?: number
  /** At once, on one connection of HTTP/2; 100. */
  readonly streams?: number
}

/** Ingresses that are served together, behind one address. */
export interface Gateway {
  /** Not that of another gateway of this Envoy. */
  readonly name: string
  readonly model: RoutingModel
  /** By `namespace/name` of the Ingress. One that is not here asks for nothing but its routes, and is not redirected to HTTPS. */
  readonly settings?: ReadonlyMap<string, IngressSettings>
  readonly tuning?: GatewayTuning
  readonly http?: GatewayPort
  readonly https?: GatewayPort
}

export interface GatewayFacts {
  /** The address that Envoy listens on: `0.0.0.0`, or `::` for both families. */
  readonly bind: string
  /** Where requests for a port of a Service go: the endpoints that are ready, or those that drain while no other is left. */
  readonly targets: (service: {
    readonly namespace: string
    readonly name: string
    readonly port: number
  }) => readonly PodTarget[]
  /** The last good certificate of a Secret; undefined: there never was one. */
  readonly certificate: (secret: { readonly namespace: string; readonly name: string }) => CertificateFiles | undefined
  /** PEM of the authorities in a Secret (`ca.crt`), last good; undefined: there never were any. */
  readonly authorities?: (secret: SecretName) => string | undefined
  /** An htpasswd file, made of a Secret, last good; undefined: there never was one. */
  readonly users?: (secret: SecretName) => string | undefined
  /** The first port of a Service, for those that are named without one. */
  readonly firstPort?: (service: { readonly namespace: string; readonly name: string }) => number | undefined
  /** For gateways that do not say. */
  readonly accessLog?: boolean
}
