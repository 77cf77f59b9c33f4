// Follows the Secret with the keys of the heartbeats, so that no frame is refused because a change reached somebody else first.
import { heartbeatSecretField, keysOf, parseKeyRing } from '../../../../src/model/heartbeat-keys.ts'
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import type { AgentClock, AgentLogger, Watched } from '../ports.ts'
import type { Heartbeats } from './heartbeats.ts'

/** As much of the Secret as is read. */
export interface SecretView {
  readonly metadata: { readonly name: string; readonly uid?: string }
  readonly data?: Readonly<Record<string, string>>
}

export interface FollowKeysOptions {
  /** Of this one Secret. */
  readonly secrets: Pick<Watched<SecretView>, 'subscribe'>
  readonly heartbeats: Pick<Heartbeats, 'useKeys'>
  readonly clock: Pick<AgentClock, 'schedule'>
  readonly logger: AgentLogger
}

/** What was valid is accepted for so long after it is not any more: as long as a change may take to reach everybody. */
export const formerKeysMs = 10_000

/** Returns how to stop. A Secret that is gone or damaged changes nothing: its successor does. */
export function followKeys({ secrets, heartbeats, clock, logger }: FollowKeysOptions): () => void {
  let now: HeartbeatKeys | undefined
  let cancel = () => {}
  const stop = secrets.subscribe(
    ({ object }) => {
      if (!object) return
      const field = object.data?.[heartbeatSecretField]
      const ring = field === undefined ? undefined : parseKeyRing(Buffer.from(field, 'base64').toString())
      if (!ring) {
        logger.warn({ secret: object.metadata.name }, 'there are no keys for heartbeats in the Secret')
        return
      }
      const next = keysOf(ring)
      const former = now?.keys.filter(({ id }) => !next.keys.some(key => key.id === id)) ?? []
      cancel()
      if (former.length > 0) cancel = clock.schedule(formerKeysMs, () => heartbeats.useKeys(next))
      now = next
      logger.info({ keys: next.keys.map(({ id }) => id), current: next.current }, 'heartbeat keys')
      heartbeats.useKeys({ current: next.current, keys: [...next.keys, ...former] })
    },
    { replay: true },
  )
  return () => {
    cancel()
    stop()
  }
}
