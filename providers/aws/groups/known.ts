// The groups that the ledger knows, found without going through all of it.
import type { GroupId, ServiceId } from '../../../src/model/load-balancer.ts'
import type { Ledger } from '../model/ledger.ts'

export interface GroupIndex {
  /** Those that a Service has a part of. */
  of(service: ServiceId): readonly GroupId[]
  /** The ledger, by way of which the index learns. */
  readonly ledger: Ledger
}

export function indexGroups(ledger: Ledger): GroupIndex {
  const groups = new Map<string, GroupId>()
  for (const [id] of ledger.entries()) if (id.kind === 'Group') groups.set(id.uid, id)
  return {
    of: ({ uid }) => [...groups.values()].filter(group => ledger.read(group)?.members?.some(({ id }) => id.uid === uid)),
    ledger: {
      read: id => ledger.read(id),
      entries: () => ledger.entries(),
      async write(id, record, signal) {
        if (id.kind === 'Group') groups.set(id.uid, id)
        await ledger.write(id, record, signal)
      },
      async remove(id, signal) {
        await ledger.remove(id, signal)
        groups.delete(id.uid)
      },
    },
  }
}
