// For how long nobody has rightly announced an address, as far as seen here.
import type { Announcement } from '../../../src/api/announcement.ts'
import { isAttended } from './decide.ts'
import type { View } from './decide.ts'

export interface Unattended {
  /** Milliseconds; begins anew whenever owner, epoch or candidates change. */
  forMs(announcement: Announcement, view: Pick<View, 'self' | 'standing' | 'isAlive'>, nowMs: number): number
  forget(name: string): void
}

export function createUnattended(): Unattended {
  const since = new Map<string, { readonly mark: string; readonly since: number }>()
  return {
    forMs(announcement, view, nowMs) {
      const { name, uid } = announcement.metadata
      if (isAttended(announcement, view)) {
        since.delete(name)
        return 0
      }
      const { status, spec } = announcement
      const mark = JSON.stringify([uid, status?.epoch, status?.node, spec.nodes])
      const known = since.get(name)
      if (known?.mark === mark) return nowMs - known.since
      since.set(name, { mark, since: nowMs })
      return 0
    },
    forget: name => void since.delete(name),
  }
}
