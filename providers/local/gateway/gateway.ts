// A gateway: Ingresses that are served behind one address, and what must be known to make an Envoy serve them.
import type { PodTarget } from '../../../src/model/load-balancer.ts'
import type { RoutingModel } from '../../../src/model/routing/model.ts'

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

/** Ingresses that are served together, behind one address. */
export interface Gateway {
  /** Not that of another gateway of this Envoy. */
  readonly name: string
  readonly model: RoutingModel
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
  /** Log every request as a line of JSON. */
  readonly accessLog?: boolean
}
