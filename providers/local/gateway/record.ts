// What controller and agents tell each other of gateways by objects in weir-system: Services, and copies of Secrets.
import { createHash } from 'node:crypto'
import {
  copiedFromAnnotation,
  copiedSecretLabel,
  fingerprintAnnotation,
  gatewayLabel,
  systemNamespace,
} from '../../../src/api/group.ts'
import type { ObjectMeta } from '../../../src/api/kind.ts'
import type { SecretKind, SecretRef } from '../../../src/model/ingress-group.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import type { GatewayPort } from './gateway.ts'

/** Names of the ports of a gateway's Service. */
export const portNames = { http: 'http', https: 'https' } as const

/** Labels of the pods of Envoy, which the Service of every gateway selects. */
export const envoyLabels = { 'app.kubernetes.io/name': 'weir-gateway' } as const

/** A gateway as its Service tells of it. */
export interface GatewayRecord {
  /** Of the Service; IngressReports name it in `spec.group`. */
  readonly name: string
  /** Of the LoadBalancerClass. */
  readonly class: string
  readonly http?: GatewayPort
  readonly https?: GatewayPort
}

/**
 * Reads the Service of a gateway: its class, the ports of clients, and as targetPort those that Envoy opens for it. Undefined
 * for any other Service.
 */
export function gatewayRecord({ metadata, spec }: Service): GatewayRecord | undefined {
  const lbClass = metadata.labels?.[gatewayLabel]
  if (lbClass === undefined || metadata.namespace !== systemNamespace) return undefined
  const portOf = (wanted: string): GatewayPort | undefined => {
    const found = spec.ports?.find(({ name }) => name === wanted)
    return found && typeof found.targetPort === 'number' ? { port: found.targetPort, publicPort: found.port } : undefined
  }
  const [http, https] = [portOf(portNames.http), portOf(portNames.https)]
  return { name: metadata.name, class: lbClass, ...(http ? { http } : {}), ...(https ? { https } : {}) }
}

/** A Secret as it is copied: base64 by field. */
export interface CopiedSecret {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** What gateways use; nothing else is copied for them. */
export type CopiedKind = Exclude<SecretKind, 'oidc'>

/** Fields of a copy, whatever they are called in the Secret it was made of. */
export const copyFields = { tls: ['tls.crt', 'tls.key'], ca: ['ca.crt'], 'basic-auth': ['auth'] } as const satisfies Readonly<
  Record<CopiedKind, readonly string[]>
>

/** The name of a Secret's copy: of a fixed length, and another one for each use. */
export function copyName({ kind, namespace, name }: SecretRef): string {
  return `weir-${kind}-${createHash('sha256').update(`${kind}/${namespace}/${name}`).digest('hex').slice(0, 32)}`
}

/** The Secret that a copy was made of, and which content; undefined for a Secret that is no copy. */
export function copiedFrom({
  metadata,
}: Pick<CopiedSecret, 'metadata'>): (SecretRef & { readonly kind: CopiedKind; readonly fingerprint: string }) | undefined {
  const kind = metadata.labels?.[copiedSecretLabel]
  const [namespace, name, ...rest] = (metadata.annotations?.[copiedFromAnnotation] ?? '').split('/')
  const fingerprint = metadata.annotations?.[fingerprintAnnotation] ?? ''
  if ((kind !== 'tls' && kind !== 'ca' && kind !== 'basic-auth') || !namespace || !name || rest.length > 0) return undefined
  return { kind, namespace, name, fingerprint }
}
