// Ingresses that are served together: who they are, what they ask for between them, and the Secrets that they name.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { Ingress } from './ingress-objects.ts'
import type { EndpointSlice, Service } from './kubernetes-objects.ts'
import type { Problem } from './load-balancer.ts'
import type { IngressId, RoutingModel } from './routing/model.ts'
import type { IngressRouting } from './routing/read.ts'

/** Ingresses of one class that share a load balancer; also one that has a load balancer to itself. */
export interface IngressGroupId {
  readonly kind: 'IngressGroup'
  /** Of the LoadBalancerClass. */
  readonly class: string
  /** Empty for a group that Ingresses of several namespaces can be in. */
  readonly namespace: string
  readonly name: string
  /** Tells groups apart that were called the same one after another: that of the only Ingress, or made from the names. */
  readonly uid: string
}

/** What the group is called in messages and in IngressReports: `shop`, or `default/web` for one of a single namespace. */
export function groupName({ namespace, name }: Pick<IngressGroupId, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** Differs wherever the ids differ. Names hold no slash. */
export function groupKey({ class: lbClass, namespace, name, uid }: IngressGroupId): string {
  return [lbClass, namespace, name, uid].join('/')
}

/** What a Secret is used for; each use has its own form of content. */
export type SecretKind = 'tls' | 'ca' | 'basic-auth' | 'oidc'

export interface SecretRef {
  readonly kind: SecretKind
  readonly namespace: string
  readonly name: string
}

/** A Secret that an Ingress names, and the field or annotation where it does. */
export interface SecretUse extends SecretRef {
  readonly at: string
}

export function secretKey({ kind, namespace, name }: SecretRef): string {
  return `${kind}/${namespace}/${name}`
}

/** What is to be known of a certificate without its key. Times are RFC 3339 in UTC. */
export interface CertificateFacts {
  /** DNS names of the first certificate, in lower case. */
  readonly names: readonly string[]
  readonly notBefore: string
  readonly notAfter: string
}

/** The content of a usable Secret, as text. Not for logs: whoever asks for it uses it at once and keeps none of it. */
export type SecretContent =
  | { readonly kind: 'tls'; readonly fingerprint: string; readonly chain: string; readonly key: string }
  | { readonly kind: 'ca'; readonly fingerprint: string; readonly chain: string }
  | { readonly kind: 'basic-auth'; readonly fingerprint: string; readonly users: string }
  | { readonly kind: 'oidc'; readonly fingerprint: string; readonly clientId: string; readonly clientSecret: string }

/** What is known of a Secret that is named. */
export interface SecretState {
  readonly ref: SecretRef
  /**
   * The content that was last found usable; it stays when the Secret is spoilt or deleted. Absent: there was none since this
   * process runs. The fingerprint (of the whole content, in hex) differs exactly when the content does.
   */
  readonly good?: { readonly fingerprint: string; readonly certificate?: CertificateFacts }
  /** What is wrong with what the Secret holds now; `warns` for content that is used all the same. */
  readonly problem?: Problem
  /** Reads it once more. Undefined when it is not usable now. */
  content(signal: AbortSignal): Promise<SecretContent | undefined>
}

/** One Ingress of a group. `Settings` is what its provider made of the annotations. */
export interface IngressMember<Settings = unknown> {
  readonly id: IngressId
  readonly ingress: Ingress
  readonly ingressClass: string
  readonly routing: IngressRouting
  readonly settings: Settings
  /**
   * Found while it was read alone. With one that blocks it is among the members all the same, and in the model: the provider
   * serves what is left of it, or leaves what it has of it and makes nothing new.
   */
  readonly problems: readonly Problem[]
}

/** A Service that members name, with its endpoints. */
export interface BackendService {
  readonly service: Service
  readonly slices: readonly EndpointSlice[]
}

/** What a group is to become. */
export interface IngressGroupGoal<Settings = unknown> {
  readonly id: IngressGroupId
  readonly class: LoadBalancerClass
  /** Members were another controller's, which is gone: what that one made for the group is to be taken over. */
  readonly takesOver?: true
  /** Oldest first; never empty. */
  readonly members: readonly IngressMember<Settings>[]
  /** Of all members together, with the default backend of the class. */
  readonly model: RoutingModel
  /** By `namespace/name`: every Service that a backend of a member names, and that is there. */
  readonly services: ReadonlyMap<string, BackendService>
  /** By `secretKey`: every Secret that a member names. */
  readonly secrets: ReadonlyMap<string, SecretState>
}
