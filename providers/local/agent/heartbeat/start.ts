// Joins the heartbeats on the main thread to their end in the packet worker, and to the Secret with their keys.
import type { Announcer } from '../announcer/announcer.ts'
import { followKeys } from './follow-keys.ts'
import type { FollowKeysOptions } from './follow-keys.ts'
import { createHeartbeats } from './heartbeats.ts'
import type { Heartbeats } from './heartbeats.ts'
import { heartbeatExtension } from './host.ts'
import type { HeartbeatReport } from './host.ts'

export interface StartHeartbeatsOptions extends Omit<FollowKeysOptions, 'heartbeats'> {
  /** The name of this node. */
  readonly self: string
  readonly announcer: Pick<Announcer, 'extend'>
  readonly onTakeover?: (silentMs: number) => void
}

/** There are heartbeats as soon as there are keys; until then Leases decide alone. */
export function startHeartbeats({ self, announcer, ...options }: StartHeartbeatsOptions): Heartbeats & Disposable {
  const { logger } = options
  const channel = announcer.extend(heartbeatExtension, message => {
    if (isReport(message)) heartbeats.hear(message)
  })
  const heartbeats = createHeartbeats({
    self,
    tell: order => channel.tell(order),
    ...(options.onTakeover && { onTakeover: options.onTakeover }),
    soon: run => void setImmediate(run),
    onTrouble: trouble => {
      if (trouble.kind === 'recovered') logger.info({ interface: trouble.interface }, 'heartbeats can be sent again')
      else logger.warn(trouble, 'no heartbeats on this interface; trying again')
    },
  })
  const stop = followKeys({ ...options, heartbeats })
  return { ...heartbeats, [Symbol.dispose]: stop }
}

/** What the worker tells is made by host.ts and extension.ts alone. */
function isReport(message: unknown): message is HeartbeatReport {
  return typeof message === 'object' && message !== null && 'kind' in message
}
