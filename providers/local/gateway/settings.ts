// What one Ingress asks for beside its routes, typed, in the words of no proxy: made from annotations, and used to configure one.
import type { RoutingWays } from '../../../src/model/routing/read.ts'

export interface IngressSettings {
  /** How its paths and hosts are to be read. */
  readonly ways: RoutingWays
  /** Set: who may come in could not be understood, so its routes answer 503. The text says why. */
  readonly closed?: string
  /** Whether plain HTTP is answered with the way to HTTPS. */
  readonly httpsRedirect: 'with-certificate' | 'always' | 'never'
  /** Every request is answered with another URL. */
  readonly redirect?: Redirect
  /** Where requests for `/` are sent. */
  readonly appRoot?: string
  /** Requests for `www.` and a host are sent to the host, or the other way round. */
  readonly otherWww: boolean
  /** What a backend sees instead of the path; `$1` stands for what the first group of the path matched. */
  readonly rewrite?: string
  readonly sources: Sources
  readonly externalAuth?: ExternalAuth
  readonly basicAuth?: BasicAuth
  readonly clientCertificate?: ClientCertificate
  readonly cors?: Cors
  readonly rates: readonly Rate[]
  /** Longest body of a request, in bytes. */
  readonly bodyBytes?: number
  readonly timeouts: Timeouts
  readonly retries: Retries
  readonly upstream: Upstream
  /** What backends see as Host. */
  readonly upstreamHost?: string
  readonly requestHeaders: readonly Header[]
  readonly responseHeaders: readonly Header[]
  readonly canary?: Canary
  /** Answers of a backend with these codes are replaced by what the fallback Service says. */
  readonly errorCodes: readonly number[]
  /** A Service of the namespace that answers while a backend has no endpoints, and for `errorCodes`. */
  readonly fallbackService?: string
  /** Gets a copy of every request; its answers are thrown away. */
  readonly mirror?: UrlTarget
}

export interface Redirect {
  readonly to: RedirectTarget
  readonly code: RedirectCode
}

export type RedirectCode = 301 | 302 | 303 | 307 | 308

/** What is absent stays as the request has it. */
export interface RedirectTarget {
  readonly scheme?: 'http' | 'https'
  readonly host?: string
  readonly port?: number
  /** Path and query; absent: those of the request. */
  readonly path?: string
  /** Put before the path of the request. */
  readonly before?: string
}

/** CIDRs of clients. */
export interface Sources {
  /** Absent: all. */
  readonly allow?: readonly string[]
  readonly deny: readonly string[]
}

/** A URL of plain HTTP that leads to a Service, or to this gateway's own hosts where `service` is absent. */
export interface UrlTarget {
  readonly service?: { readonly namespace: string; readonly name: string }
  readonly port: number
  /** Without `service`: the path may be that of an Ingress of another namespace. */
  readonly anyNamespace?: boolean
  /** With query. */
  readonly path: string
  /** What stands in the Host header; absent: that of the request. */
  readonly host?: string
}

export interface ExternalAuth {
  readonly target: UrlTarget
  /** Headers of its answer that the backend gets, lower case. */
  readonly responseHeaders: readonly string[]
  /** Where clients without access are sent. Holds `$host`, `$scheme`, `$request_uri` and `$escaped_request_uri` as they are. */
  readonly signIn?: string
  /** The parameter of `signIn` that says where they wanted to go, if it does not say so itself. */
  readonly signInParameter: string
}

export interface BasicAuth {
  readonly secret: SecretName
}

export interface ClientCertificate {
  readonly authorities: SecretName
  /** `optional`: none may be shown, but a bad one may not. `unverified`: the backend is told what was shown. */
  readonly wanted: 'required' | 'optional' | 'unverified'
  readonly depth: number
  /** The backend gets the certificate itself in `ssl-client-cert`. */
  readonly passed: boolean
  /** Where clients without a good one are sent; absent: 400. */
  readonly errorPage?: RedirectTarget
}

export interface Cors {
  /** `*`, origins, and origins with `*.` as first label. */
  readonly origins: readonly string[]
  readonly methods: string
  readonly headers: string
  readonly exposed: string
  readonly credentials: boolean
  readonly maxAgeSeconds: number
}

/** So many requests of one client in so many seconds, and at once at most `burst`; on each node. */
export interface Rate {
  readonly requests: number
  readonly seconds: 1 | 60
  readonly burst: number
}

/** Milliseconds. */
export interface Timeouts {
  readonly connect?: number
  /** Without a byte in either direction. */
  readonly idle?: number
  /** From the request to the end of its answer. */
  readonly total?: number
}

export interface Retries {
  /** In Envoy's words; absent: when no backend can have seen anything of the request. */
  readonly on?: string
  readonly codes: readonly number[]
  /** Besides the first try. */
  readonly more: number
  readonly perTryMs?: number
  /** Also requests that may not be made twice, as POST. */
  readonly anyMethod?: boolean
}

export interface Upstream {
  /** Absent: what the port of the Service says, and then HTTP/1.1. */
  readonly protocol?: 'HTTP' | 'HTTPS' | 'GRPC' | 'GRPCS' | 'H2C'
  readonly balance?: 'round-robin' | 'least-request' | 'random'
  readonly hash?: readonly HashPart[]
  readonly affinity?: Affinity
  readonly tls?: UpstreamTls
}

export type HashPart =
  | { readonly of: 'address' }
  | { readonly of: 'path'; readonly query: boolean }
  | { readonly of: 'header' | 'cookie' | 'parameter'; readonly name: string }

export interface Affinity {
  readonly cookie: string
  /** `persistent`: a client stays with its pod while that is there. `balanced`: when pods come, some clients move to them. */
  readonly mode: 'balanced' | 'persistent'
  /** Absent: until the browser is closed. */
  readonly maxAgeSeconds?: number
  readonly path: string
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
}

/** How certificates of backends are checked. */
export interface UpstreamTls {
  /** Holds what the gateway shows, and `ca.crt` for what it trusts. */
  readonly secret?: SecretName
  readonly verify: boolean
  /** For the check and for SNI. */
  readonly name?: string
  readonly sendName: boolean
}

export interface Header {
  readonly name: string
  /** Absent: the header is taken away. */
  readonly value?: string
}

/** Which requests a canary gets: the header decides, else the cookie, else the weight. */
export interface Canary {
  readonly weight: number
  readonly weightTotal: number
  readonly header?: {
    readonly name: string
    /** Absent: `always` and `never`. */
    readonly value?: { readonly exact: string } | { readonly pattern: string }
  }
  /** `always` and `never`. */
  readonly cookie?: string
}

export interface SecretName {
  readonly namespace: string
  readonly name: string
}

/** An Ingress without annotations. */
export const plainSettings: IngressSettings = {
  ways: {},
  httpsRedirect: 'with-certificate',
  otherWww: false,
  sources: { deny: [] },
  rates: [],
  timeouts: {},
  retries: { codes: [], more: 2 },
  upstream: {},
  requestHeaders: [],
  responseHeaders: [],
  errorCodes: [],
}
