// How an address goes: silence on the LAN first, then the address is free. One step from each state. Pure.
import type { LocalAction } from './actions.ts'
import { announcedFinalizer } from '../../src/api/group.ts'
import type { Holding } from './observe.ts'

/**
 * The next step to free an address, or none while the announcing node has yet to confirm. A node that is known dead confirms
 * nothing, and one that never announced need not; the write is decided on the state seen here, so a claim made meanwhile wins.
 */
export function releaseStep({ given, announcement, announcerAlive }: Holding): readonly LocalAction[] {
  const address = given.address.text
  // Others go on being announced there.
  const isShared = given.owners.length > 1
  if (!announcement || isShared) return [{ kind: 'release-address', address, isShared }]
  const { name, deletionTimestamp, finalizers } = announcement.metadata
  if (deletionTimestamp === undefined) return [{ kind: 'withdraw-announcement', address, announcement: name }]
  if (announcerAlive || !finalizers?.includes(announcedFinalizer)) return []
  return [{ kind: 'confirm-withdrawal', address, announcement: name, node: announcement.status?.node ?? '' }]
}
