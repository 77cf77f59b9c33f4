// Copies of Secrets in weir-system, the only place where agents may read any: the last good content of each that is named.
import { copiedFromAnnotation, copiedSecretLabel, fingerprintAnnotation, systemNamespace } from '../../../src/api/group.ts'
import type { SecretContent, SecretRef, SecretState } from '../../../src/model/ingress-group.ts'
import { secretKey } from '../../../src/model/ingress-group.ts'
import type { CopiedSecret } from '../gateway/record.ts'
import { copiedFrom, copyName } from '../gateway/record.ts'
import type { Conflict, View } from '../views.ts'

/** Writes of copies, decided on the uid and resourceVersion of the object handed in. */
export interface CopyStore {
  create(copy: CopiedSecret, signal?: AbortSignal): Promise<CopiedSecret | Conflict>
  /** A merge patch (RFC 7386) of `seen`. */
  patch(seen: CopiedSecret, patch: object, signal?: AbortSignal): Promise<CopiedSecret | Conflict>
  remove(seen: CopiedSecret, signal?: AbortSignal): Promise<'done' | Conflict>
}

export interface CopyParts {
  /** Every Secret with our label, by `weir-system/name`. It need not hold data. */
  readonly copies: View<CopiedSecret>
  /** Whether all of them are known; until then none is written. */
  readonly isComplete: () => boolean
  readonly store: CopyStore
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** So long a copy stays that nobody needs: an Ingress that is deleted and made again finds it. */
  readonly unusedMs?: number
  readonly log: { info(fields: object, message: string): void }
}

export interface SecretCopies {
  keep(named: readonly SecretRef[], states: ReadonlyMap<string, SecretState>, signal: AbortSignal): Promise<void>
}

export function createSecretCopies({ copies, isComplete, store, now, unusedMs = 600_000, log }: CopyParts): SecretCopies {
  const unusedSince = new Map<string, number>()

  const write = async (state: SecretState, signal: AbortSignal) => {
    const { ref, good } = state
    const name = copyName(ref)
    const found = copies.get(`${systemNamespace}/${name}`)
    const source = found && copiedFrom(found)
    // Named by the hash of what it is a copy of, so only somebody who forged one gets here with another.
    if (!good || (source?.fingerprint === good.fingerprint && secretKey(source) === secretKey(ref))) return
    const content = await state.content(signal)
    // Changed in between: it is read again soon, and this is called again.
    if (!content || content.fingerprint !== good.fingerprint) return
    const copy = copyOf(ref, content)
    const { metadata, data } = copy
    const answer = found
      ? await store.patch(found, { metadata: { labels: metadata.labels, annotations: metadata.annotations }, data }, signal)
      : await store.create(copy, signal)
    if (answer === 'conflict') throw new Error(`the copy ${name} was changed by somebody else meanwhile`)
    log.info({ copy: name, of: `${ref.namespace}/${ref.name}`, fingerprint: content.fingerprint.slice(0, 12) }, 'Secret copied')
  }
  const tidy = async (needed: ReadonlySet<string>, signal: AbortSignal) => {
    for (const copy of copies.values()) {
      const { name } = copy.metadata
      if (needed.has(name)) {
        unusedSince.delete(name)
        continue
      }
      const since = unusedSince.get(name) ?? now()
      unusedSince.set(name, since)
      if (now() - since < unusedMs) continue
      if ((await store.remove(copy, signal)) === 'conflict') continue
      unusedSince.delete(name)
      log.info({ copy: name }, 'a copy that nobody needs is deleted')
    }
  }
  return {
    async keep(named, states, signal) {
      if (!isComplete()) throw new Error('the copies of Secrets in weir-system are not listed yet')
      // Each on its own: one that cannot be written keeps no other from being renewed.
      const known = named.flatMap(ref => states.get(secretKey(ref)) ?? [])
      const results = await Promise.allSettled(known.map(state => write(state, signal)))
      await tidy(new Set(named.map(copyName)), signal)
      const failed = results.find(result => result.status === 'rejected')
      if (failed) throw failed.reason
    },
  }
}

function copyOf(ref: SecretRef, content: SecretContent): CopiedSecret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: copyName(ref),
      namespace: systemNamespace,
      labels: { 'app.kubernetes.io/part-of': 'weir', [copiedSecretLabel]: ref.kind },
      annotations: {
        [copiedFromAnnotation]: `${ref.namespace}/${ref.name}`,
        [fingerprintAnnotation]: content.fingerprint,
      },
    },
    type: ref.kind === 'tls' ? 'kubernetes.io/tls' : 'Opaque',
    data: dataOf(content),
  }
}

function dataOf(content: SecretContent): Readonly<Record<string, string>> {
  const encode = (text: string) => Buffer.from(text, 'utf8').toString('base64')
  switch (content.kind) {
    case 'tls':
      return { 'tls.crt': encode(content.chain), 'tls.key': encode(content.key) }
    case 'ca':
      return { 'ca.crt': encode(content.chain) }
    case 'basic-auth':
      return { auth: encode(content.users) }
    // No gateway asks for it.
    case 'oidc':
      return {}
    default:
      return content satisfies never
  }
}
