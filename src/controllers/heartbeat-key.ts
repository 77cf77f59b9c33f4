// Makes the keys by which agents know each other's heartbeats, and changes them in time.
import type { Clock } from '../kubernetes/clock.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { Logger } from '../kubernetes/logger.ts'
import { defineResource } from '../kubernetes/objects.ts'
import type { KubernetesObject } from '../kubernetes/objects.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { heartbeatSecretField, heartbeatSecretName, parseKeyRing, rotate } from '../model/heartbeat-keys.ts'

/** As much of a Secret as the keys need. */
export type HeartbeatSecret = KubernetesObject & { readonly type?: string; readonly data?: Readonly<Record<string, string>> }

export const heartbeatSecrets = defineResource<HeartbeatSecret>({
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
})

export interface HeartbeatKeyOptions {
  readonly writer: Pick<Writer, 'get' | 'create' | 'patch'>
  readonly namespace: string
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  /** Cryptographically random bytes. */
  readonly random: (bytes: number) => Uint8Array
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

/** The Secret is looked at again so often, in case somebody deleted or damaged it: no watch for one object. */
const lookEveryMs = 60_000
const retryMs = 5000

/** The ring in a Secret; undefined when there is none. */
export function ringIn(secret: HeartbeatSecret | undefined) {
  const field = secret?.data?.[heartbeatSecretField]
  return field === undefined ? undefined : parseKeyRing(Buffer.from(field, 'base64').toString())
}

/** Takes one step, if one is due; gives when to look again. Throws what the API server answers, but not that somebody else was first. */
export async function stepHeartbeatKey(options: HeartbeatKeyOptions, signal: AbortSignal): Promise<number> {
  const { writer, namespace, clock, random, logger } = options
  try {
    const secret = await readOrNone(options, signal)
    const { ring, againAfterMs } = rotate(ringIn(secret), clock.now(), random)
    if (ring) {
      const data = { [heartbeatSecretField]: Buffer.from(JSON.stringify(ring)).toString('base64') }
      const metadata = { name: heartbeatSecretName, namespace }
      if (secret) await writer.patch(heartbeatSecrets, secret, { data }, { signal })
      else await writer.create(heartbeatSecrets, { metadata, type: 'Opaque', data }, { signal })
      const keys = ring.keys.map(({ id }) => id)
      logger.info({ secret: heartbeatSecretName, keys, current: ring.current }, 'heartbeat keys written')
    }
    return Math.min(againAfterMs, lookEveryMs)
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return retryMs
    throw error
  }
}

/** Runs while this controller leads; ends when `signal` aborts. */
export async function keepHeartbeatKey(options: HeartbeatKeyOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const waitMs = await stepHeartbeatKey(options, signal).catch((error: unknown) => {
      if (!signal.aborted) options.logger.warn({ error: String(error) }, 'the heartbeat keys cannot be kept')
      return retryMs
    })
    await options.clock.sleep(waitMs, signal).catch(() => {})
  }
}

async function readOrNone({ writer, namespace }: HeartbeatKeyOptions, signal: AbortSignal): Promise<HeartbeatSecret | undefined> {
  try {
    return await writer.get(heartbeatSecrets, heartbeatSecretName, namespace, { signal })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
