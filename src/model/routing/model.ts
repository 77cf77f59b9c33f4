// The routing model: which request goes to which backend and with which certificate, in the words of no proxy.
import type { Problem } from '../load-balancer.ts'
import type { Backend } from './backend.ts'
import type { PathMatch } from './path.ts'

export interface IngressId {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** Where something was written. `at` is the field, as `spec.rules[0].http.paths[1]`. */
export type Origin =
  | { readonly ingress: IngressId; readonly at: string }
  /** The class gives a backend to what no Ingress wants. */
  | { readonly class: string; readonly at: string }

/** Routes narrowed by the same `by` are the same; `path` is what to show of it instead of the one it was made of. */
export interface Narrowed {
  readonly by: string
  readonly path?: string
}

/** One way for requests of one host. */
export interface Route {
  /** `shop.example.com`, `*.example.com` for exactly one more label, or empty for hosts that no other route names. */
  readonly host: string
  /** `default` takes what no path of the host matches. */
  readonly match: PathMatch | 'default'
  /**
   * It takes only some of the requests that `match` says, by a condition that its provider knows. So it has no place of its own:
   * it is asked before whoever has the place, and takes it from nobody.
   */
  readonly narrowed?: Narrowed
  readonly backend: Backend
  /** The backend as it was written: `web:http`. */
  readonly asked: string
  readonly origin: Origin
  /** The same path in an Ingress that says it is a canary of this one: a part of the requests goes there, as its settings say. */
  readonly canary?: Route
}

/** A Secret with a certificate, for the TLS server names that a host means; an empty host is for clients that match no other. */
export interface Certificate {
  readonly host: string
  readonly secret: { readonly namespace: string; readonly name: string }
  readonly origin: { readonly ingress: IngressId; readonly at: string }
}

/** All routes of one host. A request goes to the first one that matches; hosts do not fall through to less precise ones. */
export interface HostRoutes {
  readonly host: string
  /**
   * Exact paths first, then prefixes and expressions, the longer first, then expressions of namespaces that do not own the host.
   * No two are written the same, but those that are narrowed.
   */
  readonly routes: readonly Route[]
  /** For paths that none of them matches; absent: 404. */
  readonly fallback?: Route
}

/** A part of an Ingress that cannot be used, and is left out. */
export interface Refused {
  readonly at: string
  /** As they were written, cut if very long; empty where there are none. */
  readonly host: string
  readonly path: string
  readonly asked: string
  readonly problem: Problem
}

/** What became of what one Ingress asked for, in the order it was written. */
export interface MemberRouting {
  readonly routes: readonly {
    readonly route: Route
    /** The route that has its place; absent: it is in effect. */
    readonly shadowedBy?: Route
  }[]
  readonly certificates: readonly {
    readonly certificate: Certificate
    /** The one that is shown to clients instead. */
    readonly shadowedBy?: Certificate
  }[]
  readonly refused: readonly Refused[]
}

export interface RoutingModel {
  /** By host: names first, then those with an open label, then the empty one, which is always there. */
  readonly hosts: ReadonlyMap<string, HostRoutes>
  /** By host, in the same order. */
  readonly certificates: ReadonlyMap<string, Certificate>
  /** By `namespace/name`. */
  readonly members: ReadonlyMap<string, MemberRouting>
}

/** The key of an Ingress among the members. */
export function memberKey({ namespace, name }: Pick<IngressId, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}
