// What the parts of the reader of settings share: the values, and where to tell what cannot be used.
import type { Problem } from '../../../../src/model/load-balancer.ts'
import type { SecretName } from '../settings.ts'
import type { Values } from './rows.ts'

/** A Secret that annotations name, what for, and the annotation. */
export interface NamedSecret extends SecretName {
  readonly kind: 'tls' | 'ca' | 'basic-auth'
  readonly at: string
}

export interface ReadingOptions {
  /** Subrequests for auth-url may go to Services of other namespaces. */
  readonly otherNamespaces?: boolean
}

/** What the parts of the reader share. */
export interface Asked {
  readonly namespace: string
  readonly values: Values
  /** The annotation that gave a value, for messages. */
  readonly keyOf: (sets: keyof Values) => string
  readonly options: ReadingOptions
  readonly problems: Problem[]
  readonly secrets: NamedSecret[]
  readonly services: Set<string>
  /** Notes that the routes are closed, and why. */
  readonly close: (message: string) => void
}

/** A Secret of the Ingress's own namespace; one of another is as good as none. */
export function ownSecret(
  asked: Asked,
  sets: 'authSecret' | 'clientAuthorities' | 'upstreamSecret',
  kinds: readonly NamedSecret['kind'][],
): SecretName | undefined {
  const written = asked.values[sets]
  if (!written) return undefined
  const { namespace = asked.namespace, name } = written
  if (namespace !== asked.namespace) {
    asked.close(`Annotation ${asked.keyOf(sets)} names a Secret of another namespace, which an Ingress cannot use.`)
    return undefined
  }
  for (const kind of kinds) asked.secrets.push({ kind, namespace, name, at: `metadata.annotations["${asked.keyOf(sets)}"]` })
  return { namespace, name }
}
