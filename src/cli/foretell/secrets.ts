// What is known of the Secrets that Ingresses name, each read once.
import { secrets } from '../../controllers/resources.ts'
import { ApiError, isNotFound } from '../../kubernetes/errors.ts'
import { createWriter } from '../../kubernetes/writes.ts'
import { type SecretRef, type SecretState, secretKey } from '../../model/ingress-group.ts'
import { readSecretContent } from '../../model/secret-content.ts'
import { reasons } from '../../api/reasons.ts'
import type { ImaginedCluster } from './imagined.ts'

/** By `secretKey`. One that the asker may not read is taken for good: nothing is said of it. */
export async function secretStates(
  named: readonly SecretRef[],
  imagined: Pick<ImaginedCluster, 'transport' | 'secrets'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SecretState>> {
  const read = await Promise.all(
    named.map(async ref => {
      const state = await stateOf(ref, imagined, signal)
      return state ? ([[secretKey(ref), state]] as const) : []
    }),
  )
  return new Map(read.flat())
}

async function stateOf(
  { kind, namespace, name }: SecretRef,
  { transport, secrets: imagined }: Pick<ImaginedCluster, 'transport' | 'secrets'>,
  signal: AbortSignal,
): Promise<SecretState | undefined> {
  const ref = { kind, namespace, name }
  const nothing = () => Promise.resolve(undefined)
  try {
    const found = imagined.get(`${namespace}/${name}`)
    const { data } = found ?? (await createWriter(transport).get(secrets, name, namespace, { signal }))
    const verdict = readSecretContent(ref, data)
    if ('problem' in verdict) return { ref, problem: verdict.problem, content: nothing }
    const { content, certificate } = verdict
    return {
      ref,
      good: { fingerprint: content.fingerprint, ...(certificate ? { certificate } : {}) },
      content: () => Promise.resolve(content),
    }
  } catch (error) {
    if (error instanceof ApiError && error.code === 403) return undefined
    if (!isNotFound(error)) throw error
    const message = `There is no Secret ${namespace}/${name}.`
    return {
      ref,
      problem: { reason: 'SecretNotFound', message, remedy: reasons.SecretNotFound.remedy, severity: 'blocks' },
      content: nothing,
    }
  }
}
