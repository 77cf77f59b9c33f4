// Certificates and authorities as resources of their own: renewing one changes no listener and no cluster.
import type { BookedCluster } from './cluster-book.ts'
import type { TlsSecret } from './envoy.ts'
import type { GatewayFacts } from './gateway.ts'
import type { SecretName } from './settings.ts'

/** Secrets that the listeners of a gateway name. */
export interface ListenerSecrets {
  readonly certificates: readonly SecretName[]
  readonly clientAuthorities: readonly SecretName[]
}

export function certificateName({ namespace, name }: SecretName): string {
  return `${namespace}/${name}`
}

/** Not a name that a certificate can have. */
export function authoritiesName({ namespace, name }: SecretName): string {
  return `${namespace}/${name} authorities`
}

/** Every Secret that listeners and clusters name, each once, by name. */
export function secretsOf(
  listeners: readonly ListenerSecrets[],
  clusters: Iterable<BookedCluster>,
  facts: GatewayFacts,
): readonly TlsSecret[] {
  const secrets = new Map<string, TlsSecret>()
  const certificate = (of: SecretName): void => {
    const found = facts.certificate(of)
    const name = certificateName(of)
    if (!found) return
    const { chain, key } = found
    secrets.set(name, {
      name,
      tls_certificate: { certificate_chain: { inline_string: chain }, private_key: { inline_string: key } },
    })
  }
  const authorities = (of: SecretName): void => {
    const found = facts.authorities?.(of)
    const name = authoritiesName(of)
    if (found !== undefined) secrets.set(name, { name, validation_context: { trusted_ca: { inline_string: found } } })
  }
  for (const { certificates, clientAuthorities } of listeners) {
    certificates.forEach(certificate)
    clientAuthorities.forEach(authorities)
  }
  for (const { settings } of clusters) {
    const { tls } = settings.upstream
    if (!tls?.secret) continue
    certificate(tls.secret)
    if (tls.verify) authorities(tls.secret)
  }
  return [...secrets.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
