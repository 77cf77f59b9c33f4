// The parts of Ingresses and IngressClasses that are read here, in the JSON form of the API (networking.k8s.io/v1).
import type { ObjectMeta } from '../api/kind.ts'
import type { LoadBalancerIngress } from './kubernetes-objects.ts'

/** Where a route leads: a Service with one way to name its port, or some other object of the namespace. */
export interface IngressBackend {
  readonly service?: {
    readonly name: string
    readonly port?: { readonly number?: number; readonly name?: string }
  }
  readonly resource?: { readonly apiGroup?: string | null; readonly kind: string; readonly name: string }
}

export interface IngressPath {
  readonly path?: string
  /** Objects from before v1 have none, which means ImplementationSpecific. */
  readonly pathType?: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly backend?: IngressBackend
}

export interface IngressRule {
  /** Absent or empty: every host that no other rule names. */
  readonly host?: string
  readonly http?: { readonly paths?: readonly IngressPath[] | null } | null
}

export interface IngressTls {
  readonly hosts?: readonly string[] | null
  readonly secretName?: string
}

export interface Ingress {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly ingressClassName?: string
    readonly defaultBackend?: IngressBackend
    readonly rules?: readonly IngressRule[] | null
    readonly tls?: readonly IngressTls[] | null
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] } }
}

/** What an IngressClass refers to for its settings. */
export interface IngressClassParameters {
  readonly apiGroup?: string | null
  readonly kind: string
  readonly name: string
  /** Cluster when absent. */
  readonly scope?: 'Cluster' | 'Namespace' | null
  readonly namespace?: string | null
}

export interface IngressClass {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly spec?: { readonly controller?: string; readonly parameters?: IngressClassParameters | null }
}
