// What an Ingress names by its own fields: Services of its backends, Secrets of its certificates. Pure.
import type { SecretUse } from '../model/ingress-group.ts'
import type { Ingress } from '../model/ingress-objects.ts'

/** Names of Services of its namespace, each once, whether or not they exist. */
export function backendServices({ spec }: Ingress): readonly string[] {
  const paths = (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? [])
  const backends = [spec?.defaultBackend, ...paths.map(({ backend }) => backend)]
  return [...new Set(backends.flatMap(backend => backend?.service?.name || []))]
}

/** Secrets of `spec.tls`, each once. */
export function certificateSecrets({ metadata, spec }: Ingress): readonly SecretUse[] {
  const byName = new Map<string, SecretUse>()
  for (const [index, { secretName }] of (spec?.tls ?? []).entries()) {
    if (!secretName || byName.has(secretName)) continue
    byName.set(secretName, {
      kind: 'tls',
      namespace: metadata.namespace ?? '',
      name: secretName,
      at: `spec.tls[${index}].secretName`,
    })
  }
  return [...byName.values()]
}
